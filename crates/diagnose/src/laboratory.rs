//! Where a subject is questioned: calls as data, what came of them, and a limit to the time.

use super::budget::Budget;
use crcheck_oracle::judge::Judge;
use crcheck_oracle::model::Model;
use crcheck_oracle::slicing_16::Slicing16;
use crcheck_platform::message_memory::{GuardSide, Placement};
use crcheck_platform::rng::SplitMix64;
use crcheck_subject::{FILLS, Stop};

/// One call of a subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Where the message lies.
    pub placement: Placement,
    /// The checksum that it starts from.
    pub checksum: u64,
    /// The message.
    pub message: Vec<u8>,
    /// The bytes around the message.
    pub fill: u8,
}

/// Addresses are looked at modulo this.
const PAGE_BYTES: usize = 4096;

impl Call {
    /// The length of the message in bytes.
    pub fn length(&self) -> usize {
        self.message.len()
    }

    /// The address of the message modulo 4096.
    pub fn start(&self) -> usize {
        start(self.length(), self.placement)
    }

    /// The same call with another message.
    pub(super) fn with(&self, message: Vec<u8>) -> Self {
        Self {
            message,
            ..self.clone()
        }
    }

    /// The same call with one bit of its message flipped.
    pub(super) fn flipped(&self, byte: usize, bit: u32) -> Self {
        let mut call = self.clone();
        call.message[byte] ^= 1 << bit;
        call
    }
}

/// The address of a message of this length at this placement, modulo 4096.
pub(super) fn start(length: usize, placement: Placement) -> usize {
    let offset = placement.offset % 64;
    match placement.guard {
        GuardSide::None => offset,
        GuardSide::Cross => PAGE_BYTES - 64 + offset,
        GuardSide::Start => 0,
        GuardSide::End => length.wrapping_neg() % PAGE_BYTES,
    }
}

/// Makes calls one after the other, and answers each with the checksum or with what stopped it.
pub type Ask<'a> = dyn FnMut(&[Call]) -> Vec<Result<u64, Stop>> + 'a;

/// What a right subject gives, by a judge that has no code in common with any subject.
#[derive(Debug)]
pub(super) struct Reference {
    pub(super) model: Model,
    judge: Slicing16,
}

impl Reference {
    pub(super) fn new(model: &Model) -> Self {
        Self {
            model: model.clone(),
            judge: Slicing16::new(model),
        }
    }

    /// The right checksum after `message`.
    pub(super) fn right(&self, checksum: u64, message: &[u8]) -> u64 {
        self.judge.update(checksum, message)
    }

    /// The right answer to a call.
    pub(super) fn answer(&self, call: &Call) -> u64 {
        self.right(call.checksum, &call.message)
    }

    /// The register behind the checksum that a call is given, and the mask of the model.
    pub(super) fn register(&self, call: &Call) -> [u64; 2] {
        [self.model.register_of(call.checksum), self.model.mask()]
    }

    /// Bytes that a register takes, rounded up.
    pub(super) fn register_bytes(&self) -> usize {
        usize::from(self.model.width).div_ceil(8)
    }
}

/// A call that returned.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) call: Call,
    pub(super) right: u64,
    pub(super) got: u64,
}

impl Seen {
    pub(super) fn is_wrong(&self) -> bool {
        self.got != self.right
    }
}

/// Longest message that is made up here: longer ones come from cases only.
const INVENTED_BYTES_MAX: usize = 1 << 18;

/// A subject, questioned.
pub struct Laboratory<'a> {
    ask: &'a mut Ask<'a>,
    pub(super) reference: Reference,
    /// All that is known. Every claim is held against all of it.
    pub(super) seen: Vec<Seen>,
    /// Calls that did not return.
    pub(super) stopped: usize,
    pub(super) rng: SplitMix64,
    budget: Budget,
    capacity_bytes: usize,
}

impl<'a> Laboratory<'a> {
    /// A laboratory for a subject that claims to compute `model`; messages have up to
    /// `capacity_bytes`. Its time begins to run.
    pub fn new(ask: &'a mut Ask<'a>, model: &Model, capacity_bytes: usize, seed: u64) -> Self {
        Self {
            ask,
            reference: Reference::new(model),
            seen: Vec::new(),
            stopped: 0,
            rng: SplitMix64::new(seed),
            budget: Budget::from_now(),
            capacity_bytes,
        }
    }

    /// Whether the time is over: nothing is asked then, and nothing is claimed.
    pub(super) fn is_late(&self) -> bool {
        self.budget.is_over()
    }

    pub(super) fn length_max(&self) -> usize {
        self.capacity_bytes.min(INVENTED_BYTES_MAX)
    }

    /// Makes calls and keeps what came of them.
    pub(super) fn observe(&mut self, calls: Vec<Call>) {
        let mut calls = calls.into_iter();
        loop {
            let batch: Vec<Call> = calls.by_ref().take(64).collect();
            if batch.is_empty() || self.is_late() {
                return;
            }
            let answers = (self.ask)(&batch);
            for (call, answer) in batch.into_iter().zip(answers) {
                self.keep(call, answer);
            }
        }
    }

    fn keep(&mut self, call: Call, answer: Result<u64, Stop>) {
        match answer {
            Ok(got) => {
                let right = self.reference.answer(&call);
                self.seen.push(Seen { call, right, got });
            }
            Err(_) => self.stopped += 1,
        }
    }

    /// Makes a call and keeps what came of it; `Some(is wrong)` if it returned.
    pub(super) fn is_wrong(&mut self, call: Call) -> Option<bool> {
        let before = self.seen.len();
        self.observe(vec![call]);
        self.seen.get(before).map(Seen::is_wrong)
    }

    /// Makes a call that is not kept, as one of many of a measurement.
    pub(super) fn measure(&mut self, call: &Call) -> Option<u64> {
        if self.is_late() {
            return None;
        }
        let answers = (self.ask)(std::slice::from_ref(call));
        answers.into_iter().next()?.ok()
    }

    /// The difference from what is right, of a call that is not kept.
    pub(super) fn difference(&mut self, call: &Call) -> Option<u64> {
        Some(self.measure(call)? ^ self.reference.answer(call))
    }

    /// A call with a random message and a random checksum.
    pub(super) fn random(&mut self, length: usize, placement: Placement) -> Call {
        let mut message = vec![0; length.min(self.capacity_bytes)];
        self.rng.fill(&mut message);
        Call {
            placement,
            checksum: self.rng.next_u64() & self.reference.model.mask(),
            message,
            fill: FILLS[self.rng.index(2)],
        }
    }

    /// The wrong answers, from the shortest message to the longest.
    pub(super) fn wrong(&self) -> Vec<&Seen> {
        let mut wrong: Vec<&Seen> = self.seen.iter().filter(|seen| seen.is_wrong()).collect();
        wrong.sort_by_key(|seen| seen.call.length());
        wrong
    }

    /// The shortest wrong call of at least `length` bytes, or else the longest one.
    pub(super) fn wrong_from(&self, length: usize) -> Option<Call> {
        let wrong = self.wrong();
        let found = wrong.iter().find(|seen| seen.call.length() >= length);
        found.or(wrong.last()).map(|seen| seen.call.clone())
    }
}
