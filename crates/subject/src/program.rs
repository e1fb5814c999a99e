//! A program under test, in any language: it stays running and answers requests on its pipes.

use crate::caller::Caller;
use crate::calls::FILLS;
use crate::capabilities::{Capabilities, Form};
use crate::direct_call::call_directly;
use crate::foreign::{Foreign, ForeignError};
use crate::rate::{LONG_BYTES, Pace, Rate};
use crate::subject::Subject;
use crate::subject_name::SubjectName;
use crate::worker::{Launch, Pipes, ProgramCommand, Remote};
use crcheck_oracle::model::Model;
use crcheck_platform::message_memory::Placement;
use std::ffi::OsStr;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// A program that computes a CRC.
#[derive(Debug)]
pub struct ProgramSubject {
    line: String,
    command: ProgramCommand,
    model: Model,
    launch: Launch,
    rate: Rate,
    own: Mutex<Remote>,
}

impl ProgramSubject {
    /// The program of a command line, split as a shell does; it claims to compute `model`.
    ///
    /// # Errors
    /// The reason why it does not start.
    pub fn new(line: &str, model: Model, launch: Launch) -> Result<Self, ForeignError> {
        let command = command_of(line)?;
        let mut pipes = Pipes::new(&launch, &command, OWN_BYTES);
        pipes.begin().map_err(|error| {
            let shown = command.path.display();
            ForeignError::Unavailable(format!("cannot run {shown}: {error}"))
        })?;
        let mut own = Remote::new(pipes, 0);
        let rate = measure(&mut own);
        Ok(Self {
            line: line.to_owned(),
            own: Mutex::new(own),
            command,
            model,
            launch,
            rate,
        })
    }
}

/// The longest message of the first process for calls outside of every caller, in bytes.
const OWN_BYTES: usize = LONG_BYTES;

/// The rate of a program that answers nothing: every call costs a process, or the deadline.
const STOPPED: Rate = Rate {
    calls_per_second: 1.0,
    bytes_per_second: 1.0,
};

/// Measures how fast it is. The checks judge what it computes.
fn measure(own: &mut Remote) -> Rate {
    let call = |message: &[u8]| {
        let outcome = own.call(Placement::aligned(0), 0, message, FILLS[0]);
        outcome.ok().map(|_| ())
    };
    Rate::measure(call).unwrap_or(STOPPED)
}

/// The file of the program that a command line starts.
///
/// # Errors
/// The reason why there is none.
pub fn file(line: &str) -> Result<PathBuf, ForeignError> {
    Ok(command_of(line)?.path)
}

/// The program, which is looked for where a shell looks, and its arguments.
fn command_of(line: &str) -> Result<ProgramCommand, ForeignError> {
    let words = shlex::split(line)
        .ok_or_else(|| ForeignError::Usage(format!("`{line}` has an unmatched quotation mark")))?;
    let mut words = words.into_iter();
    let Some(program) = words.next() else {
        return Err(ForeignError::Usage("--cmd names no program".to_owned()));
    };
    Ok(ProgramCommand {
        path: find(&program)?,
        arguments: words.collect(),
    })
}

fn find(program: &str) -> Result<PathBuf, ForeignError> {
    let unavailable = |text: String| Err(ForeignError::Unavailable(text));
    if program.contains('/') {
        return match std::fs::metadata(program) {
            Err(error) => unavailable(format!("cannot run {program}: {error}")),
            Ok(found) if !found.is_file() => unavailable(format!("{program} is not a program")),
            Ok(_) if !is_executable(Path::new(program)) => unavailable(format!(
                "{program} is not executable (`chmod +x {program}`)"
            )),
            Ok(_) => Ok(program.into()),
        };
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .map(|folder| folder.join(OsStr::new(program)))
        .find(|file| file.is_file() && is_executable(file));
    match found {
        Some(file) => Ok(file),
        None => unavailable(format!("no program `{program}` is on PATH")),
    }
}

fn is_executable(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o111 != 0)
}

impl Subject for ProgramSubject {
    fn name(&self) -> SubjectName {
        SubjectName::Program(self.line.clone())
    }

    fn update(&self, checksum: u64, message: &[u8]) -> u64 {
        call_directly(&self.own, self, checksum, message)
    }

    fn model(&self) -> Model {
        self.model.clone()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            form: Form::Program,
            pace: Pace::Measured(self.rate),
            file: Some(self.command.path.clone()),
            ..Capabilities::default()
        }
    }

    fn foreign(&self) -> Option<&dyn Foreign> {
        Some(self)
    }
}

impl Foreign for ProgramSubject {
    fn open(&self, capacity_bytes: usize) -> io::Result<Remote> {
        let pipes = Pipes::new(&self.launch, &self.command, capacity_bytes);
        Ok(Remote::new(pipes, 0))
    }

    fn sandbox(&self) -> String {
        self.launch.sandbox()
    }
}
