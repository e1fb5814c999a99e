//! What a diagnosis says when no hypothesis holds: what was seen, as far as it follows a rule.

use crate::call::Call;
use crate::conditions::Conditions;
use crate::diagnosis::Diagnosis;
use crate::evidence;
use crate::experiment::Experiment;
use std::collections::BTreeMap;

/// Two answers to the same call. No function of the call explains them.
pub(crate) fn find_contradiction(experiment: &mut Experiment<'_>) -> Option<String> {
    let wrong = experiment.wrong();
    let calls: Vec<Call> = wrong.iter().take(8).map(|seen| seen.call.clone()).collect();
    // Another call comes before each, so that the subject remembers another answer.
    for call in calls {
        let other = experiment.draw_call(call.length() + 1, call.placement);
        experiment.observe(vec![other, call]);
    }
    let mut answers: BTreeMap<Key<'_>, u64> = BTreeMap::new();
    for seen in &experiment.observations {
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

/// What makes a call the same call: start, checksum, fill and message.
type Key<'s> = (usize, u64, u8, &'s [u8]);

pub(crate) fn describe(experiment: &mut Experiment<'_>) -> Diagnosis {
    if let Some(contradiction) = find_contradiction(experiment) {
        let summary = "gives another checksum for the same call: it depends on the calls before it";
        return Diagnosis {
            evidence: vec![contradiction],
            ..Diagnosis::observed(summary)
        };
    }
    let summary = match when_wrong(experiment) {
        Some(when) => format!("gives wrong checksums{when}: unexplained"),
        None => {
            let wrong = experiment.wrong();
            let length = wrong.first().map_or(0, |seen| seen.call.length());
            format!("gives wrong checksums, first at length {length}: unexplained")
        }
    };
    let mut evidence = vec![evidence::wrong_bits(experiment)];
    if experiment.is_out_of_time() {
        evidence.push("the time for hypotheses was over before all were tried".to_owned());
    }
    Diagnosis::unexplained(summary, evidence)
}

/// The conditions under which every answer is wrong and without which none is.
pub(crate) fn when_wrong(experiment: &Experiment<'_>) -> Option<Conditions> {
    let calls = |is_wrong: bool| -> Vec<&Call> {
        let answers = experiment.observations.iter();
        let chosen = answers.filter(|seen| seen.is_wrong() == is_wrong);
        chosen.map(|seen| &seen.call).collect()
    };
    Conditions::learn(&experiment.reference.model, &calls(true), &calls(false))
}
