//! What the self-test came to, for programs and for CI.

use crate::expect::Judgement;
use crate::matrix::{self, escapes};
use crate::selftest::{Outcome, Row};
use crcheck_harness::check::CheckId;
use crcheck_harness::environment::Environment;
use crcheck_harness::finding::Kind;
use crcheck_harness::verdict::ExitCode;
use quick_junit::{NonSuccessKind, Report as Suites, TestCase, TestCaseStatus, TestSuite};
use serde_json::{Value, json};

/// The version of the JSON form. The schema is `docs/selftest.schema.json`.
pub const SCHEMA: &str = "crcheck/selftest/1";

/// How many rows ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// As they should.
    pub right: usize,
    /// A fault escaped or was taken for another, a good kernel was accused, a check was not needed.
    pub wrong: usize,
    /// Not shown by this CPU.
    pub skipped: usize,
    /// Stopped.
    pub unfinished: usize,
}

impl Counts {
    /// Of `rows`.
    pub fn of(rows: &[Row]) -> Self {
        let mut counts = Self::default();
        for row in rows {
            *match row.outcome {
                Outcome::Right => &mut counts.right,
                Outcome::Skipped(_) => &mut counts.skipped,
                Outcome::Unfinished => &mut counts.unfinished,
                Outcome::Escaped
                | Outcome::Misread
                | Outcome::Unexplained
                | Outcome::Accused
                | Outcome::NotNeeded => &mut counts.wrong,
            } += 1;
        }
        counts
    }

    /// The exit code that they make.
    pub const fn exit_code(self) -> ExitCode {
        match self {
            Self { wrong: 1.., .. } => ExitCode::Fault,
            Self {
                unfinished: 1.., ..
            } => ExitCode::Incomplete,
            Self { right: 0, .. } => ExitCode::Nothing,
            _ => ExitCode::Passed,
        }
    }

    /// As the last line of the table.
    pub fn line(self) -> String {
        let Self {
            right,
            wrong,
            skipped,
            unfinished,
        } = self;
        format!("{right} right, {wrong} wrong, {skipped} skipped, {unfinished} unfinished\n")
    }
}

/// The rows as one JSON object.
pub fn json(rows: &[Row], seed: u64) -> String {
    let counts = Counts::of(rows);
    let ablation: Vec<Value> = CheckId::ALL
        .iter()
        .map(|&check| json!({ "without": check.name(), "escapes": escapes(rows, check) }))
        .collect();
    let rows: Vec<Value> = rows.iter().map(row).collect();
    let report = json!({
        "schema": SCHEMA,
        "verdict": counts.exit_code().verdict(),
        "seed": format!("{seed:#x}"),
        "environment": Environment::here(),
        "counts": {
            "right": counts.right,
            "wrong": counts.wrong,
            "skipped": counts.skipped,
            "unfinished": counts.unfinished,
        },
        "rows": rows,
        "ablation": ablation,
    });
    format!("{report:#}\n")
}

fn row(row: &Row) -> Value {
    let found = |found: &Vec<(CheckId, Kind)>| {
        let each =
            |(check, kind): &(CheckId, Kind)| json!({ "check": check.name(), "kind": kind.name() });
        found.iter().map(each).collect::<Vec<_>>()
    };
    let outcome = match &row.outcome {
        Outcome::Right => "right",
        Outcome::Escaped => "escaped",
        Outcome::Misread => "misread",
        Outcome::Unexplained => "unexplained",
        Outcome::Accused => "accused",
        Outcome::NotNeeded => "not-needed",
        Outcome::Unfinished => "unfinished",
        Outcome::Skipped(_) => "skipped",
    };
    let diagnosis = row.diagnosis.as_ref().map(|judgement| match judgement {
        Judgement::Right => "right",
        Judgement::Wrong(_) => "wrong",
        Judgement::Unexplained => "unexplained",
    });
    let mut value = json!({
        "exhibit": row.name,
        "expected": row.expected.map(CheckId::name),
        "outcome": outcome,
        "diagnosis": diagnosis,
        "found": found(&row.found),
        "found_without": row.found_without.as_ref().map(found),
        "unfinished": row.unfinished.iter().map(|check| check.name()).collect::<Vec<_>>(),
    });
    if let Some(Judgement::Wrong(said)) = &row.diagnosis {
        value["said"] = said.as_str().into();
    }
    if let Outcome::Skipped(reason) = &row.outcome {
        value["reason"] = reason.as_str().into();
    }
    value
}

/// The rows as JUnit XML: a test case for each exhibit.
pub fn junit(rows: &[Row], seed: u64) -> String {
    let mut suite = TestSuite::new("selftest");
    suite.add_property(("seed", format!("{seed:#x}").as_str()));
    for row in rows {
        let mut status = match &row.outcome {
            Outcome::Right => TestCaseStatus::success(),
            Outcome::Skipped(_) => TestCaseStatus::skipped(),
            Outcome::Unfinished => TestCaseStatus::non_success(NonSuccessKind::Error),
            _ => TestCaseStatus::non_success(NonSuccessKind::Failure),
        };
        if row.outcome != Outcome::Right {
            status.set_message(row.outcome.to_string());
        }
        let mut case = TestCase::new(row.name.as_str(), status);
        case.set_system_out(matrix::matrix(std::slice::from_ref(row)));
        suite.add_test_case(case);
    }
    let mut suites = Suites::new("crcheck selftest");
    suites.add_test_suite(suite);
    suites.to_string().expect("a report is always XML")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crcheck_harness::check::CheckSet;

    fn row(outcome: Outcome) -> Row {
        Row {
            name: "fault:x".to_owned(),
            expected: Some(CheckId::Agree),
            checks: CheckSet::all(),
            found: vec![(CheckId::Agree, Kind::WrongValue)],
            found_without: None,
            unfinished: Vec::new(),
            diagnosis: None,
            outcome,
        }
    }

    #[test]
    fn only_rows_that_are_right_make_a_pass() {
        let skipped = || Outcome::Skipped("no such CPU".to_owned());
        for (outcomes, code, element) in [
            (
                vec![Outcome::Right, skipped()],
                ExitCode::Passed,
                "<skipped",
            ),
            (
                vec![Outcome::Right, Outcome::Escaped],
                ExitCode::Fault,
                "<failure",
            ),
            (
                vec![Outcome::Accused, Outcome::Unfinished],
                ExitCode::Fault,
                "<error",
            ),
            (
                vec![Outcome::NotNeeded, Outcome::Right],
                ExitCode::Fault,
                "<failure",
            ),
            (
                vec![Outcome::Right, Outcome::Unfinished],
                ExitCode::Incomplete,
                "<error",
            ),
            (vec![skipped()], ExitCode::Nothing, "<skipped"),
        ] {
            let rows: Vec<Row> = outcomes.into_iter().map(row).collect();
            assert_eq!(Counts::of(&rows).exit_code(), code);
            let text = junit(&rows, 1);
            assert!(text.contains(element), "{text}");
            assert_eq!(text.matches("<testcase").count(), rows.len());
        }
    }
}
