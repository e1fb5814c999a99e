//! What a check has given, for people.

use super::checked::{Checked, Row};
use std::fmt::Write;

/// The differences, then a table of extensions and what confirms them.
pub fn human(checked: &Checked) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    for difference in &checked.differences {
        let _ = writeln!(text, "DIFFERENCE {difference}");
    }
    let names = checked.rows.iter().map(|row| name(row).len());
    let width = names.max().unwrap_or(0).max("extensions".len());
    let _ = writeln!(
        text,
        "{:width$}  {:>5}  {:>8}  confirmed by",
        "extensions", "forms", "cases"
    );
    for row in &checked.rows {
        let (forms, cases) = (row.form_count, row.case_count);
        let _ = writeln!(
            text,
            "{:width$}  {forms:>5}  {cases:>8}  {}",
            name(row),
            confirmed(row)
        );
    }
    let unconfirmed = checked.rows.iter().flat_map(|row| &row.unconfirmed);
    for form in unconfirmed {
        let _ = writeln!(text, "unconfirmed: {form}");
    }
    text + &verdict(checked)
}

fn name(row: &Row) -> String {
    match row.extensions.as_slice() {
        [] => "(every x86-64)".to_owned(),
        names => names.join(" "),
    }
}

/// What confirms a row, each with the number of forms unless it is all of them.
fn confirmed(row: &Row) -> String {
    let part = |count: usize, what: String| match count {
        0 => None,
        count if count == row.form_count => Some(what),
        count => Some(format!("{what} ({count})")),
    };
    let recordings = row.recordings.iter();
    let recordings = recordings.map(|(cpu, count)| part(*count, format!("recording on {cpu}")));
    let mut parts = vec![part(row.silicon, "silicon".to_owned())];
    parts.extend(recordings);
    parts.push(part(row.unconfirmed.len(), "unconfirmed".to_owned()));
    parts.push(part(row.different.len(), "DIFFERENT".to_owned()));
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    parts.join(", ")
}

fn verdict(checked: &Checked) -> String {
    let forms: usize = checked.rows.iter().map(|row| row.form_count).sum();
    let different: usize = checked.rows.iter().map(|row| row.different.len()).sum();
    match (different, checked.unconfirmed_count()) {
        (0, 0) => format!("pass: {forms} forms, all confirmed\n"),
        (0, count) => format!("pass: {forms} forms, {count} of them unconfirmed\n"),
        (count, _) => format!("FAIL: {count} of {forms} forms differ\n"),
    }
}
