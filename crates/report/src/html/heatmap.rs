//! The map of lengths by alignments: the data for the drawing, and its content in words.

use crate::check_report::CheckReport;
use crate::finding_report::FindingReport;
use crate::report::Report;
use crcheck_check::coverage::cell_map::{ALIGNMENTS, CellRow, ROWS_PER_DOUBLING, Runs, SINGLE_TO};
use crcheck_html::{data, heading, table};
use maud::{Markup, html};
use serde_json::{Value, json};

/// The map, if a check has visited cells.
pub(super) fn section(report: &Report) -> Markup {
    let checks: Vec<&CheckReport> = report
        .checks
        .iter()
        .filter(|check| !check.map.is_empty())
        .collect();
    if checks.is_empty() {
        return Markup::default();
    }
    html! {
        (heading("map", "Lengths and alignments"))
        (controls())
        (data("map-data", &map_data(report, &checks)))
        details {
            "\n"
            summary { "The map in words" } "\n"
            (table(&lines(&checks)))
        }
        "\n"
    }
}

/// The elements that the script fills. Without the script there is the map in words.
fn controls() -> Markup {
    let buttons = [
        ("map-in", "Zoom in"),
        ("map-out", "Zoom out"),
        ("map-left", "Shorter"),
        ("map-right", "Longer"),
        ("map-all", "All"),
        ("map-first", "First finding"),
    ];
    html! {
        noscript { p { "The drawing needs a script; the map in words is below." } } "\n"
        div #heatmap hidden="hidden" {
            "\n"
            p.controls {
                label { "Subject " select #map-subject {} } " "
                label { "Check " select #map-check {} }
            }
            "\n"
            p.controls {
                @for (id, name) in buttons { button type="button" id=(id) { (name) } " " }
            }
            "\n"
            div #map-drawing {} "\n"
            p #map-readout role="status" {} "\n"
            ul.legend #map-legend {} "\n"
            p {
                "A shade is the share of wrong messages in a cell; all wrong alignments of a \
                 length have the same. "
                span #map-status {}
            }
            "\n"
        }
        "\n"
    }
}

/// The maps of each subject, the first with all checks together. It is written piece by piece,
/// since there may be a hundred thousand runs.
fn map_data(report: &Report, checks: &[&CheckReport]) -> String {
    let of_subject = |checks: &[&CheckReport]| {
        let mut all = Runs::default();
        checks.iter().for_each(|check| all.join(&check.map));
        let each = checks
            .iter()
            .map(|check| (check.id.name(), check.map.as_ref()));
        let maps = [("all", &all)].into_iter().chain(each);
        let maps =
            maps.map(|(id, map)| format!("{{\"id\":\"{id}\",\"runs\":\"{}\"}}", runs_text(map)));
        let maps = maps.collect::<Vec<_>>().join(",");
        let name = Value::from(checks[0].subject.as_str());
        format!("{{\"name\":{name},\"checks\":[{maps}]}}")
    };
    let subjects = checks.chunk_by(|one, other| one.subject == other.subject);
    let subjects = subjects.map(of_subject).collect::<Vec<_>>().join(",");
    let first = first_finding(report, checks);
    format!(
        "{{\"alignments\":{ALIGNMENTS},\"single_to\":{SINGLE_TO},\
         \"rows_per_doubling\":{ROWS_PER_DOUBLING},\"first\":{first},\"subjects\":[{subjects}]}}"
    )
}

/// Where the drawing begins: the first finding that is on the map of its subject.
fn first_finding(report: &Report, checks: &[&CheckReport]) -> Value {
    let is_on_map = |finding: &&FindingReport| {
        let length = usize::try_from(finding.cell.length).unwrap_or(usize::MAX);
        let of_subject = checks
            .iter()
            .filter(|check| check.subject == finding.subject);
        let mut rows = of_subject.map(|check| check.map.of_length(length));
        rows.any(|row| (row.wrong | row.stopped) >> finding.cell.alignment & 1 == 1)
    };
    match report.open_findings().find(is_on_map) {
        None => Value::Null,
        Some(finding) => json!({
            "subject": finding.subject,
            "length": finding.cell.length,
            "alignment": finding.cell.alignment,
        }),
    }
}

/// Each run as `first-last:visited:wrong:stopped:messages:findings:share` with a semicolon after
/// it: the words in hexadecimal, or `*` for all ones, the counts in decimal, the share of wrong
/// messages in thousandths. Three things are left out: a last length that equals the first, both
/// lengths if the run is the one length after the run before, and all behind `visited` without a
/// finding.
fn runs_text(map: &Runs) -> String {
    let mut text = String::new();
    let mut next = 0;
    for (first, last, row) in map.iter() {
        if (first, last) != (next, next) {
            text += &first.to_string();
        }
        if last != first {
            text += &format!("-{last}");
        }
        text += &format!(":{}", word(row.visited));
        if row.wrong | row.stopped != 0 {
            text += &format!(":{}:{}", word(row.wrong), word(row.stopped));
            let per_mille = (row.share_wrong() * 1000.0).ceil();
            text += &format!(":{}:{}:{per_mille}", row.messages, row.findings);
        }
        text.push(';');
        next = last + 1;
    }
    text
}

fn word(bits: u64) -> String {
    match bits {
        u64::MAX => "*".to_owned(),
        some => format!("{some:x}"),
    }
}

fn lines(checks: &[&CheckReport]) -> Vec<Vec<String>> {
    let head = ["subject", "check", "visited", "wrong", "stopped"];
    let mut lines = vec![head.map(str::to_owned).to_vec()];
    for check in checks {
        let visited = describe_cells(&check.map, |row| row.visited);
        let wrong = describe_cells(&check.map, |row| row.wrong);
        let stopped = describe_cells(&check.map, |row| row.stopped);
        lines.push(vec![
            check.subject.clone(),
            check.id.to_string(),
            visited,
            wrong,
            stopped,
        ]);
    }
    lines
}

/// The lengths that have a bit in one word of each row, and at how many alignments.
fn describe_cells(map: &Runs, which: impl Fn(CellRow) -> u64) -> String {
    let mut span: Option<(usize, usize)> = None;
    let mut alignments = 0;
    for (first, last, row) in map.iter() {
        let word = which(row);
        if word != 0 {
            span = Some((span.map_or(first, |span| span.0), last));
            alignments |= word;
        }
    }
    match span {
        Some((first, last)) => format!(
            "lengths {first}..={last}, {} alignments",
            alignments.count_ones()
        ),
        None => "nowhere".to_owned(),
    }
}
