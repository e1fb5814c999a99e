//! Lengths by alignments: the data for the drawing, and in words what it shows.

use super::super::{CheckReport, Report};
use crcheck_check::coverage::cell_map::{ALIGNMENTS, CellRow, ROWS_PER_DOUBLING, Runs, SINGLE_TO};
use crcheck_page::{Page, data};
use serde_json::Value;

/// Appends the map, if anything was visited.
pub(super) fn section(page: &mut Page, report: &Report) {
    let checks: Vec<&CheckReport> = report
        .checks
        .iter()
        .filter(|check| !check.map.is_empty())
        .collect();
    if checks.is_empty() {
        return;
    }
    page.heading("map", "Lengths and alignments");
    page.push(CONTROLS);
    page.push(&data("map-data", &drawn(&checks)));
    page.push("<details>\n<summary>The map in words</summary>\n");
    page.table(&lines(&checks));
    page.push("</details>\n");
}

/// What the script fills; without it there is the map in words.
const CONTROLS: &str = "<noscript><p>The drawing needs a script; the map in words is below.</p></noscript>
<div id=\"heatmap\" hidden=\"hidden\">
<p class=\"controls\"><label>Subject <select id=\"map-subject\"></select></label> <label>Check <select id=\"map-check\"></select></label></p>
<p class=\"controls\"><button type=\"button\" id=\"map-in\">Zoom in</button> <button type=\"button\" id=\"map-out\">Zoom out</button> <button type=\"button\" id=\"map-left\">Shorter</button> <button type=\"button\" id=\"map-right\">Longer</button> <button type=\"button\" id=\"map-all\">All</button></p>
<div id=\"map-drawing\"></div>
<p id=\"map-status\" role=\"status\"></p>
<ul class=\"legend\" id=\"map-legend\"></ul>
</div>
";

/// The maps of each subject, all checks together first. Written piece by piece: there may be a
/// hundred thousand runs.
fn drawn(checks: &[&CheckReport]) -> String {
    let of_subject = |checks: &[&CheckReport]| {
        let mut all = Runs::default();
        checks.iter().for_each(|check| all.join(&check.map));
        let each = checks
            .iter()
            .map(|check| (check.id.name(), check.map.as_ref()));
        let maps = [("all", &all)].into_iter().chain(each);
        let maps = maps.map(|(id, map)| format!("{{\"id\":\"{id}\",\"runs\":\"{}\"}}", runs(map)));
        let maps = maps.collect::<Vec<_>>().join(",");
        let name = Value::from(checks[0].subject.as_str());
        format!("{{\"name\":{name},\"checks\":[{maps}]}}")
    };
    let subjects = checks.chunk_by(|one, other| one.subject == other.subject);
    let subjects = subjects.map(of_subject).collect::<Vec<_>>().join(",");
    format!(
        "{{\"alignments\":{ALIGNMENTS},\"single_to\":{SINGLE_TO},\"rows_per_doubling\":{ROWS_PER_DOUBLING},\"subjects\":[{subjects}]}}"
    )
}

/// Each run as `first-last:visited:wrong:stopped` with a semicolon behind it, the words in
/// hexadecimal. Left out are: a last length that is the first, both if it is one behind the run
/// before, and words of 0 at the end.
fn runs(map: &Runs) -> String {
    let mut text = String::new();
    let mut next = 0;
    for (first, last, row) in map.iter() {
        if (first, last) != (next, next) {
            text += &first.to_string();
        }
        if last != first {
            text += &format!("-{last}");
        }
        text += &format!(":{:x}", row.visited);
        if row.wrong | row.stopped != 0 {
            text += &format!(":{:x}", row.wrong);
        }
        if row.stopped != 0 {
            text += &format!(":{:x}", row.stopped);
        }
        text.push(';');
        next = last + 1;
    }
    text
}

fn lines(checks: &[&CheckReport]) -> Vec<Vec<String>> {
    let head = ["subject", "check", "visited", "wrong", "stopped"];
    let mut lines = vec![head.map(str::to_owned).to_vec()];
    for check in checks {
        let visited = told(&check.map, |row| row.visited);
        let wrong = told(&check.map, |row| row.wrong);
        let stopped = told(&check.map, |row| row.stopped);
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

/// Of one word of each row: the lengths that have a bit of it, and at how many alignments.
fn told(map: &Runs, which: impl Fn(CellRow) -> u64) -> String {
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
