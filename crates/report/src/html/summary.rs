//! The head of a report in HTML: the verdict, when and how it came about, and the figures that
//! people look for first.

use super::copy::copied;
use crate::duration::duration_in_words;
use crate::human::{unused_allow, verdict_line};
use crate::report::Report;
use crate::verdict::Verdict;
use maud::{Markup, html};

/// The title: the verdict, and of what.
pub(super) fn title(report: &Report) -> String {
    let verdict = report.verdict;
    match named(report).as_slice() {
        [] => format!("crcheck: {verdict}"),
        [one] => format!("crcheck: {verdict} - {one}"),
        [one, two] => format!("crcheck: {verdict} - {one}, {two}"),
        [one, more @ ..] => format!("crcheck: {verdict} - {one} and {} more", more.len()),
    }
}

/// The subjects that the verdict is about: those with findings, else all.
fn named(report: &Report) -> Vec<&str> {
    let all = subjects(report);
    let is_wrong = |subject: &&&str| {
        let mut findings = report.open_findings();
        findings.any(|finding| finding.subject == **subject)
    };
    let wrong: Vec<&str> = all.iter().filter(is_wrong).copied().collect();
    if wrong.is_empty() { all } else { wrong }
}

/// The subjects, each once, in the order of the run.
pub(super) fn subjects(report: &Report) -> Vec<&str> {
    let checks = report.checks.iter().map(|check| check.subject.as_str());
    let skipped = report.skipped.iter().filter_map(|skipped| {
        let check = skipped.check.as_ref()?;
        Some(check.subject.as_str())
    });
    let guessed = report.guess.iter().map(|guess| guess.subject.as_str());
    let mut subjects = Vec::new();
    for subject in checks.chain(skipped).chain(guessed) {
        if !subjects.contains(&subject) {
            subjects.push(subject);
        }
    }
    subjects
}

/// The sign of a verdict, for those who do not see its colour.
pub(super) const fn sign(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "\u{2713}",
        Verdict::Fail => "\u{2717}",
        Verdict::Incomplete => "\u{2026}",
        Verdict::Void => "?",
    }
}

pub(super) fn head(report: &Report) -> Markup {
    let verdict = report.verdict;
    let unused = report.allowed.iter();
    let unused = unused.filter(|allowed| allowed.findings == 0);
    html! {
        header class={ "verdict " (verdict.name()) } {
            "\n"
            h1 { span aria-hidden="true" { (sign(verdict)) } " " (title(report)) } "\n"
            p { (verdict_line(report)) } "\n"
        }
        "\n"
        (tiles(report))
        (run(report))
        @for unused in unused { p { (unused_allow(unused)) } "\n" }
    }
}

/// The figures. What differs from run to run is on lines of the class `run`.
fn tiles(report: &Report) -> Markup {
    let of_verdict = |verdict: Verdict| {
        let checks = report.checks.iter();
        checks.filter(|check| check.verdict == verdict).count()
    };
    let is_check = report.skipped.iter().filter(|one| {
        let check = one.check.as_ref();
        one.applies && check.is_some_and(|check| check.part.is_none())
    });
    let cells: u64 = report.checks.iter().map(|check| check.cells).sum();
    let calls: u64 = report.checks.iter().map(|check| check.calls).sum();
    let tiles = [
        ("findings", grouped(report.open_findings().count() as u64)),
        ("checks run", grouped(report.checks.len() as u64)),
        ("checks failed", grouped(of_verdict(Verdict::Fail) as u64)),
        ("checks skipped", grouped(is_check.count() as u64)),
        ("cells", grouped(cells)),
        ("calls", grouped(calls)),
    ];
    html! {
        dl.tiles {
            "\n"
            div class={ "tile of-verdict " (report.verdict.name()) } {
                dt { "verdict" } dd { (sign(report.verdict)) " " (report.verdict) }
            }
            "\n"
            @for (name, value) in tiles { div.tile { dt { (name) } dd { (value) } } "\n" }
            @if let Some(run) = &report.run {
                div class="tile run" {
                    dt { "duration" } dd { (duration_in_words(run.seconds)) }
                }
                "\n"
            }
        }
        "\n"
    }
}

/// When it took place, by which command, and on which files.
fn run(report: &Report) -> Markup {
    if report.run.is_none() && report.code.is_empty() {
        return Markup::default();
    }
    html! {
        dl.facts {
            "\n"
            @if let Some(run) = &report.run {
                div.run {
                    dt { "started" }
                    dd { time datetime=(run.started) { (date(&run.started)) } }
                }
                "\n"
                div.run { dt { "command" } dd { (copied(&run.command)) } } "\n"
            }
            @for code in &report.code {
                div { dt { "sha256 of " (code.file) } dd { (copied(&code.sha256)) } } "\n"
            }
        }
        "\n"
    }
}

/// `2026-11-28T21:30:00Z` as people write it.
fn date(rfc_3339: &str) -> String {
    rfc_3339.replace('T', " ").replace('Z', " UTC")
}

/// A count with a comma before each three digits.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_as_people_write_them() {
        let counts = [0, 999, 1000, 65_536, 1_234_567].map(grouped);
        assert_eq!(counts, ["0", "999", "1,000", "65,536", "1,234,567"]);
        assert_eq!(date("2026-11-28T21:30:00Z"), "2026-11-28 21:30:00 UTC");
    }
}
