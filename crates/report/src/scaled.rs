//! What a plan was scaled to for slow subjects.

use crcheck_check::coverage::visited::readable_bytes;
use crcheck_check::plan::Plan;
use crcheck_subject::{Pace, Subject};
use serde::Serialize;
use std::fmt;

/// The plan of a slow subject, beside that of a fast one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scaled {
    pub subject: String,
    /// The measured rate; `None` for a software version.
    pub calls_per_second: Option<f64>,
    pub to: Sweep,
    pub of: Sweep,
}

/// The cells that `agree` visits most, and how often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Sweep {
    /// How many lengths at how many alignments.
    pub cells: usize,
    /// The random messages of each cell.
    pub messages: usize,
    /// The longest message, in bytes.
    pub longest: usize,
}

impl Scaled {
    /// What `plan` is scaled to for those of the subjects that it is cut for.
    pub fn of(plan: &Plan, subjects: &[Box<dyn Subject>]) -> Vec<Self> {
        let whole = Plan {
            is_scaled: false,
            ..plan.clone()
        };
        let of_one = |subject: &dyn Subject| {
            let [to, of] = [plan, &whole].map(|plan| {
                let depth = plan.depth_for(subject);
                Sweep {
                    cells: (depth.length_max + 1) * depth.alignments,
                    messages: depth.messages,
                    longest: depth.longest.max(depth.length_max),
                }
            });
            let calls_per_second = match subject.capabilities().pace {
                Pace::Measured(rate) => Some(rate.calls_per_second),
                Pace::Software | Pace::Native => None,
            };
            let scaled = Self {
                subject: subject.name().to_string(),
                calls_per_second,
                to,
                of,
            };
            (plan.depth_for(subject) != whole.depth_for(subject)).then_some(scaled)
        };
        subjects
            .iter()
            .filter_map(|one| of_one(one.as_ref()))
            .collect()
    }
}

/// To what the plans of slow subjects were scaled, for the last line; empty if none was.
pub(crate) fn in_words(scaled: &[Scaled]) -> String {
    let mut words: Vec<(String, usize)> = Vec::new();
    for one in scaled {
        let text = one.to_string();
        match words.iter_mut().find(|(known, _)| *known == text) {
            Some((_, count)) => *count += 1,
            None => words.push((text, 1)),
        }
    }
    let phrase = |(text, count): (String, usize)| match count {
        1 => format!("; scaled to {text}"),
        _ => format!("; {count} subjects scaled to {text}"),
    };
    words.into_iter().map(phrase).collect()
}

impl fmt::Display for Scaled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { to, of, .. } = self;
        write!(f, "{} of {} cells", to.cells, of.cells)?;
        if to.messages != of.messages {
            write!(f, ", {} of {} messages each", to.messages, of.messages)?;
        }
        if to.longest != of.longest {
            write!(f, ", none longer than {}", readable_bytes(to.longest))?;
        }
        match self.calls_per_second {
            Some(rate) => write!(f, " for a subject at {rate:.0} calls/s"),
            None => write!(f, " in software"),
        }
    }
}
