//! The diagnosis of a `combine` that gives wrong checksums.

use crate::cause::Cause;
use crate::combine::{self, Combine};
use crate::conditions::Conditions;
use crate::diagnosis::Diagnosis;
use crate::effect::Effect;
use crcheck_oracle::advance::Advance;
use crcheck_oracle::model::Model;
use crcheck_platform::rng::SplitMix64;

/// Combines two checksums, given the length in bytes of the second part. `None` if it does not
/// return, or cannot be asked for the length.
pub type CombineFn<'a> = dyn FnMut(u64, u64, u64) -> Option<u64> + 'a;

/// A combination that returned.
struct Combination {
    sums: [u64; 2],
    len_b: u64,
    expected: u64,
    got: u64,
}

impl Combination {
    fn is_wrong(&self) -> bool {
        self.got != self.expected
    }
}

/// Diagnoses a `combine`. `None` if it gave no wrong checksum.
pub fn diagnose_combine(
    combine: &mut CombineFn<'_>,
    model: &Model,
    seed: u64,
) -> Option<Diagnosis> {
    let mut rng = SplitMix64::new(seed);
    let known = observe(combine, model, &mut rng, 1);
    let first_wrong = known.iter().find(|seen| seen.is_wrong())?;
    let found = combine::candidates().find(|effect| explains(effect, &known, model));
    let fresh = observe(combine, model, &mut rng, 2);
    let Some(effect) = found.filter(|effect| explains(effect, &fresh, model)) else {
        let summary = format!(
            "combines wrongly, first with a length of {}: unexplained",
            first_wrong.len_b
        );
        return Some(Diagnosis::unexplained(summary, Vec::new()));
    };
    let wrong = known.iter().filter(|seen| seen.is_wrong()).count();
    let longest = known.iter().map(|seen| seen.len_b).max().unwrap_or(0);
    let evidence = vec![
        format!(
            "it accounts for {} combinations of lengths from 0 to {longest}, {wrong} of them wrong",
            known.len()
        ),
        format!("it predicted {} new ones without a miss", fresh.len()),
    ];
    let cause = Cause {
        effect: Effect::Combine(effect),
        conditions: Conditions::default(),
    };
    Some(Diagnosis::explained(cause, model, true, evidence))
}

fn explains(effect: &Combine, seen: &[Combination], model: &Model) -> bool {
    let predicts =
        |seen: &Combination| effect.predict_sum(model, seen.sums, seen.len_b) == seen.got;
    // The wrong ones come first: they refute most hypotheses at once.
    seen.iter().filter(|seen| seen.is_wrong()).all(predicts) && seen.iter().all(predicts)
}

/// Combines at small lengths, at those around each power of two, and at 64 `rounds` random ones.
fn observe(
    combine: &mut CombineFn<'_>,
    model: &Model,
    rng: &mut SplitMix64,
    rounds: usize,
) -> Vec<Combination> {
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
        // An empty part has no other checksum than the initial one.
        let b = match len_b {
            0 => model.initial_checksum(),
            _ => rng.next_u64() & model.mask(),
        };
        let expected = Advance::new(model, len_b).combine(a, b);
        seen.extend(combine(a, b, len_b).map(|got| Combination {
            sums: [a, b],
            len_b,
            expected,
            got,
        }));
    }
    seen
}
