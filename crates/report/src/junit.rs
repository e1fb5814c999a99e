//! Reports as JUnit XML for CI: a test suite for each subject, a test case for each check.

use crate::accepted::findings_of;
use crate::check_report::CheckReport;
use crate::finding_report::FindingReport;
use crate::human::{finding_text, unused_allow};
use crate::report::{Report, Skipped};
use crate::verdict::Verdict;
use quick_junit::{NonSuccessKind, Report as Suites, TestCase, TestCaseStatus, TestSuite};

/// The report as JUnit XML.
pub fn junit(report: &Report) -> String {
    let mut suites = Vec::new();
    for check in &report.checks {
        add_case(
            &mut suites,
            &check.subject,
            check_case(check, &report.findings),
        );
    }
    for skipped in &report.skipped {
        for (subject, case) in cases_of(skipped, report) {
            add_case(&mut suites, subject, skipped_case(skipped, &case));
        }
    }
    let unused = report.allowed.iter();
    for allowed in unused.filter(|allowed| allowed.findings == 0) {
        let mut status = TestCaseStatus::skipped();
        status.set_message(unused_allow(allowed));
        add_case(
            &mut suites,
            "allow",
            TestCase::new(allowed.allow.as_str(), status),
        );
    }
    let tiers = report.tiers.to_string();
    for suite in &mut suites {
        suite.add_property(("seed", report.seed.as_str()));
        let model = report.model_of(suite.name.as_str());
        suite.add_property(("model", model));
        suite.add_property(("verdict", report.verdict.name()));
        if !tiers.is_empty() {
            suite.add_property(("tiers", tiers.as_str()));
        }
    }
    let mut root = Suites::new("crcheck");
    // It counts the cases that a suite has when it is added.
    root.add_test_suites(suites);
    root.to_string().expect("a report is always XML")
}

fn check_case(check: &CheckReport, findings: &[FindingReport]) -> TestCase {
    let texts = |is_accepted: bool| {
        let texts = findings_of(findings, check)
            .filter(|finding| finding.accepted.is_some() == is_accepted)
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
            status.set_message("finding").set_description(texts(false));
        }
        (Verdict::Incomplete | Verdict::Void, Some(reason)) => {
            status.set_message(reason);
        }
        _ => {}
    }
    let mut case = TestCase::new(check.id.name(), status);
    let accepted = texts(true);
    if !accepted.is_empty() {
        case.set_system_out(accepted);
    }
    case
}

/// The test cases that stand for what was skipped: suite and name. A skipped subject has a case for
/// each check that the other subjects have.
fn cases_of<'r>(skipped: &'r Skipped, report: &Report) -> Vec<(&'r str, String)> {
    match &skipped.check {
        Some(of) => {
            let case = match &of.part {
                Some(part) => format!("{}: {part}", of.check),
                None => of.check.to_string(),
            };
            vec![(&of.subject, case)]
        }
        None if report.selected.is_empty() => vec![(&skipped.what, "all".to_owned())],
        None => {
            let checks = report.selected.iter();
            checks
                .map(|check| (skipped.what.as_str(), check.to_string()))
                .collect()
        }
    }
}

fn skipped_case(skipped: &Skipped, check: &str) -> TestCase {
    // A required subject that is missing is an error, and not a skip that passes.
    let mut status = if skipped.required {
        TestCaseStatus::non_success(NonSuccessKind::Error)
    } else {
        TestCaseStatus::skipped()
    };
    status.set_message(&skipped.reason);
    TestCase::new(check, status)
}

fn add_case(suites: &mut Vec<TestSuite>, subject: &str, case: TestCase) {
    let suite = suites
        .iter_mut()
        .find(|suite| suite.name.as_str() == subject);
    if let Some(suite) = suite {
        suite.add_test_case(case);
        return;
    }
    let mut suite = TestSuite::new(subject);
    suite.add_test_case(case);
    suites.push(suite);
}
