//! Lines of Rust and of Markdown have at most 100 columns.
//!
//! What cannot be broken is excused. In Rust: a line with nothing but a link, a line with a literal
//! that is wider than 100 columns itself, the text of a raw string. In Markdown: the row of a
//! table, fenced code, a line with nothing but a link.

use crate::source::COLUMNS_MAX;
use crate::tree::Tree;
use crate::violation::{Violation, places};

pub(crate) fn long_lines(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (path, source) in &tree.sources {
        let is_excused = |line: &Line<'_>| source.literal_lines.contains(&line.number);
        violations.extend(unexcused(path, &source.text, is_excused));
    }
    for (path, text) in &tree.markdown {
        let fenced = fenced_lines(text);
        let is_row = |line: &Line<'_>| line.text.trim_start().starts_with('|');
        let is_excused = |line: &Line<'_>| fenced[line.number - 1] || is_row(line);
        violations.extend(unexcused(path, text, is_excused));
    }
    violations
}

struct Line<'a> {
    /// From 1.
    number: usize,
    text: &'a str,
}

/// The lines that are too long without an excuse.
fn unexcused(path: &str, text: &str, is_excused: impl Fn(&Line<'_>) -> bool) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (at, text) in text.lines().enumerate() {
        let (line, columns) = (
            Line {
                number: at + 1,
                text,
            },
            text.chars().count(),
        );
        if columns > COLUMNS_MAX && !is_link(text) && !is_excused(&line) {
            let text =
                format!("the line has {columns} columns, {COLUMNS_MAX} are allowed; break it");
            violations.push(Violation::new("line length", path, line.number, text));
        }
    }
    violations
}

/// For each line whether it belongs to fenced code.
fn fenced_lines(text: &str) -> Vec<bool> {
    let mut fence: Option<&str> = None;
    let mut is_fenced = |line: &str| {
        let line = line.trim_start();
        match fence {
            Some(open) => {
                if line.starts_with(open) {
                    fence = None;
                }
                true
            }
            None => {
                fence = ["```", "~~~"]
                    .into_iter()
                    .find(|open| line.starts_with(open));
                fence.is_some()
            }
        }
    };
    text.lines().map(&mut is_fenced).collect()
}

/// Whether a line is one link and nothing else, behind the marks of comments, quotes and lists.
///
/// A link is an address, `<address>`, `[words](address)` or `[words]: address`.
fn is_link(line: &str) -> bool {
    let marks = ["///", "//!", "//", ">", "* ", "- "];
    let mut text = line.trim();
    while let Some(rest) = marks.iter().find_map(|mark| text.strip_prefix(mark)) {
        text = rest.trim_start();
    }
    let text = text.trim_end_matches(['.', ',', ';']);
    let is_address = |text: &str| !text.contains(char::is_whitespace) && text.contains("://");
    let enclosed = text
        .strip_prefix('<')
        .and_then(|text| text.strip_suffix('>'));
    if enclosed.is_some_and(is_address) || is_address(text) {
        return true;
    }
    let words = text.strip_prefix('[').and_then(|text| text.split_once(']'));
    let address = words.and_then(|(_, address)| match address.strip_prefix('(') {
        Some(address) => address.strip_suffix(')'),
        None => address.strip_prefix(": "),
    });
    address.is_some_and(|address| !address.contains([' ', '(']))
}

fn reported(path: &str, text: &str) -> Vec<String> {
    let tree = Tree::planted(&[(path, text)]);
    assert_eq!(tree.unreadable, []);
    places(&long_lines(&tree))
}

#[test]
fn lines_of_101_columns_are_reported() {
    // Two bytes each, one column each.
    let (right, wrong) = ("é".repeat(97), "é".repeat(98));
    assert_eq!(
        reported("a.rs", &format!("// {right}\n// {wrong}\n")),
        ["a.rs:2"]
    );
    assert_eq!(
        reported("a.md", &format!("{right}   \n{wrong}   \n")),
        ["a.md:2"]
    );
}

#[test]
fn a_link_excuses_its_own_line_only() {
    let address = format!("https://example.org/{}", "a".repeat(100));
    let alone = [
        format!("// {address}"),
        format!("/// <{address}>."),
        format!("//! [the paper]: {address}"),
    ];
    for line in alone {
        assert_eq!(
            reported("a.rs", &format!("{line}\nfn f() {{}}\n")),
            [""; 0],
            "{line}"
        );
    }
    let mixed = format!("// The method is that of {address}\n");
    assert_eq!(reported("a.rs", &mixed), ["a.rs:1"]);
    let alone = [
        format!("* [the paper]({address})"),
        format!("> {address}"),
        address.clone(),
    ];
    for line in alone {
        assert_eq!(reported("a.md", &line), [""; 0], "{line}");
    }
    assert_eq!(
        reported("a.md", &format!("See [the paper]({address}).")),
        ["a.md:1"]
    );
    assert_eq!(
        reported("a.md", &format!("[a]({address}) and [b]({address})")),
        ["a.md:1"]
    );
}

#[test]
fn a_literal_excuses_a_line_if_it_does_not_fit_by_itself() {
    let (fits, wide) = ("a".repeat(98), "a".repeat(99));
    assert_eq!(
        reported("a.rs", &format!("const A: &str =\n    \"{fits}\";\n")),
        ["a.rs:2"]
    );
    assert_eq!(
        reported("a.rs", &format!("const A: &str = \"{wide}\";\n")),
        [""; 0]
    );
    assert_eq!(
        reported("a.rs", &format!("const A: &[u8] = b\"{wide}\";\n")),
        [""; 0]
    );
    assert_eq!(
        reported("a.rs", &format!("const A: &str = r\"\n{wide} \n\";\n")),
        [""; 0]
    );
    assert_eq!(
        reported("a.rs", &format!("const A: &str = \"\\\n{wide} \n\";\n")),
        [""; 0].map(|a: &str| a)
    );
}

#[test]
fn tables_and_fences_of_markdown_are_excused() {
    let wide = "a ".repeat(60);
    let text =
        format!("| {wide} |\n\n```console\n{wide}\n```\n\n{wide}\n~~~\n{wide}\n~~~\n{wide}\n");
    assert_eq!(reported("a.md", &text), ["a.md:7", "a.md:11"]);
}
