//! Calls as data: what a [`Caller`](crate::Caller) is asked for.

use crate::stop::Stop;
use crcheck_platform::message_memory::Placement;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::time::Duration;

/// The two paints of the bytes around a message.
pub const FILLS: [u8; 2] = [0x00, 0xff];

/// One of several calls in turn.
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
    /// What lies around it.
    pub fill: u8,
}

/// Calls in turn on parts of a message of its own.
#[derive(Clone, Debug)]
pub struct Turns<'m> {
    /// Where the message lies.
    pub placement: Placement,
    /// The message.
    pub message: &'m [u8],
    /// The calls. Each goes on from a checksum, or from a step before it.
    pub steps: Vec<Step>,
}

/// What came of [`Turns`]: each step's result, or what stopped one; `Err(None)` if they were not
/// made.
pub type TurnsResult = Result<Vec<u64>, Option<Stop>>;

/// How threads make calls at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Race {
    /// A thread for each call, which makes it once.
    Once,
    /// Threads that share the calls out and make them again and again.
    Steady {
        /// How many threads.
        threads: usize,
        /// How long at least.
        time: Duration,
    },
}

/// What a race has come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Raced {
    /// Calls that gave something else, with that.
    pub wrong: Vec<(usize, u64)>,
    /// Calls that did not return.
    pub stops: Vec<(usize, Stop)>,
    /// How often the threads have met.
    pub meetings: usize,
}
