//! Phrases that the rows of several checks share.

use crcheck_subject::{Capabilities, Form};

/// `reason` if the subject is a program, else `None`.
pub(super) fn unless_program(of: &Capabilities, reason: &str) -> Option<String> {
    (of.form == Form::Program).then(|| reason.to_owned())
}
