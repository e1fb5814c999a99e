//! A right kernel in C that has a name on the command line.

use crate::good::GoodSpec;
use crate::planter::Planter;
use crcheck_harness::oracle::model::Model;
use crcheck_harness::subject::worker::Launch;
use crcheck_harness::subject::{Capabilities, Foreign, Subject, SubjectName};

/// A right kernel in C. It keeps the folder of its library.
pub(crate) struct KeptLibrary {
    name: SubjectName,
    subject: Box<dyn Subject>,
    _planter: Planter,
}

impl KeptLibrary {
    /// Builds the library.
    ///
    /// # Errors
    /// What this machine lacks.
    pub(crate) fn build(good: &GoodSpec, launch: Option<&Launch>) -> Result<Self, String> {
        let planter = Planter::with_library(0, launch);
        Ok(Self {
            name: good.full_name().into(),
            subject: planter.make_good(good)?,
            _planter: planter,
        })
    }
}

impl Subject for KeptLibrary {
    fn name(&self) -> SubjectName {
        self.name.clone()
    }

    fn update(&self, checksum: u64, message: &[u8]) -> u64 {
        self.subject.update(checksum, message)
    }

    fn combine(&self, a: u64, b: u64, len_b: u64) -> Option<u64> {
        self.subject.combine(a, b, len_b)
    }

    fn has_combine(&self) -> bool {
        self.subject.has_combine()
    }

    fn model(&self) -> Model {
        self.subject.model()
    }

    fn capabilities(&self) -> Capabilities {
        self.subject.capabilities()
    }

    fn foreign(&self) -> Option<&dyn Foreign> {
        self.subject.foreign()
    }
}
