//! docs/checks.md: every check, every kind of finding, and an example of each check.

use crate::common::{folder, repository};
use crate::sections;
use crcheck_harness::check::checks::CHECKS;
use crcheck_harness::subject::Kind;
use std::collections::HashSet;
use std::fs;

const DOCUMENT: &str = "docs/checks.md";

pub(crate) fn nothing_is_left_out() {
    let text = fs::read_to_string(repository().join(DOCUMENT)).expect("the document");
    let rows: Vec<Vec<&str>> = text
        .lines()
        .filter(|line| line.starts_with("| `") || line.starts_with("| [`"))
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect();
    let ids: HashSet<&str> = CHECKS.iter().map(|check| check.id.name()).collect();
    let laws = rows.iter().filter(|row| row.len() == 2);
    for (check, row) in CHECKS.iter().zip(laws.clone()) {
        let id = check.id.name();
        assert_eq!(row[..], [format!("[`{id}`](#{id})"), check.law.to_owned()]);
        assert!(text.contains(&format!("\n## {id}\n\n**Law.** ")), "{id}");
    }
    assert_eq!(laws.count(), CHECKS.len());
    let kinds: Vec<&Vec<&str>> = rows.iter().filter(|row| row.len() == 4).collect();
    let names: Vec<String> = Kind::ALL.iter().map(|kind| format!("`{kind}`")).collect();
    let shown: Vec<&str> = kinds.iter().map(|row| row[0]).collect();
    assert_eq!(shown, names);
    for (kind, row) in Kind::ALL.iter().zip(kinds) {
        let found_by: HashSet<&str> = row[2].split('`').skip(1).step_by(2).collect();
        assert!(found_by.is_subset(&ids), "{kind}: {found_by:?}");
        for check in CHECKS.iter().filter(|check| check.kinds.contains(kind)) {
            assert!(found_by.contains(check.id.name()), "{kind} by {}", check.id);
        }
    }
}

pub(crate) fn each_example_holds() {
    let here = folder();
    for check in CHECKS {
        let id = check.id.name();
        let commands = sections::holds(here.path(), DOCUMENT, id);
        let runs_it = |line: &String| line.contains(&format!("--check {id} "));
        assert!(commands.len() == 1 && commands.iter().all(runs_it), "{id}");
    }
}
