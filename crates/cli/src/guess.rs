//! The guess before a run: whether a function has another interface than the one that it is called
//! by.

use crate::options::SubjectOptions;
use crate::stderr::tell;
use crate::subjects::Subjects;
use crcheck_harness::check::guess::{Fit, Guess};
use crcheck_harness::report::GuessReport;

/// What fits the subjects that are wrong on every message that is tried first.
pub(crate) struct Guesses(Vec<Guess>);

impl Guesses {
    /// Tries the subjects, unless the user does not want that.
    pub(crate) fn of(options: &SubjectOptions, subjects: &Subjects) -> Self {
        if options.no_guess {
            return Self(Vec::new());
        }
        let available = subjects.available.iter().map(AsRef::as_ref);
        Self(available.filter_map(Guess::of).collect())
    }

    /// Whether the run would judge a function by an interface that it does not have. If so, this
    /// says it on stderr.
    pub(crate) fn end_the_run(&self) -> bool {
        let of_interfaces = |guess: &&Guess| matches!(guess.fit, Fit::Interface(_));
        let mut guesses = self.0.iter().filter(of_interfaces).peekable();
        let is_any = guesses.peek().is_some();
        for guess in guesses {
            tell(format_args!(
                "error: {}; state them, or judge it as it is with --no-guess",
                GuessReport::new(guess)
            ));
        }
        is_any
    }

    /// The guesses for a report.
    pub(crate) fn reports(&self) -> Vec<GuessReport> {
        self.0.iter().map(GuessReport::new).collect()
    }
}
