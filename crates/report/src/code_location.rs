//! Where the code of a finding stands: function, file and line.

use crcheck_check::finding::Finding;
use crcheck_platform::code::place::{Place, this_program};
use crcheck_platform::code::source_location::{SourceLocation, locate, locate_call};
use crcheck_subject::SubjectName;
use serde::Serialize;
use std::fmt;
use std::path::PathBuf;

/// Where the instruction that stopped a call stands.
#[derive(Clone, Debug, Serialize)]
pub struct CodeLocation {
    /// The instruction.
    pub location: SourceLocation,
    /// The call of the subject that led there, if the instruction is in another file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub called_at: Option<SourceLocation>,
    /// Whether the instruction stands in the file of the subject.
    #[serde(skip)]
    pub is_of_subject: bool,
}

impl CodeLocation {
    /// Of a finding with a place in code.
    pub(crate) fn of(finding: &Finding) -> Option<Self> {
        let place: &Place = finding.place.as_ref()?;
        Some(Self {
            location: locate(place),
            called_at: finding.called_at.as_ref().and_then(locate_call),
            is_of_subject: file_of(&finding.subject).is_some_and(|file| file == place.object),
        })
    }
}

/// The file of the subject's code.
fn file_of(subject: &SubjectName) -> Option<PathBuf> {
    match subject {
        SubjectName::Library(spec) => std::path::absolute(&spec.path).ok(),
        _ => this_program(),
    }
}

impl fmt::Display for CodeLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.location.in_words(self.is_of_subject))?;
        match &self.called_at {
            Some(call) => write!(f, ", called at {}", call.in_words(true)),
            None => Ok(()),
        }
    }
}
