//! The reports of one run: each in its format and its place, and how the log ends.
//!
//! One report goes to stdout: the one without a file, or else the one for people. Where that is
//! for programs, stderr ends with the findings and the verdict.

use crate::complaint::complain;
use crate::destination::{self, Destination, refuse_input};
use crate::failure::Failure;
use crate::options::OutputOptions;
use crate::report_to::ReportTo;
use crate::stderr::{tell, tell_lines};
use crate::terminal;
use crcheck_harness::platform::standard_streams;
use crcheck_harness::report;
use crcheck_harness::report::verdict::ExitCode;
use crcheck_harness::report::{Format, Report, RunStart};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

/// The open reports of a run.
pub(crate) struct Reports {
    places: Vec<Place>,
    options: OutputOptions,
    start: RunStart,
}

impl Reports {
    /// Opens every place before the run, so that an error costs no run. None may be a file that the
    /// command reads.
    pub(crate) fn open(
        wanted: &[ReportTo],
        options: &OutputOptions,
        inputs: &[PathBuf],
    ) -> Result<Self, Failure> {
        let usage = |text: String| Err(Failure::new(ExitCode::Usage, text));
        if let Some(file) = &options.file
            && wanted.iter().all(|wanted| wanted.file.is_some())
        {
            let (file, first) = (file.display(), &wanted[0]);
            return usage(format!(
                "--output {file} is for a report without a file, and `{first}` has one: write \
                 --format KIND={file}"
            ));
        }
        let mut places: Vec<Place> = Vec::new();
        for wanted in wanted {
            let place = Place::open(wanted, options.file.as_deref(), inputs)?;
            if let Some(other) = places.iter().find(|other| other.is_same(&place)) {
                let (one, two) = (&other.wanted, wanted);
                return usage(format!(
                    "`{one}` and `{two}` would go to the same place: give each a file of its own, \
                     as in --format junit=FILE"
                ));
            }
            places.push(place);
        }
        Ok(Self {
            places,
            options: options.clone(),
            start: RunStart::now(),
        })
    }

    /// Refuses to write another file where a report goes.
    pub(crate) fn refuse(&self, option: &str, other: &Destination) -> Result<(), Failure> {
        let mut places = self.places.iter();
        match places.find(|place| place.destination.is_same_file(other)) {
            None => Ok(()),
            Some(place) => {
                let report = &place.wanted;
                let text = format!(
                    "{option} names the file that `{report}` goes to: give each a file of its own"
                );
                Err(Failure::new(ExitCode::Usage, text))
            }
        }
    }

    /// The files that it writes.
    pub(crate) fn files(&self) -> impl Iterator<Item = PathBuf> {
        self.places.iter().filter_map(|place| place.file.clone())
    }

    /// Writes a line of JSON during the run.
    pub(crate) fn write_line(&mut self, line: &str) {
        let is_lines = |place: &&mut Place| place.wanted.format == Format::Jsonl;
        for place in self.places.iter_mut().filter(is_lines) {
            place.write_line(line);
        }
    }

    /// Writes the report in each format, and ends the log. Returns the exit code.
    pub(crate) fn finish(self, report: &Report) -> ExitCode {
        self.finish_after(None, report)
    }

    /// Does the same with a line in front of the text for people.
    pub(crate) fn finish_after(self, first: Option<String>, report: &Report) -> ExitCode {
        let first = first.map_or(String::new(), |line| format!("{line}\n"));
        let report = self.facts(report);
        let (is_quiet, is_verbose) = (self.options.quiet, self.options.verbose);
        let render = |format| match format {
            Format::Human => first.clone() + &human(&report, is_quiet, is_verbose),
            other => render(&report, other),
        };
        self.finish_texts(report.exit_code, &render, &|| report::ending(&report))
    }

    /// The report with the facts of the run that ends with it.
    pub(crate) fn facts(&self, report: &Report) -> Report {
        report.clone().of_run(self.start.end())
    }

    /// Writes the texts of a run, one for each format, and ends the log: `ending` has the findings
    /// and the verdict. Returns `code`, or the code of a failure.
    pub(crate) fn finish_texts(
        self,
        code: ExitCode,
        render: &dyn Fn(Format) -> String,
        ending: &dyn Fn() -> String,
    ) -> ExitCode {
        let Self {
            mut places,
            options,
            ..
        } = self;
        // What stdout gets is the end of the log.
        places.sort_by_key(Place::is_on_stdout);
        let on_stdout = places.last().filter(|place| place.is_on_stdout());
        let on_stdout = on_stdout.map(|place| place.wanted.format);
        let mut code = code;
        for place in places {
            let (format, has_file) = (place.wanted.format, place.file.is_some());
            let is_terminal = place.is_on_stdout() && io::stdout().is_terminal();
            let text = match format {
                Format::Human => painted(render(format), &options, is_terminal),
                _ => render(format),
            };
            let Err(failure) = place.finish(&text) else {
                continue;
            };
            complain(&failure);
            code = code.and(ExitCode::Io);
            if has_file && on_stdout.is_none() && format != Format::Human {
                // It goes to stdout instead, which may fail as well.
                tell("what it was to hold follows on stdout");
                print(&text);
            }
        }
        match on_stdout {
            Some(Format::Human) => {}
            Some(_) if options.quiet => {}
            Some(_) => {
                let text = painted(ending(), &options, io::stderr().is_terminal());
                tell_lines(text.trim_end());
            }
            None => {
                let is_terminal = io::stdout().is_terminal();
                print(&painted(render(Format::Human), &options, is_terminal));
            }
        }
        code
    }

    /// Writes the list of what would run, which is in no format. It goes where a report without a
    /// file would go.
    pub(crate) fn finish_list(self, text: &str, code: ExitCode) -> ExitCode {
        let mut places = self.places.into_iter();
        let Some(place) = places.find(|place| place.wanted.file.is_none()) else {
            print(text);
            return code;
        };
        match place.finish(text) {
            Ok(()) => code,
            Err(failure) => {
                complain(&failure);
                code.and(ExitCode::Io)
            }
        }
    }
}

/// A report, and where it goes.
struct Place {
    wanted: ReportTo,
    /// `None` for stdout.
    file: Option<PathBuf>,
    destination: Destination,
    /// Whether every line so far could be written.
    written: io::Result<()>,
}

impl Place {
    fn open(wanted: &ReportTo, output: Option<&Path>, inputs: &[PathBuf]) -> Result<Self, Failure> {
        let (file, option) = match &wanted.file {
            Some(file) => (Some(file.as_path()), format!("--format {}", wanted.format)),
            None => (output, "--output".to_owned()),
        };
        let destination = match file {
            None => destination::open_stdout()?,
            Some(path) => {
                refuse_input(&option, path, inputs)?;
                destination::open(path).map_err(|error| Failure::io("write", path, &error))?
            }
        };
        Ok(Self {
            wanted: wanted.clone(),
            file: file.map(Path::to_owned),
            destination,
            written: Ok(()),
        })
    }

    const fn is_on_stdout(&self) -> bool {
        matches!(self.destination, Destination::Stdout)
    }

    fn is_same(&self, other: &Self) -> bool {
        let is_twice_stdout = self.is_on_stdout() && other.is_on_stdout();
        is_twice_stdout || self.destination.is_same_file(&other.destination)
    }

    fn write_line(&mut self, line: &str) {
        if self.written.is_ok() {
            self.written = self.destination.write(line.as_bytes());
        }
    }

    /// Writes the last text and closes.
    fn finish(mut self, text: &str) -> Result<(), Failure> {
        self.write_line(text);
        let closed = self.written.and_then(|()| self.destination.close());
        let name = self.file.as_deref().unwrap_or(Path::new("stdout"));
        closed.map_err(|error| Failure::io("write", name, &error))
    }
}

/// Writes to stdout what has its place elsewhere: if stdout is full or closed, nobody reads it.
fn print(text: &str) {
    if standard_streams::is_stdout_closed() {
        return;
    }
    let mut stdout = io::stdout();
    let written = stdout.write_all(text.as_bytes());
    let _ = written.and_then(|()| stdout.flush());
}

/// The last line of a text, which has the verdict.
pub(crate) fn last_line(text: &str) -> String {
    text.trim_end()
        .lines()
        .last()
        .unwrap_or_default()
        .to_owned()
}

fn human(report: &Report, is_quiet: bool, is_verbose: bool) -> String {
    if is_quiet {
        report::brief(report)
    } else if is_verbose {
        report::human_in_full(report)
    } else {
        report::human(report)
    }
}

/// The report in a format.
pub(crate) fn render(report: &Report, format: Format) -> String {
    match format {
        Format::Human => report::human(report),
        Format::Json => report::json(report, true),
        Format::Jsonl => report::json(report, false),
        Format::Junit => report::junit(report),
        Format::Markdown => report::markdown(report),
        Format::Html => report::html(report),
        Format::Github => report::github(report),
        Format::Sarif => report::sarif(report),
    }
}

/// The text with colours, if its reader wants them.
fn painted(text: String, options: &OutputOptions, is_terminal: bool) -> String {
    match terminal::has_colour(options.color, is_terminal) {
        true => colour(&text),
        false => text,
    }
}

/// Colours the words that decide.
fn colour(text: &str) -> String {
    use clap::builder::styling::{AnsiColor, Style};
    let style = |colour: AnsiColor| Style::new().bold().fg_color(Some(colour.into()));
    let words = [
        ("FINDING", AnsiColor::Red),
        ("ACCEPTED", AnsiColor::Yellow),
        ("fail", AnsiColor::Red),
        ("pass", AnsiColor::Green),
        ("incomplete", AnsiColor::Yellow),
        ("void", AnsiColor::Yellow),
    ];
    let paint = |line: &str| {
        let bare = line.trim_start();
        let indent = &line[..line.len() - bare.len()];
        for (word, colour) in words {
            if let Some(rest) = bare.strip_prefix(word) {
                let style = style(colour);
                return format!("{indent}{style}{word}{style:#}{rest}\n");
            }
        }
        format!("{line}\n")
    };
    text.lines().map(paint).collect()
}
