//! What the tests share: folders with saved cases, scripts, matrices.

use crate::common::{command, folder, repository, stderr, stdout};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Output;

/// A test's name and body.
pub(crate) type NamedTest = (&'static str, fn());

/// A new folder with a few saved cases, so that a replay takes no time.
pub(crate) fn folder_with_corpus() -> tempfile::TempDir {
    let here = folder();
    let target = here.path().join("corpus/kernel_vs_oracle");
    fs::create_dir_all(&target).expect("a folder");
    let seeds = repository().join("corpus/kernel_vs_oracle");
    for name in [
        "len-0000000-at-00-none-splits-0-b1195693",
        "len-0000064-at-00-none-splits-0-7b5ee65f",
    ] {
        fs::copy(seeds.join(name), target.join(name)).expect("a copy");
    }
    here
}

/// Runs crcheck with `variable` set to a path.
pub(crate) fn crcheck_with(folder: &Path, line: &str, variable: &str, value: &Path) -> Output {
    let mut command = command(folder, line);
    command.env(variable, value);
    command.output().expect("the program starts")
}

/// Asserts the exit code, and what stdout and stderr contain.
#[track_caller]
pub(crate) fn assert_ends(output: &Output, code: i32, parts: &[&str]) {
    let text = format!("{}\n{}", stdout(output), stderr(output));
    assert_eq!(output.status.code(), Some(code), "{text}");
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in: {text}");
    }
}

/// Writes an executable script.
pub(crate) fn write_script(path: &Path, body: &str) {
    fs::write(path, format!("#!/bin/sh\n{body}\n")).expect("a file");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("a mode");
}

/// Writes `matrix.toml` with one CPU.
pub(crate) fn write_matrix(folder: &Path, row: &str) {
    let text = format!("[[cpu]]\nname = 'small'\ntitle = 'nothing but the baseline'\n{row}\n");
    fs::write(folder.join("matrix.toml"), text).expect("a file");
}

/// Writes a stand-in for QEMU that gives this version, and otherwise runs `body`.
pub(crate) fn write_qemu_stand_in(folder: &Path, version: &str, body: &str) -> PathBuf {
    let path = folder.join("qemu-x86_64");
    let body = format!("[ \"$1\" = --version ] && exec echo 'QEMU version {version}'\n{body}");
    write_script(&path, &body);
    path
}

/// Runs Penryn's leg with this stand-in for QEMU.
pub(crate) fn emulate_penryn(folder: &Path, qemu: &Path, options: &str) -> Output {
    let line = format!("emulate --cpu penryn --emulator qemu {options}");
    crcheck_with(folder, &line, "CRCHECK_QEMU", qemu)
}
