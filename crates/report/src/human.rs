//! Reports as text for people. The verdict comes last, where people look first.

use crate::accepted::Allowed;
use crate::check_report::CheckReport;
use crate::count::count_in_words;
use crate::finding_report::{CellReport, FindingReport};
use crate::interpreted;
use crate::not_covered;
use crate::report::Report;
use crate::scaled;
use crate::seen_by::SeenBy;
use crate::skipped::Skipped;
use crate::verdict::Verdict;
use crate::visible::visible;
use crcheck_check::depth::DepthName;
use crcheck_subject::{ExecutedBy, SOFTWARE, SubjectName};
use std::cmp::Reverse;

/// The report as text. A finding has some of its evidence.
pub fn human(report: &Report) -> String {
    text_with(report, CheckReport::remarks, EVIDENCE_SHOWN)
}

/// The report as text, with the bounds and the evidence in full.
pub fn human_in_full(report: &Report) -> String {
    text_with(report, CheckReport::remarks_in_full, usize::MAX)
}

/// How many sentences of evidence a finding has on the screen: a block has about ten lines.
const EVIDENCE_SHOWN: usize = 3;

fn text_with(report: &Report, remarks: fn(&CheckReport) -> Vec<String>, most: usize) -> String {
    let mut text = String::new();
    let mut subject = "";
    for check in &report.checks {
        if check.subject != subject {
            subject = &check.subject;
            push_line(&mut text, &subject_line(check));
        }
        push_line(&mut text, &check_line(check, &remarks(check)));
    }
    for skipped in &report.skipped {
        push_line(&mut text, &skipped_line(skipped));
    }
    if !report.environment.sandbox.is_empty() {
        let sandbox = &report.environment.sandbox;
        push_line(&mut text, &format!("sandbox of the subject: {sandbox}"));
    }
    for one in &report.interpreted {
        let facts = one.facts().join("; ");
        push_line(&mut text, &format!("interpreted {}: {facts}", one.subject));
    }
    for guess in &report.guess {
        push_line(&mut text, &format!("tried first: {guess}"));
    }
    for mined in &report.mined {
        push_line(&mut text, &format!("lengths from the code of {mined}"));
    }
    let findings = findings(report, most);
    if !findings.is_empty() {
        push_lines(&mut text, &format!("\n{findings}"));
    }
    push_end(&mut text, report);
    text
}

/// The findings and the verdict alone.
pub fn brief(report: &Report) -> String {
    let mut text = findings(report, EVIDENCE_SHOWN);
    push_end(&mut text, report);
    text
}

/// How the log of a run ends whose report is elsewhere: the findings, what is missing, the verdict.
pub fn ending(report: &Report) -> String {
    let mut text = findings(report, EVIDENCE_SHOWN);
    let required = report.skipped.iter().filter(|skipped| skipped.required);
    for skipped in required {
        push_line(&mut text, &skipped_line(skipped));
    }
    push_end(&mut text, report);
    text
}

/// What was not covered, and the verdict.
fn push_end(text: &mut String, report: &Report) {
    for line in not_covered::lines(&report.not_covered) {
        push_line(text, &line);
    }
    push_line(text, &verdict_line(report));
}

/// The entries of `--allow` without a finding, the accepted findings, then the others. The best one
/// is the last: people look at the end.
fn findings(report: &Report, most: usize) -> String {
    let unused = report
        .allowed
        .iter()
        .filter(|allowed| allowed.findings == 0);
    let mut texts: Vec<String> = unused.map(|allowed| unused_allow(allowed) + "\n").collect();
    let best_first: Vec<&FindingReport> = report.open_findings().chain(report.accepted()).collect();
    texts.extend(
        best_first
            .into_iter()
            .rev()
            .map(|finding| block(finding, most)),
    );
    texts.join("\n")
}

/// Says that an entry of `--allow` covers no finding: the finding is gone, or is another one.
pub(super) fn unused_allow(allowed: &Allowed) -> String {
    let Allowed { allow, because, .. } = allowed;
    visible(&format!(
        "allowed {allow}: no finding of this run matches (because: {because})"
    ))
}

/// Adds a line, which stays one whatever a name or a reason in it holds.
fn push_line(text: &mut String, line: &str) {
    push_lines(text, &visible(line));
}

/// Adds lines that are made.
fn push_lines(text: &mut String, lines: &str) {
    text.push_str(lines);
    text.push('\n');
}

fn skipped_line(skipped: &Skipped) -> String {
    let required = if skipped.required { " (required)" } else { "" };
    format!("skipped {}: {}{required}", skipped.what, skipped.reason)
}

fn subject_line(check: &CheckReport) -> String {
    let model = check.model.as_ref();
    let model = model.map_or(String::new(), |model| format!(": {model}"));
    let subject = &check.subject;
    if check.is_of_software() {
        return format!("{subject} ({SOFTWARE}){model}");
    }
    match SubjectName::parse(subject).source_name() {
        _ if check.executed_by == ExecutedBy::Interpretation => {
            format!("{subject} (interpreted, not hardware){model}")
        }
        Some(name) => format!("{subject} ({name}){model}"),
        None => format!("{subject}{model}"),
    }
}

fn check_line(check: &CheckReport, remarks: &[String]) -> String {
    let (cells, calls) = (check.cells, check.calls);
    let mut text = format!(
        "  {:<10} {:<9} {cells:>9} {:<5} {calls:>10} {:<5}",
        check.verdict,
        check.id,
        if cells == 1 { "cell" } else { "cells" },
        if calls == 1 { "call" } else { "calls" },
    );
    for remark in remarks {
        text.push_str("  ");
        text.push_str(remark);
    }
    text.truncate(text.trim_end().len());
    text
}

/// One finding: what differs, the cell, what is known, the commands.
pub fn finding_text(finding: &FindingReport) -> String {
    block(finding, usize::MAX)
}

/// A finding with at most this number of sentences of evidence.
fn block(finding: &FindingReport, most: usize) -> String {
    let mut text = String::new();
    push_line(&mut text, &headline(finding));
    let facts = facts(finding);
    let left_out = finding.diagnosis.evidence.len().saturating_sub(most);
    for fact in &facts[..facts.len() - left_out] {
        push_line(&mut text, &format!("  {fact}"));
    }
    if left_out > 0 {
        push_line(&mut text, &format!("  {left_out} more with -v"));
    }
    match (&finding.footer, &finding.artifact) {
        (Some(footer), _) => push_lines(&mut text, &footer.to_string()),
        (None, Some(artifact)) => push_line(&mut text, &format!("Artifact: {artifact}")),
        (None, None) => {}
    }
    text
}

/// The finding in one sentence.
pub(super) fn headline(finding: &FindingReport) -> String {
    let word = if finding.accepted.is_some() {
        "ACCEPTED"
    } else {
        "FINDING"
    };
    format!("{word} {}: {}", finding.kind, sentence_of(finding))
}

/// What the diagnosis says of the subject, in one sentence.
pub(super) fn sentence_of(finding: &FindingReport) -> String {
    format!("{} {}", finding.subject, finding.diagnosis.summary)
}

/// What is known about a finding, a phrase each: what differs, where, the smallest case, the
/// evidence of the diagnosis.
pub(super) fn facts(finding: &FindingReport) -> Vec<String> {
    let mut facts = Vec::new();
    if let Some(because) = &finding.accepted {
        facts.push(format!("accepted because: {because}"));
    }
    if let Some(name) = SubjectName::parse(&finding.subject).source_name() {
        facts.push(format!("its function is {name}"));
    }
    if let Some(model) = &finding.model {
        facts.push(format!("its model is {model}"));
    }
    if let (Some(expected), Some(got)) = (&finding.expected, &finding.got) {
        let digits = expected.len();
        let xor = match (parse_word(expected), parse_word(got)) {
            (Some(expected), Some(got)) => format!("{:#0digits$x}", expected ^ got),
            _ => "?".to_owned(),
        };
        facts.push(format!("expected {expected}, got {got}, xor {xor}"));
    }
    if let Some(illegal) = &finding.illegal {
        facts.push(format!("at {illegal}"));
    } else if let Some(instruction) = &finding.instruction {
        let code = finding.code.as_ref();
        let code = code.map_or(String::new(), |code| format!(" ({code})"));
        facts.push(format!("at {instruction}{code}{}", distance(finding)));
    }
    let cell = &finding.cell;
    let splits = if cell.splits.is_empty() {
        String::new()
    } else {
        format!(", split at {:?}", cell.splits)
    };
    facts.push(format!(
        "smallest case: {}, register {}{splits} ({} in all, check {})",
        place(cell),
        cell.register,
        count_in_words(finding.count, "case"),
        finding.met_by()
    ));
    facts.extend(also_seen_by(finding));
    facts.extend(finding.diagnosis.evidence.iter().cloned());
    facts
}

/// The other checks that met the cause, most cases first. What they found beside it counts by kind.
fn also_seen_by(finding: &FindingReport) -> Option<String> {
    let mut seen_by = finding.also_seen_by.clone();
    seen_by.sort_by_key(|one| (one.kind != finding.kind, Reverse(one.count)));
    let mut texts = Vec::new();
    while let Some(first) = seen_by.first().cloned() {
        if first.kind == finding.kind {
            let count = count_in_words(first.count, "case");
            texts.push(format!("{} ({count})", first.check));
            seen_by.remove(0);
            continue;
        }
        let of_kind = |one: &&SeenBy| one.kind == first.kind;
        let cases: u64 = seen_by.iter().filter(of_kind).map(|one| one.count).sum();
        let cases = count_in_words(cases, "case");
        let checks = match seen_by.iter().filter(of_kind).count() {
            1 => String::new(),
            more => format!(" in {more} checks"),
        };
        texts.push(format!("{} ({}, {cases}{checks})", first.check, first.kind));
        seen_by.retain(|one| one.kind != first.kind);
    }
    (!texts.is_empty()).then(|| format!("also seen by {}", texts.join(", ")))
}

/// The length of the smallest case, and where it lies.
pub(super) fn place(cell: &CellReport) -> String {
    let length = count_in_words(cell.length, "byte");
    if cell.null_pointer {
        return format!("{length} at a null pointer");
    }
    let into_page = cell.page_offset.map_or(String::new(), |offset| {
        format!(", {} into a page", count_in_words(offset as u64, "byte"))
    });
    format!(
        "{length} at alignment {}, guard {}{into_page}",
        cell.alignment, cell.guard
    )
}

/// Reads a word as reports write it.
pub(super) fn parse_word(hex: &str) -> Option<u64> {
    u64::from_str_radix(hex.trim_start_matches("0x"), 16).ok()
}

fn distance(finding: &FindingReport) -> String {
    finding.distance_bytes.map_or(String::new(), |bytes| {
        let side = if bytes < 0 {
            "before the start"
        } else {
            "past the end"
        };
        format!(", {} {side}", count_in_words(bytes.unsigned_abs(), "byte"))
    })
}

/// The verdict in one sentence, with what has run, and with the tiers that have not.
pub(super) fn verdict_line(report: &Report) -> String {
    let cells: u64 = report.checks.iter().map(|check| check.cells).sum();
    let calls: u64 = report.checks.iter().map(|check| check.calls).sum();
    let what = match report.verdict {
        Verdict::Pass => "all that was selected ran and passed".to_owned(),
        Verdict::Fail => count_in_words(report.open_findings().count(), "finding"),
        Verdict::Incomplete => "stopped before the end, no finding so far".to_owned(),
        Verdict::Void if report.has_other_interface() => {
            "nothing was judged, since the interface is another one".to_owned()
        }
        Verdict::Void => "no verdict: something selected or required did not run".to_owned(),
    };
    let accepted = match report.accepted().count() {
        0 => String::new(),
        count => format!(", {} accepted", count_in_words(count, "finding")),
    };
    let ran = match report.depth.parse::<DepthName>() {
        Ok(depth) => format!("{depth} depth"),
        Err(_) => report.depth.clone(),
    };
    let cut = report.checks.iter();
    let cut = match cut.filter(|check| check.is_cut_by_finding()).count() {
        0 => String::new(),
        count => format!(", {} not visited in full", count_in_words(count, "check")),
    };
    let tiers = match report.tiers.to_string() {
        none if none.is_empty() => none,
        tiers => format!("; {tiers}"),
    };
    format!(
        "{}: {what}{accepted} ({}; {ran}, seed {}, {}, {}, {}{cut}){tiers}{}{}",
        report.verdict.name(),
        report.model,
        report.seed,
        count_in_words(cells, "cell"),
        count_in_words(calls, "call"),
        skipped_in_words(report),
        interpreted::in_words(&report.interpreted),
        scaled::in_words(&report.scaled)
    )
}

/// `2 skipped, 9 do not apply`: a check that suits no plan of this subject is not something that
/// was left out.
fn skipped_in_words(report: &Report) -> String {
    let all = report.skipped.len();
    let skipped = report.skipped.iter().filter(|skipped| skipped.applies);
    let skipped = skipped.count();
    match all - skipped {
        0 => format!("{skipped} skipped"),
        1 => format!("{skipped} skipped, 1 does not apply"),
        dull => format!("{skipped} skipped, {dull} do not apply"),
    }
}
