//! The hash of the file that holds a subject's code.

use crcheck_platform::files::{hash, regular};
use crcheck_subject::{SubjectName, library, program};
use std::io;
use std::path::{Path, PathBuf};

/// The file that holds the code of a library or a program; `None` for other subjects, and if there
/// is no such program.
pub fn code_file(name: &SubjectName) -> Option<PathBuf> {
    match name {
        SubjectName::Library(spec) => library::file(&spec.path),
        SubjectName::Program(spec) => program::file(&spec.line).ok(),
        _ => None,
    }
}

/// The SHA-256 of a file in hexadecimal.
///
/// # Errors
/// If it cannot be read.
pub fn sha256_of(file: &Path) -> io::Result<String> {
    hash::sha256_of_file(file, regular::CODE_BYTES_MAX)
}

/// The SHA-256 of the code of a subject; `None` if it has no file, or none that can be read.
pub fn code_sha256(name: &SubjectName) -> Option<String> {
    sha256_of(&code_file(name)?).ok()
}
