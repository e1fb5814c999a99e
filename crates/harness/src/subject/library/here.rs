//! A function of a shared library, loaded into this process: for fuzz targets, whose processes belong to
//! the fuzzer and end at the first fault anyway.

use super::entry::Entry;
use super::{Convention, LibrarySpec};
use crate::audit::RawEntry;
use crate::check::CheckId;
use crate::fault;
use crate::mine::Mined;
use crate::subject::{ForeignError, Subject};
use crcheck_oracle::model::Model;

/// A function of a shared library of this process.
#[derive(Debug)]
pub struct LibraryHere {
    spec: LibrarySpec,
    model: Model,
    entry: Entry,
    has_go_runtime: bool,
    mined: Mined,
}

impl LibraryHere {
    /// Loads the library that `spec` names; the function claims to compute `model`.
    ///
    /// # Errors
    /// Why it cannot be called.
    pub fn load(spec: LibrarySpec, model: Model) -> Result<Self, ForeignError> {
        let exports = spec.check()?;
        let path = std::path::absolute(&spec.path).unwrap_or_else(|_| spec.path.clone());
        let signature = spec.signature.for_width(model.width);
        let entry =
            Entry::load(&path, &spec.symbol, &signature).map_err(ForeignError::Unavailable)?;
        // A library may come with a runtime that handles signals itself.
        fault::take_over();
        Ok(Self {
            mined: exports.mined(&spec.symbol),
            spec,
            model,
            entry,
            has_go_runtime: exports.has_go_runtime,
        })
    }
}

impl Subject for LibraryHere {
    fn name(&self) -> String {
        format!("lib:{}", self.spec)
    }

    fn update(&self, checksum: u64, message: &[u8]) -> u64 {
        let xor = match self.spec.convention {
            Convention::Zlib => 0,
            Convention::Register => self.model.xorout,
        };
        // SAFETY: a slice is valid for reads.
        let after = unsafe {
            self.entry
                .call(checksum ^ xor, message.as_ptr(), message.len())
        };
        after ^ xor
    }

    fn model(&self) -> Model {
        self.model.clone()
    }

    fn thresholds(&self) -> Vec<usize> {
        self.mined.lengths.clone()
    }

    fn mined(&self) -> Option<Mined> {
        Some(self.mined.clone())
    }

    /// Entries are of the zlib convention.
    fn entry(&self) -> Option<RawEntry> {
        (self.spec.convention == Convention::Zlib).then(|| self.entry.raw())
    }

    fn length_max(&self) -> u64 {
        self.spec.signature.length_max()
    }

    fn takes_checksum(&self) -> bool {
        self.spec.signature.takes_checksum()
    }

    fn exempt_from(&self, check: CheckId) -> Option<String> {
        match check {
            CheckId::Split if !self.takes_checksum() => {
                Some("the function does not go on from a checksum".to_owned())
            }
            // It begins in copies of this process, where Go's other threads are missing.
            CheckId::Threads if self.has_go_runtime => {
                Some("Go's runtime does not survive a fork".to_owned())
            }
            _ => None,
        }
    }
}
