//! `basis`: the zero message, and every unit vector of message and register, at each (length,
//! alignment).
//!
//! Its values on these determine an affine function, so with `affine` nothing is left open at such
//! a cell. The expected checksum of a unit vector follows from one pass over zeros: with registers
//! in the place of checksums,
//!
//! ```text
//! f(r, x ^ y) = f(r, x) ^ f(0, y)
//! f(0, byte j = b) at length n = f(0, b followed by n - j - 1 zeros)
//! ```

use super::check::{Check, Fuzzing, NULL_POINTER};
use super::history;
use crate::case::{Case, RegisterClass};
use crate::check_result::BoundSource;
use crate::coverage::cells::{Cells, SplitClass};
use crate::coverage::visited::Visited;
use crate::depth::Depth;
use crate::effort::Effort;
use crate::examiner::Examiner;
use crate::finding::Finding;
use crate::group::At;
use crate::session::Session;
use crcheck_platform::mapping::page_bytes;
use crcheck_platform::message_memory::{GuardSide, Placement};
use crcheck_platform::rng::SplitMix64;
use crcheck_subject::{CheckId, FILLS, Kind, Origin, Step, Turns};

pub const ID: CheckId = CheckId::new("basis");

pub static CHECK: Check = Check {
    kinds: &[Kind::WrongValue],
    unfit: |_, case| {
        let is_long = case.message.len() > EXAMINED_TO;
        let too_long = is_long.then_some("its message is longer than 65536 bytes");
        too_long.or(case.is_null.then_some(NULL_POINTER))
    },
    fuzzing: Fuzzing::Rationed,
    defers_to_agree: true,
    coverage: Some(coverage),
    effort,
    ..Check::new(
        ID,
        "the zero message and every unit vector of message and register are right",
        11,
        run,
        |examiner, case, _, found| examine(examiner, case, found),
    )
};

fn effort(depth: &Depth) -> Effort {
    let plan = depth.basis;
    let units = |length: usize| 4 * length.pow(2);
    let sparse = units(plan.sparse_to).saturating_sub(units(plan.dense_to)) / SPARSE_STEP;
    Effort::new(
        units(plan.dense_to) * plan.alignments,
        plan.dense_to * 2 / 3,
    ) + Effort::new(sparse, plan.sparse_to * 2 / 3)
}

fn coverage(_: &Depth, visited: &Visited) -> String {
    visited.lengths_in_words("")
}

/// Beyond the dense lengths the check visits one length in this number.
const SPARSE_STEP: usize = 61;

/// The longest message of which `examine` tries unit vectors, in bytes.
const EXAMINED_TO: usize = 65_536;

/// How many unit vectors `examine` tries at the length of a case.
const EXAMINED: usize = 4;

/// Judges the case itself if it is zero or a unit vector. Else it judges the zero message of the
/// case's length and some unit vectors, drawn from its register.
pub(crate) fn examine(examiner: &mut Examiner<'_>, case: &Case, found: &mut dyn FnMut(Finding)) {
    let length = case.message.len();
    if length > EXAMINED_TO {
        return;
    }
    let weight: u32 = case.message.iter().map(|byte| byte.count_ones()).sum();
    if weight <= 1 {
        judge(examiner, case, found);
        return;
    }
    let mut rng = SplitMix64::labelled(case.register, length as u64);
    let mut unit = Case {
        message: vec![0; length],
        ..case.clone()
    };
    judge(examiner, &unit, found);
    for _ in 0..EXAMINED {
        let bit = rng.index(8 * length);
        unit.message[bit / 8] ^= 1 << (bit % 8);
        judge(examiner, &unit, found);
        unit.message[bit / 8] ^= 1 << (bit % 8);
    }
}

fn judge(examiner: &mut Examiner<'_>, case: &Case, found: &mut dyn FnMut(Finding)) {
    let checksum = examiner.checksum_in(case);
    let expected = examiner.panel().judges()[0].update(checksum, &case.message);
    let caller = &mut examiner.caller;
    match caller.call(case.placement, checksum, &case.message, FILLS[0]) {
        Ok(got) if got == expected => {}
        Ok(got) => found(wrong_value(examiner, case, expected, got)),
        Err(stop) => found(examiner.stopped(case, stop)),
    }
}

fn wrong_value(examiner: &Examiner<'_>, case: &Case, expected: u64, got: u64) -> Finding {
    let weight: u32 = case.message.iter().map(|byte| byte.count_ones()).sum();
    let what = if weight == 0 { "zeros" } else { "one bit" };
    let finding = examiner.wrong(ID, Kind::WrongValue, case);
    finding
        .values(expected, got)
        .says(format!("gives another checksum for a message of {what}"))
}

/// The oracles' registers after unit vectors, from the register 0: entry m of row b is the register
/// after the bit b in the byte that begins the last m bytes.
struct Units(Vec<Vec<u64>>);

impl Units {
    fn new(session: &Session<'_>, length_max: usize) -> Self {
        let model = session.model();
        let lengths: Vec<usize> = (0..=length_max).collect();
        let row = |bit: u32| {
            let mut message = vec![0; length_max];
            if let Some(first) = message.first_mut() {
                *first = 1 << bit;
            }
            let sums = session.references(model.checksum_of(0), &message, &lengths);
            sums.into_iter().map(|sum| model.register_of(sum)).collect()
        };
        Self((0..8).map(row).collect())
    }

    fn register(&self, length: usize, bit: usize) -> u64 {
        self.0[bit % 8][length - bit / 8]
    }
}

/// The classes of register that it has at each length and alignment.
const CELLS_EACH: usize = 3;

fn run(session: &mut Session<'_>) {
    let plan = session.depth().basis;
    let dense = (0..=plan.dense_to).flat_map(|length| {
        let spread = (0..plan.alignments).map(move |index| {
            let offset = (length + index * 64 / plan.alignments) % 64;
            (length, offset)
        });
        spread.collect::<Vec<_>>()
    });
    let sparse = (plan.dense_to + 1..=plan.sparse_to).step_by(SPARSE_STEP);
    let cells: Vec<(usize, usize)> = dense
        .chain(sparse.map(|length| (length, length % 64)))
        .collect();
    let units = Units::new(session, plan.sparse_to.max(plan.dense_to));
    let lengths: Vec<usize> = (0..=plan.sparse_to.max(plan.dense_to)).collect();
    let model = session.model();
    let initial = model.initial_checksum();
    let zeros = session.references(initial, &vec![0; lengths.len() - 1], &lengths);
    session.expect_cases_of(cells.len(), CELLS_EACH);
    for (length, offset) in cells {
        if !session.takes_case() {
            continue;
        }
        if session.should_stop_before(8 * length) {
            return;
        }
        let placement = Placement::aligned(offset);
        judge_message_units(session, &units, placement, length, zeros[length]);
        if session.examiner.takes_checksum() {
            judge_register_units(session, placement, length);
        }
    }
    session.tally().bound = Some(BoundSource::Basis);
}

/// Judges every bit of the message, from the register that a message starts with.
fn judge_message_units(
    session: &mut Session<'_>,
    units: &Units,
    placement: Placement,
    length: usize,
    of_zeros: u64,
) {
    let model = session.model();
    let checksum = model.initial_checksum();
    let register = model.register_of(checksum);
    let mut results: Vec<u64> = (0..8 * length)
        .map(|bit| of_zeros ^ model.checksum_of(units.register(length, bit)) ^ model.checksum_of(0))
        .collect();
    let expected = results.clone();
    let mut stops = Vec::new();
    let caller = &mut session.examiner.caller;
    caller.unit_messages(
        placement.offset,
        checksum,
        &mut results,
        &mut |bit, stop| {
            stops.push((bit, stop));
        },
    );
    // Which calls were made is not known if they were cut.
    if !session.examiner.caller.is_cut() {
        session.tally().visit_many(
            Cells {
                lengths: &[length],
                placement,
                class: RegisterClass::of(register, model.mask()),
                split: SplitClass::Whole,
            },
            8 * length as u64,
        );
    }
    let unit = |bit: usize| {
        let mut message = vec![0; length];
        message[bit / 8] = 1 << (bit % 8);
        Case {
            register,
            placement,
            message,
            ..Case::default()
        }
    };
    for (bit, stop) in stops {
        session.report_stop(unit(bit), stop);
    }
    if session.examiner.caller.is_cut() {
        return;
    }
    let mut cause = None;
    for (bit, (&got, &expected)) in results.iter().zip(&expected).enumerate() {
        if got == expected {
            continue;
        }
        let at = At::message(length, placement);
        let examiner = &mut session.examiner;
        let cause = *cause.get_or_insert_with(|| cause_of(examiner, &unit(bit), expected, got));
        let case = || Case {
            placement: cause.unwrap_or(placement),
            ..unit(bit)
        };
        if cause.is_some() {
            session.report_wrong(ID, at, |examiner| {
                wrong_value(examiner, &case(), expected, got)
            });
        } else {
            let remembers = (history::ID, Kind::HistoryDependent);
            session.report(remembers.0, remembers.1, at, |examiner| {
                examiner
                    .wrong(remembers.0, remembers.1, &unit(bit))
                    .values(expected, got)
                    .says("gives another checksum after other bytes at the same address")
            });
        }
    }
}

/// Where a unit message, which was wrong among others, is wrong alone; `None` if it is wrong only
/// after other bytes at the same address. The others may have lain elsewhere in a page, and between
/// other bytes.
fn cause_of(
    examiner: &mut Examiner<'_>,
    unit: &Case,
    expected: u64,
    got: u64,
) -> Option<Placement> {
    if examiner.is_so_alone(unit, got) {
        return Some(unit.placement);
    }
    let checksum = examiner.checksum_in(unit);
    let others: Vec<u8> = unit.message.iter().map(|byte| !byte).collect();
    let (at, length) = (unit.placement, unit.message.len());
    let caller = &mut examiner.caller;
    let _ = caller.call(at, checksum, &others, FILLS[0]);
    if caller.recall(at, checksum, length, &unit.message) != Ok(expected) {
        return None;
    }
    let starts = (at.offset % 64..page_bytes())
        .step_by(64)
        .map(|offset| Placement {
            offset,
            guard: GuardSide::None,
        });
    let mut wrong = starts.filter(|start| {
        let outcome = examiner
            .caller
            .call(*start, checksum, &unit.message, FILLS[0]);
        outcome != Ok(expected)
    });
    Some(wrong.next().unwrap_or(at))
}

/// Judges the zero message from the register 0 and from each bit of the register.
fn judge_register_units(session: &mut Session<'_>, placement: Placement, length: usize) {
    let model = session.model();
    let units = (0..model.width).map(|bit| 1 << bit);
    let cases: Vec<Case> = [0]
        .into_iter()
        .chain(units)
        .map(|register| Case {
            register,
            placement,
            message: vec![0; length],
            ..Case::default()
        })
        .collect();
    let examiner = &mut session.examiner;
    let judge = examiner.panel().judges()[0].as_ref();
    let checksums = cases.iter().map(|case| examiner.checksum_in(case));
    let checksums: Vec<u64> = checksums.collect();
    let turns = Turns {
        placement,
        message: &cases[0].message,
        steps: checksums
            .iter()
            .map(|&checksum| Step {
                origin: Origin::Checksum(checksum),
                part: 0..length,
            })
            .collect(),
    };
    let outcome = examiner.caller.turns(std::slice::from_ref(&turns));
    let results = outcome.into_iter().next().and_then(Result::ok);
    for (index, case) in cases.iter().enumerate() {
        let expected = judge.update(checksums[index], &case.message);
        let got = results.as_ref().map(|results| results[index]);
        if got == Some(expected) {
            session.visit(case);
        } else if session.should_stop() {
            return;
        } else {
            session.visit(case);
            session.recheck_alone(
                |examiner, found| self::judge(examiner, case, found),
                |examiner| {
                    let wrong = examiner.wrong(history::ID, Kind::HistoryDependent, case);
                    let wrong = wrong.values(expected, got?);
                    Some(wrong.says("gives another checksum after other calls"))
                },
            );
        }
    }
}
