//! Every section of docs/bring-your-own.md does what it says there: its files are written and its commands run.
//!
//! Languages that are not installed are ignored; `CRCHECK_REQUIRE=cc,go` makes that a failure.

use libtest_mimic::{Arguments, Failed, Trial};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    let is_native = std::env::var_os("CRCHECK_RUNNER").is_none();
    let has_crc32 = fs::read_to_string("/proc/cpuinfo").is_ok_and(|text| text.contains("sse4_2"));
    let trials = [
        ("C", has("cc")),
        ("Assembly", has("cc") && has_crc32),
        ("Go", has("go")),
    ];
    let trials = trials.map(|(name, is_here)| {
        trial(name, move || section_holds(name)).with_ignored_flag(!(is_here && is_native))
    });
    let rust = trial("Rust", the_rust_of_the_page_is_a_test_here);
    libtest_mimic::run(
        &Arguments::from_args(),
        trials.into_iter().chain([rust]).collect(),
    )
    .exit();
}

fn trial(name: &str, test: impl FnOnce() + Send + 'static) -> Trial {
    Trial::test(name, move || {
        test();
        Ok::<(), Failed>(())
    })
}

/// Whether a program is on PATH, or must be.
fn has(program: &str) -> bool {
    let required = std::env::var("CRCHECK_REQUIRE").unwrap_or_default();
    let path = std::env::var_os("PATH").unwrap_or_default();
    required.split(',').any(|name| name == program)
        || std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A fenced block: its language, the file that the line before it names, and its text.
struct Block {
    language: String,
    file: Option<String>,
    text: String,
}

fn blocks(section: &str) -> Vec<Block> {
    let page = fs::read_to_string(root().join("docs/bring-your-own.md")).expect("the page");
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
    let here = tempfile::tempdir().expect("a folder");
    let tools = tempfile::tempdir().expect("a folder");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_crcheck"), tools.path().join("crcheck"))
        .expect("a link");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(
        std::iter::once(tools.path().to_owned()).chain(std::env::split_paths(&path)),
    )
    .expect("folders without colons");
    let mut verdicts = 0;
    for block in blocks(section) {
        if let Some(file) = &block.file {
            fs::write(here.path().join(file), &block.text).expect("a file");
            continue;
        }
        assert_eq!(block.language, "console");
        for (command, shown) in commands(&block.text) {
            let output = Command::new("sh")
                .args(["-c", command])
                .env("PATH", &path)
                .current_dir(here.path())
                .output()
                .expect("a shell");
            let text = String::from_utf8_lossy(&output.stdout);
            let code = i32::from(shown.iter().any(|line| line.starts_with("FINDING ")));
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

/// The commands of a console block, each with the lines that are shown under it.
fn commands(text: &str) -> Vec<(&str, Vec<&str>)> {
    let mut commands: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in text.lines() {
        match (line.strip_prefix("$ "), commands.last_mut()) {
            (Some(command), _) => commands.push((command, Vec::new())),
            (None, Some((_, shown))) => shown.push(line),
            (None, None) => panic!("{line}: no command"),
        }
    }
    commands
}

/// Whether `lines` are what is shown: `...` at the end of a line is its rest, and alone any lines.
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

/// What the page shows is run as a test of the harness.
fn the_rust_of_the_page_is_a_test_here() {
    let blocks = blocks("Rust");
    let shown = blocks.iter().find(|block| block.language == "rust");
    let tested = fs::read_to_string(root().join("crates/harness/tests/own_kernel.rs"));
    assert_eq!(shown.expect("a block").text, tested.expect("the test"));
}
