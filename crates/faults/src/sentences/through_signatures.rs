//! A fault has the same sentence through every signature, except what a signature cannot show.

use super::diagnosed::{DIAGNOSED, Diagnosed, MODEL, diagnose, in_parallel};
use super::signature::Signature;
use crcheck_harness::diagnose::{
    Algorithm, Call, Cause, ChangedRegister, ChangedResult, Condition, Conditions, Diagnosis,
    Effect,
};
use crcheck_harness::platform::message_memory::Placement;
use crcheck_harness::subject::FILLS;
use std::collections::BTreeSet;

/// What a signature without a checksum cannot show.
struct Exemption {
    name: &'static str,
    /// What it shows instead, if this is a cause that it cannot show.
    instead: fn(&Cause) -> Option<Instead>,
}

/// What is right to say instead.
enum Instead {
    /// The kernel is right.
    Nothing,
    /// This sentence.
    Sentence(String),
}

/// Each with its reason.
const EXEMPTIONS: &[Exemption] = &[
    // No caller gives another checksum than the initial one.
    Exemption {
        name: "wrong for other checksums than the initial one only",
        instead: |cause| is_right_at_first(cause).then_some(Instead::Nothing),
    },
    // Nobody gives the kernel a register that it could change or ignore: it starts from a wrong
    // one.
    Exemption {
        name: "uses another register than it is given",
        instead: |cause| {
            let start = start(&cause.effect)?;
            let sentence = format!("starts from {start:#010x}, not 0xffffffff");
            Some(Instead::Sentence(sentence + &cause.conditions.to_string()))
        },
    },
    Exemption {
        name: "keeps a part of the register by the start address",
        instead: |cause| match &cause.effect {
            Effect::Register(ChangedRegister::Masked { modulus, kept }) if *modulus > 1 => {
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
    // The initial checksum is a constant.
    Exemption {
        name: "gives back the checksum that it is given",
        instead: |cause| {
            let given = Effect::Result(ChangedResult::Given);
            let when = &cause.conditions;
            (cause.effect == given)
                .then(|| Instead::Sentence(format!("gives 0x00000000 whatever it is given{when}")))
        },
    },
    // The initial register is never 0, and all its bits are always set.
    Exemption {
        name: "depends on the register that it is given",
        instead: |cause| {
            let mut others = cause.conditions.clone();
            others.0.retain(|condition| !is_of_register(condition));
            (others != cause.conditions)
                .then(|| Instead::Sentence(format!("{:8}{others}", cause.effect)))
        },
    },
];

fn is_of_register(condition: &Condition) -> bool {
    matches!(
        condition,
        Condition::RegisterIsZero(_) | Condition::RegisterIsOnes(_)
    )
}

/// Whether a subject with this cause is right from the initial checksum on.
fn is_right_at_first(cause: &Cause) -> bool {
    let calls: Vec<Call> = (0..600)
        .map(|length| Call {
            placement: Placement::aligned(length % 64),
            checksum: MODEL.initial_checksum(),
            message: (0..length).map(|i| (i * i * 31 + length) as u8).collect(),
            fill: FILLS[0],
        })
        .collect();
    let never = Cause {
        conditions: Conditions(vec![Condition::LengthFrom(usize::MAX)]),
        ..cause.clone()
    };
    cause.answers(&MODEL, &calls) == never.answers(&MODEL, &calls)
}

/// The register that the model's algorithm starts from instead of the initial one.
fn start(effect: &Effect) -> Option<u64> {
    match effect {
        Effect::Register(ChangedRegister::Masked { modulus: 1, kept }) => Some(kept[0]),
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
    let mut exemptions = EXEMPTIONS.iter().filter_map(|exemption| {
        let cause = plain.cause.as_ref()?;
        Some((exemption.name, (exemption.instead)(cause)?))
    });
    let exemption = exemptions.next();
    let mut wrong = Vec::new();
    for signature in Signature::ALL {
        let said = diagnose(signature.wrap(one.plant()).as_ref(), &one.known);
        let expected = match &exemption {
            Some((_, instead)) if !signature.takes_checksum() => match instead {
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
    if let Some((name, Instead::Sentence(sentence))) = &exemption
        && *sentence == plain.summary
    {
        wrong.push(format!("{} does not need: {name}", one.fault.name));
    }
    Judged {
        wrong,
        exemption: exemption.map(|(name, _)| name),
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
