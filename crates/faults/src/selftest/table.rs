//! The self-test for people: which check found which fault, what did not go as it should, and what escapes
//! with a check off.

use crate::expect::Judgement;
use crate::selftest::{Outcome, Row};
use crcheck_harness::check::CheckId;
use std::fmt::Write as _;

const LEGEND: &str = "\
# found, as it must be   + found as well   ! must be found and was not   . nothing found
blank: the check does not apply, or was not made\n";

/// The matrix of exhibits and checks, with a line for each that is not as it should be.
pub fn matrix(rows: &[Row]) -> String {
    let width = rows.iter().map(|row| row.name.len()).max().unwrap_or(0);
    let mut text = format!("{:width$} ", "");
    for check in CheckId::ALL {
        text += &format!(" {check}");
    }
    text += " diagnosis\n";
    for row in rows {
        let _ = write!(text, "{:width$} ", row.name);
        for &check in CheckId::ALL {
            let _ = write!(text, " {:^1$}", symbol(row, check), check.name().len());
        }
        let _ = writeln!(text, " {}", end(row));
    }
    text += LEGEND;
    text + &notes(rows)
}

fn symbol(row: &Row, check: CheckId) -> &'static str {
    let is_found = row.found.iter().any(|(by, _)| *by == check);
    match (row.expected == Some(check), is_found) {
        (true, true) => "#",
        (false, true) => "+",
        (true, false) if matches!(row.outcome, Outcome::Skipped(_)) => "",
        (true, false) => "!",
        (false, false) if row.checks.contains(check) => ".",
        (false, false) => "",
    }
}

/// The diagnosis, and the outcome if it is more than that.
fn end(row: &Row) -> String {
    let diagnosis = match &row.diagnosis {
        None => "-",
        Some(Judgement::Right) => "right",
        Some(Judgement::Wrong(_)) => "wrong",
        Some(Judgement::Unexplained) => "unexplained",
    };
    match &row.outcome {
        Outcome::Right => diagnosis.to_owned(),
        Outcome::Skipped(_) => "skipped".to_owned(),
        outcome => format!("{diagnosis} {outcome}"),
    }
}

fn notes(rows: &[Row]) -> String {
    let mut text = String::new();
    for row in rows {
        let Row { name, outcome, .. } = row;
        if *outcome != Outcome::Right {
            let _ = writeln!(text, "{name}: {outcome}");
        }
        if let Some(Judgement::Wrong(said)) = &row.diagnosis {
            let _ = writeln!(text, "{name}: wrong diagnosis: {said}");
        }
        if *outcome == Outcome::Escaped || *outcome == Outcome::Accused {
            let found = row.found.iter().map(|(by, kind)| format!(" {by}:{kind}"));
            let _ = writeln!(text, "{name}: found:{}", found.collect::<String>());
        }
    }
    text
}

/// The faults that nothing finds with this check off.
pub fn escapes(rows: &[Row], check: CheckId) -> Vec<&str> {
    let is_escaped = |row: &&Row| {
        row.expected == Some(check) && row.found_without.as_ref().is_some_and(Vec::is_empty)
    };
    rows.iter()
        .filter(is_escaped)
        .map(|row| row.name.as_str())
        .collect()
}

/// What escapes with each check off. Of a run of `all` exhibits also which checks catch nothing alone.
pub fn ablation(rows: &[Row], all: bool) -> String {
    let mut text = String::from("With a check off, these are not found:\n");
    let mut idle = Vec::new();
    for &check in CheckId::ALL {
        let escaped = escapes(rows, check);
        if escaped.is_empty() {
            idle.push(check.name());
        } else {
            let _ = writeln!(text, "  {check} ({}): {}", escaped.len(), escaped.join(" "));
        }
    }
    if all {
        let idle = if idle.is_empty() {
            "none".to_owned()
        } else {
            idle.join(" ")
        };
        let _ = writeln!(text, "Checks that catch nothing alone: {idle}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crcheck_harness::check::CheckSet;
    use crcheck_harness::finding::Kind;

    fn row(name: &str, outcome: Outcome, found: Vec<(CheckId, Kind)>) -> Row {
        Row {
            name: name.to_owned(),
            expected: Some(CheckId::Agree),
            checks: CheckSet::all(),
            found_without: found.is_empty().then(Vec::new),
            found,
            unfinished: Vec::new(),
            diagnosis: None,
            outcome,
        }
    }

    #[test]
    fn what_was_found_where_it_must_and_where_not_differ_in_the_matrix() {
        let wrong = Kind::WrongValue;
        let rows = [
            row("caught", Outcome::Right, vec![(CheckId::Agree, wrong)]),
            row("lost", Outcome::Escaped, vec![(CheckId::Basis, wrong)]),
        ];
        let text = matrix(&rows);
        let line = |name: &str| text.lines().find(|line| line.starts_with(name));
        let count = |name: &str, symbol| line(name).expect("a line").matches(symbol).count();
        assert_eq!((count("caught", '#'), count("caught", '!')), (1, 0));
        assert_eq!((count("lost", '!'), count("lost", '+')), (1, 1));
        assert!(text.contains("lost: ESCAPED"), "{text}");
    }

    #[test]
    fn a_check_that_catches_nothing_alone_is_named() {
        let rows = [row("alone", Outcome::Right, Vec::new())];
        assert_eq!(escapes(&rows, CheckId::Agree), ["alone"]);
        let text = ablation(&rows, true);
        assert!(text.contains("agree (1): alone"), "{text}");
        assert!(text.contains("alone: threads dispatch guard"), "{text}");
        assert!(!ablation(&rows, false).contains("nothing alone"));
    }
}
