//! The C sources of these tests, compiled once, and runs on their functions.

use crate::common::{code, command, command_of_words, folder};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::OnceLock;

/// A test's name and body.
pub(crate) type NamedTest = (&'static str, fn());

/// `verify` of a function of the kernels.
pub(crate) const QUICK: &str = "verify --depth quick --seed 1 --lib @/kernels.so --symbol";

/// The folder of the compiled C sources.
pub(crate) fn built() -> &'static Path {
    static BUILT: OnceLock<tempfile::TempDir> = OnceLock::new();
    BUILT.get_or_init(build).path()
}

fn build() -> tempfile::TempDir {
    let folder = folder();
    let cc = |arguments: &str, source: &str, to: &str| {
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/foreign");
        let status = Command::new("cc")
            .args(arguments.split_whitespace())
            .args([sources.join(source).as_os_str(), "-o".as_ref()])
            .arg(folder.path().join(to))
            .status();
        assert!(status.expect("cc starts").success(), "{to}");
    };
    cc("-O2 -shared -fPIC", "kernels.c", "kernels.so");
    cc("-O2 -shared -fPIC", "interfaces.c", "interfaces.so");
    cc("-O2 -shared -fPIC", "streams.c", "streams.so");
    cc("-O2 -shared -fPIC -pthread", "dying.c", "dying.so");
    cc("-O2 -shared -fPIC", "blinding.c", "blinding.so");
    cc("-O2 -shared -fPIC", "combine.c", "combine.so");
    cc("-O2 -shared -fPIC", "fuzzed.c", "fuzzed.so");
    cc("-O2", "program.c", "program");
    cc("-O1 -shared -fPIC", "hostile.c", "hostile.so");
    cc("-O1", "hostile.c", "hostile");
    cc("-O1 -shared -fPIC -pthread", "runtime.c", "runtime.so");
    let first_calls = "-O2 -shared -fPIC -pthread";
    cc(first_calls, "first_calls.c", "first_calls.so");
    let with_helper = format!("{first_calls} -DHELPER");
    cc(&with_helper, "first_calls.c", "helper.so");
    cc("-O2 -c", "kernels.c", "kernels.o");
    cc("-O2 -shared -fPIC", "names.c", "names.so");
    cc("-O1 -g -shared -fPIC", "lines.c", "lines.so");
    cc("-O1 -g -gz -shared -fPIC", "lines.c", "lines_gz.so");
    cc("-O1 -shared -fPIC", "lines.c", "lines_bare.so");
    if cfg!(target_arch = "x86_64") {
        cc("-O2 -shared -fPIC", "interpreted.c", "interpreted.so");
    }
    for case in 1..=3 {
        let arguments = format!("-O2 -shared -fPIC -DCASE={case}");
        let library = format!("constructor{case}.so");
        cc(&arguments, "constructor.c", &library);
    }
    folder
}

/// Runs crcheck in `folder`. `@` in the line stands for the folder of the compiled sources.
pub(crate) fn crcheck(folder: &Path, line: &str) -> Output {
    let line = line.replace('@', &built().display().to_string());
    run(folder, command(folder, &line))
}

/// Runs crcheck in `folder` with these arguments.
pub(crate) fn crcheck_with_words(folder: &Path, words: &[&str]) -> Output {
    run(folder, command_of_words(folder, words))
}

fn run(folder: &Path, mut command: Command) -> Output {
    command.env("CRCHECK_TEST_VICTIM", folder.join("victim"));
    command.output().expect("the program starts")
}

/// The report on a function of the kernels, and the exit code.
pub(crate) fn report(folder: &Path, rest: &str) -> (Value, i32) {
    let output = crcheck(folder, &format!("{QUICK} {rest} --format json"));
    (crate::common::report(&output), code(&output))
}

/// The finding of this kind.
pub(crate) fn finding<'r>(report: &'r Value, kind: &str) -> &'r Value {
    let findings = report["findings"].as_array().expect("an array");
    let found = findings.iter().find(|finding| finding["kind"] == kind);
    found.unwrap_or_else(|| panic!("no {kind} in {findings:#?}"))
}

/// What the diagnosis of a finding says.
pub(crate) fn summary(finding: &Value) -> &str {
    finding["diagnosis"]["summary"].as_str().expect("text")
}
