//! Judges several streams of a library side by side.

use crate::case::{Case, SPLITS_MAX};
use crate::examiner::Examiner;
use crate::finding::{Finding, VALUE_CHECK};
use crate::stream_operations::decode_operations;
use crate::stream_script::{Awaited, Script};
use crcheck_subject::{CheckId, FILLS, Kind};

/// The laws that streams may break: the check of each, and its kind.
pub(crate) struct StreamLaws {
    /// Streams do not depend on each other, nor on what they did before they began anew.
    pub(crate) history: (CheckId, Kind),
    /// Pieces give the same as the whole.
    pub(crate) split: (CheckId, Kind),
}

/// Judges a few uses of the subject's streams on the case's message. Then it takes the message for
/// a sequence of operations, and judges that. So a shorter or simpler message is a shorter or
/// simpler sequence.
pub(crate) fn judge(
    examiner: &mut Examiner<'_>,
    case: &Case,
    laws: &StreamLaws,
    found: &mut dyn FnMut(Finding),
) {
    let Some(abilities) = examiner.capabilities().streams else {
        return;
    };
    let capacity_bytes = examiner.caller.capacity_bytes();
    let halves = Script::of_halves(abilities, &case.message);
    if is_right(examiner, case, &halves, laws, found) {
        let operations = decode_operations(&case.message);
        let random = Script::of_operations(abilities, &operations, capacity_bytes);
        is_right(examiner, case, &random, laws, found);
    }
}

/// Carries out the script. Returns whether nothing was wrong.
fn is_right(
    examiner: &mut Examiner<'_>,
    case: &Case,
    script: &Script,
    laws: &StreamLaws,
    found: &mut dyn FnMut(Finding),
) -> bool {
    let caller = &mut examiner.caller;
    let results = match caller.operate(case.placement, &script.message, &script.steps) {
        Ok(results) => results,
        Err(stop) => {
            found(examiner.stopped(case, stop));
            return false;
        }
    };
    let fresh = examiner.model().initial_checksum();
    for awaited in &script.checksums {
        let bytes = script.bytes(&awaited.given);
        let expected = examiner.panel().judges()[0].update(fresh, &bytes);
        let got = results[awaited.step];
        if got != expected {
            let values = [expected, got];
            found(explain(
                examiner, case, script, laws, awaited, bytes, values,
            ));
            return false;
        }
    }
    true
}

/// The finding of a wrong checksum: of the value if a stream of these bytes alone is wrong, of the
/// pieces if a stream of these pieces is, else of what was done before.
fn explain(
    examiner: &mut Examiner<'_>,
    case: &Case,
    script: &Script,
    laws: &StreamLaws,
    awaited: &Awaited,
    bytes: Vec<u8>,
    [expected, got]: [u64; 2],
) -> Finding {
    let mut end = 0;
    let ends = awaited.given.iter().map(|part| {
        end += part.len();
        end
    });
    let mut splits: Vec<usize> = ends.collect();
    splits.pop();
    let alone = Case {
        message: bytes,
        splits: Vec::new(),
        ..case.clone()
    };
    let pieces = Case {
        splits,
        ..alone.clone()
    };
    for (of, (check, kind), summary) in [
        (
            &alone,
            (VALUE_CHECK, Kind::WrongValue),
            "gives another checksum than the oracles",
        ),
        (
            &pieces,
            laws.split,
            "calls on the pieces give another checksum than the whole",
        ),
    ] {
        if of.splits.len() > SPLITS_MAX {
            continue;
        }
        let fresh = examiner.model().initial_checksum();
        let ranges: Vec<_> = of.pieces().collect();
        let caller = &mut examiner.caller;
        match caller.chain(of.placement, fresh, &of.message, FILLS[0], &ranges) {
            Ok(again) if again == expected => {}
            Ok(again) => {
                let wrong = examiner.wrong(check, kind, of).values(expected, again);
                return wrong.says(summary);
            }
            Err(stop) => return examiner.stopped(of, stop),
        }
    }
    let summary = match awaited.of {
        Some(of) => format!("gives another checksum {of}"),
        None => format!(
            "gives another checksum at the end of: {}",
            script.words(awaited.step)
        ),
    };
    let (check, kind) = laws.history;
    let wrong = examiner.wrong(check, kind, case).values(expected, got);
    wrong.says(summary)
}
