//! What a plan was scaled to for slow subjects.

use crate::count::count_in_words;
use crcheck_check::coverage::visited::{alignments_in_words, readable_bytes};
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

/// The lengths that `agree` visits at all alignments of the plan, and how often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Sweep {
    /// It visits every length from 0 to this, in bytes.
    pub length_max: usize,
    /// The alignments of each length, modulo 64.
    pub alignments: usize,
    /// The random messages at each length and alignment.
    pub messages: usize,
    /// Its longest message, in bytes.
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
                    length_max: depth.length_max,
                    alignments: depth.alignments,
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
        1 => format!("; scaled: {text}"),
        _ => format!("; {count} subjects scaled: {text}"),
    };
    words.into_iter().map(phrase).collect()
}

impl fmt::Display for Scaled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { to, of, .. } = self;
        let at = |sweep: &Sweep| {
            let at = match sweep.alignments {
                _ if to.alignments == of.alignments => String::new(),
                some => format!(" and {}", alignments_in_words(some)),
            };
            format!("0..={}{at}", sweep.length_max)
        };
        let messages = count_in_words(to.messages, "random message");
        write!(f, "`agree` has {messages} at every length {}", at(to))?;
        let whole = Sweep {
            longest: to.longest,
            ..*of
        };
        if *to == whole {
            write!(f, ", as without scaling, and fewer at other lengths")?;
        } else {
            write!(f, " instead of {} at {}", of.messages, at(of))?;
        }
        if to.longest != of.longest {
            let longest = readable_bytes(to.longest as u64);
            write!(f, ", and none longer than {longest}")?;
        }
        match self.calls_per_second {
            Some(rate) => write!(f, ", for a subject at {rate:.0} calls/s"),
            None => write!(f, ", in software"),
        }
    }
}
