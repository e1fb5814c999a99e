//! For CI: a test suite for each subject, a test case for each check.

use super::Report;
use super::human::finding_text;
use crate::verdict::Verdict;
use quick_junit::{NonSuccessKind, Report as Suites, TestCase, TestCaseStatus, TestSuite};

/// The report as JUnit XML.
pub fn junit(report: &Report) -> String {
    let mut suites = Suites::new("crcheck");
    for check in &report.checks {
        let mut status = match check.verdict {
            Verdict::Pass => TestCaseStatus::success(),
            Verdict::Fail => TestCaseStatus::non_success(NonSuccessKind::Failure),
            Verdict::Incomplete | Verdict::Void => {
                TestCaseStatus::non_success(NonSuccessKind::Error)
            }
        };
        if check.verdict == Verdict::Fail {
            let texts = report
                .findings
                .iter()
                .filter(|finding| finding.subject == check.subject)
                .map(finding_text);
            status
                .set_message("fault")
                .set_description(texts.collect::<Vec<_>>().join("\n"));
        } else if let Some(reason) = &check.reason {
            status.set_message(reason);
        }
        add(&mut suites, &check.subject, TestCase::new(check.id, status));
    }
    for skipped in &report.skipped {
        // What was required and is missing is an error, never a skip that passes.
        let mut status = if skipped.required {
            TestCaseStatus::non_success(NonSuccessKind::Error)
        } else {
            TestCaseStatus::skipped()
        };
        status.set_message(&skipped.reason);
        let (subject, check) = skipped
            .what
            .rsplit_once('/')
            .unwrap_or((&skipped.what, "all"));
        add(&mut suites, subject, TestCase::new(check, status));
    }
    suites.to_string().expect("a report is always XML")
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
