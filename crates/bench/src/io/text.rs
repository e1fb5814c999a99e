//! The report as text and as Markdown.

use crate::count::count_in_words;
use crate::io::facts::{CallSource, FileFacts, IoReport, IoRow, SystemCalls};
use crate::io::size::file_size_name;
use crate::table::{Table, none, three_digits};

/// The columns behind the name of a row.
const COLUMNS: [&str; 9] = [
    "GB/s",
    "slowest to fastest",
    "of best bound",
    "system calls",
    "minor faults/s",
    "major faults/s",
    "PSS MiB",
    "own MiB",
    "cached",
];

/// Text for a terminal.
pub fn human(report: &IoReport) -> String {
    let tables = tables(report);
    let tables: String = tables.iter().map(Table::human).collect();
    head(report) + &tables + &tail(report)
}

/// Markdown.
pub fn markdown(report: &IoReport) -> String {
    let tables = tables(report);
    let tables: String = tables.iter().map(Table::markdown).collect();
    let lines = |text: &str| -> String {
        let lines = text.lines().filter(|line| !line.is_empty());
        lines.map(|line| format!("* {line}\n")).collect()
    };
    format!(
        "# crcheck bench io\n\n{}{tables}\n{}",
        lines(&head(report)),
        lines(&tail(report))
    )
}

/// The machine, the folder, and what the columns are.
pub(super) fn head(report: &IoReport) -> String {
    let (machine, folder) = (&report.machine, &report.folder);
    let mut text = format!(
        "{} ({}), tier {}, Linux {}\n",
        machine.cpu, machine.arch, machine.tier, report.kernel
    );
    if report.is_emulated {
        text += "EMULATED: an emulator runs this, and no speed is a machine's\n";
    }
    if !machine.is_release {
        text += "not a release build: the figures say nothing about one\n";
    }
    text += &format!(
        "{}: {}, {:.1} GB free, of which {:.1} GB stay free; {:.1} GB of memory\n",
        folder.path.display(),
        folder.file_system,
        folder.free_bytes as f64 / 1e9,
        folder.reserve_bytes as f64 / 1e9,
        folder.available_memory_bytes as f64 / 1e9
    );
    text += &format!(
        "GB/s of the median of {} runs, in rounds. System calls of a run: r counts those that read \
         (/proc/self/io), all others are traced. PSS is the largest during a pass that is not \
         timed; own is what no file backs, beyond what was there before. cached: the part of the \
         file that the page cache held before a run\n",
        report.runs
    );
    text
}

/// A table for each file and state of the cache.
pub(super) fn tables(report: &IoReport) -> Vec<Table> {
    let files = report.files().into_iter();
    files.map(|file| table(report, file)).collect()
}

/// The title of the table of a file.
pub(super) fn title(report: &IoReport, file: FileFacts) -> String {
    let emulated = if report.is_emulated { ", emulated" } else { "" };
    format!("{file}{emulated}")
}

fn table(report: &IoReport, file: FileFacts) -> Table {
    let rows = report.rows_of(file);
    let programs = rows.iter().filter(|row| row.setup.method.is_program());
    let bound = programs.map(|row| row.gb_per_s).fold(0.0, f64::max);
    let head = ["method"].iter().chain(&COLUMNS);
    let mut lines = vec![head.map(|&name| name.to_owned()).collect()];
    lines.extend(rows.iter().map(|row| line(row, bound, report.runs)));
    Table {
        title: title(report, file),
        lines,
    }
}

fn line(row: &IoRow, bound: f64, runs: usize) -> Vec<String> {
    let per_s = |value: Option<f64>| value.map_or_else(none, |value| format!("{value:.0}"));
    let mebibytes = |bytes: Option<u64>| {
        bytes.map_or_else(none, |bytes| three_digits(bytes as f64 / 1_048_576.0))
    };
    let mut name = row.setup.to_string();
    if row.seconds.len() < runs {
        name += &format!(" ({} of {runs} runs)", row.seconds.len());
    }
    let is_bounded = bound > 0.0 && !row.setup.method.is_program();
    vec![
        name,
        three_digits(row.gb_per_s),
        format!(
            "{} - {}",
            three_digits(row.gb_per_s_min),
            three_digits(row.gb_per_s_max)
        ),
        if is_bounded {
            format!("{:.2}x", row.gb_per_s / bound)
        } else {
            none()
        },
        row.system_calls.map_or_else(none, calls),
        per_s(row.minor_faults_per_s),
        per_s(row.major_faults_per_s),
        mebibytes(row.pss_bytes),
        mebibytes(row.anonymous_bytes),
        format!("{:.0}%", row.cached_before * 100.0),
    ]
}

fn calls(calls: SystemCalls) -> String {
    let mark = match calls.source {
        CallSource::Reads => "r",
        CallSource::Trace => "",
    };
    format!("{}{mark}", calls.count)
}

/// The rules of thumb, what has no figure, and the verdict.
pub(super) fn tail(report: &IoReport) -> String {
    let mut text = "\n".to_owned();
    for rule in &report.rules {
        let (name, on, because) = (&rule.rule, &rule.on, &rule.because);
        let answer = rule.answer.name();
        text += &format!("rule \"{name}\" ({on}): {answer}: {because}\n");
    }
    for note in &report.notes {
        text += &format!("note {note}\n");
    }
    // Rows that have one reason share a line.
    for same in report
        .skipped
        .chunk_by(|one, other| one.reason == other.reason)
    {
        let names: Vec<&str> = same.iter().map(|skipped| skipped.what.as_str()).collect();
        text += &format!("skipped {}: {}\n", names.join("; "), same[0].reason);
    }
    for refused in &report.refused {
        text += &format!("refused {}: {}\n", refused.contender, refused.reason);
    }
    let largest = report.rows.iter().map(|row| row.file.size_bytes).max();
    let largest = largest.map_or_else(none, file_size_name);
    text + &format!(
        "{}: {}, up to {largest}, {} refused\n",
        report.verdict,
        count_in_words(report.rows.len() as u64, "row"),
        report.refused.len()
    )
}
