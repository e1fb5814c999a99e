//! Progress on stderr, for people who wait.

use crate::options::{OutputOptions, Toggle};
use crate::stderr::tell;
use crate::terminal::can_move_cursor;
use crcheck_harness::check::control::Event;
use crcheck_harness::check::estimate::Estimate;
use crcheck_harness::report::{count_in_words, duration_in_words};
use crcheck_harness::subject::{SOFTWARE, SubjectName};
use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A line on stderr that shows what runs.
pub(crate) struct Progress {
    bar: ProgressBar,
    is_verbose: bool,
    /// How much of a run is done.
    estimate: Option<Mutex<Estimate>>,
    /// When to print the next line, where there is no terminal to draw on.
    next_line: Option<Mutex<Instant>>,
}

/// When progress is its first line, and how often a new one, where there is no terminal to draw on.
const FIRST_LINE: Duration = Duration::from_secs(2);
const LINE_EVERY: Duration = Duration::from_secs(10);

impl Progress {
    /// For a run of `steps` checks.
    pub(crate) fn new(options: &OutputOptions, steps: u64) -> Self {
        Self::show(
            options,
            Some(steps),
            "{spinner} {pos}/{len} {elapsed} {msg}",
        )
    }

    /// For a run whose number of steps is unknown.
    pub(crate) fn open_ended(options: &OutputOptions) -> Self {
        Self::show(options, None, "{spinner} {pos} checks {elapsed} {msg}")
    }

    /// For a command that reads files. It shows nothing before [`Progress::set_bytes`].
    pub(crate) fn of_bytes(options: &OutputOptions) -> Self {
        let bar = Self::bar(options, None);
        let style = ProgressStyle::with_template("{msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        Self {
            bar,
            is_verbose: false,
            estimate: None,
            next_line: None,
        }
    }

    fn show(options: &OutputOptions, steps: Option<u64>, template: &str) -> Self {
        let bar = Self::bar(options, steps);
        if !bar.is_hidden() {
            let style = ProgressStyle::with_template(template);
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            bar.enable_steady_tick(Duration::from_millis(200));
        }
        let is_asked = options.progress == Toggle::Always && !options.quiet;
        Self {
            is_verbose: options.verbose,
            estimate: None,
            next_line: (bar.is_hidden() && is_asked)
                .then(|| Mutex::new(Instant::now() + FIRST_LINE)),
            bar,
        }
    }

    /// With the work that is done, and the time that is left.
    pub(crate) fn estimating(self, estimate: Estimate) -> Self {
        Self {
            estimate: Some(Mutex::new(estimate)),
            ..self
        }
    }

    fn bar(options: &OutputOptions, steps: Option<u64>) -> ProgressBar {
        let can_draw = std::io::stderr().is_terminal() && can_move_cursor();
        match !options.quiet && options.progress.is_on(can_draw) && can_draw {
            true => ProgressBar::with_draw_target(steps, ProgressDrawTarget::stderr()),
            false => ProgressBar::hidden(),
        }
    }

    /// Shows an event of a run on planted faults, in which findings are expected.
    pub(crate) fn show_event_of_planted(&self, event: &Event<'_>) {
        if !matches!(event, Event::Found { .. }) {
            self.show_event(event);
        }
    }

    /// Shows an event.
    pub(crate) fn show_event(&self, event: &Event<'_>) {
        let estimate = self.estimate.as_ref();
        let status = estimate.and_then(|estimate| {
            let mut estimate = estimate.lock().unwrap_or_else(PoisonError::into_inner);
            let status = estimate.note(event)?;
            Some(format!(
                "{status}, {:.0}% done",
                100.0 * estimate.share_done()
            ))
        });
        match event {
            Event::Proceeds { subject, check, .. } => {
                if let Some(status) = status {
                    self.show_what(&format!("{subject} {check}: {status}"));
                }
            }
            Event::Begins { subject, check } => self.bar.set_message(format!("{subject} {check}")),
            Event::Ended(result) => {
                self.bar.inc(1);
                if self.is_verbose {
                    let software = match result.subject {
                        SubjectName::EmulatedTier(_) => format!(" ({SOFTWARE})"),
                        _ => String::new(),
                    };
                    self.print_line(&format!(
                        "{}{software} {}: {}, {}, {}, {}",
                        result.subject,
                        result.check,
                        count_in_words(result.cells, "cell"),
                        count_in_words(result.calls, "call"),
                        count_in_words(result.groups.len(), "finding"),
                        duration_in_words(result.time.as_secs_f64())
                    ));
                }
            }
            Event::Found { finding, by } => self.print_line(&format!(
                "found: {} {} ({}), {} at alignment {}",
                finding.kind,
                finding.subject,
                by,
                count_in_words(finding.case.message.len(), "byte"),
                finding.case.alignment()
            )),
        }
    }

    /// Shows what runs: on the terminal, or now and then as a line.
    pub(crate) fn show_what(&self, message: &str) {
        self.bar.set_message(message.to_owned());
        let Some(next_line) = &self.next_line else {
            return;
        };
        let mut next_line = next_line.lock().unwrap_or_else(PoisonError::into_inner);
        if Instant::now() >= *next_line {
            *next_line = Instant::now() + LINE_EVERY;
            tell(message);
        }
    }

    /// Shows what runs, and how much is done.
    pub(crate) fn set(&self, done: u64, what: String) {
        self.bar.set_position(done);
        self.show_what(&what);
    }

    /// Begins to show how much of a file is done, of `len_bytes` if that is known.
    pub(crate) fn begin_file(&self, len_bytes: Option<u64>) {
        let template = match len_bytes {
            Some(_) => "{wide_bar} {bytes}/{total_bytes} {msg}",
            None => "{spinner} {bytes} {msg}",
        };
        let style = ProgressStyle::with_template(template);
        self.bar
            .set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        match len_bytes {
            Some(len_bytes) => self.bar.set_length(len_bytes),
            None => self.bar.unset_length(),
        }
        self.bar.reset();
    }

    /// Shows how much of a file is done, and how fast.
    pub(crate) fn set_bytes(&self, done_bytes: u64, time: Duration, name: &str) {
        let rate = done_bytes as f64 / time.as_secs_f64();
        let left = self.bar.length().map_or(String::new(), |len_bytes| {
            let left = len_bytes.saturating_sub(done_bytes) as f64 / rate.max(1.0);
            format!(" {left:.0} s left")
        });
        let rate = HumanBytes(rate as u64);
        self.bar.set_message(format!("{rate}/s{left} {name}"));
        self.bar.set_position(done_bytes);
    }

    /// Whether anything is shown.
    pub(crate) fn is_shown(&self) -> bool {
        !self.bar.is_hidden()
    }

    /// Writes something that the progress must not overwrite.
    pub(crate) fn without<T>(&self, write: impl FnOnce() -> T) -> T {
        self.bar.suspend(write)
    }

    /// Prints a line on stderr, which the progress does not overwrite.
    pub(crate) fn print_line(&self, line: &str) {
        self.bar.suspend(|| tell(line));
    }

    /// Removes the progress.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
