//! What a diagnosis says.

use crate::call::Call;
use crate::cause::Cause;
use crate::conditions::Conditions;
use crate::number_list::digits;
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
    /// What the summary says of every wrong answer that no cause predicts.
    #[serde(skip)]
    pub bounds: Option<Conditions>,
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
    /// A cause that predicted every answer of a subject that claims to compute `model`. `is_given`
    /// says whether the subject is given a register.
    pub(crate) fn explained(
        cause: Cause,
        model: &Model,
        is_given: bool,
        evidence: Vec<String>,
    ) -> Self {
        let mut text = cause.effect.text(is_given, digits(model.width));
        // What holds sometimes makes it no other algorithm.
        let is_always = cause.conditions.0.is_empty();
        if let Some(name) = cause.effect.namesake().filter(|_| is_always) {
            text += &format!(", as {name} does");
        }
        Self {
            summary: format!("{text}{}", cause.conditions),
            model: cause.effect.model(),
            confidence: Confidence::Explained,
            evidence,
            cause: Some(cause),
            shortest: None,
            bounds: None,
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
            bounds: None,
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

    /// Whether no answer contradicts the diagnosis, each with its call: the cause predicts them, or
    /// the wrong ones are such as the summary says.
    pub fn accounts_for(&self, model: &Model, answers: &[(&Call, u64)]) -> bool {
        let reference = Reference::new(model);
        let accounts = |(call, got): &(&Call, u64)| {
            let expected = reference.expected(call);
            match (&self.cause, &self.bounds) {
                (Some(cause), _) => cause.predict(&reference, call, expected) == *got,
                (None, Some(bounds)) => expected == *got || bounds.hold(call, model),
                (None, None) => true,
            }
        };
        answers.iter().all(accounts)
    }
}
