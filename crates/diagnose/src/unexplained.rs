//! What is told when no hypothesis holds: what was seen, as far as there is a rule to it.

use super::laboratory::{Call, Laboratory, Seen};
use super::when::{When, ranges};
use super::{Confidence, Diagnosis};
use std::collections::BTreeMap;

/// Answers that contradict each other: the same call, another answer. No function of the call explains
/// those.
pub(super) fn contradiction(lab: &mut Laboratory<'_>) -> Option<String> {
    let wrong = lab.wrong();
    let calls: Vec<Call> = wrong.iter().take(8).map(|seen| seen.call.clone()).collect();
    // Each is asked again after another one, so that what a subject remembers is not its answer.
    for call in calls {
        let other = lab.random(call.length() + 1, call.placement);
        lab.observe(vec![other, call]);
    }
    let mut answers: BTreeMap<Key<'_>, u64> = BTreeMap::new();
    for seen in &lab.seen {
        let key = (
            seen.call.start(),
            seen.call.checksum,
            seen.call.fill,
            seen.call.message.as_slice(),
        );
        let answer = *answers.entry(key).or_insert(seen.got);
        if answer != seen.got {
            return Some(format!(
                "the same call of {} bytes was answered {answer:#010x} and {:#010x}",
                seen.call.length(),
                seen.got
            ));
        }
    }
    None
}

type Key<'s> = (usize, u64, u8, &'s [u8]);

pub(super) fn tell(lab: &mut Laboratory<'_>) -> Diagnosis {
    if let Some(evidence) = contradiction(lab) {
        return Diagnosis {
            evidence: vec![evidence],
            ..Diagnosis::observed(
                "gives another checksum for the same call: it depends on the calls before it",
            )
        };
    }
    let summary = match place(lab) {
        Some(place) => format!("gives wrong checksums{place}: unexplained"),
        None => first(lab),
    };
    let mut evidence: Vec<String> = lab.shortest().into_iter().collect();
    evidence.push(bits(lab));
    if lab.is_late() {
        evidence.push("the time for hypotheses was over before all were tried".to_owned());
    }
    Diagnosis {
        summary,
        model: None,
        confidence: Confidence::Unexplained,
        evidence,
        cause: None,
    }
}

/// The conditions under which every answer is wrong, and without which none is: all that is known of
/// the place, without the effect.
fn place(lab: &Laboratory<'_>) -> Option<String> {
    let of = |wanted: bool| {
        let of = lab
            .seen
            .iter()
            .filter(move |seen| seen.is_wrong() == wanted);
        of.map(|seen| (&seen.call, lab.reference.register(&seen.call)))
            .collect::<Vec<_>>()
    };
    When::learn(&of(true), &of(false)).map(|when| when.to_string())
}

fn first(lab: &Laboratory<'_>) -> String {
    let wrong = lab.wrong();
    let length = wrong.first().map_or(0, |seen| seen.call.length());
    format!("gives wrong checksums, first at length {length}: unexplained")
}

/// Which bits of the result are ever wrong.
fn bits(lab: &Laboratory<'_>) -> String {
    let differences = lab.seen.iter().map(|seen: &Seen| seen.got ^ seen.right);
    let all = differences.fold(0, |all, difference| all | difference);
    let listed: Vec<usize> = (0..64).filter(|bit| all >> bit & 1 == 1).collect();
    format!(
        "bits of the result that are ever wrong: {}",
        ranges(&listed)
    )
}
