//! The text of a configuration file, and places in it.

use crate::failure::Failure;
use crcheck_harness::platform::files::regular;
use crcheck_harness::report::verdict::ExitCode;
use crcheck_harness::report::visible;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// More than anybody writes by hand.
const BYTES_MAX: u64 = 1 << 18;

/// A configuration file.
pub(crate) struct Source {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

impl Source {
    /// Reads the file.
    pub(crate) fn read(path: PathBuf) -> Result<Self, Failure> {
        let text = regular::read_text(&path, BYTES_MAX);
        let text = text.map_err(|error| Failure::io("read", &path, &error))?;
        Ok(Self { path, text })
    }

    /// The folder of the file, to which its relative paths are relative.
    pub(crate) fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    /// What is wrong at these bytes: file, line and column, then the message.
    pub(crate) fn problem(&self, at: &Range<usize>, message: &str) -> Failure {
        let before = self.text.get(..at.start).unwrap_or(&self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|&one| one != '\n').count() + 1;
        let (path, message) = (self.path.display(), visible(message));
        Failure::new(
            ExitCode::Usage,
            format!("{path}:{line}:{column}: {message}"),
        )
    }
}
