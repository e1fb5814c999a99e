//! Phrases that the rows of several checks share.

use crcheck_subject::{Capabilities, ExecutedBy, Form};

/// `reason` if the subject is a program, else `None`.
pub(super) fn unless_program(of: &Capabilities, reason: &str) -> Option<String> {
    (of.form == Form::Program).then(|| reason.to_owned())
}

/// `reason` if the subject's code is interpreted, else `None`.
pub(super) fn unless_interpreted(of: &Capabilities, reason: &str) -> Option<String> {
    (of.executed_by == ExecutedBy::Interpretation).then(|| reason.to_owned())
}

/// "1 byte", "2 bytes".
pub(super) fn bytes(count: usize) -> String {
    match count {
        1 => "1 byte".to_owned(),
        more => format!("{more} bytes"),
    }
}
