//! The saved cases that each leg judges.

use crate::path_error::PathError;
use crcheck_harness::check::fuzz::Target;
use crcheck_harness::check::saved::corpus;
use crcheck_harness::platform::leftovers::ScratchFolder;
use std::path::{Path, PathBuf};

/// The folder of the saved cases that each leg judges.
#[derive(Debug)]
pub enum SavedCases {
    /// A folder that is there.
    Folder(PathBuf),
    /// A folder with the seeds, which is removed at the end.
    Seeds(ScratchFolder),
}

/// The corpus of a checkout.
const CORPUS: &str = "corpus";

impl SavedCases {
    /// The given folder, else `corpus` if it exists, else a new folder with the seeds of every
    /// target.
    ///
    /// # Errors
    /// If the operating system refuses.
    pub fn find(given: Option<&Path>) -> Result<Self, PathError> {
        let path = given.unwrap_or(Path::new(CORPUS));
        if given.is_some() || path.is_dir() {
            let path = path.canonicalize().map_err(PathError::of("read", path))?;
            return Ok(Self::Folder(path));
        }
        let folder = ScratchFolder::new().map_err(PathError::of("write", &std::env::temp_dir()))?;
        for target in Target::ALL.into_iter().filter(|target| target.has_corpus()) {
            corpus::write_seeds(folder.path(), target)
                .map_err(PathError::of("write", folder.path()))?;
        }
        Ok(Self::Seeds(folder))
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        match self {
            Self::Folder(path) => path,
            Self::Seeds(folder) => folder.path(),
        }
    }
}
