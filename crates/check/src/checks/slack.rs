//! `slack`: the result does not depend on the bytes around the message.

use super::check::{Answer, Check, Fuzzing};
use super::phrases::unless_program;
use crate::case::Case;
use crate::coverage::visited::Visited;
use crate::depth::Depth;
use crate::examiner::Examiner;
use crate::fast_law::{FLUSH, PLACED};
use crate::finding::Finding;
use crate::lengths::thresholds_beyond;
use crate::session::{SAMPLED_ONE_IN, Session};
use crcheck_oracle::model::Model;
use crcheck_platform::message_memory::Placement;
use crcheck_subject::{Apart, CheckId, FILLS, Kind, Stop};

pub const ID: CheckId = CheckId::new("slack");

pub static CHECK: Check = Check {
    kinds: &[Kind::SlackDependent],
    unsuited: |of| unless_program(of, "a program reads a copy of the message"),
    // One law has one fill at the case's own place, the other law has the other fill at a flush
    // side.
    fuzzing: Fuzzing::EachInput(&[&PLACED, &FLUSH]),
    shows,
    coverage: Some(coverage),
    ..Check::new(
        ID,
        "the result does not depend on bytes around the message",
        4,
        run,
        |examiner, case, _, found| examine(examiner, case, found),
    )
};

/// Whether the answers under the two fills are those of the finding.
fn shows(_: &Model, finding: &Finding, answer: &mut Answer<'_>) -> bool {
    let answers = FILLS.map(|fill| answer(&finding.case, fill));
    finding.got.is_some() && answers == [finding.expected, finding.got]
}

fn coverage(_: &Depth, visited: &Visited) -> String {
    let lengths = visited.lengths_in_words("");
    format!("{lengths}; each message between bytes of zeros and of ones")
}

pub(crate) fn examine(examiner: &mut Examiner<'_>, case: &Case, found: &mut dyn FnMut(Finding)) {
    let first = call_with_each(examiner, case);
    match &first {
        [Ok(with_zeros), Ok(with_ones)] => {
            // If the same calls, once more, give something else, the bytes around are not the
            // cause: `history` judges that.
            if with_zeros != with_ones && call_with_each(examiner, case) == first {
                let wrong = examiner.wrong(ID, Kind::SlackDependent, case);
                found(
                    wrong
                        .values(*with_zeros, *with_ones)
                        .says("gives another checksum when the bytes around the message change"),
                );
            }
        }
        [Err(stop), _] | [_, Err(stop)] => found(examiner.stopped(case, stop.clone())),
    }
}

/// The results of calls at one address, between bytes of each fill.
fn call_with_each(examiner: &mut Examiner<'_>, case: &Case) -> [Result<u64, Stop>; 2] {
    let checksum = examiner.checksum_in(case);
    FILLS.map(|fill| {
        let caller = &mut examiner.caller;
        caller.call(case.placement, checksum, &case.message, fill)
    })
}

/// Beyond the dense lengths the check visits thresholds, up to this.
const THRESHOLDS_TO: usize = 1 << 16;

/// The check visits lengths up to this at every alignment, and longer ones at four.
const EVERY_ALIGNMENT_TO: usize = 640;

fn run(session: &mut Session<'_>) {
    let depth = session.depth();
    let longest = depth.longest.min(THRESHOLDS_TO);
    let beyond = thresholds_beyond(depth.length_max, longest, session.subject());
    let lengths: Vec<usize> = (0..=depth.length_max).chain(beyond).collect();
    let mut rng = session.rng(0);
    let mut message = vec![0; lengths.last().copied().unwrap_or(0)];
    rng.fill(&mut message);
    let offsets = |length: usize| {
        let step = if length <= EVERY_ALIGNMENT_TO { 1 } else { 16 };
        (length % step..64).step_by(step)
    };
    session.expect_cases(lengths.iter().map(|&length| offsets(length).count()).sum());
    for &length in &lengths {
        let message = &message[..length];
        let mut cases: Vec<Case> = offsets(length)
            .map(|offset| Case {
                register: session.register(rng.next_u64()),
                placement: Placement::aligned(offset),
                message: message.to_vec(),
                ..Case::default()
            })
            .collect();
        cases.retain(|_| session.takes_case());
        if session.should_stop() {
            return;
        }
        if session.should_sample() && !length.is_multiple_of(SAMPLED_ONE_IN) {
            continue;
        }
        for (case, is_equal) in cases
            .iter()
            .zip(are_results_equal(&mut session.examiner, &cases))
        {
            if !is_equal && session.should_stop() {
                return;
            }
            session.visit(case);
            // A case with another result is judged again by itself, at one address.
            if !is_equal {
                session.collect(|examiner, found| examine(examiner, case, found));
            }
        }
    }
}

/// Whether each case has equal results under both fills.
fn are_results_equal(examiner: &mut Examiner<'_>, cases: &[Case]) -> Vec<bool> {
    let calls: Vec<Apart<'_>> = cases
        .iter()
        .flat_map(|case| {
            let checksum = examiner.checksum_in(case);
            FILLS.map(|fill| Apart {
                alignment: case.placement.offset,
                checksum,
                message: &case.message,
                fill,
            })
        })
        .collect();
    let results = examiner.caller.apart(&calls);
    let pairs = results.chunks_exact(FILLS.len());
    pairs
        .map(|pair| pair[0].is_some() && pair[0] == pair[1])
        .collect()
}
