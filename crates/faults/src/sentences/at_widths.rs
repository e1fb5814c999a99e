//! What is known of a fault of CRC-32 is known of the same fault of narrower and wider models.

use super::diagnosed::{DIAGNOSED, in_parallel};
use crcheck_harness::diagnose::{
    Call, Cause, ChangedMessage, ChangedRegister, ChangedResult, Diagnosis, Effect, Experiment,
    TableEntry, Weight, diagnose,
};
use crcheck_harness::oracle::model::Model;
use std::collections::BTreeSet;

/// Models of 8, 16 and 64 bits.
const MODELS: [&str; 3] = ["CRC-8/SMBUS", "CRC-16/KERMIT", "CRC-64/XZ"];

/// The same cause in another model, or the reason why that model has none.
fn carry_over(cause: &Cause, model: &Model) -> Result<Cause, &'static str> {
    let mask = model.mask();
    let effect = match &cause.effect {
        Effect::Algorithm(_) => return Err("an algorithm has a width of its own"),
        Effect::MixedBitOrder(_) => return Err("a table has a width of its own"),
        Effect::Fold(_) => return Err("a fold is one of CRC-32"),
        Effect::Combine(_) => return Err("no call combines"),
        Effect::Message(ChangedMessage::ReverseBits) if model.refin != model.refout => {
            return Err("it is another algorithm");
        }
        Effect::Message(message) => Effect::Message(message.clone()),
        Effect::Register(register) => Effect::Register(match register {
            ChangedRegister::BytesReversed if model.width == 8 => {
                return Err("one byte has no order");
            }
            ChangedRegister::Masked { modulus, kept } => {
                let kept: Vec<u64> = kept.iter().map(|kept| kept & mask).collect();
                if kept.contains(&mask) && *modulus == 1 {
                    return Err("all its bits are kept");
                }
                ChangedRegister::Masked {
                    modulus: *modulus,
                    kept,
                }
            }
            register => register.clone(),
        }),
        Effect::Result(result) => Effect::Result(changed_result(result, model)?),
        Effect::Table(entry) => Effect::Table(TableEntry {
            difference: (entry.difference & mask).max(1),
            ..entry.clone()
        }),
        Effect::Weight(weight) => Effect::Weight(weight_in(weight, model)?),
    };
    Ok(Cause {
        effect,
        conditions: cause.conditions.clone(),
    })
}

fn changed_result(result: &ChangedResult, model: &Model) -> Result<ChangedResult, &'static str> {
    let mask = model.mask();
    Ok(match *result {
        ChangedResult::BytesReversed if model.width == 8 => return Err("one byte has no order"),
        ChangedResult::Xor(word) => ChangedResult::Xor((word & mask).max(1)),
        ChangedResult::Masked(kept) if kept & mask == mask => return Err("all its bits are kept"),
        ChangedResult::Masked(kept) => ChangedResult::Masked(kept & mask),
        ChangedResult::Set(set) if set & mask == 0 => return Err("it lacks the bits that are set"),
        ChangedResult::Set(set) => ChangedResult::Set(set & mask),
        ChangedResult::Constant(word) => ChangedResult::Constant(word & mask),
        ChangedResult::Rotated(by) if by % u32::from(model.width) == 0 => {
            return Err("a rotation by its width");
        }
        ChangedResult::Rotated(by) => ChangedResult::Rotated(by % u32::from(model.width)),
        ref result => result.clone(),
    })
}

/// The weight with the same power of x, or else with the same polynomial as far as it has the bits.
fn weight_in(weight: &Weight, model: &Model) -> Result<Weight, &'static str> {
    if model.width == 8 {
        return Err("powers of x repeat within hundreds of bits");
    }
    let factors = weight.factors.map(|factor| match weight.exponent {
        Some(by) if factor != 1 => power(by, model),
        _ => factor & model.mask(),
    });
    Ok(Weight {
        factors,
        ..weight.clone()
    })
}

/// x^n mod P
fn power(n: i64, model: &Model) -> u64 {
    let (top, mask) = (u32::from(model.width) - 1, model.mask());
    (0..n.unsigned_abs()).fold(1, |word: u64, _| {
        if n > 0 {
            ((word << 1) & mask) ^ (model.poly * (word >> top & 1))
        } else {
            let odd = word & 1;
            ((word ^ (model.poly * odd)) >> 1) | (odd << top)
        }
    })
}

/// What is said of a kernel of `model` with this cause.
fn diagnosis_of(cause: &Cause, model: &Model, takes_checksum: bool) -> Option<Diagnosis> {
    let mut call = |calls: &[Call]| {
        let answers = cause.answers(model, calls);
        answers.into_iter().map(Ok).collect()
    };
    let mut experiment = Experiment::new(&mut call, model, 1 << 21, 1);
    if !takes_checksum {
        experiment = experiment.from_the_initial_checksum();
    }
    diagnose(&mut experiment, &[])
}

#[test]
fn a_cause_is_known_in_models_of_every_width() {
    let judged = in_parallel(&DIAGNOSED, |one| {
        let mut wrong = Vec::new();
        let mut exempt = BTreeSet::new();
        let Some(cause) = &one.diagnosis.cause else {
            return (wrong, exempt);
        };
        for name in MODELS {
            let model = Model::find(name).expect("a model of the catalogue");
            let carried = match carry_over(cause, &model) {
                Ok(carried) => carried,
                Err(reason) => {
                    exempt.insert(reason);
                    continue;
                }
            };
            let said = diagnosis_of(&carried, &model, true);
            let found = said.as_ref().and_then(|said| said.cause.as_ref());
            if found != Some(&carried) {
                let summary = said.as_ref().map(|said| said.summary.clone());
                wrong.push(format!(
                    "{} of {name}: {summary:?} instead of `{}{}`",
                    one.fault.name, carried.effect, carried.conditions
                ));
            }
        }
        (wrong, exempt)
    });
    let wrong: Vec<&str> = judged
        .iter()
        .flat_map(|(wrong, _)| wrong)
        .map(String::as_str)
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
