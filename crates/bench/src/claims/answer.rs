//! What became of a claim: an answer, and a sentence with the figures.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What became of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Answer {
    /// It holds here.
    #[serde(rename = "reproduced")]
    Reproduced,
    /// It does not hold.
    #[serde(rename = "refuted")]
    Refuted,
    /// It holds under a condition, which the sentence names.
    #[serde(rename = "depends")]
    Depends,
    /// This machine cannot show it, for the reason in the sentence.
    #[serde(rename = "not measurable here")]
    NotMeasurableHere,
    /// The run ended before it.
    #[serde(rename = "not judged")]
    NotJudged,
}

impl Answer {
    /// Every answer.
    pub const ALL: [Self; 5] = [
        Self::Reproduced,
        Self::Refuted,
        Self::Depends,
        Self::NotMeasurableHere,
        Self::NotJudged,
    ];

    /// The answer in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Reproduced => "reproduced",
            Self::Refuted => "refuted",
            Self::Depends => "depends",
            Self::NotMeasurableHere => "not measurable here",
            Self::NotJudged => "not judged",
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.words())
    }
}

/// An answer and the sentence with its figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The answer.
    pub answer: Answer,
    /// What was found.
    pub found: String,
}

impl Verdict {
    /// The claim holds.
    pub fn reproduced(found: impl Into<String>) -> Self {
        Self::new(Answer::Reproduced, found)
    }

    /// The claim does not hold.
    pub fn refuted(found: impl Into<String>) -> Self {
        Self::new(Answer::Refuted, found)
    }

    /// The claim holds under a condition that `found` names.
    pub fn depends(found: impl Into<String>) -> Self {
        Self::new(Answer::Depends, found)
    }

    /// The same answer with another sentence.
    #[must_use]
    pub fn with(self, found: impl Into<String>) -> Self {
        Self::new(self.answer, found)
    }

    /// Any answer.
    pub fn new(answer: Answer, found: impl Into<String>) -> Self {
        Self {
            answer,
            found: found.into(),
        }
    }
}

/// Why a measurement has no figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// This machine cannot show it, for this reason.
    NotHere(String),
    /// The run ended before it.
    Unfinished,
}

impl Missing {
    /// This machine cannot show it.
    pub fn not_here(reason: impl Into<String>) -> Self {
        Self::NotHere(reason.into())
    }

    /// The system refuses what a measurement needs.
    pub fn refused(what: &str, error: &std::io::Error) -> Self {
        Self::NotHere(format!("{what}: {error}"))
    }
}

impl From<Missing> for Verdict {
    fn from(missing: Missing) -> Self {
        match missing {
            Missing::NotHere(reason) => Self::new(Answer::NotMeasurableHere, reason),
            Missing::Unfinished => Self::new(Answer::NotJudged, "the run ended before it"),
        }
    }
}
