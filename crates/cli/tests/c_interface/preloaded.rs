//! Python, whose zlib is a shared library, with `crc32` replaced by LD_PRELOAD.

use crate::common::{folder, is_required, on_path};
use crate::installed::{Test, assert_passes, compiler, has, prefix, source};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

pub(crate) fn trials() -> Vec<Test> {
    let has_python = has_python();
    vec![
        (
            "Python with our crc32".to_owned(),
            Box::new(python_gets_ours),
            has_python,
        ),
        (
            "Python with a faulty crc32".to_owned(),
            Box::new(python_gets_a_faulty_one),
            has_python && has("cc"),
        ),
    ]
}

/// Whether there is a Python that takes `crc32` from a shared zlib, or must be.
fn has_python() -> bool {
    python().is_some() || is_required("python")
}

/// Whether the Python that documents call, the one on PATH, is such a one.
pub(crate) fn has_python_on_path() -> bool {
    python_on_path().is_some_and(|python| takes_crc32_from_a_shared_zlib(&python))
}

/// Whether the compiler finds zlib's header and its static library, or must.
pub(crate) fn has_headers_of_zlib() -> bool {
    let finds = || {
        let mut cc = Command::new("cc");
        cc.args([
            "-include",
            "zlib.h",
            "-fsyntax-only",
            "-x",
            "c",
            "/dev/null",
        ]);
        let has_header = cc.output().is_ok_and(|output| output.status.success());
        let place = Command::new("cc").arg("-print-file-name=libz.a").output();
        // A library that is nowhere has its bare name for a place.
        has_header && place.is_ok_and(|output| output.stdout.contains(&b'/'))
    };
    has("cc") && (is_required("zlib-dev") || finds())
}

fn python() -> Option<PathBuf> {
    let system = Some(PathBuf::from("/usr/bin/python3"));
    let mut candidates = [python_on_path(), system].into_iter().flatten();
    candidates.find(|python| takes_crc32_from_a_shared_zlib(python))
}

/// The Python itself: what is on PATH may be a script that chooses one.
fn python_on_path() -> Option<PathBuf> {
    let mut python = Command::new(on_path("python3")?);
    python.args(["-c", "import sys; print(sys.executable)"]);
    let named = String::from_utf8(python.output().ok()?.stdout).ok()?;
    Some(PathBuf::from(named.trim()))
}

fn takes_crc32_from_a_shared_zlib(python: &Path) -> bool {
    let mut python = Command::new(python);
    python.args(["-c", "import zlib; zlib.crc32(b'')"]);
    let output = python.env("LD_DEBUG", "bindings").output();
    output.is_ok_and(|output| has_bound(&output, "libz.so"))
}

/// Whether the loader says that it has bound `crc32` to a library whose file's name starts so.
fn has_bound(output: &Output, library: &str) -> bool {
    let said = String::from_utf8_lossy(&output.stderr);
    let mut lines = said.lines().filter(|line| line.contains("symbol `crc32'"));
    lines.any(|line| {
        let target = line
            .split(" to ")
            .nth(1)
            .and_then(|rest| rest.split(' ').next());
        let name = target.and_then(|path| Path::new(path).file_name());
        name.is_some_and(|name| name.to_string_lossy().starts_with(library))
    })
}

/// Runs the comparison with a library loaded first.
fn compare(library: &Path) -> Output {
    Command::new(python().expect("a Python with a shared zlib"))
        .arg(source("preloaded.py"))
        .env("LD_PRELOAD", library)
        .env("LD_DEBUG", "bindings")
        .output()
        .expect("Python starts")
}

fn python_gets_ours() {
    let output = compare(&prefix().join("lib/libcrcheck_zlib.so"));
    let printed = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{printed}");
    assert!(has_bound(&output, "libcrcheck_zlib.so"));
    assert!(!has_bound(&output, "libz.so"));
}

fn python_gets_a_faulty_one() {
    let here = folder();
    let library = here.path().join("libfaulty.so");
    let mut cc = compiler("cc");
    cc.args(["-shared", "-fPIC", "-DFAULT=3"]);
    for name in ["crc32", "crc32_z"] {
        cc.arg(format!("-Dcrcheck_{name}={name}"));
    }
    assert_passes(cc.arg(source("faulty.c")).arg("-o").arg(&library));
    let output = compare(&library);
    let printed = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{printed}");
    for part in ["zlib.crc32 of 4095 bytes", "binascii.crc32 of 4095 bytes"] {
        assert!(printed.contains(part), "{printed}");
    }
}
