//! A function of a shared library under test. A worker loads the library and calls the function.

mod exports;
mod in_process;
mod symbol_choice;

pub use crate::c_function::{
    Combine, Convention, FixedCall, Interface, ResultForm, Signature, Stated, StreamInterface,
};
pub use crate::library_spec::LibrarySpec;
pub use in_process::InProcessLibrary;

pub use crcheck_platform::code::library_path::find;

use crate::capabilities::{Capabilities, Form};
use crate::direct_call::{call_directly, combine_directly};
use crate::foreign::{Foreign, ForeignError, OtherInterface};
use crate::subject::Subject;
use crate::subject_name::SubjectName;
use crate::worker::{Assignment, Launch, Patience, Remote, StartError, Worker};
use crcheck_oracle::model::Model;
use crcheck_platform::code::mined_lengths::Mined;
use exports::Exports;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

/// The absolute path of a library, whose content a certificate names.
pub fn file(path: &Path) -> Option<PathBuf> {
    std::path::absolute(path).ok()
}

/// The exports of the file of `spec`. Its symbol becomes the one that the loader knows.
///
/// # Errors
/// The reason why the function cannot be called.
pub(crate) fn exports_of(spec: &mut LibrarySpec) -> Result<Exports, ForeignError> {
    let exports = Exports::read(&spec.path)?;
    exports.choose(&spec.symbol)?.clone_into(&mut spec.symbol);
    for name in spec.interface.called() {
        exports.require(name)?;
    }
    Ok(exports)
}

/// The functions of a library that look like a CRC, for a user who has not named one.
///
/// # Errors
/// The reason why it is not a library for this machine.
pub fn plausible(path: &Path) -> Result<String, ForeignError> {
    Ok(Exports::read(path)?.list())
}

/// A function of a shared library, in a worker process.
#[derive(Debug)]
pub struct LibrarySubject {
    spec: LibrarySpec,
    model: Model,
    launch: Launch,
    patience: Patience,
    assignment: Assignment,
    sandbox: String,
    mined: Mined,
    /// What the user has stated of the interface.
    stated: Stated,
    /// The exported functions that may have to be called first.
    initializers: Vec<String>,
    /// For calls outside of every caller.
    own: Mutex<Remote>,
}

impl LibrarySubject {
    /// The function that `spec` names, which claims to compute `model`.
    ///
    /// # Errors
    /// The reason why it cannot be called.
    pub fn new(mut spec: LibrarySpec, model: Model, launch: Launch) -> Result<Self, ForeignError> {
        let exports = exports_of(&mut spec)?;
        let assignment = Assignment {
            // The loader would look for a bare name on its own paths.
            path: std::path::absolute(&spec.path).unwrap_or_else(|_| spec.path.clone()),
            symbol: spec.symbol.clone(),
            interface: spec.interface.for_width(model.width),
            xor: spec.interface.xor(&model),
            survives_faults: !exports.has_go_runtime,
        };
        let patience = Patience::new(launch.deadline);
        let worker = start_worker(&assignment, &launch, &patience, OWN_BYTES)?;
        Ok(Self {
            sandbox: worker.sandbox().to_owned(),
            mined: exports.mined(&spec.symbol),
            own: Mutex::new(Remote::new(worker, 0)),
            initializers: exports.initializers(&spec.symbol),
            stated: Stated::ALL,
            spec,
            model,
            launch,
            patience,
            assignment,
        })
    }

    /// The function, if the user has stated no more of its interface than this.
    #[must_use]
    pub fn stated(self, stated: Stated) -> Self {
        Self { stated, ..self }
    }

    pub fn spec(&self) -> &LibrarySpec {
        &self.spec
    }

    /// A worker that calls the function by another interface or as one of another model, for short
    /// messages.
    fn open_other(&self, interface: &Interface, model: &Model) -> io::Result<Remote> {
        let assignment = Assignment {
            interface: interface.for_width(model.width),
            xor: interface.xor(model),
            ..self.assignment.clone()
        };
        let launch = Launch {
            deadline: self.launch.deadline.min(TRIAL),
            ..self.launch.clone()
        };
        open(
            &assignment,
            &launch,
            &Patience::new(launch.deadline),
            OWN_BYTES,
        )
    }
}

/// The longest message of the first worker for calls outside of every caller, in bytes.
const OWN_BYTES: usize = 1 << 16;

/// How long a call by another interface may take.
const TRIAL: Duration = Duration::from_millis(500);

fn open(
    assignment: &Assignment,
    launch: &Launch,
    patience: &Patience,
    capacity_bytes: usize,
) -> io::Result<Remote> {
    let worker = start_worker(assignment, launch, patience, capacity_bytes);
    let worker = worker.map_err(|error| io::Error::other(error.to_string()))?;
    Ok(Remote::new(worker, 0))
}

fn start_worker(
    assignment: &Assignment,
    launch: &Launch,
    patience: &Patience,
    capacity_bytes: usize,
) -> Result<Worker, ForeignError> {
    let shown = assignment.path.display();
    let no_worker = |error: &dyn fmt::Display| {
        ForeignError::Start(format!("cannot start a worker for {shown}: {error}"))
    };
    match Worker::begin(launch, assignment, patience, capacity_bytes) {
        Ok(Ok(worker)) => Ok(worker),
        Ok(Err(StartError::Loader(text))) => Err(ForeignError::Unavailable(format!(
            "{shown} cannot be loaded: {text}"
        ))),
        Ok(Err(error)) => Err(no_worker(&error)),
        Err(error) => Err(no_worker(&error)),
    }
}

impl Subject for LibrarySubject {
    fn name(&self) -> SubjectName {
        SubjectName::Library(self.spec.clone())
    }

    fn update(&self, checksum: u64, message: &[u8]) -> u64 {
        call_directly(&self.own, self, checksum, message)
    }

    fn combine(&self, a: u64, b: u64, len_b: u64) -> Option<u64> {
        combine_directly(&self.own, a, b, len_b)
    }

    fn has_combine(&self) -> bool {
        self.spec.interface.combine.is_some()
    }

    fn model(&self) -> Model {
        self.model.clone()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            form: Form::Library,
            takes_checksum: self.spec.interface.takes_checksum(),
            streams: self.spec.interface.streams(),
            length_max: self.spec.interface.length_max(),
            combine_lengths: self.spec.interface.combine_lengths(),
            mined: Some(self.mined.clone()),
            file: file(&self.spec.path),
            ..Capabilities::default()
        }
    }

    fn foreign(&self) -> Option<&dyn Foreign> {
        Some(self)
    }
}

impl Foreign for LibrarySubject {
    fn open(&self, capacity_bytes: usize) -> io::Result<Remote> {
        open(
            &self.assignment,
            &self.launch,
            &self.patience,
            capacity_bytes,
        )
    }

    fn others(&self) -> Vec<OtherInterface<'_>> {
        self.others_with(self.stated)
    }

    fn all_others(&self) -> Vec<OtherInterface<'_>> {
        self.others_with(Stated::NOTHING)
    }

    fn open_as(&self, model: &Model) -> Option<io::Result<Remote>> {
        Some(self.open_other(&self.spec.interface, model))
    }

    fn sandbox(&self) -> String {
        self.sandbox.clone()
    }
}

impl LibrarySubject {
    /// The interfaces that agree with this one in what is stated.
    fn others_with(&self, stated: Stated) -> Vec<OtherInterface<'_>> {
        let usual = &self.spec.interface;
        let other = |interface: Interface| OtherInterface {
            options: interface.options(),
            takes_checksum: interface.takes_checksum(),
            open: Box::new(move || self.open_other(&interface, &self.model)),
        };
        let others = usual.alternatives(stated, &self.model).into_iter();
        let prepared = self.initializers.iter().map(|name| Interface {
            init: vec![FixedCall::new(name)],
            ..usual.clone()
        });
        let is_stated = !usual.init.is_empty() || stated == Stated::ALL;
        let prepared = prepared.filter(|_| !is_stated);
        others.chain(prepared).map(other).collect()
    }
}
