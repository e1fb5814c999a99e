//! What a check without findings proves, as a bound.

use crcheck_check::check_result::BoundSource;
use serde::Serialize;
use std::fmt;

/// How unlikely it is that a check has missed something wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Bound {
    /// The probability is at most 2 to this; `None` if nothing can have been missed.
    pub log2: Option<i64>,
    /// What it holds for: each cell, or each kind of wrong subject.
    pub per: String,
    /// What it rests on.
    pub assumption: String,
}

impl Bound {
    /// The confidence at which the bound of random trials is stated.
    const CONFIDENCE_LOG2: i64 = 40;

    pub(crate) fn new(source: BoundSource, length_max: usize) -> Self {
        match source {
            BoundSource::Messages(messages) => Self {
                log2: Some(-(messages as i64)),
                per: format!("(length 0..={length_max}, alignment) cell"),
                assumption: "the subject's difference from the oracles is affine in the message"
                    .to_owned(),
            },
            BoundSource::Trials(trials) => {
                // (1 - e)^N <= exp(-e N), which is 2^-40 at e = 40 ln 2 / N.
                let confidence = Self::CONFIDENCE_LOG2 as f64;
                let share = (confidence * std::f64::consts::LN_2 / trials.max(1) as f64).min(1.0);
                Self {
                    log2: Some(-Self::CONFIDENCE_LOG2),
                    per: format!(
                        "subject that differs from every affine function on more than 2^{:.1} \
                         of its inputs, in the mean over cells",
                        share.log2()
                    ),
                    assumption: "cells, registers and messages are drawn at random".to_owned(),
                }
            }
            BoundSource::Basis(depth) => Self {
                log2: None,
                per: format!(
                    "cell of length 0..={} at {} alignments, or every 61st to {} at one",
                    depth.dense_to, depth.alignments, depth.sparse_to
                ),
                assumption: "the subject is affine in register and message".to_owned(),
            },
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.log2 {
            Some(log2) => write!(f, "missed with p <= 2^{log2} per {}", self.per),
            None => write!(f, "nothing missed per {}", self.per),
        }
    }
}
