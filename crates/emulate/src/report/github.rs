//! The report as a log of GitHub's workflows: an error for each leg that does not pass.

use super::{EmulateReport, LegReport, human};
use crate::leg_outcome::LegOutcome;
use crcheck_harness::report::verdict::Verdict;
use crcheck_harness::report::{Annotation, annotations};

pub(super) fn github(report: &EmulateReport) -> String {
    let mut errors: Vec<Annotation> = report
        .legs
        .iter()
        .filter(|leg| !is_acceptable(leg))
        .map(|leg| Annotation {
            level: "error",
            title: format!("crcheck emulate: {} {}", leg.cpu, leg.outcome),
            message: leg.reasons.join("\n"),
        })
        .collect();
    if errors.is_empty() && report.verdict != Verdict::Pass {
        errors.push(Annotation {
            level: "error",
            title: format!("crcheck emulate: {}", report.verdict),
            message: human::human(report),
        });
    }
    annotations(&errors, &[human::summary(report)])
}

fn is_acceptable(leg: &LegReport) -> bool {
    match leg.outcome {
        LegOutcome::Passed => true,
        LegOutcome::Skipped => !leg.is_required,
        _ => false,
    }
}
