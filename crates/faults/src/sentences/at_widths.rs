//! What is known of a fault of CRC-32 is known of the same fault of narrower and wider models.

use super::diagnosed::{DIAGNOSED, in_parallel};
use crcheck_harness::diagnose::{
    Call, Cause, ChangedMessage, ChangedRegister, ChangedResult, Diagnosis, Effect, Experiment,
    Weight, diagnose,
};
use crcheck_harness::oracle::model::Model;
use crcheck_harness::platform::message_memory::LENGTH_MAX;
use std::collections::BTreeSet;

/// Models of 8, 16 and 64 bits.
const MODELS: [&str; 3] = ["CRC-8/SMBUS", "CRC-16/KERMIT", "CRC-64/XZ"];

/// Why a model does not have the cause of a fault of CRC-32.
const REASONS: [&str; 10] = [
    ALGORITHM, TABLE, FOLD, ONE_BYTE, KEPT, MET, SIGN_ABOVE, LACKED, SIGN, POWERS,
];

const ALGORITHM: &str = "an algorithm has a width of its own";
const TABLE: &str = "a table has a width of its own";
const FOLD: &str = "a fold is one of CRC-32";
const ONE_BYTE: &str = "one byte has no order";
const KEPT: &str = "all its bits are kept";
const MET: &str = "one byte of a message meets it whole";
const SIGN_ABOVE: &str = "its bits are those of 32 bits";
const LACKED: &str = "it lacks the bits that are set";
const SIGN: &str = "the bits above a sign are those of 32 bits";
const POWERS: &str = "powers of x repeat within hundreds of bits";

/// The same cause in another model, or the reason why that model has none.
fn carry_over(cause: &Cause, model: &Model) -> Result<Cause, &'static str> {
    let mask = model.mask();
    let effect = match &cause.effect {
        Effect::Algorithm(_) => return Err(ALGORITHM),
        Effect::MixedBitOrder(_) | Effect::Shift(_) | Effect::Table(_) => return Err(TABLE),
        Effect::Uncut(_) => return Err("a result of 64 bits has nothing above"),
        Effect::Ends(_) if model.width == 8 => return Err(ONE_BYTE),
        Effect::Ends(_) | Effect::Word(_) => cause.effect.clone(),
        Effect::Fold(_) | Effect::Half(_) => return Err(FOLD),
        Effect::Reordered(_) | Effect::Reread(_) | Effect::Lanes(_) => cause.effect.clone(),
        Effect::Combine(_) => return Err("no call combines"),
        Effect::Message(ChangedMessage::ReverseBits) if model.refin != model.refout => {
            return Err("it is another algorithm");
        }
        Effect::Message(message) => Effect::Message(message.clone()),
        Effect::Register(register) => Effect::Register(match register {
            ChangedRegister::BytesReversed if model.width == 8 => {
                return Err(ONE_BYTE);
            }
            ChangedRegister::Met { .. } | ChangedRegister::Unmet { .. } if model.width == 8 => {
                return Err(MET);
            }
            ChangedRegister::SignExtended { from } if *from >= u32::from(model.width) => {
                return Err(KEPT);
            }
            ChangedRegister::Masked {
                modulus,
                kept,
                rest,
            } => {
                let kept: Vec<u64> = kept.iter().map(|kept| kept & mask).collect();
                let lossy: BTreeSet<u64> =
                    kept.iter().copied().filter(|kept| *kept != mask).collect();
                if lossy.len() < *modulus / 2 + modulus % 2 {
                    return Err(KEPT);
                }
                ChangedRegister::Masked {
                    modulus: *modulus,
                    kept,
                    rest: *rest,
                }
            }
            register => register.clone(),
        }),
        Effect::Result(result) => Effect::Result(changed_result(result, model)?),
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
        ChangedResult::BytesReversed if model.width == 8 => return Err(ONE_BYTE),
        ChangedResult::SignExtended { .. } => return Err(SIGN_ABOVE),
        ChangedResult::Xor(word) => ChangedResult::Xor((word & mask).max(1)),
        ChangedResult::Masked(kept) if kept & mask == mask => return Err(KEPT),
        ChangedResult::Masked(kept) => ChangedResult::Masked(kept & mask),
        ChangedResult::Set(set) if set & mask == 0 => return Err(LACKED),
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
    if weight.is_of_sign {
        return Err(SIGN);
    }
    if model.width == 8 {
        return Err(POWERS);
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
fn diagnosis_of(cause: &Cause, model: &Model, known: &[Call]) -> Option<Diagnosis> {
    let subject = cause.predictor(model);
    let mut call = |calls: &[Call]| calls.iter().map(|call| Ok(subject(call))).collect();
    let known: Vec<Call> = known
        .iter()
        .map(|call| Call {
            checksum: call.checksum & model.mask(),
            ..call.clone()
        })
        .collect();
    let mut experiment = Experiment::new(&mut call, model, LENGTH_MAX, 1);
    diagnose(&mut experiment, &known)
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
            let said = diagnosis_of(&carried, &model, &one.known);
            let summary = said.as_ref().map(|said| said.summary.as_str());
            let digits = usize::from(model.width / 4);
            let expected = format!("{:digits$}{}", carried.effect, carried.conditions);
            if summary != Some(expected.as_str()) {
                wrong.push(format!(
                    "{} of {name}: {summary:?} instead of `{expected}`",
                    one.fault.name
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
    let used: BTreeSet<&str> = judged
        .iter()
        .flat_map(|(_, exempt)| exempt)
        .copied()
        .collect();
    assert_eq!(used, BTreeSet::from(REASONS), "reasons that no fault needs");
}
