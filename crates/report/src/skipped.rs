//! What did not run, in a report.

use crate::count::count_in_words;
use crcheck_check::check_result::{CheckResult, Skip};
use crcheck_check::saved::load::NotAFile;
use crcheck_check::saved::replay::Replayed;
use crcheck_subject::CheckId;
use serde::Serialize;

/// What did not run, and why.
#[derive(Clone, Debug, Serialize)]
pub struct Skipped {
    /// The name of a subject, or of a check of a subject.
    pub what: String,
    /// The reason.
    pub reason: String,
    /// Whether it was required: then the run does not pass without it.
    pub required: bool,
    /// Whether it applies: it suits the subject and the plan, and could run on another machine or
    /// at another time.
    pub applies: bool,
    /// The check of a subject; `None` for a whole subject.
    #[serde(skip)]
    pub check: Option<SkippedCheck>,
}

/// A skipped check of a subject, or a part of one.
#[derive(Clone, Debug)]
pub struct SkippedCheck {
    /// The subject.
    pub subject: String,
    /// The check.
    pub check: CheckId,
    /// The part of it that does not apply.
    pub part: Option<String>,
}

impl Skipped {
    /// A whole subject, or anything else that is not a check of one.
    pub fn new(what: impl Into<String>, reason: impl Into<String>, required: bool) -> Self {
        Self {
            what: what.into(),
            reason: reason.into(),
            required,
            applies: true,
            check: None,
        }
    }

    /// The same for something that does not apply: nobody asked for it by name, and no CPU of this
    /// architecture has it.
    #[must_use]
    pub fn inapplicable(self) -> Self {
        Self {
            applies: false,
            ..self
        }
    }

    /// What lay among saved cases and was not read.
    pub fn of_load(skipped: &[NotAFile]) -> impl Iterator<Item = Self> {
        let skip = |one: &NotAFile| Self::new(one.path.display().to_string(), &one.reason, false);
        skipped.iter().map(skip)
    }

    /// The saved cases that a replay left out.
    pub fn of_replay(replayed: &Replayed) -> impl Iterator<Item = Self> {
        let left_out = replayed.left_out();
        left_out.map(|(count, reason)| Self::new(count_in_words(count, "case"), reason, false))
    }

    /// A check of a subject, or a part of it.
    pub(crate) fn of_check(result: &CheckResult, part: Option<&str>, skip: &Skip) -> Self {
        let (subject, check) = (result.subject.to_string(), result.check);
        let part = part.map(str::to_owned);
        let what = match &part {
            Some(part) => format!("{subject}/{check}: {part}"),
            None => format!("{subject}/{check}"),
        };
        Self {
            check: Some(SkippedCheck {
                subject,
                check,
                part,
            }),
            applies: skip.applies,
            ..Self::new(what, &skip.reason, false)
        }
    }
}
