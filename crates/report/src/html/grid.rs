//! The grid of checks by subjects: each cell has a verdict, and a link to its finding.

use super::summary::{sign, subjects};
use crate::check_report::CheckReport;
use crate::finding_report::FindingReport;
use crate::report::Report;
use crate::skipped::Skipped;
use crate::verdict::Verdict;
use crcheck_check::checks::CHECKS;
use crcheck_html::heading;
use crcheck_subject::CheckId;
use maud::{Markup, html};

/// With more subjects than this, a cell has its sign alone in sight.
const NAMED_MAX: usize = 4;

/// The grid, if anything was selected.
pub(super) fn section(report: &Report) -> Markup {
    let subjects = subjects(report);
    if subjects.is_empty() || report.selected.is_empty() {
        return Markup::default();
    }
    let class = if subjects.len() > NAMED_MAX {
        "grid signs"
    } else {
        "grid"
    };
    html! {
        (heading("grid", "Checks by subjects"))
        div.wide tabindex="0" {
            table class=(class) {
                "\n"
                thead {
                    tr {
                        th scope="col" { "check, and what it requires" }
                        @for subject in &subjects { th scope="col" { (subject) } }
                    }
                }
                "\n"
                tbody {
                    "\n"
                    @for &check in &report.selected {
                        tr {
                            th scope="row" { strong { (check) } " " span.law { (law(check)) } }
                            @for subject in &subjects { (cell(report, check, subject)) }
                        }
                        "\n"
                    }
                }
            }
        }
        "\n"
        p.signs {
            "\u{2713} pass, \u{2717} fail, \u{2026} incomplete, ? void, \u{2013} skipped, \
             \u{b7} does not apply. A \u{2717} leads to its finding."
        }
        "\n"
    }
}

/// What a check requires, in words; nothing for a check of somebody else.
fn law(check: CheckId) -> &'static str {
    let row = CHECKS.iter().find(|row| row.id == check);
    row.map_or("", |row| row.law)
}

fn cell(report: &Report, id: CheckId, subject: &str) -> Markup {
    let mut checks = report.checks.iter();
    let found = checks.find(|check| check.id == id && check.subject == subject);
    let Some(check) = found else {
        return left_out(report, id, subject);
    };
    let verdict = check.verdict;
    let shown = html! {
        span.sign aria-hidden="true" { (sign(verdict)) } " " span.word { (verdict) }
    };
    let reason = check.reason.as_deref();
    html! {
        td class=(verdict.name()) title=[reason] {
            @match finding_of(report, check) {
                Some(id) => { a href={ "#" (fragment(id)) } { (shown) } }
                None => (shown),
            }
        }
    }
}

/// The finding of a check that failed: its own, or one that stands for it.
fn finding_of<'r>(report: &'r Report, check: &CheckReport) -> Option<&'r str> {
    if check.findings.is_empty() && check.verdict != Verdict::Fail {
        return None;
    }
    let of_subject = || {
        let findings = report.findings.iter();
        findings.filter(|finding| finding.subject == check.subject)
    };
    let is_own = |finding: &&FindingReport| {
        let mut ids = finding.ids.iter();
        ids.any(|id| check.findings.contains(id))
    };
    let own = of_subject().find(is_own);
    let finding = own.or_else(|| of_subject().next())?;
    Some(&finding.id)
}

fn left_out(report: &Report, id: CheckId, subject: &str) -> Markup {
    let is_same = |skipped: &&Skipped| {
        let check = skipped.check.as_ref();
        check.is_some_and(|one| one.check == id && one.subject == subject && one.part.is_none())
    };
    let Some(skipped) = report.skipped.iter().find(is_same) else {
        return html! { td { span.word { "not selected" } } };
    };
    let (sign, word) = if skipped.applies {
        ("\u{2013}", "skipped")
    } else {
        ("\u{b7}", "does not apply")
    };
    html! {
        td.left-out title=(skipped.reason) {
            span.sign aria-hidden="true" { (sign) } " " span.word { (word) }
        }
    }
}

/// An id as the fragment of a link. Browsers undo the escapes.
fn fragment(id: &str) -> String {
    let escape = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b':' | b'/' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    };
    id.bytes().map(escape).collect()
}
