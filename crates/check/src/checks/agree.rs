//! `agree`: the subject equals every oracle, at each cell.

use super::check::{Check, Fuzzing};
use crate::case::{Case, RegisterClass};
use crate::check_result::BoundSource;
use crate::coverage::cells::{Cells, SplitClass};
use crate::coverage::visited::Visited;
use crate::depth::Depth;
use crate::effort::Effort;
use crate::examiner::Examiner;
use crate::fast_law::PLACED;
use crate::finding::{Finding, VALUE_CHECK};
use crate::group::At;
use crate::lengths::{draw_lengths, drawn_of, thresholds_beyond};
use crate::session::{SAMPLED_ONE_IN, Session};
use crcheck_platform::message_memory::{GuardSide, Placement};
use crcheck_subject::{CheckId, FILLS, Kind};
use std::borrow::Cow;
use std::collections::BTreeSet;

pub const ID: CheckId = VALUE_CHECK;

pub static CHECK: Check = Check {
    kinds: &[Kind::WrongValue],
    fuzzing: Fuzzing::EachInput(&[&PLACED]),
    coverage: Some(coverage),
    effort,
    ..Check::new(
        ID,
        "the result is the one that all judges compute, at each length and alignment",
        0,
        run,
        examine,
    )
};

fn coverage(_: &Depth, visited: &Visited) -> String {
    let messages = visited.dense.and_then(|dense| dense.messages);
    let each = messages.map_or(String::new(), |messages| {
        format!(" with {messages} random messages each")
    });
    let crossing = match visited.crossing_starts {
        // Where a message lies is no matter to a subject that receives a copy.
        0 | 1 => String::new(),
        64 => "; all starts across a page border".to_owned(),
        some => format!("; {some} starts across a page border"),
    };
    format!(
        "{}{crossing}; zeros and ones",
        visited.lengths_in_words(&each)
    )
}

fn effort(depth: &Depth) -> Effort {
    let dense = depth.length_max + 1;
    let sweeps = (depth.messages + 1) * depth.alignments + 4 * offsets(depth, 7).count();
    let every = depth.every_length;
    let further = every.to.saturating_sub(depth.length_max) * every.alignments * every.messages;
    let thresholds = depth.threshold_messages * depth.threshold_alignments;
    // There are about two hundred, which are about twenty times the longest together. So are as
    // many drawn lengths.
    let far = 200 * thresholds + depth.drawn_lengths;
    Effort::new(dense * sweeps, depth.length_max / 2)
        + Effort::new(further, (depth.length_max + every.to) / 2)
        + Effort::new(far, depth.longest / 10)
}

pub(crate) fn examine(
    examiner: &mut Examiner<'_>,
    case: &Case,
    expected: u64,
    found: &mut dyn FnMut(Finding),
) {
    examiner.compare(case, case.placement, FILLS[0], expected, found);
}

fn run(session: &mut Session<'_>) {
    let depth = session.depth();
    session.expect_cases(effort(&depth).calls as usize);
    let dense: Vec<usize> = (0..=depth.length_max).collect();
    for message in 0..depth.messages {
        let sweep = Sweep::random(session, message, &dense);
        for offset in offsets(&depth, 1) {
            sweep.run(session, Placement::aligned(offset));
        }
    }
    // A bound on the sample of a subject that is wrong everywhere would say little.
    if !session.should_sample() {
        session.tally().bound = Some(BoundSource::Messages);
    }
    sweep_crossing(session, &dense);
    sweep_plain(session, &dense);
    sweep_every_value(session);
    sweep_thresholds(session);
    sweep_every_length(session);
    sweep_drawn_lengths(session);
}

/// Every `step`th of the depth's alignments.
fn offsets(depth: &Depth, step: usize) -> impl Iterator<Item = usize> + use<> {
    (0..depth.alignments).step_by(step)
}

/// Visits starts in the last bytes of a page: short-message code looks at the address modulo 4096.
fn sweep_crossing(session: &mut Session<'_>, dense: &[usize]) {
    let sweep = Sweep::random(session, CROSSING, dense);
    for offset in offsets(&session.depth(), 1) {
        sweep.run(
            session,
            Placement {
                offset,
                guard: GuardSide::Cross,
            },
        );
    }
}

/// Visits messages of zeros and of ones, which random messages never are.
fn sweep_plain(session: &mut Session<'_>, dense: &[usize]) {
    for (register, byte) in [(0, 0x00), (0, 0xff), (u64::MAX, 0x00), (u64::MAX, 0xff)] {
        let message = vec![byte; session.depth().length_max];
        let sweep = Sweep::new(session, register, message, dense);
        for offset in offsets(&session.depth(), 7) {
            sweep.run(session, Placement::aligned(offset));
        }
    }
}

/// The lengths at which every byte takes every value.
const VALUED: [usize; 20] = [
    1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 256, 300,
];

/// Visits messages in which byte i is v + 29 i mod 256, for each v. Code that takes a value for a
/// marker meets that value wherever it looks.
fn sweep_every_value(session: &mut Session<'_>) {
    let mut rng = session.rng(VALUES);
    let depth = session.depth();
    // Programs behind pipes have time for the shortest alone.
    let count = if depth.alignments == 1 {
        1
    } else {
        VALUED.len()
    };
    let short = VALUED.iter().copied().take(count);
    let lengths: Vec<usize> = short.filter(|&length| length <= depth.length_max).collect();
    for value in 0..=u8::MAX {
        let byte = |i: usize| value.wrapping_add((i as u8).wrapping_mul(29));
        let message = (0..VALUED[VALUED.len() - 1]).map(byte).collect();
        let sweep = Sweep::new(session, rng.next_u64(), message, &lengths);
        let offset = usize::from(value) % depth.alignments;
        if !sweep.run(session, Placement::aligned(offset)) {
            return;
        }
    }
}

/// Visits the thresholds beyond the dense lengths.
fn sweep_thresholds(session: &mut Session<'_>) {
    let depth = session.depth();
    let lengths = thresholds_beyond(depth.length_max, depth.longest, session.subject());
    for message in 0..depth.threshold_messages {
        let sweep = Sweep::random(session, BEYOND + message, &lengths);
        for index in 0..depth.threshold_alignments {
            let offset = (message * 5 + index * 64 / depth.threshold_alignments) % 64;
            sweep.run(session, Placement::aligned(offset));
        }
    }
}

/// Visits every length beyond the dense ones up to a limit. Its alignments change from length to
/// length, and from seed to seed.
fn sweep_every_length(session: &mut Session<'_>) {
    let depth = session.depth();
    let every = depth.every_length;
    let lengths: Vec<usize> = (depth.length_max + 1..=every.to).collect();
    let turn = session.rng(TURN).index(64);
    for message in 0..every.messages {
        let sweep = Sweep::random(session, EVERY + message, &lengths);
        for offset in offsets(&depth, 1) {
            // 29 is odd, so neighbours differ and 64 lengths have every alignment.
            let step = depth.alignments / every.alignments;
            let is_due = |length: &usize| (length * 29 + turn + offset).is_multiple_of(step);
            let due = (0..lengths.len()).filter(|&index| is_due(&lengths[index]));
            if !sweep.part(due).run(session, Placement::aligned(offset)) {
                return;
            }
        }
    }
}

/// Visits lengths beyond 4096 that are drawn from the seed. A fault that no threshold shows may
/// begin or recur at any of them.
fn sweep_drawn_lengths(session: &mut Session<'_>) {
    let depth = session.depth();
    let mut rng = session.rng(DRAWN);
    let lengths = draw_lengths(&mut rng, depth.drawn_lengths, depth.longest);
    let turns = offsets(&depth, 1).count().min(DRAWN_TURNS);
    let mut visited = 0;
    for (index, lengths) in spread(&lengths, DRAWN_AT_A_TIME).iter().enumerate() {
        let sweep = Sweep::random(session, FAR + index, lengths);
        for turn in 0..turns {
            let part = sweep.part((turn..lengths.len()).step_by(turns));
            let offset = rng.index(depth.alignments);
            if !part.run(session, Placement::aligned(offset)) {
                return;
            }
            if !session.examiner.caller.is_cut() && !session.tally().is_thinned() {
                visited += part.lengths.len();
                session.tally().drawn = drawn_of(visited, depth.longest);
            }
        }
    }
}

/// The lengths in groups of about `size`, each of which has short and long ones.
fn spread(lengths: &[usize], size: usize) -> Vec<Vec<usize>> {
    let groups = lengths.len().div_ceil(size);
    let every = |first| {
        lengths
            .iter()
            .copied()
            .skip(first)
            .step_by(groups)
            .collect()
    };
    (0..groups).map(every).collect()
}

/// How many drawn lengths have a message in common, and at how many alignments that lies.
const DRAWN_AT_A_TIME: usize = 256;
const DRAWN_TURNS: usize = 16;

/// Labels of the random streams, so that each group of messages has its own.
const CROSSING: usize = 1 << 16;
const BEYOND: usize = 2 << 16;
const EVERY: usize = 3 << 16;
const VALUES: u64 = 4 << 16;
const TURN: u64 = 5 << 16;
const DRAWN: u64 = 6 << 16;
const FAR: usize = 7 << 16;

/// One message with its expected checksum at each of the lengths.
pub(super) struct Sweep<'l> {
    register: u64,
    message: Vec<u8>,
    lengths: Cow<'l, [usize]>,
    expected: Vec<u64>,
    /// Whether the message is random and new, so that bounds count it.
    is_random: bool,
}

impl<'l> Sweep<'l> {
    fn random(session: &Session<'_>, label: usize, lengths: &'l [usize]) -> Self {
        let mut rng = session.rng(label as u64);
        let mut message = vec![0; lengths.last().copied().unwrap_or(0)];
        rng.fill(&mut message);
        let register = match label % 8 {
            0 => u64::MAX,
            1 => 0,
            _ => rng.next_u64(),
        };
        Self {
            is_random: true,
            ..Self::new(session, register, message, lengths)
        }
    }

    pub(super) fn new(
        session: &Session<'_>,
        register: u64,
        message: Vec<u8>,
        lengths: &'l [usize],
    ) -> Self {
        let model = session.model();
        let register = session.register(register);
        let expected = session.references(model.checksum_of(register), &message, lengths);
        Self {
            register,
            message,
            lengths: Cow::Borrowed(lengths),
            expected,
            is_random: false,
        }
    }

    /// Each length as a case of its own, with its expected checksum.
    pub(super) fn cases(&self, placement: Placement) -> impl Iterator<Item = (Case, u64)> {
        let lengths = self.lengths.iter().zip(&self.expected);
        lengths.map(move |(&length, &expected)| (self.case(placement, length), expected))
    }

    /// Visits every length at one placement. Returns `false` if the run was stopped before the end.
    pub(super) fn run(&self, session: &mut Session<'_>, placement: Placement) -> bool {
        let due: Vec<usize> = (0..self.lengths.len())
            .filter(|_| session.takes_case())
            .collect();
        match due.len() {
            all if all == self.lengths.len() => self.run_due(session, placement),
            0 => !session.should_stop(),
            _ => self.part(due.into_iter()).run_due(session, placement),
        }
    }

    fn run_due(&self, session: &mut Session<'_>, placement: Placement) -> bool {
        if session.should_stop() {
            return false;
        }
        if session.should_sample() {
            self.sample(placement).run_all(session, placement);
            return false;
        }
        let at_a_time = session.calls_at_a_time();
        if self.lengths.len() <= at_a_time {
            return self.run_all(session, placement);
        }
        for first in (0..self.lengths.len()).step_by(at_a_time) {
            let indices = first..self.lengths.len().min(first + at_a_time);
            if session.should_stop() || !self.part(indices).run_all(session, placement) {
                return false;
            }
        }
        true
    }

    fn sample(&self, placement: Placement) -> Sweep<'static> {
        self.part((placement.offset..self.lengths.len()).step_by(SAMPLED_ONE_IN))
    }

    /// The sweep of some of the lengths, by their indices, ascending.
    fn part(&self, picked: impl Iterator<Item = usize>) -> Sweep<'static> {
        let (lengths, expected): (Vec<usize>, Vec<u64>) = picked
            .map(|index| (self.lengths[index], self.expected[index]))
            .unzip();
        let last = lengths.last().copied().unwrap_or(0);
        Sweep {
            register: self.register,
            message: self.message[..last].to_vec(),
            lengths: Cow::Owned(lengths),
            expected,
            is_random: self.is_random,
        }
    }

    fn run_all(&self, session: &mut Session<'_>, placement: Placement) -> bool {
        let checksum = session.model().checksum_of(self.register);
        let mut stops = Vec::new();
        // A call that does not return leaves the expected checksum: its stop is the finding.
        let mut results = self.expected.clone();
        session.examiner.caller.sweep(
            placement,
            checksum,
            &self.message,
            &self.lengths,
            &mut results,
            &mut |index, stop| stops.push((index, stop)),
        );
        // A length at which a call does not return is not judged, and no bound is for it.
        let hung = stops.iter().filter(|(_, stop)| stop.kind == Kind::Hang);
        let hung: BTreeSet<usize> = hung.map(|(index, _)| *index).collect();
        // Which calls of a sweep were made is not known if it was cut.
        if !session.examiner.caller.is_cut() {
            let has_answered = |index: &usize| !hung.contains(index);
            match hung.is_empty() {
                true => self.count(session, placement),
                false => self
                    .part((0..self.lengths.len()).filter(has_answered))
                    .count(session, placement),
            }
        }
        for (index, stop) in stops {
            let case = self.case(placement, self.lengths[index]);
            session.report_stop(case, stop);
        }
        for (index, (&got, &expected)) in results.iter().zip(&self.expected).enumerate() {
            if got != expected {
                let length = self.lengths[index];
                let at = At::message(length, placement);
                session.report(ID, Kind::WrongValue, at, |examiner| {
                    let case = self.case(placement, length);
                    examiner
                        .wrong(ID, Kind::WrongValue, &case)
                        .values(expected, got)
                        .says("gives another checksum than the oracles")
                });
            }
        }
        true
    }

    fn count(&self, session: &mut Session<'_>, placement: Placement) {
        let class = RegisterClass::of(self.register, session.model().mask());
        session.tally().visit(Cells {
            lengths: &self.lengths,
            placement,
            class,
            split: SplitClass::Whole,
        });
        // Starts across a page border have messages of their own, which the others do not count.
        if self.is_random && placement.guard == GuardSide::None {
            session.tally().messages.count(&self.lengths, placement);
        }
    }

    fn case(&self, placement: Placement, length: usize) -> Case {
        Case {
            register: self.register,
            placement,
            message: self.message[..length].to_vec(),
            ..Case::default()
        }
    }
}
