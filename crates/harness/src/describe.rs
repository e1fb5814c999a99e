//! What is known of a fault, in one sentence: never more than the cases at hand show.

use crate::examine::Examiner;
use crate::finding::{Finding, Kind};
use crate::memory::Placement;
use crate::probe::FILLS;
use crate::rng::SplitMix64;
use crcheck_oracle::catalogue;
use crcheck_oracle::judge::Judge;
use crcheck_oracle::slicing_16::Slicing16;
use std::collections::BTreeSet;

/// The finding's own sentence, with another catalogue algorithm if that explains the values, and
/// with the lengths at which it shows.
pub(crate) fn summary(
    examiner: &mut Examiner<'_>,
    smallest: &Finding,
    first: &Finding,
    lengths: &BTreeSet<usize>,
) -> String {
    if first.kind == Kind::WrongValue
        && let Some(name) = other_algorithm(examiner, &[smallest, first])
    {
        return format!("computes {name}");
    }
    match pattern(lengths) {
        Some(pattern) => format!("{}, {pattern}", smallest.summary),
        None => smallest.summary.clone(),
    }
}

/// Lengths of the messages that an algorithm must be right on: long enough that none is by chance.
const EVIDENCE_BYTES: [usize; 4] = [16, 61, 300, 1021];

/// The catalogue's algorithm of the same width that gives what the subject gave in every case, and
/// gives on new messages.
fn other_algorithm(examiner: &mut Examiner<'_>, findings: &[&Finding]) -> Option<&'static str> {
    let model = examiner.model();
    let others = catalogue::all()
        .iter()
        .filter(|other| other.width == model.width && **other != *model);
    for other in others {
        let judge = Slicing16::new(other);
        let explains = |finding: &&Finding| {
            let checksum = examiner.checksum_in(&finding.case);
            finding.got == Some(judge.update(checksum, &finding.case.message))
        };
        if findings.iter().all(explains) && is_computed(examiner, &judge) {
            return Some(other.name.as_ref());
        }
    }
    None
}

fn is_computed(examiner: &mut Examiner<'_>, judge: &Slicing16) -> bool {
    let mut rng = SplitMix64::new(1);
    EVIDENCE_BYTES.into_iter().all(|length| {
        let mut message = vec![0; length];
        rng.fill(&mut message);
        let checksum = rng.next_u64() & examiner.model().mask();
        let at = Placement::aligned(0);
        let got = examiner.probe.call(at, checksum, &message, FILLS[0]);
        got == Ok(judge.update(checksum, &message))
    })
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
