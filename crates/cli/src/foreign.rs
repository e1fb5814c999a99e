//! Libraries and programs as subjects: from options and names to running workers.

use crate::failure::Failure;
use crate::options::SubjectOptions;
use crcheck_harness::oracle::model::Model;
use crcheck_harness::subject::Subject;
use crcheck_harness::subject::library::{self, LibrarySpec, LibrarySubject};
use crcheck_harness::subject::program::ProgramSubject;
use crcheck_harness::verdict::ExitCode;
use crcheck_harness::worker::Launch;
use std::path::Path;
use std::time::Duration;

/// Whether this is the name of a library or a program.
pub(crate) fn is_foreign(name: &str) -> bool {
    name.starts_with("lib:") || name.starts_with("cmd:")
}

/// Starts the subjects that `--lib` and `--cmd` name.
pub(crate) fn start_selected(options: &SubjectOptions) -> Result<Vec<Box<dyn Subject>>, Failure> {
    let (model, call_timeout) = (options.model(), options.call_timeout);
    let mut started = Vec::new();
    if let Some(path) = &options.lib {
        let spec = library_spec(path, options)?;
        started.push(start_library(spec, model.clone(), call_timeout)?);
    }
    if let Some(line) = &options.cmd {
        started.push(start_program(line, model, call_timeout)?);
    }
    Ok(started)
}

/// Starts the subject of a full name, as artifacts have it.
pub(crate) fn start_named(
    name: &str,
    model: &Model,
    call_timeout: Duration,
) -> Result<Box<dyn Subject>, Failure> {
    if let Some(line) = name.strip_prefix("cmd:") {
        return start_program(line, model.clone(), call_timeout);
    }
    let spec = name.trim_start_matches("lib:").parse::<LibrarySpec>();
    let spec = spec.map_err(|text| Failure::new(ExitCode::Usage, text))?;
    start_library(spec, model.clone(), call_timeout)
}

fn library_spec(path: &Path, options: &SubjectOptions) -> Result<LibrarySpec, Failure> {
    let path = library::find(path);
    let Some(symbol) = &options.symbol else {
        let exports = library::plausible(&path)?;
        let text = format!("--lib {} needs --symbol NAME: {exports}", path.display());
        return Err(Failure::new(ExitCode::Usage, text));
    };
    Ok(LibrarySpec {
        path,
        symbol: symbol.clone(),
        convention: options.convention.unwrap_or_default(),
        signature: options.signature.unwrap_or_default(),
    })
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
    line: &str,
    model: Model,
    call_timeout: Duration,
) -> Result<Box<dyn Subject>, Failure> {
    let launch = launch(call_timeout)?;
    Ok(Box::new(ProgramSubject::new(line, model, launch)?))
}

/// How this program starts itself as a worker.
pub(crate) fn launch(call_timeout: Duration) -> Result<Launch, Failure> {
    Launch::this_program(call_timeout)
        .map_err(|error| Failure::new(ExitCode::Io, format!("cannot find this program: {error}")))
}
