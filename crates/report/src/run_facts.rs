//! When a run took place, how long it took, and by which command.

use crate::shell::quoted;
use serde::Serialize;
use std::path::Path;
use std::time::{Instant, SystemTime};

/// The beginning of a run.
#[derive(Clone, Copy, Debug)]
pub struct RunStart {
    date: SystemTime,
    moment: Instant,
}

/// What differs from run to run, whatever a subject does.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunFacts {
    /// The date of its beginning in UTC, as RFC 3339 writes it: `2026-11-28T21:30:00Z`.
    pub started: String,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// The command line of this process, as a shell takes it.
    pub command: String,
}

impl RunStart {
    /// Begins a run.
    pub fn now() -> Self {
        Self {
            date: SystemTime::now(),
            moment: Instant::now(),
        }
    }

    /// The facts of the run that ends now.
    pub fn end(self) -> RunFacts {
        let millis = self.moment.elapsed().as_millis();
        RunFacts {
            started: humantime::format_rfc3339_seconds(self.date).to_string(),
            seconds: millis as f64 / 1000.0,
            command: command_line(),
        }
    }
}

/// The command line of this process, with the name of the program instead of its path.
pub fn command_line() -> String {
    let words = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
    let mut words: Vec<String> = words.collect();
    if let Some(program) = words.first_mut()
        && let Some(name) = Path::new(program.as_str()).file_name()
    {
        *program = name.to_string_lossy().into_owned();
    }
    quoted(&words)
}
