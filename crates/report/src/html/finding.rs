//! A finding on the page: the sentence, and behind it all that is known.

use crate::finding_report::FindingReport;
use crate::human::{facts, headline, word};
use crcheck_check::finding::MessageForm;
use crcheck_diagnose::Confidence;
use crcheck_page::escaped;
use std::fmt::Write;

/// Findings under the names of their subjects.
pub(super) fn by_subject(findings: &[&FindingReport]) -> String {
    let mut html = String::new();
    let mut subject = "";
    for found in findings {
        if found.subject != subject {
            subject = &found.subject;
            html += &format!("<h3>{}</h3>\n", escaped(subject));
        }
        html += &finding(found);
    }
    html
}

fn finding(finding: &FindingReport) -> String {
    let mut html = format!(
        "<details class=\"finding\" id=\"{}\">\n<summary>{}</summary>\n<ul>\n",
        escaped(&finding.id),
        escaped(&headline(finding))
    );
    for fact in facts(finding) {
        html += &format!("<li>{}</li>\n", escaped(&fact));
    }
    let diagnosis = &finding.diagnosis;
    let rests_on = match diagnosis.confidence {
        Confidence::Explained => "explained: it predicted every answer, new ones among them",
        Confidence::Observed => "observed: it tells what was seen, and predicts nothing",
        Confidence::Unexplained => "unexplained: nothing that was thought of predicts it",
    };
    html += &format!(
        "<li>diagnosis: {} ({rests_on})</li>\n</ul>\n",
        escaped(&diagnosis.summary)
    );
    html += &values(finding);
    html += &message(finding);
    if let Some(footer) = &finding.footer {
        html += &format!(
            "<h4>Commands</h4>\n<pre>{}</pre>\n",
            escaped(&footer.to_string())
        );
    }
    html + "</details>\n"
}

/// Expected and got, byte by byte.
fn values(finding: &FindingReport) -> String {
    let (Some(expected), Some(got)) = (&finding.expected, &finding.got) else {
        return String::new();
    };
    let (Some(expected_word), Some(got_word)) = (word(expected), word(got)) else {
        return String::new();
    };
    let is_wide = (expected_word | got_word) >> 32 != 0;
    let bytes = |word: u64| {
        let from = if is_wide { 0 } else { 4 };
        word.to_be_bytes()[from..].to_vec()
    };
    let (expected, got) = (bytes(expected_word), bytes(got_word));
    let differs = |index: usize| expected[index] != got[index];
    let xor: Vec<u8> = expected.iter().zip(&got).map(|(a, b)| a ^ b).collect();
    let mut html = "<h4>Checksum</h4>\n<pre class=\"hex\">".to_owned();
    for (name, bytes) in [
        ("expected", &expected),
        ("got     ", &got),
        ("xor     ", &xor),
    ] {
        html += name;
        for (index, byte) in bytes.iter().enumerate() {
            html += &hex(*byte, differs(index));
        }
        html += "\n";
    }
    html + "</pre>\n"
}

/// The message: bytes that stand out are marked, cuts are bars, and the byte that was reached
/// outside of it is an arrow at its distance.
fn message(finding: &FindingReport) -> String {
    if finding.message_form == MessageForm::Length {
        // One piece of memory, mapped again and again: there is nothing in it to be read.
        return String::new();
    }
    let excerpt = &finding.message;
    let common = most_common(finding);
    let mut html = format!(
        "<h4>Message of the smallest case</h4>\n<p>{}</p>\n<pre class=\"hex\">",
        escaped(&caption(finding, common))
    );
    let reached = finding.distance_bytes.unwrap_or(0);
    if reached < 0 {
        let _ = writeln!(
            html,
            "<mark>{} before the start: accessed</mark>",
            bytes_told(reached.unsigned_abs())
        );
    }
    let mut next = 0;
    for (offset, bytes) in excerpt.rows() {
        if offset != next {
            let _ = writeln!(html, "... {} bytes ...", offset - next);
        }
        let _ = write!(html, "{offset:06x} ");
        for (index, &byte) in bytes.iter().enumerate() {
            let is_cut = finding.cell.splits.contains(&(offset + index)) && offset + index > 0;
            html += if is_cut { "|" } else { "" };
            html += &hex(byte, common.is_some_and(|common| byte != common));
        }
        html += "\n";
        next = offset + bytes.len();
    }
    if finding.cell.length == 0 {
        html += "(no byte)\n";
    }
    if reached > 0 {
        let told = bytes_told(reached.unsigned_abs());
        let _ = writeln!(html, "<mark>{told} past the end: accessed</mark>");
    }
    html + "</pre>\n"
}

fn hex(byte: u8, is_marked: bool) -> String {
    if is_marked {
        format!(" <mark>{byte:02x}</mark>")
    } else {
        format!(" {byte:02x}")
    }
}

/// The byte that more than half of the message is made of: what is left of a message that was made
/// simple stands out against it.
fn most_common(finding: &FindingReport) -> Option<u8> {
    let bytes = || finding.message.rows().flat_map(|(_, bytes)| bytes).copied();
    let mut counts = [0_usize; 256];
    bytes().for_each(|byte| counts[usize::from(byte)] += 1);
    let most = (0..=u8::MAX).max_by_key(|&byte| counts[usize::from(byte)])?;
    (counts[usize::from(most)] * 2 > bytes().count()).then_some(most)
}

fn bytes_told(count: u64) -> String {
    match count {
        1 => "1 byte".to_owned(),
        count => format!("{count} bytes"),
    }
}

fn caption(finding: &FindingReport, common: Option<u8>) -> String {
    let mut text = bytes_told(finding.cell.length);
    if finding.message_form == MessageForm::TwoMessages {
        text = format!("Two messages of {text}, one behind the other");
    }
    text += &format!(", first at alignment {} (mod 64).", finding.cell.alignment);
    let mut bytes = finding.message.rows().flat_map(|(_, bytes)| bytes);
    if let Some(common) = common
        && bytes.any(|byte| *byte != common)
    {
        text += &format!(" Marked: what is not {common:02x}.");
    }
    if !finding.cell.splits.is_empty() {
        text += " A bar is where it is cut.";
    }
    text
}
