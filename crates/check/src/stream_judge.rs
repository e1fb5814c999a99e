//! Judges several streams of a library side by side.

use crate::case::{Case, SPLITS_MAX};
use crate::examiner::Examiner;
use crate::finding::{Finding, MessageForm, VALUE_CHECK};
use crate::stream_operations::{Operation, decode_operations, encode_operations, shrink};
use crate::stream_script::{Awaited, Script};
use crcheck_subject::{CheckId, FILLS, Kind};
use std::ops::Range;

/// The laws that streams may break: the check of each, and its kind.
pub(crate) struct StreamLaws {
    /// Streams do not depend on each other, nor on what they did before they began anew.
    pub(crate) history: (CheckId, Kind),
    /// Pieces give the same as the whole.
    pub(crate) split: (CheckId, Kind),
}

/// Judges a few uses of the subject's streams on the case's message. Then it takes the message for
/// a sequence of operations, and judges that. A finding of the latter has the sequence as its
/// message: the whole, or the smallest part that still shows it.
pub(crate) fn judge(
    examiner: &mut Examiner<'_>,
    case: &Case,
    laws: &StreamLaws,
    size: SequenceSize,
    found: &mut dyn FnMut(Finding),
) {
    let Some(abilities) = examiner.capabilities().streams else {
        return;
    };
    let halves = Script::of_halves(abilities, &case.message);
    if let Some(finding) = first_wrong(examiner, case, &halves, laws) {
        return found(finding);
    }
    let capacity_bytes = examiner.caller.capacity_bytes();
    let mut judge_some = |operations: &[Operation]| {
        let case = Case {
            message: encode_operations(operations),
            ..case.clone()
        };
        let script = Script::of_operations(abilities, operations, capacity_bytes);
        first_wrong(examiner, &case, &script, laws)
    };
    let operations = decode_operations(&case.message);
    let Some(whole) = judge_some(&operations) else {
        return;
    };
    if size == SequenceSize::Whole || whole.check != laws.history.0 || whole.kind == Kind::Hang {
        return found(whole);
    }
    let mut smallest = whole;
    shrink(&operations, &mut |fewer| {
        let shown = judge_some(fewer);
        let is_same = |one: &Finding| (one.check, one.kind) == (smallest.check, smallest.kind);
        match shown.filter(is_same) {
            Some(finding) => smallest = finding,
            None => return false,
        }
        true
    });
    found(smallest);
}

/// How much of a sequence of operations a finding has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SequenceSize {
    Whole,
    /// What is left when all is left out that is not needed.
    Smallest,
}

/// Carries out the script, and returns what is wrong first.
fn first_wrong(
    examiner: &mut Examiner<'_>,
    case: &Case,
    script: &Script,
    laws: &StreamLaws,
) -> Option<Finding> {
    let caller = &mut examiner.caller;
    let outcome = caller.operate(case.placement, &script.message, &script.steps);
    let fresh = examiner.model().initial_checksum();
    let wrong = script.checksums.iter().find_map(|awaited| {
        let bytes = script.bytes(&awaited.given);
        let expected = examiner.panel().judges()[0].update(fresh, &bytes);
        let got = outcome.as_ref().map(|results| results[awaited.step]);
        (got != Ok(expected)).then_some((awaited, [expected, got.unwrap_or(0)]))
    });
    match (outcome, wrong) {
        (Ok(_), None) => None,
        (Ok(_), Some((awaited, values))) => {
            let simpler = of_one_stream(examiner, case, script, awaited, laws);
            simpler.or_else(|| Some(of_many(examiner, case, script, awaited, laws, values)))
        }
        (Err(stop), _) => {
            // Each call that does not return takes the deadline.
            let awaited = script.checksums.iter().filter(|_| stop.kind != Kind::Hang);
            let mut simpler =
                awaited.map(|awaited| of_one_stream(examiner, case, script, awaited, laws));
            let simpler = simpler.find_map(|finding| finding);
            simpler.or_else(|| {
                Some(Finding {
                    check: laws.history.0,
                    ..examiner.stopped(case, stop)
                })
            })
        }
    }
}

/// No cut, then as many cuts next to each other as a case has, wherever these parts meet.
fn cuts(parts: &[Range<usize>]) -> Vec<Vec<usize>> {
    let mut end = 0;
    let ends = parts.iter().map(|part| {
        end += part.len();
        end
    });
    let mut splits: Vec<usize> = ends.collect();
    splits.pop();
    let few = splits.windows(SPLITS_MAX.min(splits.len()).max(1));
    let few = few.map(<[usize]>::to_vec);
    std::iter::once(Vec::new()).chain(few).collect()
}

/// What is wrong with one stream of the bytes that the awaited checksum is of: with a call on all
/// of them, or on the pieces.
fn of_one_stream(
    examiner: &mut Examiner<'_>,
    case: &Case,
    script: &Script,
    awaited: &Awaited,
    laws: &StreamLaws,
) -> Option<Finding> {
    let fresh = examiner.model().initial_checksum();
    let message = script.bytes(&awaited.given);
    let expected = examiner.panel().judges()[0].update(fresh, &message);
    cuts(&awaited.given).into_iter().find_map(|splits| {
        let ((check, kind), summary) = match splits.is_empty() {
            true => (
                (VALUE_CHECK, Kind::WrongValue),
                "gives another checksum than the oracles",
            ),
            false => (
                laws.split,
                "gives another checksum piece by piece than at once",
            ),
        };
        let of = Case {
            message: message.clone(),
            splits,
            ..case.clone()
        };
        let pieces: Vec<_> = of.pieces().collect();
        let caller = &mut examiner.caller;
        match caller.chain(of.placement, fresh, &of.message, FILLS[0], &pieces) {
            Ok(got) if got == expected => None,
            Ok(got) => {
                let wrong = examiner.wrong(check, kind, &of).values(expected, got);
                Some(wrong.says(summary))
            }
            Err(stop) => Some(examiner.stopped(&of, stop)),
        }
    })
}

/// What is wrong with several streams, or with what one did before it began anew.
fn of_many(
    examiner: &Examiner<'_>,
    case: &Case,
    script: &Script,
    awaited: &Awaited,
    laws: &StreamLaws,
    [expected, got]: [u64; 2],
) -> Finding {
    let summary = match awaited.of {
        Some(of) => format!("gives another checksum {of}"),
        None => format!(
            "gives another checksum at the end of: {}",
            script.words(awaited.step)
        ),
    };
    let (check, kind) = laws.history;
    let wrong = examiner.wrong(check, kind, case).values(expected, got);
    wrong.says(summary).of_form(MessageForm::Parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_where_parts_meet_is_cut_beside_its_neighbours() {
        assert_eq!(cuts(&[]), [[0; 0]]);
        assert_eq!(cuts(&[5..9, 9..9]), [vec![], vec![4]]);
        let six: Vec<Range<usize>> = (0..6).map(|at| at..at + 1).collect();
        assert_eq!(cuts(&six), [vec![], vec![1, 2, 3, 4], vec![2, 3, 4, 5]]);
    }
}
