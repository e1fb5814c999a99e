//! Calls in this process, under the handler of the CPU's signals.

use crate::blindness::Blindness;
use crate::caller::Caller;
use crate::calls::{Apart, FILLS, Origin, Step, Turns, TurnsResult};
use crate::kind::Kind;
use crate::stop::{NOWHERE, Stop, explain_here};
use crate::subject::Subject;
use crate::until::Until;
use crcheck_platform::abi_audit::{self, Audit, Paint};
use crcheck_platform::forked_call::{self, ForkOutcome};
use crcheck_platform::message_memory::{MessageMemory, Placement, View};
use crcheck_platform::repeated_memory::RepeatedMemory;
use crcheck_platform::signal::{self, watch};
use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// A subject of this process, and the memory of its messages.
pub(crate) struct InProcess<'a> {
    subject: &'a dyn Subject,
    memory: MessageMemory,
    /// What stopped the last call of several that did not return.
    last_stop: Option<Stop>,
    calls_made: u64,
}

impl<'a> InProcess<'a> {
    pub(crate) fn new(subject: &'a dyn Subject, capacity_bytes: usize) -> io::Result<Self> {
        Ok(Self {
            subject,
            memory: MessageMemory::new(capacity_bytes)?,
            last_stop: None,
            calls_made: 0,
        })
    }
}

impl Caller for InProcess<'_> {
    fn capacity_bytes(&self) -> usize {
        self.memory.capacity_bytes()
    }

    fn calls_made(&self) -> u64 {
        self.calls_made
    }

    fn last_stop(&self) -> Option<&Stop> {
        self.last_stop.as_ref()
    }

    fn renew(&mut self, _: &Until) {
        self.last_stop = None;
    }

    fn take_blindness(&mut self) -> Blindness {
        Blindness::cure(self.memory.reader())
    }

    fn call(
        &mut self,
        placement: Placement,
        checksum: u64,
        message: &[u8],
        fill: u8,
    ) -> Result<u64, Stop> {
        self.calls_made += 1;
        let subject = self.subject;
        call_guarded(&self.memory.place(placement, message, fill), |message| {
            subject.update(checksum, message)
        })
    }

    fn chain(
        &mut self,
        placement: Placement,
        checksum: u64,
        message: &[u8],
        fill: u8,
        pieces: &[Range<usize>],
    ) -> Result<u64, Stop> {
        self.calls_made += pieces.len() as u64;
        let subject = self.subject;
        call_guarded(&self.memory.place(placement, message, fill), |message| {
            pieces.iter().fold(checksum, |checksum, piece| {
                subject.update(checksum, &message[piece.clone()])
            })
        })
    }

    fn apart(&mut self, calls: &[Apart<'_>]) -> Vec<Option<u64>> {
        let one = |call: &Apart<'_>| {
            let placement = Placement::aligned(call.alignment);
            let outcome = self.call(placement, call.checksum, call.message, call.fill);
            outcome.map_err(|stop| self.last_stop = Some(stop)).ok()
        };
        calls.iter().map(one).collect()
    }

    fn calls(
        &mut self,
        placement: Placement,
        message: &[u8],
        steps: &[Step],
    ) -> Result<Vec<u64>, Stop> {
        self.calls_made += steps.len() as u64;
        let subject = self.subject;
        let mut results = Vec::with_capacity(steps.len());
        let view = self.memory.place(placement, message, FILLS[0]);
        call_guarded(&view, |message| {
            for step in steps {
                let checksum = match step.origin {
                    Origin::Checksum(checksum) => checksum,
                    Origin::Step(index) => results[index],
                };
                results.push(subject.update(checksum, &message[step.part.clone()]));
            }
        })?;
        Ok(results)
    }

    fn turns(&mut self, turns: &[Turns<'_>]) -> Vec<TurnsResult> {
        let one = |of: &Turns<'_>| {
            let results = self.calls(of.placement, of.message, &of.steps);
            results.map_err(|stop| {
                self.last_stop = Some(stop.clone());
                Some(stop)
            })
        };
        turns.iter().map(one).collect()
    }

    fn combine(&mut self, a: u64, b: u64, len_b: u64) -> Option<Result<u64, Stop>> {
        let subject = self.subject;
        self.calls_made += 1;
        let outcome = signal::catch(|| subject.combine(a, b, len_b));
        outcome
            .map_err(|caught| explain_here(caught, &NOWHERE))
            .transpose()
    }

    fn audit(
        &mut self,
        placement: Placement,
        checksum: u64,
        message: &[u8],
        paint: &Paint,
    ) -> Result<Audit, Stop> {
        self.calls_made += 1;
        let subject = self.subject;
        let view = self.memory.place(placement, message, FILLS[0]);
        call_guarded(&view, |message| audit(subject, checksum, message, paint))
    }

    fn audits(&mut self, calls: &[Apart<'_>], paint: &Paint) -> Vec<Option<(u64, usize)>> {
        let one = |call: &Apart<'_>| {
            let placement = Placement::aligned(call.alignment);
            let audit = self.audit(placement, call.checksum, call.message, paint);
            let audit = audit.map_err(|stop| self.last_stop = Some(stop));
            let audit = audit.ok().filter(Audit::is_clean)?;
            Some((audit.value, audit.stack_bytes))
        };
        calls.iter().map(one).collect()
    }

    fn unit_messages(
        &mut self,
        alignment: usize,
        checksum: u64,
        results: &mut [u64],
        stopped: &mut dyn FnMut(usize, Stop),
    ) {
        self.calls_made += results.len() as u64;
        let subject = self.subject;
        let len_bytes = results.len() / 8;
        let placement = Placement::aligned(alignment);
        let memory = &mut self.memory;
        drop(memory.place(placement, &vec![0; len_bytes], FILLS[0]));
        for (bit, result) in results.iter_mut().enumerate() {
            let view = memory.flip(placement, len_bytes, bit);
            match call_guarded(&view, |message| subject.update(checksum, message)) {
                Ok(got) => *result = got,
                Err(stop) => stopped(bit, stop),
            }
            drop(view);
            drop(memory.flip(placement, len_bytes, bit));
        }
    }

    fn call_repeated(
        &mut self,
        checksum: u64,
        memory: &RepeatedMemory,
        len_bytes: usize,
        patience: Duration,
    ) -> Result<u64, Stop> {
        self.calls_made += 1;
        call_in_a_copy(self.subject, checksum, memory.message(len_bytes), patience)
    }

    fn recall(
        &mut self,
        placement: Placement,
        checksum: u64,
        len_bytes: usize,
        bytes: &[u8],
    ) -> Result<u64, Stop> {
        self.calls_made += 1;
        let subject = self.subject;
        let view = self.memory.replace(placement, len_bytes, bytes);
        call_guarded(&view, |message| subject.update(checksum, message))
    }

    fn sweep(
        &mut self,
        placement: Placement,
        checksum: u64,
        message: &[u8],
        lengths: &[usize],
        results: &mut [u64],
        stopped: &mut dyn FnMut(usize, Stop),
    ) {
        self.calls_made += lengths.len() as u64;
        let results = &mut results[..lengths.len()];
        assert!(lengths.iter().all(|&length| length <= message.len()));
        let subject = self.subject;
        let view = self.memory.place(placement, message, FILLS[0]);
        let start = view.addresses().start;
        let mut first = 0;
        while first < lengths.len() {
            // Written before each call, so that a signal's call is known.
            let current = AtomicUsize::new(first);
            let outcome = signal::catch(|| {
                for (index, result) in results.iter_mut().enumerate().skip(first) {
                    current.store(index, Ordering::Relaxed);
                    view.expose(lengths[index]);
                    *result = subject.update(checksum, view.prefix(lengths[index]));
                }
            });
            let Err(caught) = outcome else { break };
            let index = current.into_inner();
            let addresses = start..start + lengths[index];
            stopped(index, explain_here(caught, &addresses));
            first = index + 1;
        }
    }

    fn with_message(
        &mut self,
        placement: Placement,
        message: &[u8],
        fill: u8,
        body: &mut dyn FnMut(&[u8]),
    ) -> Result<bool, Stop> {
        call_guarded(&self.memory.place(placement, message, fill), body).map(|()| true)
    }
}

/// Calls `body` on the view's message and explains what stops it.
fn call_guarded<T>(view: &View<'_>, body: impl FnOnce(&[u8]) -> T) -> Result<T, Stop> {
    signal::catch(|| body(view.message())).map_err(|caught| explain_here(caught, &view.addresses()))
}

/// Makes an audited call of the subject's own entry, or of compiled code of ours that calls
/// [`Subject::update`].
fn audit(subject: &dyn Subject, checksum: u64, message: &[u8], paint: &Paint) -> Audit {
    match subject.entry() {
        Some(entry) => {
            let call = || abi_audit::call(&entry, checksum, message, paint);
            watch::during(message.len(), call)
        }
        None => {
            let update = |checksum, message: &[u8]| subject.update(checksum, message);
            abi_audit::call_function(&update, checksum, message, paint)
        }
    }
}

/// The stack that an audited call takes on the way to the code of `subject`, in bytes.
pub fn stack_of_the_way_bytes(subject: &dyn Subject) -> usize {
    // A worker enters its function directly, and so does an interpreter.
    let is_elsewhere = subject.foreign().is_some() || subject.interpreted().is_some();
    if subject.entry().is_some() || is_elsewhere {
        return 0;
    }
    abi_audit::stack_of_the_way_bytes()
}

/// Makes one call of a subject of this process, in a copy of the process.
fn call_in_a_copy(
    subject: &dyn Subject,
    checksum: u64,
    message: &[u8],
    patience: Duration,
) -> Result<u64, Stop> {
    let outcome = forked_call::run(patience, || {
        let outcome = signal::catch(|| subject.update(checksum, message));
        let addresses = message.as_ptr_range();
        let addresses = addresses.start as usize..addresses.end as usize;
        let result = outcome.map_err(|caught| explain_here(caught, &addresses));
        serde_json::to_vec(&result).expect("plain data is always JSON")
    });
    match outcome.unwrap_or_else(|error| panic!("cannot start a process: {error}")) {
        ForkOutcome::Answered(text) => {
            serde_json::from_slice(&text).expect("the answer that was written above")
        }
        ForkOutcome::Late => Err(Stop::late(patience)),
        ForkOutcome::Died(status) => {
            let summary = format!("ends its process (wait status {status:#x})");
            Err(Stop::without_place(Kind::Crash, summary))
        }
    }
}
