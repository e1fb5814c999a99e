//! A page of the documentation: its files are written, its commands run, and they print what the
//! page shows.

use super::{CRCHECK, console_commands, folder, repository};
use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

/// A fenced block: its language, the file that the line before it names, its text.
pub(crate) struct Block {
    pub(crate) language: String,
    file: Option<String>,
    pub(crate) text: String,
}

/// The sections of a page in `docs`, by their headings.
pub(crate) fn sections(page: &str) -> Vec<String> {
    let page = fs::read_to_string(repository().join("docs").join(page)).expect("the page");
    let headings = page.lines().filter_map(|line| line.strip_prefix("## "));
    headings.map(str::to_owned).collect()
}

/// The fenced blocks of a section of a page in `docs`.
pub(crate) fn blocks(page: &str, section: &str) -> Vec<Block> {
    let page = fs::read_to_string(repository().join("docs").join(page)).expect("the page");
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

/// Where the commands of a section run: a folder, and a PATH with crcheck.
pub(crate) struct Place {
    here: tempfile::TempDir,
    tools: tempfile::TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        let (here, tools) = (folder(), folder());
        symlink(CRCHECK, tools.path().join("crcheck")).expect("a link");
        Self { here, tools }
    }

    /// Writes the files of a section and runs its commands. `code` gives the exit code that goes
    /// with the lines that are shown. Returns how many commands begin with `crcheck`, or have it
    /// behind a pipe.
    pub(crate) fn run(&self, page: &str, section: &str, code: impl Fn(&[&str]) -> i32) -> usize {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = [self.tools.path().to_owned()].into_iter();
        let path = std::env::join_paths(folders.chain(std::env::split_paths(&path)));
        let path = path.expect("folders without colons");
        let mut verdicts = 0;
        for block in blocks(page, section) {
            if let Some(file) = &block.file {
                fs::write(self.here.path().join(file), &block.text).expect("a file");
                continue;
            }
            assert_eq!(block.language, "console");
            for (command, shown) in console_commands(&block.text) {
                let output = Command::new("sh")
                    .args(["-c", command])
                    .env("PATH", &path)
                    .current_dir(self.here.path())
                    .output()
                    .expect("a shell");
                let text = String::from_utf8_lossy(&output.stdout);
                let errors = String::from_utf8_lossy(&output.stderr);
                assert_eq!(
                    output.status.code(),
                    Some(code(&shown)),
                    "{command}: {text}{errors}"
                );
                let lines: Vec<&str> = text.lines().collect();
                assert!(
                    shown.is_empty() || fits(&shown, &lines),
                    "{command}: {text}"
                );
                let is_own = command.starts_with("crcheck ") || command.contains("| crcheck ");
                verdicts += usize::from(is_own);
            }
        }
        verdicts
    }
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
