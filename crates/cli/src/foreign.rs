//! Libraries and programs as subjects: from options and names to running workers.

use crate::failure::Failure;
use crate::options::{CmdForm, SubjectOptions};
use crcheck_harness::oracle::model::Model;
use crcheck_harness::report::verdict::ExitCode;
use crcheck_harness::subject::library;
use crcheck_harness::subject::library::{LibrarySpec, LibrarySubject, ResultForm, StreamInterface};
use crcheck_harness::subject::program::{self, ProgramForm, ProgramSpec, ProgramSubject};
use crcheck_harness::subject::worker::Launch;
use crcheck_harness::subject::{Subject, SubjectName};
use std::path::PathBuf;
use std::time::Duration;

/// Starts the subjects that `--lib` and `--cmd` name. Two names of one function are one subject.
pub(crate) fn start_selected(options: &SubjectOptions) -> Result<Vec<Box<dyn Subject>>, Failure> {
    let (model, call_timeout) = (options.model(), options.call_timeout());
    if let Some(name) = options.lost_option() {
        return Err(usage(format!("{name} is for --lib and --cmd")));
    }
    let mut started: Vec<Box<dyn Subject>> = Vec::new();
    for spec in library_specs(options)? {
        if let Some(interpret) = &options.interpret {
            let library = interpret.library(spec, model.clone())?;
            if started.iter().all(|known| known.name() != library.name()) {
                started.push(library);
            }
            continue;
        }
        let library = LibrarySubject::new(spec, model.clone(), launch(call_timeout)?)?;
        if started.iter().all(|known| known.name() != library.name()) {
            started.push(Box::new(library.stated(options.stated())));
        }
    }
    if let Some(line) = &options.cmd {
        let spec = program_spec(line, options)?;
        refuse_to_interpret(options)?;
        started.push(start_program(spec, model, call_timeout)?);
    }
    Ok(started)
}

/// Starts the subject of a name, as artifacts have it; `None` if it is no library and no program.
pub(crate) fn start_named(
    name: &SubjectName,
    model: &Model,
    options: &SubjectOptions,
) -> Result<Option<Box<dyn Subject>>, Failure> {
    let call_timeout = options.call_timeout();
    match (name, &options.interpret) {
        (SubjectName::Program(spec), _) => {
            refuse_to_interpret(options)?;
            start_program(spec.clone(), model.clone(), call_timeout)
        }
        (SubjectName::Library(spec), Some(interpret)) => {
            interpret.library(spec.clone(), model.clone())
        }
        (SubjectName::Library(spec), None) => {
            start_library(spec.clone(), model.clone(), call_timeout)
        }
        _ => return Ok(None),
    }
    .map(Some)
}

/// A program makes system calls, and is a process of its own.
fn refuse_to_interpret(options: &SubjectOptions) -> Result<(), Failure> {
    if options.interpret.is_none() {
        return Ok(());
    }
    let text = "--interpret is for tiers and --lib: a program makes system calls, which are not \
                interpreted; for a program on another CPU, use crcheck emulate --cpu NAME -- \
                COMMAND";
    Err(usage(text.to_owned()))
}

/// The file that holds the code of the subject that the options name; `None` for built-in code.
pub(crate) fn selected_file(options: &SubjectOptions) -> Result<Option<PathBuf>, Failure> {
    match (&options.lib, &options.cmd) {
        (Some(path), _) => Ok(library::file(&library::find(path))),
        (None, Some(line)) => Ok(Some(program::file(line)?)),
        (None, None) => Ok(None),
    }
}

/// The file that holds the code of the subject of a name; `None` for built-in code.
pub(crate) fn named_file(name: &SubjectName) -> Result<Option<PathBuf>, Failure> {
    match name {
        SubjectName::Library(spec) => Ok(library::file(&spec.path)),
        SubjectName::Program(spec) => Ok(Some(program::file(&spec.line)?)),
        _ => Ok(None),
    }
}

/// The files that the options name: libraries, programs with the files of their lines, and the file
/// that says which.
pub(crate) fn selected_files(options: &SubjectOptions) -> Vec<PathBuf> {
    let libraries = options.parts().flat_map(|part| &part.lib);
    let libraries = libraries.map(|path| library::find(path));
    let programs = options.parts().flat_map(|part| &part.cmd);
    let programs = programs.flat_map(|line| files_of_line(line));
    let config = options.config.iter().cloned();
    libraries.chain(programs).chain(config).collect()
}

/// The files that the subject of a name consists of, as far as the name says.
pub(crate) fn files_of(name: &SubjectName) -> Vec<PathBuf> {
    match name {
        SubjectName::Library(spec) => vec![library::find(&spec.path)],
        SubjectName::Program(spec) => files_of_line(&spec.line),
        _ => Vec::new(),
    }
}

/// What may be a file in a command line: the program, each argument, and each part of one, as in
/// `--table=FILE` and `sh -c 'exec FILE'`.
fn files_of_line(line: &str) -> Vec<PathBuf> {
    let ends_a_part = |letter: char| letter.is_whitespace() || "=,:;'\"".contains(letter);
    let mut files: Vec<PathBuf> = program::file(line).into_iter().collect();
    for word in shlex::split(line).unwrap_or_default() {
        files.extend(word.split(ends_a_part).map(PathBuf::from));
        files.push(word.into());
    }
    files
}

/// What the options say of each function of the library.
fn library_specs(options: &SubjectOptions) -> Result<Vec<LibrarySpec>, Failure> {
    let Some(path) = &options.lib else {
        return Ok(Vec::new());
    };
    let result: Option<Result<ResultForm, String>> = options.result_form();
    result.transpose().map_err(usage)?;
    let path = library::find(path);
    let update = options.stream.as_ref().map(StreamInterface::update_symbol);
    let symbols = options.symbol.iter().map(String::as_str).chain(update);
    let specs = symbols.map(|symbol| LibrarySpec {
        path: path.clone(),
        symbol: symbol.to_owned(),
        interface: options.interface(),
    });
    let specs: Vec<_> = specs.collect();
    if specs.is_empty() {
        let exports = library::plausible(&path)?;
        let text = format!("--lib {} needs --symbol NAME: {exports}", path.display());
        return Err(Failure::of_list(ExitCode::Usage, &text));
    }
    Ok(specs)
}

fn program_spec(line: &str, options: &SubjectOptions) -> Result<ProgramSpec, Failure> {
    let result = options.result_form().transpose().map_err(usage)?;
    let form = match (options.cmd_form.unwrap_or_default(), result) {
        (CmdForm::OneShot, result) => ProgramForm::OneShot(result.unwrap_or_default()),
        (CmdForm::Persistent, None) => ProgramForm::Persistent,
        (CmdForm::Persistent, Some(_)) => {
            let text =
                "--result is for programs with --cmd-form one-shot: others answer in 8 bytes";
            return Err(usage(text.to_owned()));
        }
    };
    Ok(ProgramSpec {
        line: line.to_owned(),
        form,
        convention: options.convention.unwrap_or_default(),
    })
}

fn usage(text: String) -> Failure {
    Failure::new(ExitCode::Usage, text)
}

fn start_library(
    spec: LibrarySpec,
    model: Model,
    call_timeout: Duration,
) -> Result<Box<dyn Subject>, Failure> {
    let launch = launch(call_timeout)?;
    Ok(Box::new(LibrarySubject::new(spec, model, launch)?))
}

fn start_program(
    spec: ProgramSpec,
    model: Model,
    call_timeout: Duration,
) -> Result<Box<dyn Subject>, Failure> {
    let launch = launch(call_timeout)?;
    Ok(Box::new(ProgramSubject::new(spec, model, launch)?))
}

/// How this program starts itself as a worker.
pub(crate) fn launch(call_timeout: Duration) -> Result<Launch, Failure> {
    Launch::this_program(call_timeout)
        .map_err(|error| Failure::new(ExitCode::Io, format!("cannot find this program: {error}")))
}
