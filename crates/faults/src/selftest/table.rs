//! The self-test for people: which check found which fault, which rows are not right, and what
//! escapes with a check off.

use super::counts::Counts;
use super::row::{SelftestOutcome, SelftestRow, escapes};
use super::tiers::tiers_run;
use crate::right_diagnosis::Judgement;
use crcheck_harness::check::checks;
use crcheck_harness::subject::CheckId;
use std::fmt::Write as _;

const LEGEND: &str = "\
# found, as it must be   + found as well   ! must be found and was not   . nothing found
blank: the check does not apply, or was not made\n";

/// The matrix of faults and checks, with a line for each row that is not right.
pub fn format_matrix(rows: &[SelftestRow]) -> String {
    let width = rows.iter().map(|row| row.name.len()).max().unwrap_or(0);
    let mut text = format!("{:width$} ", "");
    for check in checks::ids() {
        text += &format!(" {check}");
    }
    text += " diagnosis\n";
    for row in rows {
        let _ = write!(text, "{:width$} ", row.name);
        for check in checks::ids() {
            let _ = write!(text, " {:^1$}", cell_symbol(row, check), check.name().len());
        }
        let _ = writeln!(text, " {}", format_end(row));
    }
    text += LEGEND;
    text + &format_notes(rows)
}

fn cell_symbol(row: &SelftestRow, check: CheckId) -> &'static str {
    let is_found = row.found.iter().any(|(by, _)| *by == check);
    match (row.expected == Some(check), is_found) {
        (true, true) => "#",
        (false, true) => "+",
        (true, false) if matches!(row.outcome, SelftestOutcome::Skipped(_)) => "",
        (true, false) => "!",
        (false, false) if row.checks.contains(check) => ".",
        (false, false) => "",
    }
}

/// The diagnosis, and the outcome if it is more than that.
fn format_end(row: &SelftestRow) -> String {
    let diagnosis = match &row.diagnosis {
        None => "-",
        Some(Judgement::Right) => "right",
        Some(Judgement::Wrong(_)) => "wrong",
        Some(Judgement::Unexplained) => "unexplained",
    };
    match &row.outcome {
        SelftestOutcome::Right => diagnosis.to_owned(),
        SelftestOutcome::Skipped(_) => "skipped".to_owned(),
        outcome => format!("{diagnosis} {outcome}"),
    }
}

fn format_notes(rows: &[SelftestRow]) -> String {
    let mut text = String::new();
    for row in rows {
        let SelftestRow { name, outcome, .. } = row;
        if *outcome != SelftestOutcome::Right {
            let _ = writeln!(text, "{name}: {outcome}");
        }
        if let Some(Judgement::Wrong(said)) = &row.diagnosis {
            let _ = writeln!(text, "{name}: wrong diagnosis: {said}");
        }
        if *outcome == SelftestOutcome::Escaped || *outcome == SelftestOutcome::Accused {
            let found = row.found.iter().map(|(by, kind)| format!(" {by}:{kind}"));
            let _ = writeln!(text, "{name}: found:{}", found.collect::<String>());
        }
    }
    text
}

/// The last line: the counts, and the tiers whose faulty twins this machine could not run.
pub fn last_line(rows: &[SelftestRow]) -> String {
    let (counts, tiers) = (Counts::of(rows).to_line(), tiers_run(rows));
    if tiers.is_empty() {
        format!("{counts}\n")
    } else {
        format!("{counts}; faults in tiers: {tiers}\n")
    }
}

/// What escapes with each check off. If the rows are those of all faults (`is_whole`), also which
/// checks catch nothing alone.
pub fn format_ablation(rows: &[SelftestRow], is_whole: bool) -> String {
    let mut text = String::from("With a check off, these are not found:\n");
    let mut idle = Vec::new();
    for check in checks::ids() {
        let escaped = escapes(rows, check);
        if escaped.is_empty() {
            idle.push(check.name());
        } else {
            let _ = writeln!(text, "  {check} ({}): {}", escaped.len(), escaped.join(" "));
        }
    }
    if is_whole {
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
    use crcheck_harness::check::checks::CheckSet;
    use crcheck_harness::subject::Kind;

    fn row(name: &str, outcome: SelftestOutcome, found: Vec<(CheckId, Kind)>) -> SelftestRow {
        SelftestRow {
            name: name.to_owned(),
            expected: Some(checks::agree::ID),
            checks: CheckSet::all(),
            found_without: found.is_empty().then(Vec::new),
            found,
            unfinished: Vec::new(),
            diagnosis: None,
            outcome,
        }
    }

    #[test]
    fn the_matrix_tells_findings_that_must_be_from_others() {
        let wrong = Kind::WrongValue;
        let rows = [
            row(
                "caught",
                SelftestOutcome::Right,
                vec![(checks::agree::ID, wrong)],
            ),
            row(
                "lost",
                SelftestOutcome::Escaped,
                vec![(checks::basis::ID, wrong)],
            ),
        ];
        let text = format_matrix(&rows);
        let line = |name: &str| text.lines().find(|line| line.starts_with(name));
        let count = |name: &str, symbol| line(name).expect("a line").matches(symbol).count();
        assert_eq!((count("caught", '#'), count("caught", '!')), (1, 0));
        assert_eq!((count("lost", '!'), count("lost", '+')), (1, 1));
        assert!(text.contains("lost: ESCAPED"), "{text}");
    }

    #[test]
    fn a_check_that_catches_nothing_alone_is_named() {
        let rows = [row("alone", SelftestOutcome::Right, Vec::new())];
        assert_eq!(escapes(&rows, checks::agree::ID), ["alone"]);
        let text = format_ablation(&rows, true);
        assert!(text.contains("agree (1): alone"), "{text}");
        assert!(text.contains("alone: threads dispatch guard"), "{text}");
        assert!(!format_ablation(&rows, false).contains("nothing alone"));
    }
}
