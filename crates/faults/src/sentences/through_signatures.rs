//! A fault has the same sentence through every signature, except what a signature cannot show.

use super::diagnosed::{DIAGNOSED, Diagnosed, MODEL, diagnose, in_parallel};
use super::signature::Signature;
use crcheck_harness::diagnose::{
    Algorithm, Call, Cause, ChangedRegister, ChangedResult, Condition, Conditions, Diagnosis,
    Effect, Rest,
};
use crcheck_harness::platform::message_memory::Placement;
use crcheck_harness::subject::FILLS;
use std::collections::BTreeSet;

/// What a signature cannot show.
struct Exemption {
    name: &'static str,
    /// Whether signatures that take a checksum cannot show it either.
    is_of_all: bool,
    /// What it shows instead, if this is what it cannot show.
    instead: fn(&Diagnosis) -> Option<Instead>,
}

/// What is right to say instead.
enum Instead {
    /// The kernel is right.
    Nothing,
    /// This sentence.
    Sentence(String),
}

/// Each with its reason. The first that applies counts.
const EXEMPTIONS: &[Exemption] = &[
    // A function that returns an integer of 32 bits has none above.
    Exemption {
        name: "bits above the checksum are wrong",
        is_of_all: true,
        instead: |said| match said.cause.as_ref().map(|cause| (&cause.effect, cause)) {
            Some((Effect::Uncut(_), _)) => Some(Instead::Nothing),
            Some((&Effect::Result(ChangedResult::SignExtended { from, to }), cause)) if to > 32 => {
                let within = ChangedResult::SignExtended { from, to: 32 };
                let sentence = format!("{}{}", Effect::Result(within), cause.conditions);
                Some(match from < 32 {
                    true => Instead::Sentence(sentence),
                    false => Instead::Nothing,
                })
            }
            _ => {
                let is_above = said.summary.contains("other bits above them");
                is_above.then_some(Instead::Nothing)
            }
        },
    },
    // No caller gives another checksum than the initial one.
    Exemption {
        name: "wrong for other checksums than the initial one only",
        is_of_all: false,
        instead: |said| {
            let cause = said.cause.as_ref()?;
            let never = cause.conditions.0.iter().any(never_holds_at_first);
            let is_of_register = matches!(cause.effect, Effect::Register(_) | Effect::Algorithm(_));
            let is_right = never || is_of_register && is_right_at_first(cause);
            is_right.then_some(Instead::Nothing)
        },
    },
    // At one length, each start is one XOR.
    Exemption {
        name: "uses another register than it is given, at one length",
        is_of_all: false,
        instead: |said| {
            let cause = said.cause.as_ref()?;
            start(&cause.effect)?;
            let [Condition::LengthTo(length), Condition::LengthFrom(from)] =
                cause.conditions.0.as_slice()
            else {
                return None;
            };
            let call = [call_at_first(*length)];
            let word = cause.answers(&MODEL, &call)[0] ^ right(cause).answers(&MODEL, &call)[0];
            let changed = Effect::Result(ChangedResult::Xor(word));
            let when = &cause.conditions;
            (length == from).then(|| Instead::Sentence(format!("{changed}{when}")))
        },
    },
    // Nobody gives the kernel a register that it could change or ignore: it starts from a wrong
    // one.
    Exemption {
        name: "uses another register than it is given",
        is_of_all: false,
        instead: |said| {
            let cause = said.cause.as_ref()?;
            let start = start(&cause.effect)?;
            let sentence = format!("starts from {start:#010x}, not 0xffffffff");
            Some(Instead::Sentence(sentence + &cause.conditions.to_string()))
        },
    },
    Exemption {
        name: "keeps a part of the register by the start address",
        is_of_all: false,
        instead: |said| match &said.cause.as_ref()?.effect {
            Effect::Register(ChangedRegister::Masked { modulus, kept, .. }) if *modulus > 1 => {
                let part = |(start, kept): (usize, &u64)| format!("{kept:#010x} at {start}");
                let parts: Vec<String> = kept.iter().enumerate().map(part).collect();
                let parts = parts.join(", ");
                Some(Instead::Sentence(format!(
                    "starts from a register by the start address % {modulus}: {parts}"
                )))
            }
            _ => None,
        },
    },
    Exemption {
        name: "keeps a part of the register by the length",
        is_of_all: false,
        instead: |said| match &said.cause.as_ref()?.effect {
            Effect::Register(ChangedRegister::Met { .. } | ChangedRegister::Unmet { .. }) => {
                let given = "the register that it is given";
                Some(Instead::Sentence(
                    said.summary.replace(given, "its first register"),
                ))
            }
            _ => None,
        },
    },
    // The initial register is the same in any order.
    Exemption {
        name: "takes the register in another order, and gives its result in that order",
        is_of_all: false,
        instead: |said| {
            let cause = said.cause.as_ref()?;
            let result = Effect::Result(ChangedResult::BytesReversed);
            matches!(cause.effect, Effect::Ends(_))
                .then(|| Instead::Sentence(format!("{result}{}", cause.conditions)))
        },
    },
    // The initial checksum is a constant.
    Exemption {
        name: "gives back the checksum that it is given",
        is_of_all: false,
        instead: |said| {
            let cause = said.cause.as_ref()?;
            let given = Effect::Result(ChangedResult::Given);
            let when = &cause.conditions;
            (cause.effect == given)
                .then(|| Instead::Sentence(format!("gives 0x00000000 whatever it is given{when}")))
        },
    },
    // The initial register is never 0, and all its bits are always set.
    Exemption {
        name: "depends on the register that it is given",
        is_of_all: false,
        instead: |said| {
            let cause = said.cause.as_ref()?;
            let mut others = cause.conditions.clone();
            others.0.retain(|condition| !needs_register(condition));
            (others != cause.conditions)
                .then(|| Instead::Sentence(format!("{:8}{others}", cause.effect)))
        },
    },
];

fn needs_register(condition: &Condition) -> bool {
    matches!(
        condition,
        Condition::RegisterIsZero(_) | Condition::RegisterIsOnes(_)
    )
}

/// Whether a condition does not hold for the initial register, of which all bits are set.
fn never_holds_at_first(condition: &Condition) -> bool {
    matches!(
        condition,
        Condition::RegisterIsZero(true) | Condition::RegisterIsOnes(false)
    )
}

/// Whether a subject with this cause is right from the initial checksum on.
fn is_right_at_first(cause: &Cause) -> bool {
    let calls: Vec<Call> = (0..2100).map(call_at_first).collect();
    cause.answers(&MODEL, &calls) == right(cause).answers(&MODEL, &calls)
}

/// A call from the initial checksum.
fn call_at_first(length: usize) -> Call {
    Call {
        placement: Placement::aligned(length % 64),
        checksum: MODEL.initial_checksum(),
        message: (0..length).map(|i| (i * i * 31 + length) as u8).collect(),
        fill: FILLS[0],
    }
}

/// A cause that never shows.
fn right(cause: &Cause) -> Cause {
    Cause {
        conditions: Conditions(vec![Condition::LengthFrom(usize::MAX)]),
        ..cause.clone()
    }
}

/// The register that the model's algorithm starts from instead of the initial one.
fn start(effect: &Effect) -> Option<u64> {
    match effect {
        Effect::Register(ChangedRegister::Masked { kept, rest, .. }) if kept.len() == 1 => {
            let others = match rest {
                Rest::Zeros => 0,
                Rest::Ones => !kept[0],
                Rest::Of(word) => word & !kept[0],
            };
            Some((kept[0] | others) & MODEL.mask())
        }
        Effect::Algorithm(algorithm) if has_another_start(algorithm) => Some(algorithm.xor_in),
        _ => None,
    }
}

fn has_another_start(algorithm: &Algorithm) -> bool {
    let is_started_right = !algorithm.ignores_register && algorithm.xor_in == MODEL.xorout;
    algorithm.has_claimed_core() && algorithm.model.xorout == MODEL.xorout && !is_started_right
}

#[test]
fn a_fault_has_the_same_sentence_through_every_signature() {
    let judged = in_parallel(&DIAGNOSED, judge);
    let wrong: Vec<String> = judged.iter().flat_map(|one| one.wrong.clone()).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let used: BTreeSet<&str> = judged.iter().filter_map(|one| one.exemption).collect();
    let all: BTreeSet<&str> = EXEMPTIONS.iter().map(|it| it.name).collect();
    assert_eq!(used, all, "exemptions that no fault needs");
    assert!(judged.len() >= 60);
}

/// What was wrong with the sentences of one fault, and the exemption that it needs.
struct Judged {
    wrong: Vec<String>,
    exemption: Option<&'static str>,
}

fn judge(one: &Diagnosed) -> Judged {
    let plain = &one.diagnosis;
    let mut exemptions = EXEMPTIONS
        .iter()
        .filter_map(|exemption| Some((exemption, (exemption.instead)(plain)?)));
    let exemption = exemptions.next();
    let mut wrong = Vec::new();
    for signature in Signature::ALL {
        let said = diagnose(signature.wrap(one.plant()).as_ref(), &one.known);
        let expected = match &exemption {
            Some((of, instead)) if of.is_of_all || !signature.takes_checksum() => match instead {
                Instead::Nothing => None,
                Instead::Sentence(sentence) => Some(sentence.as_str()),
            },
            _ => Some(plain.summary.as_str()),
        };
        let summary = said.as_ref().map(|said| said.summary.as_str());
        let name = one.fault.name;
        if summary != expected {
            wrong.push(format!(
                "{name} through {signature:?}: {summary:?} instead of {expected:?}"
            ));
        }
        if let Some(said) = said.filter(|_| !signature.takes_checksum()) {
            wrong.extend(false_words(&said).map(|word| {
                format!(
                    "{name} through {signature:?} has no {word}: {}",
                    said.summary
                )
            }));
        }
    }
    // An exemption must change something.
    if let Some((of, Instead::Sentence(sentence))) = &exemption
        && *sentence == plain.summary
    {
        wrong.push(format!("{} does not need: {}", one.fault.name, of.name));
    }
    Judged {
        wrong,
        exemption: exemption.map(|(of, _)| of.name),
    }
}

/// Words about an argument that a signature without a checksum lacks.
fn false_words(said: &Diagnosis) -> impl Iterator<Item = &'static str> {
    let words = ["register that it is given", "checksum that it was given"];
    let mut texts = said.evidence.clone();
    texts.push(said.summary.clone());
    words
        .into_iter()
        .filter(move |word| texts.iter().any(|text| text.contains(word)))
}
