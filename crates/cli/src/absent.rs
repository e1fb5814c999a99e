//! A saved case may be of a library or a program that is on somebody else's machine.

use crate::failure::Failure;
use crate::foreign;
use crate::options::SubjectOptions;
use crate::trust::TrustOptions;
use crcheck_harness::report::verdict::ExitCode;
use crcheck_harness::report::{count_in_words, shell_words, subject_options, visible};
use crcheck_harness::subject::library::LibrarySpec;
use crcheck_harness::subject::program::ProgramSpec;
use crcheck_harness::subject::{SubjectName, library};
use std::fmt;
use std::path::PathBuf;

/// A library or a program that saved cases name, and that is not here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Absent {
    /// The command line, up to the subject: `crcheck replay FILE`.
    command: String,
    subject: SubjectName,
    cases: usize,
    code: ExitCode,
}

impl Absent {
    /// The subject that `cases` saved cases name, if the user leaves it to them and it is not here.
    /// Only the folders are asked: nothing is opened.
    pub(crate) fn of(
        command: &str,
        files: &[PathBuf],
        options: &SubjectOptions,
        trust: TrustOptions,
        (named, cases): (Option<&SubjectName>, usize),
    ) -> Option<Self> {
        let subject = named.filter(|_| options.is_empty())?;
        let is_here = match subject {
            SubjectName::Library(spec) => library::find(&spec.path).exists(),
            SubjectName::Program(_) => foreign::named_file(subject).is_ok(),
            _ => true,
        };
        (!is_here).then(|| Self {
            command: format!("crcheck {command} {}", shell_words(files)),
            subject: subject.clone(),
            cases,
            // Without trust it would not be started if it were here.
            code: match trust.refused(options, named) {
                Some(_) => ExitCode::Usage,
                None => ExitCode::Unavailable,
            },
        })
    }

    /// What it is, for the list of what was skipped.
    pub(crate) fn what(&self) -> String {
        format!("{}: {}", self.subject, count_in_words(self.cases, "case"))
    }

    /// The options by which a user names another build of it.
    fn own_build(&self) -> String {
        subject_options(&match &self.subject {
            SubjectName::Library(spec) => SubjectName::Library(LibrarySpec {
                path: "PATH".into(),
                ..spec.clone()
            }),
            SubjectName::Program(spec) => SubjectName::Program(ProgramSpec {
                line: "COMMAND".to_owned(),
                ..spec.clone()
            }),
            other => other.clone(),
        })
    }
}

impl fmt::Display for Absent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let subject = visible(&self.subject.to_string());
        let own_build = visible(&self.own_build());
        let is = match self.cases {
            1 => "the case is".to_owned(),
            many => format!("{many} cases are"),
        };
        let command = visible(&self.command);
        write!(
            f,
            "{is} of {subject}, which is not here: name your own build by {own_build}:\n    \
             {command} {own_build}"
        )
    }
}

impl From<Absent> for Failure {
    fn from(absent: Absent) -> Self {
        Self::of_lines(absent.code, absent.to_string())
    }
}
