//! Artifacts and certificates name the subject that they are about. If that is a library or a
//! program, it is somebody else's code, and crcheck starts it only if the user says so.

use crate::failure::Failure;
use crate::options::{SubjectOptions, heading};
use clap::Args;
use crcheck_harness::report::verdict::ExitCode;
use crcheck_harness::report::{shell_words, subject_options, visible};
use crcheck_harness::subject::SubjectName;
use std::fmt;
use std::path::PathBuf;

/// Whether the user trusts what a file names.
#[derive(Args, Clone, Copy, Debug)]
#[command(next_help_heading = heading::SUBJECT)]
pub(crate) struct TrustOptions {
    /// Start the library or program that the file names as its subject. Look at it first: it is
    /// code, and a sandbox does not keep it from everything
    #[arg(long)]
    trust: bool,
}

impl TrustOptions {
    /// The subject that a file names, if it is to be left alone: it is a library or a program, and
    /// the user has neither named a subject nor trusted the file.
    pub(crate) fn refused<'n>(
        self,
        options: &SubjectOptions,
        named: Option<&'n SubjectName>,
    ) -> Option<&'n SubjectName> {
        let is_left_to_file = options.is_empty() && !self.trust;
        named.filter(|name| is_left_to_file && name.is_foreign())
    }
}

/// A subject that a file names, and that was not started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Untrusted {
    /// The command line, up to the subject: `crcheck replay FILE`.
    pub(crate) command: String,
    pub(crate) subject: SubjectName,
}

impl Untrusted {
    /// The subject of `command`, which reads these files.
    pub(crate) fn new(command: &str, files: &[PathBuf], subject: &SubjectName) -> Self {
        Self {
            command: format!("crcheck {command} {}", shell_words(files)),
            subject: subject.clone(),
        }
    }
}

impl fmt::Display for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { command, subject } = self;
        let command = visible(command);
        let what = match subject {
            SubjectName::Program(_) => "program",
            _ => "library",
        };
        let options = subject_options(subject);
        writeln!(f, "crcheck does not start the {what} that a file names:")?;
        writeln!(f, "    {}", visible(&subject.to_string()))?;
        writeln!(f, "If you trust it, paste one of these lines:")?;
        // Nobody should paste a line with characters that a terminal acts on.
        if visible(&options) == options {
            writeln!(f, "    {command} {options}")?;
        }
        write!(f, "    {command} --trust")
    }
}

impl From<Untrusted> for Failure {
    fn from(untrusted: Untrusted) -> Self {
        Self::of_lines(ExitCode::Usage, untrusted.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(subject: &str) -> String {
        let files = ["a file.toml".into()];
        Untrusted::new("replay", &files, &SubjectName::from(subject)).to_string()
    }

    #[test]
    fn the_lines_to_paste_name_the_subject_as_the_options_do() {
        let text = message("lib:/tmp/libx.so:crc:register");
        let line = "crcheck replay 'a file.toml' --lib /tmp/libx.so --symbol crc --convention \
                    register\n";
        assert!(text.contains(line), "{text}");
        assert!(
            text.ends_with("crcheck replay 'a file.toml' --trust"),
            "{text}"
        );
        let text = message("cmd:rm -rf $HOME");
        assert!(text.contains("--cmd 'rm -rf $HOME'\n"), "{text}");
    }

    #[test]
    fn a_terminal_is_left_alone() {
        let text = message("cmd:evil\u{1b}[2K\rharmless");
        assert!(!text.contains('\u{1b}') && !text.contains('\r'), "{text}");
        assert!(
            text.contains("evil\\u{1b}") && text.contains("--trust"),
            "{text}"
        );
        assert!(!text.contains("--cmd"), "{text}");
    }
}
