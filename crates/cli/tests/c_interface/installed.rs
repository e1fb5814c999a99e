//! The C interface as `scripts/capi` installs it, and the tools that tests use it by.

use crate::common::{is_required, on_path, repository};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

/// A test: its name, itself, and whether its tools are here.
pub(crate) type Test = (String, Box<dyn FnOnce() + Send>, bool);

/// The folder that everything is installed in, once for all tests.
pub(crate) fn prefix() -> &'static Path {
    static PREFIX: LazyLock<PathBuf> = LazyLock::new(|| {
        let prefix = Path::new(env!("CARGO_TARGET_TMPDIR")).join("c-interface");
        let script = repository().join("scripts/capi");
        assert_passes(Command::new(script).arg(&prefix));
        prefix
    });
    &PREFIX
}

/// A file of these tests.
pub(crate) fn source(name: &str) -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    tests.join("c_interface").join(name)
}

/// Whether a program is on PATH, or must be.
pub(crate) fn has(program: &str) -> bool {
    on_path(program).is_some() || is_required(program)
}

/// A compiler that defines the version, warns of all, and takes a warning for an error.
pub(crate) fn compiler(name: &str) -> Command {
    let mut compiler = Command::new(name);
    let version = concat!("-DVERSION=\"", env!("CARGO_PKG_VERSION"), "\"");
    compiler.args(["-O1", "-Wall", "-Wextra", "-Werror", version, "-I"]);
    compiler.arg(prefix().join("include"));
    compiler
}

/// Runs a command, which must end with 0.
#[track_caller]
pub(crate) fn assert_passes(command: &mut Command) -> Output {
    let output = command.output().expect("the program starts");
    assert!(output.status.success(), "{command:?}: {output:?}");
    output
}
