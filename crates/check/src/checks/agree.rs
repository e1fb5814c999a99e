//! `agree`: the subject equals every oracle, at each cell.

use super::check::{Check, Fuzzing};
use super::phrases::at_alignments;
use crate::case::{Case, RegisterClass};
use crate::check_result::BoundSource;
use crate::coverage::cells::{Cells, SplitClass};
use crate::depth::{Depth, thresholds_beyond};
use crate::examiner::Examiner;
use crate::fast_law::PLACED;
use crate::finding::{Finding, VALUE_CHECK};
use crate::session::{At, SAMPLED_ONE_IN, Session};
use crcheck_platform::message_memory::{GuardSide, Placement};
use crcheck_subject::{CheckId, FILLS, Kind};
use std::borrow::Cow;

pub const ID: CheckId = VALUE_CHECK;

pub static CHECK: Check = Check {
    kinds: &[Kind::WrongValue],
    fuzzing: Fuzzing::EachInput(&[&PLACED]),
    coverage: Some(coverage),
    ..Check::new(
        ID,
        "the subject equals every oracle at each cell",
        0,
        run,
        examine,
    )
};

fn coverage(depth: &Depth) -> String {
    let Depth {
        length_max,
        alignments,
        messages,
        ..
    } = depth;
    format!(
        "every length 0..={length_max} at {} with {messages} random messages each, \
         all starts across a page border, zeros and ones; thresholds beyond to 2 MiB",
        at_alignments(*alignments)
    )
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
    let dense: Vec<usize> = (0..=depth.length_max).collect();
    let mut complete = true;
    for message in 0..depth.messages {
        let sweep = Sweep::random(session, message, &dense);
        for offset in offsets(&depth, 1) {
            complete &= sweep.run(session, Placement::aligned(offset));
        }
    }
    if complete {
        session.tally().bound = Some(BoundSource::Messages(depth.messages));
    }
    sweep_crossing(session, &dense);
    sweep_plain(session, &dense);
    sweep_every_value(session);
    sweep_thresholds(session);
    sweep_every_length(session);
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
    let lengths = thresholds_beyond(depth.length_max, session.subject());
    for message in 0..depth.threshold_messages {
        let sweep = Sweep::random(session, BEYOND + message, &lengths);
        for index in 0..depth.threshold_alignments {
            let offset = (message * 5 + index * 64 / depth.threshold_alignments) % 64;
            sweep.run(session, Placement::aligned(offset));
        }
    }
}

/// Visits each further length of depth `deep` up to its limit, at four of the alignments.
fn sweep_every_length(session: &mut Session<'_>) {
    let depth = session.depth();
    let Some(last) = depth.every_length_to else {
        return;
    };
    for message in 0..depth.threshold_messages {
        for offset in 0..64 {
            // Each length has four alignments: those that it equals modulo 16.
            let first = (depth.length_max + 1..).find(|length| length % 16 == offset % 16);
            let lengths: Vec<usize> = (first.unwrap_or(last)..=last).step_by(16).collect();
            let sweep = Sweep::random(session, EVERY + message, &lengths);
            if !sweep.run(session, Placement::aligned(offset)) {
                return;
            }
        }
    }
}

/// Labels of the random streams, so that each group of messages has its own.
const CROSSING: usize = 1 << 16;
const BEYOND: usize = 2 << 16;
const EVERY: usize = 3 << 16;
const VALUES: u64 = 4 << 16;

/// One message with its expected checksum at each of the lengths.
pub(super) struct Sweep<'l> {
    register: u64,
    message: Vec<u8>,
    lengths: Cow<'l, [usize]>,
    expected: Vec<u64>,
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
        Self::new(session, register, message, lengths)
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
        }
    }

    /// Each length as a case of its own, with its expected checksum.
    pub(super) fn cases(&self, placement: Placement) -> impl Iterator<Item = (Case, u64)> {
        let lengths = self.lengths.iter().zip(&self.expected);
        lengths.map(move |(&length, &expected)| (self.case(placement, length), expected))
    }

    /// Visits every length at one placement. Returns `false` if the run was stopped before the end.
    pub(super) fn run(&self, session: &mut Session<'_>, placement: Placement) -> bool {
        if session.should_stop() {
            return false;
        }
        if session.should_sample() {
            self.sample(placement).run_all(session, placement);
            return false;
        }
        self.run_all(session, placement)
    }

    fn sample(&self, placement: Placement) -> Sweep<'static> {
        let picked = (placement.offset..self.lengths.len()).step_by(SAMPLED_ONE_IN);
        let (lengths, expected): (Vec<usize>, Vec<u64>) = picked
            .map(|index| (self.lengths[index], self.expected[index]))
            .unzip();
        Sweep {
            register: self.register,
            message: self.message.clone(),
            lengths: Cow::Owned(lengths),
            expected,
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
        let class = RegisterClass::of(self.register, session.model().mask());
        session.tally().visit(Cells {
            lengths: &self.lengths,
            placement,
            class,
            split: SplitClass::Whole,
        });
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

    fn case(&self, placement: Placement, length: usize) -> Case {
        Case {
            register: self.register,
            placement,
            message: self.message[..length].to_vec(),
            ..Case::default()
        }
    }
}
