//! Files by the hash of their content.

use crcheck_platform::files::{hash, regular};
use crcheck_subject::{SubjectName, library, program};
use serde::Serialize;
use std::io;
use std::path::{Path, PathBuf};

/// A file, and the hash of its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hashed {
    /// The file, or `built in` for a part of this program.
    pub file: String,
    /// The SHA-256 in hexadecimal.
    pub sha256: String,
}

/// This program.
pub(crate) const PROGRAM: &str = "/proc/self/exe";
const BUILT_IN: &str = "built in";

impl Hashed {
    /// Whether it is a file, and not a part of this program.
    pub(crate) fn is_file(&self) -> bool {
        self.file != BUILT_IN
    }

    /// Hashes a file; `None` stands for this program.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn of(file: Option<&Path>) -> io::Result<Self> {
        let path = file.unwrap_or(Path::new(PROGRAM));
        Ok(Self {
            file: file.map_or(BUILT_IN.to_owned(), |file| file.display().to_string()),
            sha256: hash::sha256_of_file(path, regular::CODE_BYTES_MAX)?,
        })
    }

    /// The files that hold the code of libraries and programs among the subjects, each once. One
    /// that cannot be read is left out.
    pub(crate) fn of_subjects<'n>(names: impl Iterator<Item = &'n SubjectName>) -> Vec<Self> {
        let mut files: Vec<PathBuf> = Vec::new();
        for file in names.filter_map(code_file) {
            if !files.contains(&file) {
                files.push(file);
            }
        }
        let hashed = files.iter().map(|file| Self::of(Some(file)));
        hashed.filter_map(Result::ok).collect()
    }
}

/// The file that holds the code of a subject; `None` for built-in code.
fn code_file(name: &SubjectName) -> Option<PathBuf> {
    match name {
        SubjectName::Library(spec) => library::file(&spec.path),
        SubjectName::Program(spec) => program::file(&spec.line).ok(),
        _ => None,
    }
}
