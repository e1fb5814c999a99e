//! The command lines that documents show. The package has no documents, and not this file.

use crate::Arguments;
use clap::Parser;
use std::fs;
use std::path::Path;

/// The command lines of a document: in text, at a prompt, and as steps of a job.
fn shown_in(document: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let text = fs::read_to_string(path.join(document)).expect("the document");
    let mut shown = Vec::new();
    for (start, end) in [("`", '`'), ("sh '", '\''), ("$ ", '\n'), ("- ", '\n')] {
        let start = format!("{start}crcheck ");
        let lines = text.split(&start).skip(1);
        let lines = lines.filter_map(|rest| rest.split(end).next());
        shown.extend(lines.map(|line| format!("crcheck {line}")));
    }
    shown
}

#[test]
fn every_line_that_a_document_shows_parses() {
    for document in ["ci.md", "checks.md"] {
        let shown = shown_in(document);
        assert!(shown.len() >= 10, "{document}: {shown:?}");
        for line in shown {
            let parsed = Arguments::try_parse_from(shlex::split(&line).expect("words"));
            assert!(parsed.is_ok(), "{line}: {}", parsed.expect_err("an error"));
        }
    }
}
