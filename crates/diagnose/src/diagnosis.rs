//! What a diagnosis says.

use crate::call::Call;
use crate::cause::Cause;
use crate::reference::Reference;
use crcheck_oracle::model::Model;
use serde::Serialize;

#[derive(Clone, Debug, Serialize)]
pub struct Diagnosis {
    /// One sentence.
    pub summary: String,
    /// The algorithm that the subject computes instead, if that explains its answers.
    pub model: Option<String>,
    pub confidence: Confidence,
    /// What the summary rests on, a sentence each.
    pub evidence: Vec<String>,
    /// The summary as data.
    #[serde(skip)]
    pub cause: Option<Cause>,
    /// The shortest call that was answered wrongly.
    #[serde(skip)]
    pub shortest: Option<Call>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// The cause predicted every answer, those to new calls included.
    Explained,
    /// The summary says what was seen. It predicts nothing.
    Observed,
    /// Values are wrong, and no hypothesis predicts them.
    Unexplained,
}

impl Confidence {
    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Explained => "explained",
            Self::Observed => "observed",
            Self::Unexplained => "unexplained",
        }
    }
}

impl Diagnosis {
    /// A cause that predicted every answer. `is_given` says whether the subject is given a
    /// register.
    pub(crate) fn explained(cause: Cause, is_given: bool, evidence: Vec<String>) -> Self {
        Self {
            summary: format!("{}{}", cause.effect.text(is_given), cause.conditions),
            model: cause.effect.model(),
            confidence: Confidence::Explained,
            evidence,
            cause: Some(cause),
            shortest: None,
        }
    }

    /// What was seen, and nothing more.
    pub fn observed(summary: impl Into<String>) -> Self {
        Self {
            summary: summary.into(),
            model: None,
            confidence: Confidence::Observed,
            evidence: Vec::new(),
            cause: None,
            shortest: None,
        }
    }

    /// Wrong values that no hypothesis predicts.
    pub(crate) fn unexplained(summary: String, evidence: Vec<String>) -> Self {
        Self {
            confidence: Confidence::Unexplained,
            evidence,
            ..Self::observed(summary)
        }
    }

    /// Whether the cause predicts these answers, each with its call. A diagnosis without a cause
    /// accounts for all answers.
    pub fn accounts_for(&self, model: &Model, answers: &[(&Call, u64)]) -> bool {
        let Some(cause) = &self.cause else {
            return true;
        };
        let reference = Reference::new(model);
        answers
            .iter()
            .all(|(call, got)| cause.predict(&reference, call, reference.expected(call)) == *got)
    }
}
