//! A function of a shared library, loaded into this process. It is for fuzz targets, whose
//! processes belong to the fuzzer and end at the first finding.

use super::{LibrarySpec, exports_of};
use crate::c_function::Entry;
use crate::capabilities::{Capabilities, Form};
use crate::foreign::ForeignError;
use crate::subject::Subject;
use crate::subject_name::SubjectName;
use crcheck_oracle::model::Model;
use crcheck_platform::code::mined_lengths::Mined;
use crcheck_platform::raw_entry::RawEntry;
use crcheck_platform::signal::{self, watch};

/// A function of a shared library of this process.
#[derive(Debug)]
pub struct InProcessLibrary {
    spec: LibrarySpec,
    model: Model,
    entry: Entry,
    has_go_runtime: bool,
    mined: Mined,
}

impl InProcessLibrary {
    /// Loads the library that `spec` names; the function claims to compute `model`.
    ///
    /// # Errors
    /// The reason why it cannot be called.
    pub fn load(mut spec: LibrarySpec, model: Model) -> Result<Self, ForeignError> {
        let exports = exports_of(&mut spec)?;
        let path = std::path::absolute(&spec.path).unwrap_or_else(|_| spec.path.clone());
        let interface = spec.interface.for_width(model.width);
        let entry = Entry::load(&path, &spec.symbol, &interface, interface.xor(&model))
            .map_err(ForeignError::Unavailable)?;
        // A library may bring a runtime that handles signals itself.
        signal::take_over();
        Ok(Self {
            mined: exports.mined(&spec.symbol),
            spec,
            model,
            entry,
            has_go_runtime: exports.has_go_runtime,
        })
    }
}

impl Subject for InProcessLibrary {
    fn name(&self) -> SubjectName {
        SubjectName::Library(self.spec.clone())
    }

    fn update(&self, checksum: u64, message: &[u8]) -> u64 {
        // SAFETY: a slice is valid for reads.
        let call = || unsafe { self.entry.call(checksum, message.as_ptr(), message.len()) };
        watch::during(message.len(), call)
    }

    fn combine(&self, a: u64, b: u64, len_b: u64) -> Option<u64> {
        // SAFETY: the process belongs to the fuzzer, as in `InProcessLibrary::load`.
        unsafe { self.entry.combine(a, b, len_b) }
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
            length_max: self.spec.interface.length_max(),
            combine_lengths: self.spec.interface.combine_lengths(),
            mined: Some(self.mined.clone()),
            has_go_runtime: self.has_go_runtime,
            ..Capabilities::default()
        }
    }

    fn entry(&self) -> Option<RawEntry> {
        // The function of a stream needs a state.
        let is_whole = self.entry.stream().is_none();
        is_whole.then(|| self.entry.raw())
    }
}
