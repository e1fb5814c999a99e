//! Why a check ended before its plan did, and where.

use crcheck_platform::message_memory::Placement;
use crcheck_subject::CheckId;
use serde::Serialize;
use std::fmt;

/// Why a check gave up, and the last cell that it visited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Halt {
    #[serde(flatten)]
    pub why: Why,
    /// The last cell that it visited; `None` if it visited none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<LastCell>,
}

/// Why a check gave up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "why", rename_all = "kebab-case")]
pub enum Why {
    /// The time of the run was over, or did not last for the next calls.
    Budget,
    /// Somebody asked for the end.
    Interrupt,
    /// Calls ended their process, or did not return, too often.
    Losses {
        /// The processes that ended in a call of this check.
        deaths: u64,
        /// The calls of this check that did not return.
        hangs: u64,
    },
    /// A call did not return, and each further one like it takes its whole time limit.
    Hang,
    /// A call of several did not return, and no call that was made again alone has shown it.
    LostCall,
    /// The run ends at its first finding.
    Finding {
        /// The check that has met it.
        of: CheckId,
    },
}

/// What made a check go on with a sample of its lengths: it knows by then that the subject is
/// wrong in many places, and each stop costs a signal or a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Sampled {
    /// What there was too much of.
    pub after: SampledAfter,
    /// How many of them there were before.
    pub count: u64,
    /// It visits one length in so many from then on.
    pub one_in: usize,
}

/// What there was too much of for a check to visit all of its lengths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SampledAfter {
    /// Cases with a finding.
    Findings,
    /// Processes that ended in a call.
    Deaths,
}

/// The last cell that a check visited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct LastCell {
    /// The length of the message in bytes.
    pub length: usize,
    /// Its start modulo 64.
    pub alignment: usize,
}

impl From<Why> for Halt {
    /// Before the first cell.
    fn from(why: Why) -> Self {
        Self { why, last: None }
    }
}

impl LastCell {
    pub(crate) fn new(length: usize, placement: Placement) -> Self {
        Self {
            length,
            alignment: placement.alignment(length),
        }
    }
}

impl fmt::Display for Sampled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.after {
            SampledAfter::Findings => "cases with a finding",
            SampledAfter::Deaths => "lost processes",
        };
        let Self { count, one_in, .. } = self;
        write!(f, "after {count} {what}, one length in {one_in}")
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let times = |count: &u64| match count {
            1 => "once".to_owned(),
            more => format!("{more} times"),
        };
        match self {
            Self::Budget => f.write_str("the budget is used up"),
            Self::Interrupt => f.write_str("it was interrupted"),
            Self::Losses { deaths, hangs: 0 } => {
                write!(f, "its calls have ended their process {}", times(deaths))
            }
            Self::Losses { deaths: 0, hangs } => {
                write!(f, "its calls did not return {}", times(hangs))
            }
            Self::Losses { deaths, hangs } => write!(
                f,
                "its calls have ended their process {} and did not return {}",
                times(deaths),
                times(hangs)
            ),
            Self::Hang => f.write_str("calls do not return, and each takes its whole time limit"),
            Self::LostCall => f.write_str("one of several calls did not return"),
            Self::Finding { of } => {
                write!(f, "fail-fast ended the run after the finding of `{of}`")
            }
        }
    }
}
