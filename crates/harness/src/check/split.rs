//! `split`: updating piece by piece equals updating once.
//!
//! Pieces of no bytes are pieces, and some cuts are made where the checksum is 0 or all ones: there
//! an implementation may take the running value for a missing one.

use super::CheckId;
use crate::case::{Case, Forge, SPLITS_MAX};
use crate::examine::{Examiner, forge};
use crate::finding::{Finding, Kind};
use crate::memory::{GuardSide, Placement};
use crate::probe::FILLS;
use crate::rng::SplitMix64;
use crate::run::Session;

/// Chained calls on the pieces, then the subject's own stream, if it has one.
pub(crate) fn examine(
    examiner: &mut Examiner<'_>,
    case: &Case,
    expected: u64,
    found: &mut dyn FnMut(Finding),
) {
    let checksum = examiner.checksum_in(case);
    let subject = examiner.subject();
    let chained = examiner.probe.chain(
        case.placement,
        checksum,
        &case.message,
        FILLS[0],
        case.pieces(),
    );
    report(
        examiner,
        case,
        expected,
        chained,
        "calls on the pieces give another checksum",
        found,
    );
    let streamed =
        examiner
            .probe
            .with_message(case.placement, &case.message, FILLS[0], |message| {
                let mut stream = subject.stream(checksum)?;
                case.pieces()
                    .for_each(|piece| stream.update(&message[piece]));
                Some(stream.checksum())
            });
    if let Some(streamed) = streamed.map(Option::flatten).transpose() {
        report(
            examiner,
            case,
            expected,
            streamed,
            "the stream gives another checksum",
            found,
        );
    }
}

fn report(
    examiner: &mut Examiner<'_>,
    case: &Case,
    expected: u64,
    outcome: Result<u64, crate::probe::Stop>,
    summary: &str,
    found: &mut dyn FnMut(Finding),
) {
    match outcome {
        Ok(got) if got == expected => {}
        Ok(got) => {
            let summary = format!("{summary} than the whole");
            found(examiner.differs(
                (CheckId::Split, Kind::Split),
                case,
                [expected, got],
                summary,
            ));
        }
        Err(stop) => found(examiner.stopped(case, stop)),
    }
}

pub(crate) fn run(session: &mut Session<'_>) {
    exhaustive(session);
    random(session);
}

/// Every cut of every short message, and every pair of cuts of the shortest.
fn exhaustive(session: &mut Session<'_>) {
    let depth = session.depth();
    let mut rng = session.rng(CheckId::Split, 0);
    let pairs_to = depth.split_exhaustive_to / 4;
    for length in 0..=depth.split_exhaustive_to {
        for first in 0..=length {
            let seconds = if length <= pairs_to {
                first..=length
            } else {
                first..=first
            };
            for second in seconds {
                let splits = if second == first {
                    vec![first]
                } else {
                    vec![first, second]
                };
                let case = random_case(session, &mut rng, length, splits, Forge::None);
                if !judge(session, case) {
                    return;
                }
            }
        }
    }
}

/// Random cuts of longer messages, a third of them at forged prefixes.
fn random(session: &mut Session<'_>) {
    let depth = session.depth();
    let mut rng = session.rng(CheckId::Split, 1);
    for round in 0..depth.random_cases {
        let limit = if round % 4 == 0 {
            depth.length_max
        } else {
            300
        };
        let length = rng.index(limit + 1);
        let count = 1 + rng.index(SPLITS_MAX);
        let mut splits: Vec<usize> = (0..count).map(|_| rng.index(length + 1)).collect();
        splits.sort_unstable();
        let forge = [Forge::None, Forge::Zero, Forge::Ones][round % 3];
        let case = random_case(session, &mut rng, length, splits, forge);
        if !judge(session, case) {
            return;
        }
    }
}

fn random_case(
    session: &Session<'_>,
    rng: &mut SplitMix64,
    length: usize,
    splits: Vec<usize>,
    forge: Forge,
) -> Case {
    let mut message = vec![0; length];
    rng.fill(&mut message);
    // A stream begins with the checksum of nothing more often than with any other.
    let model = session.model();
    let fresh = model.register_of(model.initial_checksum());
    let register = if rng.below(2) == 0 {
        fresh
    } else {
        session.register(rng.next_u64())
    };
    let guard = if rng.below(4) == 0 {
        GuardSide::Cross
    } else {
        GuardSide::None
    };
    let placement = Placement {
        offset: rng.index(64),
        guard,
    };
    Case {
        register,
        placement,
        splits,
        forge,
        message,
        ..Case::default()
    }
}

/// Carries out the forge and judges the case; `false` if the run was stopped before.
fn judge(session: &mut Session<'_>, mut case: Case) -> bool {
    if session.should_stop() {
        return false;
    }
    forge(&mut case, session.panel());
    let expected = session.verdict(&case);
    session.examine(&case, |examiner, found| {
        examine(examiner, &case, expected, found)
    });
    true
}
