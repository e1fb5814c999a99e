//! A finding in HTML: its sentence, which opens everything that is known.

use super::copy::copied;
use crate::finding_report::FindingReport;
use crate::human::{facts, headline, parse_word};
use crcheck_check::finding::MessageForm;
use crcheck_diagnose::Confidence;
use maud::{Markup, html};

/// Findings under the names of their subjects. The one that a reader looks for first is open.
pub(super) fn by_subject(findings: &[&FindingReport], first: Option<&FindingReport>) -> Markup {
    let subjects = findings.chunk_by(|one, other| one.subject == other.subject);
    html! {
        @for findings in subjects {
            h3 { (findings[0].subject) } "\n"
            @for found in findings {
                (finding(found, first.is_some_and(|first| first.id == found.id)))
            }
        }
    }
}

fn finding(finding: &FindingReport, is_open: bool) -> Markup {
    let diagnosis = &finding.diagnosis;
    let rests_on = match diagnosis.confidence {
        Confidence::Explained => "explained: it predicted every result, new ones included",
        Confidence::Observed => "observed: it describes what was seen, and predicts nothing",
        Confidence::Unexplained => "unexplained: no hypothesis predicts it",
    };
    html! {
        details.finding id=(finding.id) open=[is_open.then_some("open")] {
            "\n"
            summary { (headline(finding)) } "\n"
            ul {
                "\n"
                @for fact in facts(finding) { li { (fact) } "\n" }
                li { (rests_on) } "\n"
            }
            "\n"
            (values(finding))
            (message(finding))
            @if let Some(footer) = &finding.footer {
                h4 { "Commands" } "\n"
                ul.commands {
                    "\n"
                    @for command in footer.commands() { li { (copied(&command)) } "\n" }
                }
                "\n"
            }
        }
        "\n"
    }
}

/// Expected and got, byte by byte.
fn values(finding: &FindingReport) -> Markup {
    let (Some(expected), Some(got)) = (&finding.expected, &finding.got) else {
        return Markup::default();
    };
    let (Some(expected_word), Some(got_word)) = (parse_word(expected), parse_word(got)) else {
        return Markup::default();
    };
    let is_wide = (expected_word | got_word) >> 32 != 0;
    let bytes = |word: u64| {
        let from = if is_wide { 0 } else { 4 };
        word.to_be_bytes()[from..].to_vec()
    };
    let xor = bytes(expected_word ^ got_word);
    let lines = [
        ("expected", bytes(expected_word)),
        ("got     ", bytes(got_word)),
        ("xor     ", xor.clone()),
    ];
    html! {
        h4 { "Checksum" } "\n"
        pre.hex {
            @for (name, bytes) in lines {
                (name)
                @for (byte, difference) in bytes.into_iter().zip(&xor) {
                    (hex(byte, *difference != 0))
                }
                "\n"
            }
        }
        "\n"
    }
}

/// The message: bytes that stand out are marked, cuts are bars, and an access outside is a line
/// with its distance.
fn message(finding: &FindingReport) -> Markup {
    if finding.message_form == MessageForm::Length {
        // The message is one piece of memory, mapped again and again: its bytes say nothing.
        return Markup::default();
    }
    let common = most_common(finding);
    let reached = finding.distance_bytes.unwrap_or(0);
    let distance = count_bytes(reached.unsigned_abs());
    html! {
        h4 { "Message of the smallest case" } "\n"
        p { (caption(finding, common)) } "\n"
        pre.hex {
            @if reached < 0 { mark { (distance) " before the start: accessed" } "\n" }
            (rows(finding, common))
            @if finding.cell.length == 0 { "(no byte)\n" }
            @if reached > 0 { mark { (distance) " past the end: accessed" } "\n" }
        }
        "\n"
    }
}

fn rows(finding: &FindingReport, common: Option<u8>) -> Markup {
    let is_cut = |offset: usize| offset > 0 && finding.cell.splits.contains(&offset);
    let is_marked = |byte: u8| common.is_some_and(|common| byte != common);
    let rows: Vec<(usize, &[u8])> = finding.message.rows().collect();
    let ends = rows.iter().map(|(offset, bytes)| offset + bytes.len());
    html! {
        @for (&(offset, bytes), shown) in rows.iter().zip(std::iter::once(0).chain(ends)) {
            @if offset != shown { "... " (offset - shown) " bytes ...\n" }
            (format!("{offset:06x} "))
            @for (offset, &byte) in (offset..).zip(bytes) {
                @if is_cut(offset) { "|" }
                (hex(byte, is_marked(byte)))
            }
            "\n"
        }
    }
}

fn hex(byte: u8, is_marked: bool) -> Markup {
    let byte = format!("{byte:02x}");
    html! { " " @if is_marked { mark { (byte) } } @else { (byte) } }
}

/// The byte that more than half of the message has. In a minimized message, the other bytes stand
/// out against it.
fn most_common(finding: &FindingReport) -> Option<u8> {
    let bytes = || finding.message.rows().flat_map(|(_, bytes)| bytes).copied();
    let mut counts = [0_usize; 256];
    bytes().for_each(|byte| counts[usize::from(byte)] += 1);
    let most = (0..=u8::MAX).max_by_key(|&byte| counts[usize::from(byte)])?;
    (counts[usize::from(most)] * 2 > bytes().count()).then_some(most)
}

fn count_bytes(count: u64) -> String {
    match count {
        1 => "1 byte".to_owned(),
        count => format!("{count} bytes"),
    }
}

fn caption(finding: &FindingReport, common: Option<u8>) -> String {
    let mut text = count_bytes(finding.cell.length);
    if finding.message_form == MessageForm::TwoMessages {
        text = format!("Two messages of {text}, one after the other");
    }
    text += &format!(", first at alignment {} (mod 64).", finding.cell.alignment);
    let mut bytes = finding.message.rows().flat_map(|(_, bytes)| bytes);
    if let Some(common) = common
        && bytes.any(|byte| *byte != common)
    {
        text += &format!(" Bytes other than {common:02x} are marked.");
    }
    if !finding.cell.splits.is_empty() {
        text += " A bar marks each cut.";
    }
    text
}
