//! Recordings in a folder.

use super::format::{Malformed, Recording};
use crate::forms::Generator;
use crcheck_platform::files::{regular, whole};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why a folder of recordings cannot be read or written.
#[derive(Debug)]
pub enum FolderError {
    Io {
        path: PathBuf,
        error: io::Error,
    },
    Malformed {
        path: PathBuf,
        malformed: Malformed,
    },
    /// A file holds more than what would replace it.
    Partial {
        path: PathBuf,
        form: String,
    },
}

impl fmt::Display for FolderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { path, error } => write!(f, "{}: {error}", path.display()),
            Self::Malformed { path, malformed } => write!(
                f,
                "{}: {malformed}; get the file again, or record it again on a CPU that has the \
                 extensions",
                path.display()
            ),
            Self::Partial { path, form } => write!(
                f,
                "{}: this CPU gives fewer results for {form} than the file holds; remove the \
                 file first if that is meant",
                path.display()
            ),
        }
    }
}

impl std::error::Error for FolderError {}

/// The longest file that is read, in bytes. All recordings have two megabytes at most.
const FILE_BYTES_MAX: u64 = 4 << 20;

/// Reads all recordings in `folder`, by the names of their files.
///
/// # Errors
/// What cannot be read, or is not as it was written.
pub fn read_folder(folder: &Path) -> Result<Vec<Recording>, FolderError> {
    let failed = |error| FolderError::Io {
        path: folder.to_owned(),
        error,
    };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        paths.push(entry.map_err(failed)?.path());
    }
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> Result<Recording, FolderError> {
    let malformed = |malformed| FolderError::Malformed {
        path: path.to_owned(),
        malformed,
    };
    let failed = |error| FolderError::Io {
        path: path.to_owned(),
        error,
    };
    let bytes = regular::read(path, FILE_BYTES_MAX).map_err(failed)?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + good.iter().filter(|byte| **byte == b'\n').count();
        let what = "it is no text".to_owned();
        malformed(Malformed { line, what })
    })?;
    let recording = Recording::parse(&text).map_err(malformed)?;
    if recording.generator != Generator::NAME {
        // The line is that of the format.
        let what = format!(
            "its inputs are those of `{}`, and this crcheck has `{}`",
            recording.generator,
            Generator::NAME
        );
        return Err(malformed(Malformed { line: 2, what }));
    }
    Ok(recording)
}

/// Writes recordings to `folder`, each as a whole, and replaces those of the same extensions. None
/// is written if one of them holds less than what it would replace.
///
/// # Errors
/// What cannot be read or written, or would hold less.
pub fn write_folder(folder: &Path, recordings: &[Recording]) -> Result<(), FolderError> {
    for new in recordings {
        let path = folder.join(new.file_name());
        if path.exists() {
            let old = read(&path)?;
            if let Some(form) = lost(&old, new) {
                return Err(FolderError::Partial { path, form });
            }
        }
    }
    for recording in recordings {
        let path = folder.join(recording.file_name());
        let written = whole::write(&path, recording.render().as_bytes());
        written.map_err(|error| FolderError::Io { path, error })?;
    }
    Ok(())
}

/// The first form of which `new` has fewer results than `old`.
fn lost(old: &Recording, new: &Recording) -> Option<String> {
    let count = |recording: &Recording, form: &str| {
        let mut entries = recording.entries.iter();
        let entry = entries.find(|entry| entry.form == form);
        entry.map_or(0, |entry| entry.digests.iter().flatten().count())
    };
    let mut forms = old.entries.iter().map(|entry| &entry.form);
    forms
        .find(|form| count(new, form) < count(old, form))
        .cloned()
}
