//! Progress on stderr, for people who wait.

use crate::options::Form;
use crcheck_harness::run::Event;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::time::Duration;

/// A line on stderr that says what runs.
pub(crate) struct Progress {
    bar: ProgressBar,
    is_verbose: bool,
}

impl Progress {
    /// For a run of `steps` checks.
    pub(crate) fn new(form: &Form, steps: u64) -> Self {
        Self::shown(form, Some(steps), "{spinner} {pos}/{len} {elapsed} {msg}")
    }

    /// For a run that does not know its steps.
    pub(crate) fn endless(form: &Form) -> Self {
        Self::shown(form, None, "{spinner} {pos} checks {elapsed} {msg}")
    }

    fn shown(form: &Form, steps: Option<u64>, template: &str) -> Self {
        let is_shown = !form.quiet && form.progress.holds(std::io::stderr().is_terminal());
        let bar = if is_shown {
            let bar = ProgressBar::with_draw_target(steps, ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template(template);
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        } else {
            ProgressBar::hidden()
        };
        Self {
            bar,
            is_verbose: form.verbose,
        }
    }

    /// Takes notice of what happens to kernels whose faults are known.
    pub(crate) fn on_expected(&self, event: &Event<'_>) {
        if !matches!(event, Event::Found(_)) {
            self.on(event);
        }
    }

    /// Takes notice of what happens.
    pub(crate) fn on(&self, event: &Event<'_>) {
        match event {
            Event::Begins { subject, check } => self.bar.set_message(format!("{subject} {check}")),
            Event::Ended(result) => {
                self.bar.inc(1);
                if self.is_verbose {
                    self.say(&format!(
                        "{} {}: {} cells, {} calls, {} kinds of fault",
                        result.subject,
                        result.check,
                        result.cells,
                        result.calls,
                        result.groups.len()
                    ));
                }
            }
            Event::Found(finding) => self.say(&format!(
                "found: {} {} ({}), {} bytes at alignment {}",
                finding.kind,
                finding.subject,
                finding.check,
                finding.case.message.len(),
                finding.case.alignment()
            )),
        }
    }

    /// Says what runs, and how much is done.
    pub(crate) fn at(&self, done: u64, what: String) {
        self.bar.set_position(done);
        self.bar.set_message(what);
    }

    /// A line on stderr that the progress does not overwrite.
    pub(crate) fn say(&self, line: &str) {
        self.bar.suspend(|| eprintln!("{line}"));
    }

    /// Takes the line away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
