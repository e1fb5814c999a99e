//! Builds one profile of files in C.

use crate::compiler::Compiler;
use crate::tool::{self, NotBuilt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::AtomicBool;

/// What every profile is told. A program that links the kernel inlines its functions into one
/// another, as `-fno-semantic-interposition` does. Lines of the source belong to addresses, and
/// equal code makes equal libraries.
const ALWAYS: [&str; 5] = [
    "-shared",
    "-fPIC",
    "-fno-semantic-interposition",
    "-g",
    "-Wl,--build-id=none",
];

/// Builds `files` into the shared library `to`. The level comes after the words of the user, so
/// that it counts.
///
/// # Errors
/// The compiler's first error.
pub(crate) fn build(
    compiler: &Compiler,
    files: &[PathBuf],
    user: &[String],
    level: &[String],
    to: &Path,
    interrupted: &AtomicBool,
) -> Result<(), NotBuilt> {
    // The linker takes from a library only what it needs by then.
    let (libraries, flags): (Vec<&String>, Vec<&String>) =
        user.iter().partition(|word| word.starts_with("-l"));
    let mut command = Command::new(&compiler.path);
    command.args(ALWAYS).args(flags).args(level);
    command.args(files).args(libraries).arg("-o").arg(to);
    tool::run(&mut command, interrupted).map(drop)
}
