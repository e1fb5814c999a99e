//! Why a command ends without a report.

use crcheck_bench::measurement::MeasureError;
use crcheck_emulate::PathError;
use crcheck_emulate::matrix::MatrixError;
use crcheck_emulate::selection::SelectionError;
use crcheck_emulate::workers::WorkerError;
use crcheck_faults::ResolveError;
use crcheck_harness::check::run::RunError;
use crcheck_harness::check::saved::load::LoadError;
use crcheck_harness::report::verdict::ExitCode;
use crcheck_harness::report::visible;
use crcheck_harness::subject::ForeignError;
use crcheck_matrix::profile::UnknownProfile;
use crcheck_matrix::source::SourceError;
use std::fmt;
use std::io;
use std::path::Path;

/// A message for people, and the exit code that goes with it. No name in it begins a line.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) code: ExitCode,
    message: String,
}

impl Failure {
    pub(crate) fn new(code: ExitCode, message: impl Into<String>) -> Self {
        let message = visible(&message.into());
        Self { code, message }
    }

    /// One with several lines. Who made them has made the names in them visible.
    pub(crate) fn of_lines(code: ExitCode, message: String) -> Self {
        Self { code, message }
    }

    /// One whose lines after the first are indented, such as a list of symbols. A line break in a
    /// name that begins no such line, or an order to GitHub's runner, is made visible.
    pub(crate) fn of_list(code: ExitCode, message: &str) -> Self {
        let mut lines = message.split('\n');
        let mut text = visible(lines.next().unwrap_or_default());
        for line in lines {
            let is_order = line.trim_start().starts_with("::");
            text += match line.starts_with("  ") && !is_order {
                true => "\n",
                false => "\\u{a}",
            };
            text += &visible(line);
        }
        Self::of_lines(code, text)
    }

    /// The same with what it is about in front of the message.
    pub(crate) fn about(self, what: Option<&str>) -> Self {
        match what {
            Some(what) => {
                let message = format!("{}: {}", visible(what), self.message);
                Self::of_lines(self.code, message)
            }
            None => self,
        }
    }

    pub(crate) fn io(what: &str, path: &Path, error: &io::Error) -> Self {
        Self::new(
            ExitCode::Io,
            format!("cannot {what} {}: {error}", path.display()),
        )
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<ResolveError> for Failure {
    fn from(error: ResolveError) -> Self {
        Self::new(error.exit_code(), error.to_string())
    }
}

impl From<ForeignError> for Failure {
    fn from(error: ForeignError) -> Self {
        Self::of_list(ExitCode::from(&error), &error.to_string())
    }
}

impl From<MatrixError> for Failure {
    fn from(error: MatrixError) -> Self {
        let code = match error {
            MatrixError::Unknown { .. } => ExitCode::Usage,
            _ => ExitCode::Io,
        };
        Self::new(code, error.to_string())
    }
}

impl From<PathError> for Failure {
    fn from(error: PathError) -> Self {
        Self::new(ExitCode::Io, error.to_string())
    }
}

impl From<WorkerError> for Failure {
    fn from(error: WorkerError) -> Self {
        let code = match error {
            WorkerError::Path(_) => ExitCode::Io,
            WorkerError::Second { .. } => ExitCode::Usage,
        };
        Self::new(code, error.to_string())
    }
}

impl From<SelectionError> for Failure {
    fn from(error: SelectionError) -> Self {
        match error {
            SelectionError::Matrix(error) => error.into(),
            error => Self::new(ExitCode::Usage, error.to_string()),
        }
    }
}

impl From<SourceError> for Failure {
    fn from(error: SourceError) -> Self {
        let code = match error {
            SourceError::Missing(_) => ExitCode::Io,
            _ => ExitCode::Usage,
        };
        Self::new(code, error.to_string())
    }
}

impl From<UnknownProfile> for Failure {
    fn from(error: UnknownProfile) -> Self {
        Self::new(ExitCode::Usage, error.to_string())
    }
}

impl From<MeasureError> for Failure {
    fn from(error: MeasureError) -> Self {
        let code = match error {
            MeasureError::Memory(_) => ExitCode::Io,
            MeasureError::Core { .. } => ExitCode::Usage,
        };
        Self::new(code, error.to_string())
    }
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        let code = match error {
            LoadError::NoTarget(_) => ExitCode::Usage,
            _ => ExitCode::Io,
        };
        Self::new(code, error.to_string())
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        let code = match error {
            RunError::Judges(_) => ExitCode::Bug,
            RunError::Memory(_) => ExitCode::Io,
        };
        Self::new(code, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::{ExitCode, Failure};

    #[test]
    fn a_list_keeps_its_lines_and_no_name_begins_one() {
        let said = |text: &str| Failure::of_list(ExitCode::Usage, text).to_string();
        assert_eq!(
            said("it exports:\n    --symbol f"),
            "it exports:\n    --symbol f"
        );
        for name in ["\n::error::x", "\nFINDING forged", "\n   ::warning::x"] {
            let text = said(&format!("./a{name}.so exports:\n    --symbol f"));
            assert_eq!(text.lines().count(), 2, "{text}");
        }
        assert!(!said("a\n  \x1b[2J").contains('\x1b'));
    }
}
