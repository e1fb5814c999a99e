//! `crcheck matrix`: faults that show at one level only, builds that fail, and the pages that show
//! them.
//!
//! A test whose compiler is missing is ignored; `CRCHECK_REQUIRE=cc` makes that a failure.

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/sections.rs"]
mod sections;

use common::{
    assert_follows, code, crcheck, files, folder, is_required, on_path, report, repository, stderr,
    stdout, trial,
};
use libtest_mimic::{Arguments, Trial};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Output;

const PAGE: &str = "docs/build-profiles.md";

/// A kernel that is wrong at one level of every compiler and right at another.
struct Fault {
    file: &'static str,
    wrong: &'static str,
    right: &'static str,
    /// What mends it at the wrong level.
    mended_by: &'static str,
}

const FAULTS: [Fault; 3] = [
    Fault {
        file: "clobber.c",
        wrong: "O2",
        right: "O0",
        mended_by: "-DFIX",
    },
    Fault {
        file: "pun.c",
        wrong: "O2",
        right: "O2-no-strict-aliasing",
        mended_by: "-fno-strict-aliasing",
    },
    Fault {
        file: "overflow.c",
        wrong: "Os",
        right: "O0",
        mended_by: "-fwrapv",
    },
];

fn main() {
    let is_native = std::env::var_os("CRCHECK_RUNNER").is_none();
    let has = |program: &str| is_native && (on_path(program).is_some() || is_required("cc"));
    let is_amd64 = cfg!(target_arch = "x86_64");
    let mut trials: Vec<Trial> = Vec::new();
    for compiler in ["gcc", "clang"] {
        for fault in &FAULTS {
            let is_here = on_path(compiler).is_some() && is_native && is_amd64;
            let is_needed = compiler == "gcc" && is_required("cc");
            let name = format!("{compiler}_shows_{}_at_one_level", fault.file);
            let test = trial(name, move || shows_at_one_level(compiler, fault));
            trials.push(test.with_ignored_flag(!(is_here || is_needed)));
        }
    }
    let tests: [(&str, fn()); 6] = [
        ("a_right_kernel_is_green", a_right_kernel_is_green),
        (
            "what_does_not_build_is_skipped",
            what_does_not_build_is_skipped,
        ),
        ("the_command_line_is_checked", the_command_line_is_checked),
        (
            "another_interface_is_no_finding",
            another_interface_is_no_finding,
        ),
        ("kept_libraries_replay", kept_libraries_replay),
        ("the_page_holds_for_c", || page_holds("C")),
    ];
    for (name, test) in tests {
        trials.push(trial(name, test).with_ignored_flag(!has("gcc")));
    }
    let has_cargo = on_path("cargo").is_some() && is_native;
    let of_rust = trial("the_page_holds_for_rust", || page_holds("Rust"));
    trials.push(of_rust.with_ignored_flag(!has_cargo));
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

/// The path of a kernel of this folder.
fn kernel(file: &str) -> String {
    let path = repository().join("crates/cli/tests/matrix").join(file);
    path.display().to_string()
}

/// Judges the values of a kernel, by the check that needs the fewest calls.
fn matrix(here: &Path, file: &str, more: &str) -> Output {
    let kernel = kernel(file);
    let line = format!("matrix {kernel} --symbol crc --check basis --seed 1 {more}");
    crcheck(here, &line)
}

/// The verdict of each profile.
fn verdicts(report: &Value) -> Vec<(&str, &str)> {
    let rows = report["profiles"].as_array().expect("rows").iter();
    rows.map(|row| {
        let text = |key: &str| row[key].as_str().expect("text");
        (text("name"), text("verdict"))
    })
    .collect()
}

fn shows_at_one_level(compiler: &str, fault: &Fault) {
    let here = folder();
    let (wrong, right) = (fault.wrong, fault.right);
    let profiles = format!("--compiler {compiler} --profile {wrong} --profile {right}");
    let json = format!("{profiles} --format json");
    let output = matrix(here.path(), fault.file, &json);
    assert_eq!(code(&output), 1, "{}{}", stdout(&output), stderr(&output));
    let report = report(&output);
    assert_follows("matrix", None, &report);
    let name = |level: &str| format!("{compiler}-{level}");
    for (profile, verdict) in verdicts(&report) {
        let expected = if profile == name(wrong) {
            "fail"
        } else {
            "pass"
        };
        assert_eq!(verdict, expected, "{profile}");
    }
    for finding in report["findings"].as_array().expect("findings") {
        assert_eq!(finding["shown_by"], json!([name(wrong)]));
        assert_eq!(finding["not_shown_by"], json!([name(right)]));
        let artifact = finding["finding"]["artifact"].as_str().expect("a file");
        assert!(here.path().join(artifact).is_file(), "{artifact}");
    }
    let mended = format!(
        "--compiler {compiler} --profile {wrong} --cflags {}",
        fault.mended_by
    );
    assert_eq!(code(&matrix(here.path(), fault.file, &mended)), 0);
}

fn a_right_kernel_is_green() {
    let here = folder();
    let profiles = "--profile O0 --profile O2 --profile O2-no-strict-aliasing";
    let output = matrix(here.path(), "right.c", &format!("{profiles} --format json"));
    assert_eq!(code(&output), 0, "{}", stdout(&output));
    let report = report(&output);
    assert_follows("matrix", None, &report);
    assert_eq!(report["findings"], json!([]));
    // It has no pointer to another type, so the option changes nothing.
    let rows = report["profiles"].as_array().expect("rows");
    let row = |name: &str| rows.iter().find(|row| row["name"] == name).expect(name);
    let same = &row("gcc-O2-no-strict-aliasing")["same_code_as"];
    assert_eq!(*same, "gcc-O2");
    assert_eq!(row("gcc-O0")["same_code_as"], Value::Null);
    assert_eq!(files(here.path()), [""; 0]);
}

fn what_does_not_build_is_skipped() {
    let here = folder();
    let run = |more: &str| matrix(here.path(), "does_not_optimise.c", more);
    let output = run("--compiler gcc --format json");
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let report = report(&output);
    assert_follows("matrix", None, &report);
    for (profile, verdict) in verdicts(&report) {
        let expected = if profile == "gcc-O0" {
            "pass"
        } else {
            "skipped"
        };
        assert_eq!(verdict, expected, "{profile}");
    }
    let reason = report["profiles"][1]["reason"].as_str().expect("a reason");
    assert!(
        reason.ends_with("error: #error not with optimisation"),
        "{reason}"
    );
    for (more, expected) in [
        ("--compiler gcc --require", 3),
        ("--profile gcc-O2 --profile gcc-O0", 3),
        ("--compiler no-such-compiler", 3),
        ("--compiler no-such-compiler --compiler gcc", 3),
        ("--compiler gcc --cflags -O1", 0),
        ("--compiler gcc --cflags -no-such-option", 3),
    ] {
        let output = run(more);
        assert_eq!(code(&output), expected, "{more}: {}", stdout(&output));
    }
}

fn the_command_line_is_checked() {
    let here = folder();
    let right = kernel("right.c");
    for (line, expected, says) in [
        (
            format!("matrix {right} --symbol crc --profile O4"),
            2,
            "no profile is called `O4`",
        ),
        (
            format!("matrix {right} --symbol crc --package x"),
            2,
            "--package is for a Cargo.toml",
        ),
        (
            format!("matrix {right} --symbol crc --format html"),
            2,
            "the formats are human, json, markdown",
        ),
        (
            format!("matrix {right} --symbol crc --output {right}"),
            2,
            "--output",
        ),
        (
            "matrix nowhere.c --symbol crc".to_owned(),
            6,
            "there is no file nowhere.c",
        ),
    ] {
        let output = crcheck(here.path(), &line);
        assert_eq!(code(&output), expected, "{line}: {}", stderr(&output));
        assert!(
            stderr(&output).contains(says),
            "{line}: {}",
            stderr(&output)
        );
    }
    let list = matrix(here.path(), "right.c", "--compiler gcc --list");
    assert_eq!(code(&list), 0);
    assert_eq!(stdout(&list).lines().count(), 7);
    let missing = matrix(here.path(), "right.c", "--compiler no-such-compiler --list");
    assert_eq!(code(&missing), 3);
    let symbol = format!("matrix {right} --symbol crx --compiler gcc --profile O0");
    let output = crcheck(here.path(), &symbol);
    assert_eq!(code(&output), 2);
    assert!(
        stdout(&output).contains("has no symbol `crx`"),
        "{}",
        stdout(&output)
    );
}

/// The function takes its parameters in another order than the command line says.
fn another_interface_is_no_finding() {
    let here = folder();
    let more = "--profile gcc-O0 --convention register";
    let output = matrix(here.path(), "right.c", more);
    assert_eq!(code(&output), 1, "a stated convention is taken at its word");
    let swapped = "#include <stddef.h>\n#include <stdint.h>\n\
        uint32_t crc(uint32_t, const uint8_t *, size_t);\n\
        uint32_t swapped(const uint8_t *b, size_t n, uint32_t c) { return crc(c, b, n); }\n";
    std::fs::write(here.path().join("swapped.c"), swapped).expect("a file");
    let right = kernel("right.c");
    let line = format!("matrix swapped.c {right} --symbol swapped --profile gcc-O0");
    let output = crcheck(here.path(), &line);
    assert_eq!(code(&output), 2, "{}", stdout(&output));
    assert!(
        stdout(&output).contains("--signature buf,len,crc"),
        "{}",
        stdout(&output)
    );
}

fn kept_libraries_replay() {
    let here = folder();
    let more = "--compiler gcc --profile Os --keep builds --format markdown";
    let output = matrix(here.path(), "overflow.c", more);
    assert_eq!(code(&output), 1);
    assert!(stdout(&output).starts_with("# crcheck matrix: fail\n"));
    assert_eq!(files(&here.path().join("builds")), ["gcc-Os.so"]);
    let names = files(&here.path().join("crcheck-artifacts"));
    let replay = format!(
        "replay crcheck-artifacts/{} --lib builds/gcc-Os.so --symbol crc",
        names[0]
    );
    assert_eq!(code(&crcheck(here.path(), &replay)), 1);
}

fn page_holds(section: &str) {
    let here = folder();
    let commands = sections::holds(here.path(), PAGE, section);
    let has_verdict = commands
        .iter()
        .any(|line| line.starts_with("crcheck matrix"));
    assert!(has_verdict, "{section} ends without a verdict");
}
