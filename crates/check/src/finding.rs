//! What a check found wrong.

use crate::case::Case;
use crcheck_platform::code::illegal_instruction::Illegal;
use crcheck_subject::{CheckId, Kind, SubjectName};

/// The check that a wrong value is a finding of, whoever meets it.
pub const VALUE_CHECK: CheckId = CheckId::new("agree");

/// The check that an access outside the message is a finding of, whoever meets it.
pub const ACCESS_CHECK: CheckId = CheckId::new("guard");

/// The check whose law a call breaks that was stopped so.
pub fn check_of(kind: Kind) -> CheckId {
    match kind {
        Kind::OverRead | Kind::UnderRead | Kind::WriteToMessage => ACCESS_CHECK,
        _ => VALUE_CHECK,
    }
}

/// What the message of a case stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MessageForm {
    /// A message.
    #[default]
    Message,
    /// Two messages of one length, one behind the other.
    TwoMessages,
    /// The length of a message, in 8 bytes, lowest first.
    Length,
}

impl MessageForm {
    /// The length of what `message` stands for, in bytes.
    pub fn len_bytes(self, message: &[u8]) -> u64 {
        match self {
            Self::Message => message.len() as u64,
            Self::TwoMessages => message.len() as u64 / 2,
            Self::Length => <[u8; 8]>::try_from(message).map_or(0, u64::from_le_bytes),
        }
    }
}

/// What was found, at one case.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The check whose law was broken.
    pub check: CheckId,
    /// What kind it is of.
    pub kind: Kind,
    /// The subject's name.
    pub subject: SubjectName,
    /// The case that shows it.
    pub case: Case,
    /// What the case's message stands for.
    pub message_form: MessageForm,
    /// What the oracles say, if the law is about a value.
    pub expected: Option<u64>,
    /// What the subject gave.
    pub got: Option<u64>,
    /// How far outside the message the access reached, in bytes: behind the end if positive, in
    /// front of the start if negative.
    pub distance_bytes: Option<i64>,
    /// The instruction that was stopped, disassembled.
    pub instruction: Option<String>,
    /// Of an illegal instruction, what is known of it.
    pub illegal: Option<Box<Illegal>>,
    /// One sentence on what is known.
    pub summary: String,
}

impl Finding {
    /// With the value that was expected and the one that came.
    #[must_use]
    pub fn values(self, expected: u64, got: u64) -> Self {
        Self {
            expected: Some(expected),
            got: Some(got),
            ..self
        }
    }

    /// With this sentence.
    #[must_use]
    pub fn says(self, summary: impl Into<String>) -> Self {
        Self {
            summary: summary.into(),
            ..self
        }
    }

    /// With a message that stands for something else.
    #[must_use]
    pub fn of_form(self, message_form: MessageForm) -> Self {
        Self {
            message_form,
            ..self
        }
    }

    /// The length that it shows at, in bytes.
    pub fn len_bytes(&self) -> u64 {
        self.message_form.len_bytes(&self.case.message)
    }
}
