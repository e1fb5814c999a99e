//! What a check without findings proves, as a bound.

use crate::count::count_in_words;
use crcheck_check::check_result::BoundSource;
use crcheck_check::coverage::visited::{Drawn, Visited, alignments_in_words, readable_bytes};
use serde::Serialize;
use std::fmt;

/// How unlikely it is that a check has missed something wrong.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bound {
    /// What was visited: `2 random messages a cell, lengths 0..=640 at all 64 alignments`.
    #[serde(skip)]
    pub sample: String,
    /// The probability is at most 2 to this; `None` if nothing can have been missed.
    pub log2: Option<i64>,
    /// What it holds for: each cell, or each kind of wrong subject.
    pub per: String,
    /// What it rests on.
    pub assumption: String,
    /// What the lengths beyond 4096 that were drawn at random prove.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drawn: Option<DrawnBound>,
}

/// How unlikely it is that no length of a fault was drawn. A length that was drawn has one random
/// message.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct DrawnBound {
    /// The probability is at most 2 to this, ...
    pub log2: i64,
    /// ... for a fault that is wrong at this share of the lengths from a power of two to the next.
    pub share: f64,
    /// The lengths.
    #[serde(flatten)]
    pub drawn: Drawn,
}

impl DrawnBound {
    /// The probability at which the bound is stated: one in a thousand.
    const LOG2: i64 = -10;

    fn new(drawn: Drawn) -> Self {
        Self {
            log2: Self::LOG2,
            share: drawn.share_at(Self::LOG2 as f64),
            drawn,
        }
    }
}

impl Bound {
    /// The confidence at which the bound of random trials is stated.
    const CONFIDENCE_LOG2: i64 = 40;

    /// The bound of what was visited; `None` if that proves nothing.
    pub(crate) fn new(source: BoundSource, visited: &Visited) -> Option<Self> {
        let bound = match source {
            BoundSource::Messages => {
                let (dense, further) = visited.dense_and_every();
                let dense = dense?;
                let (to, at) = (dense.to, alignments_in_words(dense.alignments));
                let sample = format!(
                    "{} a cell, lengths 0..={to} at {at}{}",
                    count_in_words(dense.messages?, "random message"),
                    sample_beyond(further, visited)
                );
                let further = further.map_or(String::new(), |every| {
                    format!(", 2^-1 to {every} at one alignment")
                });
                Self {
                    sample,
                    log2: Some(-i64::from(dense.messages?)),
                    per: format!("cell of length 0..={to} at {at}{further}"),
                    assumption: "the subject's difference from the oracles is affine in the \
                                 message"
                        .to_owned(),
                    drawn: visited.drawn.map(DrawnBound::new),
                }
            }
            BoundSource::Trials(trials) => {
                // (1 - e)^N <= exp(-e N), which is 2^-40 at e = 40 ln 2 / N.
                let confidence = Self::CONFIDENCE_LOG2 as f64;
                let share = (confidence * std::f64::consts::LN_2 / trials.max(1) as f64).min(1.0);
                Self {
                    sample: count_in_words(trials, "random trial"),
                    log2: Some(-Self::CONFIDENCE_LOG2),
                    per: format!(
                        "subject that differs from every affine function on more than 2^{:.1} \
                         of its inputs, in the mean over cells",
                        share.log2()
                    ),
                    assumption: "cells, registers and messages are drawn at random".to_owned(),
                    drawn: None,
                }
            }
            BoundSource::Basis => {
                let beyond = visited.beyond_in_words();
                let beyond = beyond.map_or(String::new(), |beyond| format!(", and of {beyond}"));
                let (to, at) = visited
                    .dense
                    .map(|dense| (dense.to, alignments_in_words(dense.alignments)))?;
                let cells = format!("cell of length 0..={to} at {at}{beyond}");
                Self {
                    sample: format!("every unit vector of each {cells}"),
                    log2: None,
                    per: cells,
                    assumption: "the subject is affine in register and message".to_owned(),
                    drawn: None,
                }
            }
        };
        Some(bound)
    }
}

/// The lengths that have one random message at one alignment.
fn sample_beyond(every: Option<usize>, visited: &Visited) -> String {
    let every = every.map_or(String::new(), |every| {
        format!("; 1 at each length to {every}")
    });
    let drawn = visited.drawn.map_or(String::new(), |drawn| {
        let lengths = count_in_words(drawn.lengths, "random length");
        format!("; {lengths} to {}", readable_bytes(drawn.to as u64))
    });
    every + &drawn
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.log2 {
            Some(log2) => write!(f, "missed with p <= 2^{log2} per {}", self.per)?,
            None => write!(f, "nothing missed per {}", self.per)?,
        }
        match &self.drawn {
            Some(drawn) => write!(f, "; {drawn}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for DrawnBound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lengths = count_in_words(self.drawn.lengths, "random length");
        let to = readable_bytes(self.drawn.to as u64);
        let (log2, percent) = (self.log2, 100.0 * self.share);
        write!(f, "{lengths} to {to}: ")?;
        if self.share < 1.0 {
            write!(
                f,
                "p <= 2^{log2} that all are right if {percent:.1}% of the lengths from a power of \
                 two to the next are wrong; a single wrong length is most likely missed"
            )
        } else {
            f.write_str("too few for a bound")
        }
    }
}
