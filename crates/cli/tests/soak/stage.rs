//! What the draws share: compiled once, and never changed.

use crate::common::{command, repository};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use tempfile::TempDir;

static STAGE: OnceLock<TempDir> = OnceLock::new();

/// The folder of `right.so`, `probe` and `program`.
pub(crate) fn stage() -> &'static Path {
    STAGE.get_or_init(build).path()
}

/// Removes what was compiled. Nothing that is static is dropped at the end.
pub(crate) fn strike() {
    if let Some(folder) = STAGE.get() {
        fs::remove_dir_all(folder.path()).expect("the folder is there");
    }
}

fn build() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let cc = |options: &str, source: &str, name: &str| {
        let status = Command::new("cc")
            .args(options.split_whitespace())
            .args([tests.join(source).as_os_str(), "-o".as_ref()])
            .arg(folder.path().join(name))
            .arg("-ldl")
            .status();
        assert!(status.expect("cc starts").success(), "{name}");
    };
    cc("-O2 -shared -fPIC", "soak/mutated/right.c", "right.so");
    cc("-O2", "soak/mutated/probe.c", "probe");
    cc("-O2", "foreign/program.c", "program");
    folder
}

/// A certificate, which takes seconds to make.
pub(crate) fn certificate() -> &'static [u8] {
    static MADE: OnceLock<Vec<u8>> = OnceLock::new();
    let line = "certify --tier emu:x86-pclmul --seed 1 --certificate certificate.json -q";
    MADE.get_or_init(|| made(line, "certificate.json"))
}

/// The report of a short benchmark.
pub(crate) fn benchmark() -> &'static [u8] {
    static MADE: OnceLock<Vec<u8>> = OnceLock::new();
    let line = "bench --budget 1s --size 64 --tier portable --format json --output bench.json";
    MADE.get_or_init(|| made(line, "bench.json"))
}

fn made(line: &str, name: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    let output = command(folder.path(), line)
        .output()
        .expect("crcheck starts");
    let made = fs::read(folder.path().join(name));
    made.unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

/// The files of a folder of the corpus, sorted.
pub(crate) fn corpus(folder: &str) -> Vec<PathBuf> {
    let path = repository().join("corpus").join(folder);
    let entries = fs::read_dir(path).expect("a folder").flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.sort();
    files
}
