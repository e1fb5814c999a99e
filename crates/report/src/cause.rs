//! Which check stands for a cause, where CI counts checks: one cause fails one of them.

use crate::accepted::findings_of;
use crate::check_report::CheckReport;
use crate::finding_report::FindingReport;
use crate::report::Report;

/// The check that stands for a finding: the one that it is of, or the first one that met its cause.
/// `None` if no check of the report did.
pub(crate) fn owner<'r>(report: &'r Report, finding: &FindingReport) -> Option<&'r CheckReport> {
    let is_one_of = |id: &String| finding.ids.contains(id);
    let met = || {
        let checks = report.checks.iter();
        checks.filter(|check| check.findings.iter().any(is_one_of))
    };
    met()
        .find(|check| check.id == finding.check)
        .or_else(|| met().next())
}

/// The findings that a check stands for.
pub(crate) fn own_findings<'r>(
    report: &'r Report,
    check: &'r CheckReport,
) -> impl Iterator<Item = &'r FindingReport> {
    findings_of(&report.findings, check).filter(move |finding| stands_for(report, check, finding))
}

/// The findings that a check met, and that another one stands for, each with that one.
pub(crate) fn others_findings<'r>(
    report: &'r Report,
    check: &'r CheckReport,
) -> impl Iterator<Item = (&'r FindingReport, &'r CheckReport)> {
    let others = findings_of(&report.findings, check);
    let others = others.filter(move |finding| !stands_for(report, check, finding));
    others.filter_map(move |finding| Some((finding, owner(report, finding)?)))
}

/// The findings that no check of the report stands for.
pub(crate) fn orphans(report: &Report) -> impl Iterator<Item = &FindingReport> {
    let findings = report.findings.iter();
    findings.filter(|finding| owner(report, finding).is_none())
}

fn stands_for(report: &Report, check: &CheckReport, finding: &FindingReport) -> bool {
    owner(report, finding).is_some_and(|owner| std::ptr::eq(owner, check))
}
