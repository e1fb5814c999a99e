//! What is known of a finding, in one sentence: never more than the cases show.

use crate::examiner::Examiner;
use crate::finding::Finding;
use crcheck_diagnose::{Call, Diagnosis, Laboratory};
use crcheck_platform::signal;
use crcheck_subject::{FILLS, Kind};
use std::collections::BTreeSet;

/// Describes the findings of one subject. What is known of its values is kept for its other
/// findings.
#[derive(Debug, Default)]
pub struct Describer {
    of_values: Option<Diagnosis>,
}

/// Where the random calls of a diagnosis begin: the same subject is told the same.
const SEED: u64 = 1;

impl Describer {
    /// A diagnosis if values are wrong; else the finding's own sentence, with the lengths at which
    /// it shows.
    pub fn describe(
        &mut self,
        examiner: &mut Examiner<'_>,
        shown: [&Finding; 2],
        lengths: &BTreeSet<usize>,
    ) -> Diagnosis {
        if shown[0].kind == Kind::WrongValue
            && let Some(diagnosis) = self.diagnose_values(examiner, shown)
        {
            return diagnosis;
        }
        let [smallest, _] = shown;
        if smallest.kind == Kind::Combine
            && let Some(diagnosis) = of_combinations(examiner)
        {
            return diagnosis;
        }
        Diagnosis::observed(match pattern(lengths) {
            Some(pattern) => format!("{}, {pattern}", smallest.summary),
            None => smallest.summary.clone(),
        })
    }

    fn diagnose_values(
        &mut self,
        examiner: &mut Examiner<'_>,
        shown: [&Finding; 2],
    ) -> Option<Diagnosis> {
        let calls = shown.map(|finding| call(examiner, finding));
        let answers: Vec<(&Call, u64)> = calls
            .iter()
            .zip(shown)
            .filter_map(|(call, finding)| Some((call, finding.got?)))
            .collect();
        let known = self.of_values.as_ref();
        if let Some(known) = known.filter(|known| known.accounts_for(examiner.model(), &answers)) {
            return Some(known.clone());
        }
        let found = of_values(examiner, &calls);
        self.of_values.clone_from(&found);
        found
    }
}

/// Diagnoses wrong values from calls that are known to give them, if any.
fn of_values(examiner: &mut Examiner<'_>, known: &[Call]) -> Option<Diagnosis> {
    let model = examiner.model().clone();
    let capacity_bytes = examiner.caller.capacity_bytes();
    let caller = &mut examiner.caller;
    let mut ask = |calls: &[Call]| {
        calls
            .iter()
            .map(|call| caller.call(call.placement, call.checksum, &call.message, call.fill))
            .collect()
    };
    let mut lab = Laboratory::new(&mut ask, &model, capacity_bytes, SEED);
    crcheck_diagnose::diagnose(&mut lab, known)
}

fn of_combinations(examiner: &Examiner<'_>) -> Option<Diagnosis> {
    let subject = examiner.subject();
    let mut ask = |a, b, len_b| {
        signal::catch(|| subject.combine(a, b, len_b))
            .ok()
            .flatten()
    };
    crcheck_diagnose::combine::diagnose(&mut ask, examiner.model(), SEED)
}

fn call(examiner: &Examiner<'_>, finding: &Finding) -> Call {
    Call {
        placement: finding.case.placement,
        checksum: examiner.checksum_in(&finding.case),
        message: finding.case.message.clone(),
        fill: FILLS[0],
    }
}

/// The lengths at which a fault shows, if there is a rule to them: from a first length on, all of
/// them or those with one remainder.
fn pattern(lengths: &BTreeSet<usize>) -> Option<String> {
    let first = *lengths.first()?;
    let last = *lengths.last()?;
    // Fewer do not make a rule.
    if lengths.len() < 8 {
        return None;
    }
    let from = |text: String| {
        if first == 0 {
            text
        } else {
            format!("{text} from length {first} on")
        }
    };
    for modulus in [1, 2, 4, 8, 16, 32, 64] {
        let residues: BTreeSet<usize> = lengths.iter().map(|length| length % modulus).collect();
        let follows = (first..=last)
            .filter(|length| residues.contains(&(length % modulus)))
            .all(|length| lengths.contains(&length));
        if follows && last - first >= 2 * modulus {
            return Some(from(said(modulus, &residues)));
        }
    }
    Some(format!("first at length {first}"))
}

fn said(modulus: usize, residues: &BTreeSet<usize>) -> String {
    let list = |values: &mut dyn Iterator<Item = usize>| {
        values
            .map(|value| value.to_string())
            .collect::<Vec<_>>()
            .join(", ")
    };
    if residues.len() == modulus {
        "at every length".to_owned()
    } else if residues.len() * 2 <= modulus {
        format!(
            "when length % {modulus} = {}",
            list(&mut residues.iter().copied())
        )
    } else {
        let others = &mut (0..modulus).filter(|residue| !residues.contains(residue));
        format!("unless length % {modulus} = {}", list(others))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(lengths: impl Iterator<Item = usize>) -> Option<String> {
        pattern(&lengths.collect())
    }

    #[test]
    fn a_rule_is_named_and_chance_is_not() {
        assert_eq!(described(0..641).as_deref(), Some("at every length"));
        assert_eq!(
            described(16..641).as_deref(),
            Some("at every length from length 16 on")
        );
        let thirteen = (0..641).filter(|length| length % 16 == 13);
        assert_eq!(
            described(thirteen).as_deref(),
            Some("when length % 16 = 13 from length 13 on")
        );
        let tails = (0..641).filter(|length| length % 32 != 0);
        assert_eq!(
            described(tails).as_deref(),
            Some("unless length % 32 = 0 from length 1 on")
        );
        assert_eq!(described([3, 10, 500].into_iter()), None);
        let odd_lot = [1, 5, 77, 200, 203, 240, 333, 500].into_iter();
        assert_eq!(described(odd_lot).as_deref(), Some("first at length 1"));
    }
}
