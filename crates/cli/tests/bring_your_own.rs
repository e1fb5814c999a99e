//! docs/bring-your-own.md: each section's files are written, its commands run, and they print what
//! the page shows.
//!
//! A section whose language is not installed is ignored; `CRCHECK_REQUIRE=cc,go` makes that a
//! failure.

#[path = "common/cmake_module.rs"]
mod cmake_module;
mod common;
#[path = "common/sections.rs"]
mod sections;

use common::{console_commands, folder, is_required, on_path, repository, trial};
use libtest_mimic::Arguments;
use sections::blocks;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

const DOCUMENT: &str = "docs/bring-your-own.md";

fn main() {
    let is_native = std::env::var_os("CRCHECK_RUNNER").is_none();
    let has_crc32 = fs::read_to_string("/proc/cpuinfo").is_ok_and(|text| text.contains("sse4_2"));
    let has = |program: &str| on_path(program).is_some() || is_required(program);
    let trials = [
        ("Models", true),
        ("Signatures", has("cc") && cfg!(target_arch = "x86_64")),
        ("Streams", has("cc")),
        ("C", has("cc")),
        ("Combine functions", has("cc")),
        ("C++", has("c++")),
        ("Assembly", has("cc") && has_crc32),
        ("CMake", has("c++") && has("cmake")),
        ("Meson", has("cc") && has("meson") && has("ninja")),
        ("Go", has("cc") && has("go")),
        ("Python", has("cc") && has("python3")),
        ("A program of many messages", has("python3")),
        ("A program of one message", has("gzip")),
    ];
    let trials = trials.map(|(name, is_here)| {
        trial(name, move || section_holds(name)).with_ignored_flag(!(is_here && is_native))
    });
    let cmake = cmake_module::trials().map(|(name, test)| {
        trial(format!("CMake: {name}"), test)
            .with_ignored_flag(!(has("cmake") && has("cc") && is_native))
    });
    let snippets = trial("snippets", a_snippet_is_part_of_its_example);
    let rust = trial("Rust", the_rust_of_the_page_is_a_test_here);
    let fuzz = trial("Fuzz it", a_gate_runs_what_fuzzes);
    libtest_mimic::run(
        &Arguments::from_args(),
        trials
            .into_iter()
            .chain(cmake)
            .chain([snippets, rust, fuzz])
            .collect(),
    )
    .exit();
}

fn section_holds(section: &str) {
    let here = folder();
    match section {
        "CMake" | "Meson" => {
            symlink(repository(), here.path().join("crcheck")).expect("a link");
        }
        "Python" => write_kernel_in_c(here.path()),
        _ => (),
    }
    let commands = sections::holds(here.path(), DOCUMENT, section);
    let judges = ["crcheck ", "ctest ", "meson test ", "python3 -m unittest"];
    let has_verdict = commands
        .iter()
        .any(|line| judges.iter().any(|judge| line.starts_with(judge)));
    assert!(has_verdict, "{section} ends without a verdict");
}

/// The kernel of the section "C".
fn write_kernel_in_c(here: &Path) {
    for block in blocks(DOCUMENT, "C") {
        if let Some(file) = block.file {
            fs::write(here.join(file), block.text).expect("a file");
        }
    }
}

/// What the page shows of a build file is in the example that its section runs.
fn a_snippet_is_part_of_its_example() {
    for (section, file) in [
        ("CMake", "examples/c-cmake/CMakeLists.txt"),
        ("Meson", "examples/c-meson/meson.build"),
    ] {
        let example = fs::read_to_string(repository().join(file)).expect("the example");
        let blocks = blocks(DOCUMENT, section);
        let snippets = blocks.iter().filter(|block| block.language != "console");
        let texts: Vec<&str> = snippets.map(|block| block.text.as_str()).collect();
        assert!(!texts.is_empty(), "{section}");
        for text in texts {
            assert!(example.contains(text), "{file} has no {text}");
        }
    }
}

/// The test of the harness is the one that the page shows.
fn the_rust_of_the_page_is_a_test_here() {
    let blocks = blocks(DOCUMENT, "Rust");
    let shown = blocks.iter().find(|block| block.language == "rust");
    let tested = fs::read_to_string(repository().join("crates/harness/tests/own_kernel.rs"));
    assert_eq!(shown.expect("a block").text, tested.expect("the test"));
}

/// A fuzzer takes its time to build, so a gate runs these commands in these very words.
fn a_gate_runs_what_fuzzes() {
    let gate = fs::read_to_string(repository().join("ci/fuzz")).expect("the gate");
    let blocks = blocks(DOCUMENT, "Fuzz it");
    let commands: Vec<&str> = blocks
        .iter()
        .flat_map(|block| console_commands(&block.text))
        .map(|(command, _)| command)
        .collect();
    assert!(!commands.is_empty());
    for command in commands {
        let is_run = gate.lines().any(|line| line.starts_with(command));
        assert!(is_run, "{command} is run by no gate");
    }
}
