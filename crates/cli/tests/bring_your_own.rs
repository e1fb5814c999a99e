//! docs/bring-your-own.md: each section's files are written, its commands run, and they print what
//! the page shows.
//!
//! A section whose language is not installed is ignored; `CRCHECK_REQUIRE=cc,go` makes that a
//! failure.

mod common;

use common::{CRCHECK, console_commands, folder, is_required, on_path, repository, trial};
use libtest_mimic::Arguments;
use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

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
        ("Go", has("go")),
        ("A program of one message", has("gzip")),
    ];
    let trials = trials.map(|(name, is_here)| {
        trial(name, move || section_holds(name)).with_ignored_flag(!(is_here && is_native))
    });
    let rust = trial("Rust", the_rust_of_the_page_is_a_test_here);
    let fuzz = trial("Fuzz it", a_gate_runs_what_fuzzes);
    libtest_mimic::run(
        &Arguments::from_args(),
        trials.into_iter().chain([rust, fuzz]).collect(),
    )
    .exit();
}

/// A fenced block: its language, the file that the line before it names, its text.
struct Block {
    language: String,
    file: Option<String>,
    text: String,
}

fn blocks(section: &str) -> Vec<Block> {
    let page = fs::read_to_string(repository().join("docs/bring-your-own.md")).expect("the page");
    let (_, rest) = page
        .split_once(&format!("\n## {section}\n"))
        .unwrap_or_else(|| panic!("no section {section}"));
    let section = rest.split("\n## ").next().unwrap_or_default();
    let mut blocks = Vec::new();
    let mut rest = section;
    while let Some((before, fenced)) = rest.split_once("```") {
        let (body, behind) = fenced.split_once("\n```").expect("a closed block");
        let (language, text) = body.split_once('\n').expect("a block of lines");
        let line = before.trim_end().lines().last().unwrap_or_default();
        let file = line
            .strip_prefix('`')
            .and_then(|line| line.strip_suffix("`:"));
        blocks.push(Block {
            language: language.to_owned(),
            file: file.map(str::to_owned),
            text: format!("{text}\n"),
        });
        rest = behind;
    }
    blocks
}

fn section_holds(section: &str) {
    let here = folder();
    let tools = folder();
    symlink(CRCHECK, tools.path().join("crcheck")).expect("a link");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = [tools.path().to_owned()].into_iter();
    let path = std::env::join_paths(folders.chain(std::env::split_paths(&path)));
    let path = path.expect("folders without colons");
    let mut verdicts = 0;
    for block in blocks(section) {
        if let Some(file) = &block.file {
            fs::write(here.path().join(file), &block.text).expect("a file");
            continue;
        }
        assert_eq!(block.language, "console");
        for (command, shown) in console_commands(&block.text) {
            let output = Command::new("sh")
                .args(["-c", command])
                .env("PATH", &path)
                .current_dir(here.path())
                .output()
                .expect("a shell");
            let text = String::from_utf8_lossy(&output.stdout);
            let shows = |word: &str| shown.iter().any(|line| line.starts_with(word));
            let code = match (shows("FINDING "), shows("tried first: ")) {
                (true, _) => 1,
                (false, true) => 2,
                (false, false) => 0,
            };
            let errors = String::from_utf8_lossy(&output.stderr);
            assert_eq!(
                output.status.code(),
                Some(code),
                "{command}: {text}{errors}"
            );
            let lines: Vec<&str> = text.lines().collect();
            assert!(
                shown.is_empty() || fits(&shown, &lines),
                "{command}: {text}"
            );
            verdicts += usize::from(command.starts_with("crcheck "));
        }
    }
    assert!(verdicts > 0, "{section} ends without a verdict");
}

/// Whether `lines` are those shown. `...` stands for the rest of a line; alone, for any lines.
fn fits(shown: &[&str], lines: &[&str]) -> bool {
    let Some((&first, rest)) = shown.split_first() else {
        return lines.is_empty();
    };
    if first == "..." {
        return (0..=lines.len()).any(|skipped| fits(rest, &lines[skipped..]));
    }
    let Some((line, lines)) = lines.split_first() else {
        return false;
    };
    let is_same = match first.strip_suffix("...") {
        Some(start) => line.starts_with(start.trim_end()),
        None => *line == first,
    };
    is_same && fits(rest, lines)
}

/// The test of the harness is the one that the page shows.
fn the_rust_of_the_page_is_a_test_here() {
    let blocks = blocks("Rust");
    let shown = blocks.iter().find(|block| block.language == "rust");
    let tested = fs::read_to_string(repository().join("crates/harness/tests/own_kernel.rs"));
    assert_eq!(shown.expect("a block").text, tested.expect("the test"));
}

/// A fuzzer takes its time to build, so a gate runs these commands in these very words.
fn a_gate_runs_what_fuzzes() {
    let gate = fs::read_to_string(repository().join("ci/fuzz")).expect("the gate");
    let blocks = blocks("Fuzz it");
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
