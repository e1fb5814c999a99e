//! The report as JUnit XML: a test suite for each CPU, a test case for each part of its leg.

use super::{EmulateReport, LegReport};
use crate::leg_outcome::LegOutcome;
use crate::purity::{SHOWN_BY_PASS, TierPurity};
use crcheck_harness::report::{junit_document, xml_text};
use quick_junit::{NonSuccessKind, Report as JunitReport, TestCase, TestCaseStatus, TestSuite};

pub(super) fn junit(report: &EmulateReport) -> String {
    let mut suites = JunitReport::new("crcheck emulate");
    for leg in &report.legs {
        suites.add_test_suite(leg_suite(leg));
    }
    let mut purity = TestSuite::new("purity");
    for tier in &report.purity {
        let name = format!("{} {SHOWN_BY_PASS}", tier.tier);
        purity.add_test_case(case("purity", &name, purity_status(tier)));
    }
    suites.add_test_suite(purity);
    junit_document(&suites)
}

fn case(suite: &str, name: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(name, status);
    case.set_classname(suite);
    case
}

fn leg_suite(leg: &LegReport) -> TestSuite {
    let mut suite = TestSuite::new(&leg.cpu);
    let name = match leg.interpreted {
        Some(_) => "leg (interpreted, not hardware)",
        None => "leg",
    };
    suite.add_test_case(case(&leg.cpu, name, leg_status(leg)));
    for planted in &leg.planted {
        let status = if planted.is_caught {
            TestCaseStatus::success()
        } else {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message("the fault escaped").set_type("escaped");
            status
        };
        let name = format!("fault:{} is caught", planted.fault);
        suite.add_test_case(case(&leg.cpu, &name, status));
    }
    suite
}

fn leg_status(leg: &LegReport) -> TestCaseStatus {
    let mut status = match leg.outcome {
        LegOutcome::Passed => return TestCaseStatus::success(),
        // A required leg that is missing is an error, never a skip that passes.
        LegOutcome::Skipped if !leg.is_required => TestCaseStatus::skipped(),
        LegOutcome::Faulty | LegOutcome::IllegalInstruction => {
            TestCaseStatus::non_success(NonSuccessKind::Failure)
        }
        _ => TestCaseStatus::non_success(NonSuccessKind::Error),
    };
    if !matches!(status, TestCaseStatus::Skipped { .. }) {
        status.set_type(leg.outcome.to_string());
    }
    status.set_message(xml_text(&leg.reasons.join("; ")));
    status
}

fn purity_status(tier: &TierPurity) -> TestCaseStatus {
    let kind = match tier.outcome {
        LegOutcome::Passed => return TestCaseStatus::success(),
        LegOutcome::Faulty => NonSuccessKind::Failure,
        _ => NonSuccessKind::Error,
    };
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(tier.outcome.to_string());
    status.set_message(xml_text(&tier.to_string()));
    status
}
