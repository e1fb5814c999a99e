//! For CI: a test suite for each subject, a test case for each check.

use super::allow::of_check;
use super::human::{finding_text, unused_allow};
use super::{CheckReport, FindingReport, Report, Skipped};
use crate::check::CheckId;
use crate::verdict::Verdict;
use quick_junit::{NonSuccessKind, Report as Suites, TestCase, TestCaseStatus, TestSuite};

/// The report as JUnit XML.
pub fn junit(report: &Report) -> String {
    let mut suites = Suites::new("crcheck");
    for check in &report.checks {
        add(&mut suites, &check.subject, of(check, &report.findings));
    }
    let selected = selected(report);
    for skipped in &report.skipped {
        let (subject, checks) = whose(skipped, &selected);
        for check in checks {
            add(&mut suites, subject, not_run(skipped, check));
        }
    }
    let unused = report.allowed.iter();
    for allowed in unused.filter(|allowed| allowed.findings == 0) {
        let mut status = TestCaseStatus::skipped();
        status.set_message(unused_allow(allowed));
        add(
            &mut suites,
            "allow",
            TestCase::new(allowed.allow.as_str(), status),
        );
    }
    for suite in &mut suites.test_suites {
        suite.add_property(("seed", report.seed.as_str()));
        suite.add_property(("model", report.model.as_str()));
        suite.add_property(("verdict", report.verdict.name()));
    }
    suites.to_string().expect("a report is always XML")
}

fn of(check: &CheckReport, findings: &[FindingReport]) -> TestCase {
    let texts = |accepted: bool| {
        let texts = of_check(findings, check)
            .filter(|finding| finding.accepted.is_some() == accepted)
            .map(finding_text);
        texts.collect::<Vec<_>>().join("\n")
    };
    let mut status = match check.verdict {
        Verdict::Pass => TestCaseStatus::success(),
        Verdict::Fail => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Verdict::Incomplete | Verdict::Void => TestCaseStatus::non_success(NonSuccessKind::Error),
    };
    match (check.verdict, &check.reason) {
        (Verdict::Fail, _) => {
            status.set_message("fault").set_description(texts(false));
        }
        (Verdict::Incomplete | Verdict::Void, Some(reason)) => {
            status.set_message(reason);
        }
        _ => {}
    }
    let mut case = TestCase::new(check.id, status);
    let accepted = texts(true);
    if !accepted.is_empty() {
        case.set_system_out(accepted);
    }
    case
}

/// The checks that ran, or would have run, on anybody.
fn selected(report: &Report) -> Vec<&'static str> {
    let met = |id: &&CheckId| {
        let ran = report.checks.iter().any(|check| check.id == id.name());
        let is_skipped = |skipped: &Skipped| of_one_check(skipped).is_some_and(|of| of.1 == **id);
        ran || report.skipped.iter().any(is_skipped)
    };
    CheckId::ALL
        .iter()
        .filter(met)
        .map(|id| id.name())
        .collect()
}

/// Of what was skipped, if it is no whole subject: the subject, the check, and how that and the part of
/// it are written: `SUBJECT/CHECK` or `SUBJECT/CHECK: PART`. Paths of subjects and parts have slashes too.
fn of_one_check(skipped: &Skipped) -> Option<(&str, CheckId, &str)> {
    let what = skipped.what.as_str();
    let slashes = what.match_indices('/');
    let mut found = slashes.filter_map(|(slash, _)| {
        let case = &what[slash + 1..];
        let check = case.split_once(": ").map_or(case, |(check, _)| check);
        Some((&what[..slash], check.parse().ok()?, case))
    });
    found.next_back()
}

/// A subject that was skipped has a case for each check that the others had.
fn whose<'r>(skipped: &'r Skipped, selected: &[&'static str]) -> (&'r str, Vec<&'r str>) {
    match of_one_check(skipped) {
        Some((subject, _, case)) => (subject, vec![case]),
        None if selected.is_empty() => (&skipped.what, vec!["all"]),
        None => (&skipped.what, selected.to_vec()),
    }
}

fn not_run(skipped: &Skipped, check: &str) -> TestCase {
    // What was required and is missing is an error, never a skip that passes.
    let mut status = if skipped.required {
        TestCaseStatus::non_success(NonSuccessKind::Error)
    } else {
        TestCaseStatus::skipped()
    };
    status.set_message(&skipped.reason);
    TestCase::new(check, status)
}

fn add(suites: &mut Suites, subject: &str, case: TestCase) {
    let suite = suites
        .test_suites
        .iter_mut()
        .find(|suite| suite.name.as_str() == subject);
    if let Some(suite) = suite {
        suite.add_test_case(case);
        return;
    }
    let mut suite = TestSuite::new(subject);
    suite.add_test_case(case);
    suites.add_test_suite(suite);
}
