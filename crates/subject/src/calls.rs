//! Calls as data, for a [`Caller`](crate::Caller) to make.

use crate::stop::Stop;
use crcheck_platform::message_memory::Placement;
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

/// How threads make concurrent calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Race {
    /// Each call has a thread of its own, which makes it once.
    Once,
    /// Threads share the calls and make them again and again.
    Steady {
        /// How many threads.
        threads: usize,
        /// How long the race lasts at least.
        time: Duration,
    },
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
