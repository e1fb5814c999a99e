//! Calls as data, for a [`Caller`](crate::Caller) to make.

use crate::stop::Stop;
use crcheck_platform::message_memory::Placement;
use crcheck_platform::rng::SplitMix64;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::time::Duration;

/// The two values that fill the bytes around a message.
pub const FILLS: [u8; 2] = [0x00, 0xff];

/// One of several calls, which are made one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Where its checksum comes from.
    pub origin: Origin,
    /// The part of the message that it is called with.
    pub part: Range<usize>,
}

/// The checksum that a [`Step`] goes on from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// This checksum.
    Checksum(u64),
    /// The result of the step of this index.
    Step(usize),
}

/// A call on a message of its own, with slack on both sides.
#[derive(Clone, Copy, Debug)]
pub struct Apart<'m> {
    /// The start modulo 64.
    pub alignment: usize,
    /// The checksum before it.
    pub checksum: u64,
    /// The message.
    pub message: &'m [u8],
    /// The byte that fills the slack around it.
    pub fill: u8,
}

/// Calls on parts of one message, one after the other.
#[derive(Clone, Debug)]
pub struct Turns<'m> {
    /// Where the message lies.
    pub placement: Placement,
    /// The message.
    pub message: &'m [u8],
    /// The calls. Each goes on from a checksum, or from a step before it.
    pub steps: Vec<Step>,
}

/// One operation on a stream. A few streams live side by side, each in a slot of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamStep {
    /// The slot of the stream, below [`STREAMS_MAX`].
    pub slot: usize,
    /// What happens to it.
    pub operation: StreamOperation,
}

/// The most streams that live side by side.
pub const STREAMS_MAX: usize = 64;

/// What happens to a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamOperation {
    /// It begins. A stream that was in the slot is lost.
    New,
    /// It receives this part of the message.
    Update(Range<usize>),
    /// It gives its checksum.
    Final,
    /// It begins anew.
    Reset,
    /// It ends.
    Free,
    /// It becomes a copy of the stream in this slot. A stream that was there is lost.
    CopyOf(usize),
}

/// The result of [`Turns`]: each step's result, or what stopped one; `Err(None)` if the calls were
/// not made.
pub type TurnsResult = Result<Vec<u64>, Option<Stop>>;

/// How threads make concurrent calls: they share the calls and make them again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Race {
    /// How many threads.
    pub threads: usize,
    /// How long the race lasts at least.
    pub time: Duration,
}

/// How the threads of a process make their first calls: each makes one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstCalls {
    /// How many threads.
    pub threads: usize,
    /// When they begin.
    pub start: Start,
    /// Where the processes come from.
    pub from: Fresh,
    /// How long the calls of one process may take.
    pub patience: Duration,
}

/// When the threads of a process begin their first calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Start {
    /// Together, or at random within this time after the first: as often in each half of what is
    /// left of it towards the start, since what a first call makes may take a small part of its
    /// time.
    Within {
        /// The time.
        window: Duration,
        /// Where the random moments come from.
        seed: u64,
    },
    /// The second of two threads calls while the first is stopped in its call: after this number of
    /// instructions in each process. If the first is not stopped, the second has no call.
    WhileStopped(Vec<u64>),
    /// Two calls of one thread, one after the other. Their times are numbers of instructions, up to
    /// this one.
    Counted(u64),
}

/// How many parts of a window threads begin in: the smallest is a sixteenth.
const HALVINGS: u64 = 5;

impl Start {
    /// How much later than the first a thread of a process begins.
    pub fn delay(&self, process: usize, thread: usize) -> Duration {
        let Self::Within { window, seed } = self else {
            return Duration::ZERO;
        };
        if thread == 0 || window.is_zero() {
            return Duration::ZERO;
        }
        let label = (process as u64) << 32 | thread as u64;
        let mut rng = SplitMix64::labelled(*seed, label);
        let part_ns = window.as_nanos() as u64 >> rng.below(HALVINGS);
        Duration::from_nanos(rng.below(part_ns.max(1)))
    }
}

/// Where a process comes from that has not called the subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fresh {
    /// It is a copy of a worker that has loaded the library and has not called it.
    Copies,
    /// It is that worker itself, so there is one only.
    ThisWorker,
}

/// The first call of one thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstCall {
    /// Its result, or what stopped it.
    pub outcome: Result<u64, Stop>,
    /// When it began and ended, in nanoseconds of a clock that all threads share.
    pub time_ns: Range<u64>,
}

/// First calls in fresh processes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FirstCallsMade {
    /// The calls of each process; `None` if a thread was not there.
    pub processes: Vec<Vec<Option<FirstCall>>>,
    /// What ended the process after those, or kept its calls from returning.
    pub lost: Option<Stop>,
    /// Whether the worker makes no copies of itself: it has threads already.
    pub has_no_copies: bool,
}

/// The result of a race.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Raced {
    /// The calls that gave a wrong result, with that result.
    pub wrong: Vec<(usize, u64)>,
    /// The calls that did not return.
    pub stops: Vec<(usize, Stop)>,
    /// How often the threads have met.
    pub meetings: usize,
}
