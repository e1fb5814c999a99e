//! An experiment with one subject: calls, the answers so far, and a limit to the time.

use crate::budget::Budget;
use crate::call::Call;
use crate::reference::Reference;
use crcheck_oracle::model::Model;
use crcheck_platform::message_memory::Placement;
use crcheck_platform::rng::SplitMix64;
use crcheck_subject::{FILLS, Stop};

/// Makes calls one after the other. Returns for each the checksum or what stopped it.
pub type CallFn<'a> = dyn FnMut(&[Call]) -> Vec<Result<u64, Stop>> + 'a;

/// A call that returned.
#[derive(Clone, Debug)]
pub(crate) struct Observation {
    pub(crate) call: Call,
    pub(crate) expected: u64,
    pub(crate) got: u64,
}

impl Observation {
    pub(crate) fn is_wrong(&self) -> bool {
        self.got != self.expected
    }
}

/// The longest message that an experiment draws. Longer ones come from known calls only.
const DRAWN_BYTES_MAX: usize = 1 << 18;

/// Calls of `CallFn` at a time: the time limit counts between batches.
const BATCH_CALLS: usize = 64;

pub struct Experiment<'a> {
    call: &'a mut CallFn<'a>,
    pub(crate) reference: Reference,
    /// All that is known. No claim may contradict any of it.
    pub(crate) observations: Vec<Observation>,
    pub(crate) rng: SplitMix64,
    budget: Budget,
    capacity_bytes: usize,
    /// Whether a call can go on from any checksum.
    takes_checksum: bool,
}

impl<'a> Experiment<'a> {
    /// An experiment with a subject that claims to compute `model`. Messages have at most
    /// `capacity_bytes`. Its time starts now.
    pub fn new(call: &'a mut CallFn<'a>, model: &Model, capacity_bytes: usize, seed: u64) -> Self {
        Self {
            call,
            reference: Reference::new(model),
            observations: Vec::new(),
            rng: SplitMix64::new(seed),
            budget: Budget::from_now(),
            capacity_bytes,
            takes_checksum: true,
        }
    }

    /// The experiment if every call begins with the initial checksum.
    #[must_use]
    pub fn from_the_initial_checksum(self) -> Self {
        Self {
            takes_checksum: false,
            ..self
        }
    }

    /// Whether a call can go on from any checksum.
    pub(crate) fn takes_checksum(&self) -> bool {
        self.takes_checksum
    }

    /// The call as the subject can make it.
    fn possible(&self, call: Call) -> Call {
        match self.takes_checksum {
            true => call,
            false => Call {
                checksum: self.reference.model.initial_checksum(),
                ..call
            },
        }
    }

    /// Whether the time is over. Then the experiment makes no call, and the diagnosis no
    /// claim.
    pub(crate) fn is_out_of_time(&self) -> bool {
        self.budget.is_over()
    }

    /// The length in bytes of the longest message that the experiment draws.
    pub(crate) fn length_max(&self) -> usize {
        self.capacity_bytes.min(DRAWN_BYTES_MAX)
    }

    /// Makes calls and keeps those that return.
    pub(crate) fn observe(&mut self, calls: Vec<Call>) {
        let mut calls = calls.into_iter();
        loop {
            let batch = calls.by_ref().take(BATCH_CALLS);
            let batch: Vec<Call> = batch.map(|call| self.possible(call)).collect();
            if batch.is_empty() || self.is_out_of_time() {
                return;
            }
            let answers = (self.call)(&batch);
            for (call, answer) in batch.into_iter().zip(answers) {
                self.observations.extend(answer.ok().map(|got| Observation {
                    expected: self.reference.expected(&call),
                    call,
                    got,
                }));
            }
        }
    }

    /// Makes one call and keeps it if it returns. Returns whether its answer is wrong, or `None` if
    /// the call did not return.
    pub(crate) fn observe_one(&mut self, call: Call) -> Option<bool> {
        let before = self.observations.len();
        self.observe(vec![call]);
        self.observations.get(before).map(Observation::is_wrong)
    }

    /// Makes a call without keeping it, for measurements of many calls.
    pub(crate) fn measure(&mut self, call: &Call) -> Option<u64> {
        if self.is_out_of_time() {
            return None;
        }
        let answers = (self.call)(std::slice::from_ref(call));
        answers.into_iter().next()?.ok()
    }

    /// Makes a call without keeping it. Returns the XOR of its answer and the expected one.
    pub(crate) fn measure_difference(&mut self, call: &Call) -> Option<u64> {
        let call = self.possible(call.clone());
        Some(self.measure(&call)? ^ self.reference.expected(&call))
    }

    /// A call with a random message and a random checksum before it.
    pub(crate) fn draw_call(&mut self, length: usize, placement: Placement) -> Call {
        let mut message = vec![0; length.min(self.capacity_bytes)];
        self.rng.fill(&mut message);
        let call = Call {
            placement,
            checksum: self.rng.next_u64() & self.reference.model.mask(),
            message,
            fill: FILLS[self.rng.index(2)],
        };
        self.possible(call)
    }

    /// The wrong answers, from the shortest message to the longest.
    pub(crate) fn wrong(&self) -> Vec<&Observation> {
        let mut wrong: Vec<&Observation> = self
            .observations
            .iter()
            .filter(|observation| observation.is_wrong())
            .collect();
        wrong.sort_by_key(|observation| observation.call.length());
        wrong
    }

    /// The shortest wrong call of at least `length` bytes, or else the longest wrong one.
    pub(crate) fn wrong_call_from(&self, length: usize) -> Option<Call> {
        let wrong = self.wrong();
        let found = wrong.iter().find(|wrong| wrong.call.length() >= length);
        found.or(wrong.last()).map(|wrong| wrong.call.clone())
    }
}
