//! Kernels in Go: a program with hash/crc32, and a library of Go assembly.

use crate::common::{code, crcheck, folder, report as json_of, repository, stderr, stdout};
use crate::kernels::{NamedTest, summary};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

pub(crate) const TRIALS: &[NamedTest] =
    &[("Go's hash/crc32 passes as a program", hash_crc32_passes)];

pub(crate) const TRIALS_ON_AMD64: &[NamedTest] = &[
    ("kernels in Go assembly are told apart", kernels_in_assembly),
    (
        "claims about Go are refuted by Go",
        claims_about_go_are_refuted,
    ),
    (
        "the README of the Go assembly shows what `go vet` says",
        vet_says_what_the_readme_shows,
    ),
];

fn example(name: &str) -> PathBuf {
    let examples = repository().join("examples");
    examples.join(name).canonicalize().expect("the example")
}

/// Runs Go's tool in a folder, offline.
fn go(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new("go");
    command.args(arguments).current_dir(folder);
    let output = command.env("GOPROXY", "off").env("GOFLAGS", "").output();
    output.expect("go starts")
}

fn go_build(name: &str, arguments: &[&str], to: &Path) {
    let to = to.display().to_string();
    let arguments = [&["build"], arguments, &["-o", &to, "."]].concat();
    let output = go(&example(name), &arguments);
    assert!(output.status.success(), "{}", stderr(&output));
}

fn hash_crc32_passes() {
    let here = folder();
    let program = here.path().join("crc32");
    go_build("go", &[], &program);
    let line = format!("verify --depth quick --cmd {}", program.display());
    let output = crcheck(here.path(), &line);
    assert_eq!(code(&output), 0, "{}{}", stdout(&output), stderr(&output));
}

/// These answers are the same for every Go that builds modules.
fn claims_about_go_are_refuted() {
    let here = folder();
    let ids = "go-no-ymm,go-needs-cgo,go-zero-padded-rest,headline-go-is-a-table";
    let line = format!("bench claims --only {ids} --budget 5m --format json");
    let output = crcheck(here.path(), &line);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let report = json_of(&output);
    for row in report["claims"].as_array().expect("a list") {
        let found = row["found"].as_str().expect("text");
        assert!(found.contains("go1."), "{row}");
        // How fast the library is depends on the machine.
        if row["id"] != "headline-go-is-a-table" {
            assert_eq!(row["answer"], "refuted", "{row}");
        }
    }
    let figures = report["figures"].as_array().expect("a list");
    let is_of_go = |figure: &&Value| {
        figure["what"]
            .as_str()
            .is_some_and(|what| what.contains("go1."))
    };
    assert!(figures.iter().filter(is_of_go).count() >= 4);
}

/// A function of the library, the kind of its finding, and words of the diagnosis. Each function
/// has one fault of the article's listing.
const FAULTY: [(&str, &str, &str); 8] = [
    ("crc32_frame", "wrong-value", "whatever it is given"),
    ("crc32_loop", "wrong-value", "reads no byte"),
    // Its wrong value says more, and stands for it.
    ("crc32_steps", "over-read", "reads on behind the message"),
    (
        "crc32_steps",
        "wrong-value",
        "reads on behind the message to a multiple of 32 bytes",
    ),
    ("crc32_stores", "write-to-message", "length 16"),
    (
        "crc32_padded",
        "wrong-value",
        "pads the tail with zeros to a multiple of 32 bytes",
    ),
    ("crc32_instruction", "wrong-value", "computes CRC-32/ISCSI"),
    (
        "crc32_aligned",
        "misaligned-access",
        "an aligned access of 16 bytes",
    ),
];

fn kernels_in_assembly() {
    let here = folder();
    let library = here.path().join("kernels.so");
    go_build("go-asm", &["-buildmode=c-shared"], &library);
    let report = |symbol: &str, checks: &str| {
        let line = format!(
            "verify --depth quick --seed 1 --format json --lib {} --symbol {symbol} {checks}",
            library.display()
        );
        let output = crcheck(here.path(), &line);
        (json_of(&output), code(&output))
    };
    let (right, code) = report("crc32_right", "");
    assert_eq!(code, 0, "{right:#}");
    let checks = right["checks"].as_array().expect("an array");
    for id in ["threads", "guard"] {
        let check = checks.iter().find(|check| check["id"] == id);
        assert_eq!(check.expect("the check")["verdict"], "pass");
    }
    for (symbol, kind, words) in FAULTY {
        let check = if kind == "over-read" {
            "guard"
        } else {
            "agree"
        };
        let (report, code) = report(symbol, &format!("--check {check}"));
        assert_eq!(code, 1, "{symbol}: {report:#}");
        assert_is_found(&report, symbol, kind, words);
    }
}

fn assert_is_found(report: &Value, symbol: &str, kind: &str, words: &str) {
    // A fault in Go's code is reported as itself, and not as the crash of Go's runtime after it.
    let findings = report["findings"].as_array().expect("an array");
    assert!(
        findings.iter().all(|one| one["kind"] != "crash"),
        "{report:#}"
    );
    let is_kind = |finding: &&Value| {
        let others = finding["also_seen_by"].as_array().expect("an array");
        let mut others = others.iter().chain([*finding]);
        others.any(|one| one["kind"] == kind)
    };
    let finding = findings.iter().find(is_kind);
    let finding = finding.unwrap_or_else(|| panic!("no {kind} in {report:#}"));
    let summary = summary(finding);
    assert!(summary.contains(words), "{symbol}: {summary}");
    if finding["instruction"].is_string() {
        let function = finding["location"]["function"].as_str();
        let is_own = function.is_some_and(|function| function.contains("goasm/kernels."));
        assert!(is_own, "{finding:#}");
    }
}

/// The headings differ between versions of Go, and are not compared.
fn vet_says_what_the_readme_shows() {
    let folder = example("go-asm");
    let readme = fs::read_to_string(folder.join("README.md")).expect("the README");
    let (_, shown) = readme.split_once("$ go vet ./...\n").expect("the command");
    let (shown, _) = shown.split_once("```").expect("a closed block");
    let output = go(&folder, &["vet", "./..."]);
    assert!(!output.status.success());
    let said = stderr(&output);
    let of_code = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| line.starts_with("kernels/"));
        lines.map(str::to_owned).collect()
    };
    assert_eq!(of_code(&said), of_code(shown), "{said}");
    assert!(!of_code(&said).is_empty());
}
