//! A function of a shared library, interpreted. No code of the library runs natively.

use super::alone;
use super::caller::InterpretedCaller;
use super::calls::Calls;
use super::streams;
use super::target::{Function, Target};
use crate::c_function::{Functions, Interface, Loaded};
use crate::caller::Caller;
use crate::calls::StreamStep;
use crate::capabilities::{Capabilities, Form};
use crate::executed_by::ExecutedBy;
use crate::foreign::ForeignError;
use crate::interpreted::Interpreted;
use crate::library::{exports_of, file};
use crate::library_spec::LibrarySpec;
use crate::rate::Pace;
use crate::subject::Subject;
use crate::subject_name::SubjectName;
use crcheck_machine::loader::{Library, LoadError};
use crcheck_machine::{Cpu, Stopped};
use crcheck_oracle::model::Model;
use crcheck_platform::abi_audit::{Audit, Paint};
use crcheck_platform::code::mined_lengths::Mined;
use crcheck_platform::code::place::Place;
use crcheck_platform::raw_entry::RawEntry;
use std::cell::RefCell;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

/// A function of a shared library, interpreted on a CPU.
#[derive(Debug)]
pub struct InterpretedLibrary {
    spec: LibrarySpec,
    model: Model,
    interface: Interface,
    cpu: Cpu,
    mined: Mined,
    instructions: AtomicU64,
}

impl InterpretedLibrary {
    /// The function that `spec` names, which claims to compute `model`, on `cpu`.
    ///
    /// # Errors
    /// The reason why it cannot be called.
    pub fn new(mut spec: LibrarySpec, model: Model, cpu: Cpu) -> Result<Self, ForeignError> {
        let exports = exports_of(&mut spec)?;
        if exports.has_go_runtime {
            let shown = spec.path.display();
            return Err(ForeignError::Unavailable(format!(
                "{shown} has Go's runtime, which begins threads: that is not modelled by \
                 interpretation"
            )));
        }
        let library = Self {
            mined: exports.mined(&spec.symbol),
            interface: spec.interface.for_width(model.width),
            spec,
            model,
            cpu,
            instructions: AtomicU64::new(0),
        };
        // Whoever asks for it learns here what is wrong with it.
        let unavailable = |error: io::Error| ForeignError::Unavailable(error.to_string());
        let mut calls = Calls::new(library.cpu.clone()).map_err(unavailable)?;
        Target::open(&library, &mut calls).map_err(unavailable)?;
        Ok(library)
    }

    pub fn spec(&self) -> &LibrarySpec {
        &self.spec
    }

    pub fn cpu(&self) -> &Cpu {
        &self.cpu
    }
}

impl Target for InterpretedLibrary {
    fn open(&self, calls: &mut Calls) -> io::Result<Box<dyn Function + '_>> {
        let library = Library::load(&self.spec.path, calls.machine());
        let library = library.map_err(|error: LoadError| io::Error::other(error.to_string()))?;
        let loaded = LoadedLibrary {
            library: &library,
            calls: RefCell::new(&mut *calls),
        };
        let xor = self.spec.interface.xor(&self.model);
        // SAFETY: interpreted calls alone are made of it, which do nothing to this process.
        let found = unsafe { Functions::find(&loaded, &self.spec.symbol, &self.interface, xor) };
        let functions = found
            .map_err(|why| io::Error::other(format!("{}: {why}", self.spec.path.display())))?;
        // Each leg begins with what the calls before all others have stored.
        calls.machine().memory().keep_stores();
        Ok(Box::new(LibraryFunction {
            functions,
            library,
            takes_null: self.spec.interface.takes_null(),
        }))
    }
}

/// A library before its first call.
struct LoadedLibrary<'l> {
    library: &'l Library,
    calls: RefCell<&'l mut Calls>,
}

impl Loaded for LoadedLibrary<'_> {
    fn address_of(&self, symbol: &str) -> Result<usize, String> {
        let address = self.library.symbol(symbol).map(|address| address as usize);
        address.ok_or_else(|| format!("it has no symbol `{symbol}`"))
    }

    unsafe fn call_first(&self, entry: &RawEntry) -> Result<u64, String> {
        let outcome = self.calls.borrow_mut().call_null(entry, 0);
        outcome.map_err(|stopped| {
            let ip = stopped.state.ip;
            let place = self.library.place(ip).unwrap_or_else(|| format!("{ip:#x}"));
            let fault = &stopped.fault;
            format!("a call before the others stops at {place}: {fault:?}")
        })
    }
}

/// A function of a library in the memory of one machine.
struct LibraryFunction {
    functions: Functions,
    /// Whether the address of the message may be null.
    takes_null: bool,
    library: Library,
}

impl Function for LibraryFunction {
    fn entry(&self) -> RawEntry {
        self.functions.raw
    }

    fn update(
        &mut self,
        calls: &mut Calls,
        checksum: u64,
        message: &[u8],
    ) -> Result<u64, Box<Stopped>> {
        match &self.functions.stream {
            None => calls.call(&self.functions.raw, checksum, message),
            Some(stream) => streams::checksum(stream, calls, &[message]),
        }
    }

    fn chain(
        &mut self,
        calls: &mut Calls,
        checksum: u64,
        pieces: &[&[u8]],
    ) -> Result<u64, Box<Stopped>> {
        if let Some(stream) = &self.functions.stream {
            return streams::checksum(stream, calls, pieces);
        }
        let mut pieces = pieces.iter();
        let raw = self.functions.raw;
        pieces.try_fold(checksum, |checksum, piece| {
            calls.call(&raw, checksum, piece)
        })
    }

    fn is_stream(&self) -> bool {
        self.functions.stream.is_some()
    }

    fn operate(
        &mut self,
        calls: &mut Calls,
        message: &[u8],
        steps: &[StreamStep],
    ) -> Option<Result<Vec<u64>, Box<Stopped>>> {
        let stream = self.functions.stream.as_ref()?;
        Some(streams::operate(stream, calls, message, steps))
    }

    fn audit(
        &mut self,
        calls: &mut Calls,
        checksum: u64,
        message: &[u8],
        paint: &Paint,
    ) -> Result<Audit, Box<Stopped>> {
        match &self.functions.stream {
            None => calls.audit(&self.functions.raw, checksum, message, paint),
            Some(stream) => streams::audit(stream, calls, message, paint),
        }
    }

    fn call_null(&mut self, calls: &mut Calls, checksum: u64) -> Option<Result<u64, Box<Stopped>>> {
        if !self.takes_null {
            return None;
        }
        Some(match &self.functions.stream {
            None => calls.call_null(&self.functions.raw, checksum),
            Some(stream) => streams::checksum_of_null(stream, calls),
        })
    }

    fn combine(
        &mut self,
        calls: &mut Calls,
        a: u64,
        b: u64,
        len_b: u64,
    ) -> Option<Result<u64, Box<Stopped>>> {
        let combine = self.functions.combine.as_ref()?;
        // SAFETY: the library is loaded as long as this lives.
        let entry = unsafe { combine.of(b, len_b) };
        Some(calls.call_null(&entry, a))
    }

    fn place(&self, address: u64) -> Option<Place> {
        self.library.origin(address)
    }
}

impl Interpreted for InterpretedLibrary {
    fn open(&self, capacity_bytes: usize) -> io::Result<Box<dyn Caller + '_>> {
        let counter = Some(&self.instructions);
        let caller = InterpretedCaller::open(self, &self.cpu, capacity_bytes, counter)?;
        Ok(Box::new(caller))
    }
}

impl Subject for InterpretedLibrary {
    fn name(&self) -> SubjectName {
        SubjectName::Library(self.spec.clone())
    }

    fn update(&self, checksum: u64, message: &[u8]) -> u64 {
        alone::update(self, &self.cpu, checksum, message)
    }

    fn combine(&self, a: u64, b: u64, len_b: u64) -> Option<u64> {
        self.spec.interface.combine.as_ref()?;
        alone::combine(self, &self.cpu, a, b, len_b)
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
            pace: Pace::Software,
            executed_by: ExecutedBy::Interpretation,
            ..Capabilities::default()
        }
    }

    fn entered(&self) -> Option<u64> {
        Some(self.instructions.load(Ordering::Relaxed))
    }

    fn interpreted(&self) -> Option<&dyn Interpreted> {
        Some(self)
    }
}
