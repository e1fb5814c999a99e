//! `combine` that goes wrong by its length.

use super::effect::Effect;
use super::when::When;
use super::{Cause, Confidence, Diagnosis};
use crcheck_oracle::advance::Advance;
use crcheck_oracle::model::Model;
use crcheck_platform::rng::SplitMix64;
use std::fmt;

/// What becomes of the length of the second part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Combine {
    /// It is taken modulo 2 to this; 64 is all of it.
    pub bits: u32,
    /// Whether a second part of no bytes gives its own checksum.
    pub forgets_first: bool,
}

/// Combines two checksums over a length of the second part; `None` if it does not return.
pub type Ask<'a> = dyn FnMut(u64, u64, u64) -> Option<u64> + 'a;

/// A combination, what it should be, and what it came to.
struct Seen {
    sums: [u64; 2],
    len_b: u64,
    right: u64,
    got: u64,
}

/// Diagnoses a `combine` that gives wrong values; `None` if it gave none.
pub fn diagnose(ask: &mut Ask<'_>, model: &Model, seed: u64) -> Option<Diagnosis> {
    let mut rng = SplitMix64::new(seed);
    let seen = observe(ask, model, &mut rng, 1);
    let wrong = seen.iter().filter(|seen| seen.got != seen.right).count();
    if wrong == 0 {
        return None;
    }
    let mut effects = (0..64).map(|bits| Combine {
        bits,
        forgets_first: false,
    });
    let forgetful = Combine {
        bits: 64,
        forgets_first: true,
    };
    let found = effects
        .find(|effect| effect.explains(&seen, model))
        .or_else(|| Some(forgetful).filter(|effect| effect.explains(&seen, model)));
    let fresh = observe(ask, model, &mut rng, 2);
    let Some(effect) = found.filter(|effect| effect.explains(&fresh, model)) else {
        let wrong = seen.iter().find(|seen| seen.got != seen.right)?;
        return Some(Diagnosis {
            confidence: Confidence::Unexplained,
            ..Diagnosis::observed(format!(
                "combines wrongly, first with a length of {}: unexplained",
                wrong.len_b
            ))
        });
    };
    Some(Diagnosis {
        summary: effect.to_string(),
        model: None,
        confidence: Confidence::Explained,
        evidence: vec![
            format!(
                "it accounts for {} combinations of lengths from 0 to 2^64 - 1, {wrong} of them wrong",
                seen.len()
            ),
            format!("it predicted {} new ones without a miss", fresh.len()),
        ],
        cause: Some(Cause {
            effect: Effect::Combine(effect),
            when: When::default(),
        }),
    })
}

/// Small lengths, and those around each power of two.
fn observe(ask: &mut Ask<'_>, model: &Model, rng: &mut SplitMix64, rounds: usize) -> Vec<Seen> {
    let small = 0..70;
    let powers = (0..64).flat_map(|bit| {
        let power = 1_u64 << bit;
        [power - 1, power, power + 1, power | (power / 2)]
    });
    let mut lengths: Vec<u64> = small.chain(powers).collect();
    for _ in 0..rounds * 64 {
        let shift = rng.below(64);
        lengths.push(rng.next_u64() >> shift);
    }
    let mut seen = Vec::with_capacity(lengths.len());
    for len_b in lengths {
        let a = rng.next_u64() & model.mask();
        // The checksum of nothing is the only one that goes with a length of 0.
        let b = match len_b {
            0 => model.initial_checksum(),
            _ => rng.next_u64() & model.mask(),
        };
        let right = Advance::new(model, len_b).combine(a, b);
        seen.extend(ask(a, b, len_b).map(|got| Seen {
            sums: [a, b],
            len_b,
            right,
            got,
        }));
    }
    seen
}

impl Combine {
    fn explains(&self, seen: &[Seen], model: &Model) -> bool {
        let predicts = |seen: &Seen| self.predict(seen, model) == seen.got;
        // Those that are wrong refute most hypotheses at once.
        seen.iter()
            .filter(|seen| seen.got != seen.right)
            .all(predicts)
            && seen.iter().all(predicts)
    }

    fn predict(&self, seen: &Seen, model: &Model) -> u64 {
        let [a, b] = seen.sums;
        if self.forgets_first && seen.len_b == 0 {
            return b;
        }
        let len_b = seen.len_b & u64::MAX.checked_shr(64 - self.bits).unwrap_or(0);
        Advance::new(model, len_b).combine(a, b)
    }
}

impl fmt::Display for Combine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.forgets_first {
            f.write_str("forgets the first part when it combines with nothing")
        } else {
            write!(
                f,
                "takes the length modulo 2^{} when it combines",
                self.bits
            )
        }
    }
}
