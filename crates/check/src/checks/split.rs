//! `split`: updating piece by piece equals updating once.
//!
//! Pieces may have no bytes. Some cuts lie where the checksum is 0 or all ones: there an
//! implementation may take the running value for a missing one.

use super::check::{Answer, Check, Fuzzing};
use crate::case::{Case, Forge, SPLITS_MAX};
use crate::coverage::visited::Visited;
use crate::depth::Depth;
use crate::effort::Effort;
use crate::examiner::{Examiner, forge};
use crate::fast_law::PLACED;
use crate::finding::Finding;
use crate::session::Session;
use crcheck_oracle::model::Model;
use crcheck_platform::message_memory::{GuardSide, Placement};
use crcheck_platform::rng::SplitMix64;
use crcheck_subject::{CheckId, FILLS, Kind, Origin, Step, Stop, Turns};

pub const ID: CheckId = CheckId::new("split");

pub(super) const LAW: (CheckId, Kind) = (ID, Kind::Split);

pub static CHECK: Check = Check {
    kinds: &[Kind::Split],
    unsuited: |of| {
        let noun = of.form.noun();
        let goes_on = of.takes_checksum || of.streams.is_some();
        (!goes_on).then(|| format!("the {noun} does not go on from a checksum"))
    },
    unfit: |_, case| case.splits.is_empty().then_some("the case has no split"),
    fuzzing: Fuzzing::EachInput(&[&PLACED]),
    shows,
    coverage: Some(coverage),
    effort,
    ..Check::new(
        ID,
        "updating piece by piece equals updating once",
        1,
        run,
        examine,
    )
};

/// Whether chained calls on the pieces give the same wrong checksum.
fn shows(model: &Model, finding: &Finding, answer: &mut Answer<'_>) -> bool {
    let case = &finding.case;
    let mut running = case.register;
    for piece in case.pieces() {
        let of_piece = Case {
            register: running,
            placement: case.placement.of_part(case.message.len(), &piece),
            splits: Vec::new(),
            forge: Forge::None,
            message: case.message[piece].to_vec(),
            ..case.clone()
        };
        let Some(checksum) = answer(&of_piece, FILLS[0]) else {
            return false;
        };
        running = model.register_of(checksum);
    }
    finding.got == Some(model.checksum_of(running))
}

fn effort(depth: &Depth) -> Effort {
    // Every cut of a length takes two calls, as does a case of few pieces.
    Effort::new(
        depth.split_exhaustive_to.pow(2),
        depth.split_exhaustive_to / 3,
    ) + Effort::new(4 * depth.random_cases, depth.length_max / 8)
}

fn coverage(depth: &Depth, _: &Visited) -> String {
    format!(
        "every cut of every length to {}, and {} random cuts of longer ones",
        depth.split_exhaustive_to, depth.random_cases
    )
}

/// Judges chained calls on the pieces, then the subject's own stream, if it has one.
pub(crate) fn examine(
    examiner: &mut Examiner<'_>,
    case: &Case,
    expected: u64,
    found: &mut dyn FnMut(Finding),
) {
    let checksum = examiner.checksum_in(case);
    let subject = examiner.subject();
    let chained = examiner.caller.chain(
        case.placement,
        checksum,
        &case.message,
        FILLS[0],
        &case.pieces().collect::<Vec<_>>(),
    );
    if chained.as_ref() != Ok(&expected) {
        found(explain_chain(examiner, case, expected, chained.clone()));
    }
    let mut streamed = None;
    let mut run = |message: &[u8]| {
        streamed = subject.stream(checksum).map(|mut stream| {
            case.pieces()
                .for_each(|piece| stream.update(&message[piece]));
            stream.checksum()
        });
    };
    let caller = &mut examiner.caller;
    let outcome = caller.with_message(case.placement, &case.message, FILLS[0], &mut run);
    if streamed.is_some() {
        examiner.count_calls(case.pieces().count() as u64);
    }
    // A stream that is as wrong as the calls on the pieces has the same cause.
    if let Some(streamed) = outcome.map(|_| streamed).transpose()
        && streamed != chained
    {
        examiner.judge_outcome(
            LAW,
            case,
            expected,
            streamed,
            "gives another checksum by its stream than at once",
            found,
        );
    }
}

/// The finding of a chain of calls that is not right. A piece that is wrong by itself, at its own
/// address and from its own checksum, is a wrong value: the cuts are not the cause.
fn explain_chain(
    examiner: &mut Examiner<'_>,
    case: &Case,
    expected: u64,
    chained: Result<u64, Stop>,
) -> Finding {
    let mut running = examiner.checksum_in(case);
    let is_hang = matches!(&chained, Err(stop) if stop.kind == Kind::Hang);
    // Each call that hangs again would take the deadline.
    for piece in case.pieces().filter(|_| !is_hang) {
        let judge = examiner.panel().judges()[0].as_ref();
        let right = judge.update(running, &case.message[piece.clone()]);
        let outcome = examiner.call_part(case, &piece, running);
        if outcome != Ok(right) {
            let is_so_alone = examiner.call_part_alone(case, &piece, running) == outcome;
            let alone = examiner.case_of_part(case, &piece, running);
            return match outcome {
                Ok(got) if is_so_alone => examiner.wrong_value(&alone, right, got),
                Err(stop) if is_so_alone => examiner.stopped(&alone, stop),
                _ => broken(examiner, case, expected, chained),
            };
        }
        running = right;
    }
    broken(examiner, case, expected, chained)
}

/// The finding of calls on pieces that are right one by one.
fn broken(
    examiner: &Examiner<'_>,
    case: &Case,
    expected: u64,
    chained: Result<u64, Stop>,
) -> Finding {
    match chained {
        Ok(got) => examiner
            .wrong(ID, Kind::Split, case)
            .values(expected, got)
            .says("gives another checksum piece by piece than at once"),
        Err(stop) => examiner.stopped(case, stop),
    }
}

fn run(session: &mut Session<'_>) {
    let mut batch = Batch::default();
    session.expect_cases(planned(&session.depth()));
    let is_complete = push_every_cut(session, &mut batch) && push_random_cuts(session, &mut batch);
    if is_complete {
        batch.judge(session);
    }
}

/// How many cases a plan of this depth has.
fn planned(depth: &Depth) -> usize {
    let cuts = |length: usize| match length <= pairs_to(depth) {
        true => (length + 1) * (length + 2) / 2,
        false => length + 1,
    };
    (0..=depth.split_exhaustive_to).map(cuts).sum::<usize>() + depth.random_cases
}

/// The longest message at which every pair of cuts is made.
fn pairs_to(depth: &Depth) -> usize {
    depth.split_exhaustive_to / 4
}

/// Cases with their expected checksums, which are judged together.
#[derive(Default)]
struct Batch(Vec<(Case, u64)>);

/// How many cases a batch has if another process makes the calls.
const AT_A_TIME: usize = 256;

impl Batch {
    /// Carries out the case's forge and adds the case. Judges the batch if it is full. Returns
    /// `false` if the run was stopped before the end.
    fn push(&mut self, session: &mut Session<'_>, mut case: Case) -> bool {
        if session.should_stop() {
            return false;
        }
        if !session.takes_case() {
            return true;
        }
        forge(&mut case, session.panel());
        let expected = session.expected_checksum(&case);
        if session.subject().foreign().is_none() {
            session.examine(&case, |examiner, found| {
                examine(examiner, &case, expected, found)
            });
            return true;
        }
        self.0.push((case, expected));
        self.0.len() < AT_A_TIME || self.judge(session)
    }

    fn judge(&mut self, session: &mut Session<'_>) -> bool {
        let cases = std::mem::take(&mut self.0);
        let examiner = &mut session.examiner;
        let turns: Vec<Turns<'_>> = cases
            .iter()
            .map(|(case, _)| chain_of(case, examiner.checksum_in(case)))
            .collect();
        let outcomes = examiner.caller.turns(&turns);
        for ((case, expected), outcome) in cases.iter().zip(outcomes) {
            let outcome = outcome.map(|results| results.last().copied().unwrap_or(*expected));
            let is_right = outcome.as_ref() == Ok(expected);
            if !is_right && session.should_stop() {
                return false;
            }
            session.visit(case);
            if !is_right {
                session.recheck_alone(
                    |examiner, found| examine(examiner, case, *expected, found),
                    |examiner| {
                        // No stop: the calls were not made.
                        let chained =
                            outcome.map_or_else(|stop| stop.map(Err), |got| Some(Ok(got)));
                        Some(broken(examiner, case, *expected, chained?))
                    },
                );
            }
        }
        true
    }
}

/// The calls on the pieces of a case. Each goes on from the result of the one before.
fn chain_of(case: &Case, checksum: u64) -> Turns<'_> {
    let origin = |index: usize| match index.checked_sub(1) {
        Some(before) => Origin::Step(before),
        None => Origin::Checksum(checksum),
    };
    let pieces = case.pieces().enumerate();
    Turns {
        placement: case.placement,
        message: &case.message,
        steps: pieces
            .map(|(index, part)| Step {
                origin: origin(index),
                part,
            })
            .collect(),
    }
}

/// Adds every cut of every short message, and every pair of cuts of the shortest.
fn push_every_cut(session: &mut Session<'_>, batch: &mut Batch) -> bool {
    let depth = session.depth();
    let mut rng = session.rng(0);
    let pairs_to = pairs_to(&depth);
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
                let case = draw_case(session, &mut rng, length, splits, Forge::None);
                if !batch.push(session, case) {
                    return false;
                }
            }
        }
    }
    true
}

/// Adds random cuts of longer messages, two thirds of them at forged prefixes.
fn push_random_cuts(session: &mut Session<'_>, batch: &mut Batch) -> bool {
    let depth = session.depth();
    let mut rng = session.rng(1);
    for round in 0..depth.random_cases {
        let limit = if round % 4 == 0 {
            depth.length_max
        } else {
            depth.length_max.min(300)
        };
        let length = rng.index(limit + 1);
        let count = 1 + rng.index(SPLITS_MAX);
        let mut splits: Vec<usize> = (0..count).map(|_| rng.index(length + 1)).collect();
        splits.sort_unstable();
        let forge = [Forge::None, Forge::Zero, Forge::Ones][round % 3];
        let case = draw_case(session, &mut rng, length, splits, forge);
        if !batch.push(session, case) {
            return false;
        }
    }
    true
}

fn draw_case(
    session: &Session<'_>,
    rng: &mut SplitMix64,
    length: usize,
    splits: Vec<usize>,
    forge: Forge,
) -> Case {
    let mut message = vec![0; length];
    rng.fill(&mut message);
    // A stream begins with the initial checksum more often than with any other.
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
