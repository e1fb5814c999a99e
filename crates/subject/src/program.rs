//! A program under test, in any language: it stays running and answers requests on its pipes.

use crate::caller::Caller;
use crate::calls::FILLS;
use crate::capabilities::{Capabilities, Form};
use crate::direct_call::call_directly;
use crate::foreign::{Foreign, ForeignError};
pub use crate::output_form::OutputForm;
pub use crate::program_spec::{ProgramForm, ProgramSpec};
use crate::rate::{LONG_BYTES, Pace, Rate};
use crate::subject::Subject;
use crate::subject_name::SubjectName;
use crate::wait::Wait;
use crate::worker::{
    Launch, OneShot, Patience, Pipes, ProgramCommand, Remote, Written, answers_with_text,
};
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
    spec: ProgramSpec,
    way: Way,
    model: Model,
    rate: Rate,
    own: Mutex<Remote>,
}

/// How its processes are started.
#[derive(Debug)]
struct Way {
    command: ProgramCommand,
    launch: Launch,
    patience: Patience,
    xor: u64,
    /// How it writes a checksum, if it reads one message.
    written: Option<Written>,
}

impl Way {
    fn open(&self, capacity_bytes: usize) -> io::Result<Remote> {
        Ok(match self.written {
            None => Remote::new(self.pipes(capacity_bytes), self.xor),
            Some(written) => Remote::new(self.one_shot(written, capacity_bytes)?, self.xor),
        })
    }

    fn pipes(&self, capacity_bytes: usize) -> Pipes {
        Pipes::new(&self.launch, &self.command, &self.patience, capacity_bytes)
    }

    fn one_shot(&self, written: Written, capacity_bytes: usize) -> io::Result<OneShot> {
        let (launch, command, patience) = (&self.launch, &self.command, &self.patience);
        OneShot::new(launch, command, written, patience, capacity_bytes)
    }

    /// Starts the first process.
    ///
    /// # Errors
    /// The reason why it does not start.
    fn start(&self) -> Result<Remote, ForeignError> {
        if let Some(written) = self.written {
            let one_shot = self.one_shot(written, OWN_BYTES);
            let one_shot = one_shot.map_err(|error| ForeignError::Start(error.to_string()))?;
            return Ok(Remote::new(one_shot, self.xor));
        }
        let mut pipes = self.pipes(OWN_BYTES);
        pipes.begin().map_err(|error| {
            let shown = self.command.path.display();
            ForeignError::Unavailable(format!("cannot run {shown}: {error}"))
        })?;
        Ok(Remote::new(pipes, self.xor))
    }

    /// Makes calls by a process that has answered one, from `checksum` on.
    ///
    /// # Errors
    /// The reason why none answers.
    fn begin(&self, line: &str, checksum: u64) -> Result<Remote, ForeignError> {
        let mut tried = Vec::new();
        for (message, what) in TRIALS {
            let mut own = self.start()?;
            own.set_wait(Wait::Whole);
            match own.call(Placement::aligned(0), checksum, message, FILLS[0]) {
                Ok(_) => {
                    own.set_wait(Wait::Short);
                    return Ok(own);
                }
                Err(stop) => tried.push(format!("  {what}: it {}", stop.summary)),
            }
            if own.last_stop().is_some_and(answers_with_text) {
                break;
            }
        }
        let tried = tried.join("\n");
        let (what, hint) = match self.written {
            None => ("answer", NOT_ANSWERED),
            Some(_) => ("checksum", NOT_WRITTEN),
        };
        let text = format!("`{line}` gives no {what}. What was tried:\n{tried}\n  {hint}");
        Err(ForeignError::Unavailable(text))
    }
}

/// What a program gets first, each in a new process: one that answers neither is not judged.
const TRIALS: [(&[u8], &str); 2] = [
    (b"123456789", "the 9 bytes `123456789`"),
    (b"", "the empty message, in another process"),
];

const NOT_ANSWERED: &str = "A program stays running and answers each request (u64 checksum, u64 \
    length, message) with 8 bytes. For one that reads a single message, prints its checksum and \
    ends, add `--cmd-form one-shot`";

const NOT_WRITTEN: &str = "With `--cmd-form one-shot` a program reads one message from stdin, or \
    from a file whose name replaces {} in the command, prints its checksum and ends with exit code \
    0. `--result` says how the checksum is written";

impl ProgramSubject {
    /// The program that `spec` names, which claims to compute `model`.
    ///
    /// # Errors
    /// The reason why it does not start, or answers nothing.
    pub fn new(spec: ProgramSpec, model: Model, launch: Launch) -> Result<Self, ForeignError> {
        let written = match spec.form {
            ProgramForm::Persistent => None,
            ProgramForm::OneShot(form) => {
                let width = u32::from(model.width);
                Some(Written { form, width })
            }
        };
        let way = Way {
            command: command_of(&spec.line)?,
            patience: Patience::new(launch.deadline),
            xor: spec.convention.xor(&model),
            launch,
            written,
        };
        let mut own = way.begin(&spec.line, model.initial_checksum())?;
        let rate = measure(&mut own);
        Ok(Self {
            spec,
            own: Mutex::new(own),
            way,
            model,
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
        SubjectName::Program(self.spec.clone())
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
            takes_checksum: self.way.written.is_none(),
            pace: Pace::Measured(self.rate),
            file: Some(self.way.command.path.clone()),
            ..Capabilities::default()
        }
    }

    fn foreign(&self) -> Option<&dyn Foreign> {
        Some(self)
    }
}

impl Foreign for ProgramSubject {
    fn open(&self, capacity_bytes: usize) -> io::Result<Remote> {
        self.way.open(capacity_bytes)
    }

    fn sandbox(&self) -> String {
        self.way.launch.sandbox()
    }
}
