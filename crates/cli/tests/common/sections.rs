//! Sections of documents: their files are written, their commands run, and they print what the
//! document shows.

use crate::common::{CRCHECK, console_commands, folder, repository};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

/// A fenced block: its language, the file that the line before it names, its text.
pub(crate) struct Block {
    pub(crate) language: String,
    pub(crate) file: Option<String>,
    pub(crate) text: String,
}

/// The languages of blocks that are no file, and that nothing runs here.
const SHOWN_ONLY: [&str; 3] = ["cmake", "meson", "sh"];

/// The blocks of a section, from the folder of the repository.
pub(crate) fn blocks(document: &str, section: &str) -> Vec<Block> {
    let text = fs::read_to_string(repository().join(document)).expect("the document");
    let (_, rest) = text
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

/// Writes the files of a section into the folder `here`, runs its commands there, and compares what
/// they print. The commands.
pub(crate) fn holds(here: &Path, document: &str, section: &str) -> Vec<String> {
    let tools = folder();
    symlink(CRCHECK, tools.path().join("crcheck")).expect("a link");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = [tools.path().to_owned()].into_iter();
    let path = std::env::join_paths(folders.chain(std::env::split_paths(&path)));
    let path = path.expect("folders without colons");
    let mut commands = Vec::new();
    for block in blocks(document, section) {
        if let Some(file) = &block.file {
            fs::write(here.join(file), &block.text).expect("a file");
            continue;
        }
        if SHOWN_ONLY.contains(&block.language.as_str()) {
            continue;
        }
        assert_eq!(block.language, "console");
        for (command, shown) in console_commands(&block.text) {
            let mut shell = Command::new("sh");
            shell.args(["-c", command]).env("PATH", &path);
            prints(shell.current_dir(here), command, &shown);
            commands.push(command.to_owned());
        }
    }
    commands
}

/// Asserts that a command ends as the lines shown say, and prints them.
fn prints(shell: &mut Command, command: &str, shown: &[&str]) {
    let output = shell.output().expect("a shell");
    let text = String::from_utf8_lossy(&output.stdout);
    let shows = |word: &str| shown.iter().any(|line| line.starts_with(word));
    let code = if shows("The following tests FAILED:") {
        8
    } else if shows("FINDING ") {
        1
    } else if shows("tried first: ") {
        2
    } else {
        0
    };
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        output.status.code(),
        Some(code),
        "{command}: {text}{errors}"
    );
    let lines: Vec<&str> = text.lines().collect();
    assert!(shown.is_empty() || fits(shown, &lines), "{command}: {text}");
}

/// Whether `lines` are those shown. `...` stands for any part of a line; alone, for any lines.
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
    is_line(first, line) && fits(rest, lines)
}

/// Whether `line` is the one shown, in which `...` stands for any part.
fn is_line(shown: &str, line: &str) -> bool {
    let Some((start, rest)) = shown.split_once("...") else {
        return line == shown;
    };
    let Some(line) = line.strip_prefix(start.trim_end()) else {
        return false;
    };
    rest.is_empty() || (0..=line.len()).any(|at| line.get(at..).is_some_and(|l| is_line(rest, l)))
}
