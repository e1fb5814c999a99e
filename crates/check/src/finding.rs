//! What a check found wrong.

use crate::case::Case;
use crcheck_platform::code::illegal_instruction::Illegal;
use crcheck_platform::code::place::Place;
use crcheck_platform::raw_entry::Broken;
use crcheck_subject::{CheckId, Kind, SubjectName};
use serde::{Deserialize, Serialize};

/// The check that a wrong value is a finding of, whichever check meets it.
pub const VALUE_CHECK: CheckId = CheckId::new("agree");

/// The check that an access outside the message is a finding of, whichever check meets it.
pub const ACCESS_CHECK: CheckId = CheckId::new("guard");

/// The check whose law a stopped call of this kind breaks.
pub fn check_of(kind: Kind) -> CheckId {
    match kind {
        Kind::OverRead | Kind::UnderRead | Kind::WriteToMessage => ACCESS_CHECK,
        _ => VALUE_CHECK,
    }
}

/// What the message of a case stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MessageForm {
    /// A message.
    #[default]
    Message,
    /// Two messages of one length, one behind the other.
    TwoMessages,
    /// The length of a message, in 8 bytes, lowest first.
    Length,
    /// Parts whose checksums are combined; or what other checksums and a length, or operations on
    /// streams, are drawn from.
    Parts,
}

impl MessageForm {
    /// Whether the message is one.
    pub fn is_message(&self) -> bool {
        *self == Self::Message
    }

    /// The length of what `message` stands for, in bytes.
    pub fn len_bytes(self, message: &[u8]) -> u64 {
        match self {
            Self::Message | Self::Parts => message.len() as u64,
            Self::TwoMessages => message.len() as u64 / 2,
            Self::Length => <[u8; 8]>::try_from(message).map_or(0, u64::from_le_bytes),
        }
    }
}

/// What a check found wrong, at one case.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The check whose law was broken.
    pub check: CheckId,
    pub kind: Kind,
    pub subject: SubjectName,
    /// The case that shows it.
    pub case: Case,
    /// What the case's message stands for.
    pub message_form: MessageForm,
    /// The expected checksum, if the law is about a value.
    pub expected: Option<u64>,
    /// The checksum that the subject gave.
    pub got: Option<u64>,
    /// How far outside the message the access reached, in bytes: behind the end if positive, in
    /// front of the start if negative.
    pub distance_bytes: Option<i64>,
    /// The instruction that stopped the call, disassembled.
    pub instruction: Option<String>,
    /// What is known about an illegal instruction.
    pub illegal: Option<Box<Illegal>>,
    /// Where the instruction stands.
    pub place: Option<Place>,
    /// Where the subject has called the code of another file that the instruction stands in.
    pub called_at: Option<Place>,
    /// What is known, in one sentence.
    pub summary: String,
}

impl Finding {
    /// The finding with the expected value and the one that the subject gave.
    #[must_use]
    pub fn values(self, expected: u64, got: u64) -> Self {
        Self {
            expected: Some(expected),
            got: Some(got),
            ..self
        }
    }

    /// The finding with this summary. If the subject has broken another promise than its checksum,
    /// the summary says that instead.
    #[must_use]
    pub fn says(self, summary: impl Into<String>) -> Self {
        let broken = self.got.and_then(Broken::of);
        let summary = match broken {
            None => summary.into(),
            Some(Broken::Status(status)) => {
                format!("returns the status {}", status.cast_signed())
            }
            Some(Broken::Copy) => {
                "leaves something else than a copy of the message where dst points".to_owned()
            }
            Some(Broken::Text) => "gives a text that is no hexadecimal checksum".to_owned(),
            Some(Broken::State) => {
                "writes beside the memory of its state, which has the stated size".to_owned()
            }
        };
        Self {
            summary,
            got: self.got.filter(|_| broken.is_none()),
            ..self
        }
    }

    /// The finding with a message that stands for something else.
    #[must_use]
    pub fn of_form(self, message_form: MessageForm) -> Self {
        Self {
            message_form,
            ..self
        }
    }

    /// The stable id: subject, check and kind. It does not depend on the case.
    pub fn id(&self) -> String {
        format!("{}/{}/{}", self.subject, self.check, self.kind)
    }

    /// The length at which it shows, in bytes.
    pub fn len_bytes(&self) -> u64 {
        self.message_form.len_bytes(&self.case.message)
    }
}
