//! The self-test for CI.

use super::row::{SelftestOutcome, SelftestRow};
use super::table;
use super::tiers::tiers_run;
use crcheck_harness::report::junit_document;
use quick_junit::{NonSuccessKind, Report as Suites, TestCase, TestCaseStatus, TestSuite};

/// The rows as JUnit XML, a test case each.
pub fn to_junit(rows: &[SelftestRow], seed: u64) -> String {
    let mut suite = TestSuite::new("selftest");
    suite.add_property(("seed", format!("{seed:#x}").as_str()));
    suite.add_property(("tiers", tiers_run(rows).to_string().as_str()));
    for row in rows {
        let mut status = match &row.outcome {
            SelftestOutcome::Right => TestCaseStatus::success(),
            SelftestOutcome::Skipped(_) => TestCaseStatus::skipped(),
            SelftestOutcome::Unfinished => TestCaseStatus::non_success(NonSuccessKind::Error),
            _ => TestCaseStatus::non_success(NonSuccessKind::Failure),
        };
        if row.outcome != SelftestOutcome::Right {
            status.set_message(row.outcome.to_string());
        }
        let is_wrong = matches!(status, TestCaseStatus::NonSuccess { .. });
        if is_wrong {
            status.set_type("selftest");
        }
        let mut case = TestCase::new(row.name.as_str(), status);
        case.set_classname("selftest");
        case.set_system_out(table::format_matrix(std::slice::from_ref(row)));
        suite.add_test_case(case);
    }
    let mut suites = Suites::new("crcheck selftest");
    suites.add_test_suite(suite);
    junit_document(&suites)
}

#[cfg(test)]
mod tests {
    use super::super::counts::Counts;
    use super::*;
    use crcheck_harness::check::checks;
    use crcheck_harness::check::checks::CheckSet;
    use crcheck_harness::report::verdict::ExitCode;

    use crcheck_harness::subject::Kind;

    fn row(outcome: SelftestOutcome) -> SelftestRow {
        SelftestRow {
            name: "fault:x".to_owned(),
            expected: Some(checks::agree::ID),
            checks: CheckSet::all(),
            found: vec![(checks::agree::ID, Kind::WrongValue)],
            found_without: None,
            unfinished: Vec::new(),
            diagnosis: None,
            outcome,
        }
    }

    #[test]
    fn only_rows_that_are_right_make_a_pass() {
        use SelftestOutcome::{Accused, Escaped, NotNeeded, Right, Unfinished};
        let skipped = || SelftestOutcome::Skipped("no such CPU".to_owned());
        for (outcomes, code, element) in [
            (vec![Right, skipped()], ExitCode::Passed, "<skipped"),
            (vec![Right, Escaped], ExitCode::Found, "<failure"),
            (vec![Accused, Unfinished], ExitCode::Found, "<error"),
            (vec![NotNeeded, Right], ExitCode::Found, "<failure"),
            (vec![Right, Unfinished], ExitCode::Incomplete, "<error"),
            (vec![skipped()], ExitCode::Nothing, "<skipped"),
        ] {
            let rows: Vec<SelftestRow> = outcomes.into_iter().map(row).collect();
            assert_eq!(Counts::of(&rows).exit_code(), code);
            let text = to_junit(&rows, 1);
            assert!(text.contains(element), "{text}");
            assert_eq!(text.matches("<testcase").count(), rows.len());
            let all = format!("tests=\"{}\"", rows.len());
            assert_eq!(text.matches(&all).count(), 2, "root and suite: {text}");
        }
    }
}
