//! Calls of a subject: on guarded memory, under the fault handler, with what went wrong put in
//! terms of the message.

use crate::audit::{self, Audit, Paint};
use crate::check::CheckId;
use crate::child::{self, Outcome};
use crate::fault::{self, Fault, Signal};
use crate::finding::Kind;
use crate::illegal::Illegal;
use crate::memory::{MessageMemory, Placement, View};
use crate::repeated::RepeatedMemory;
use crate::subject::Subject;
use crate::worker::{Apart, Call, Elsewhere, Losses, Turns};
use serde::{Deserialize, Serialize};
use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// The two paints of the bytes around a message.
pub const FILLS: [u8; 2] = [0x00, 0xff];

/// A subject with the memory that its messages lie in.
pub struct Probe<'a> {
    subject: &'a dyn Subject,
    calls: Calls,
}

/// Where the calls are made.
enum Calls {
    /// In this process, under the fault handler.
    Here(MessageMemory),
    /// In another one.
    There(Box<Elsewhere>),
}

/// One of several calls in turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Where its checksum comes from.
    pub from: From,
    /// The part of the message that it is called with.
    pub part: Range<usize>,
}

/// What a [`Step`] goes on from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// This checksum.
    Checksum(u64),
    /// What the step of this index gave.
    Step(usize),
}

/// A call that did not return, in terms of its message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// What kind of fault it is.
    pub kind: Kind,
    /// How far outside the message the access reached, in bytes.
    pub distance_bytes: Option<i64>,
    /// The instruction, disassembled.
    pub instruction: Option<String>,
    /// Of an illegal instruction, what is known of it.
    pub illegal: Option<Box<Illegal>>,
    /// One sentence.
    pub summary: String,
}

impl Stop {
    /// The check whose law a fault of this kind breaks.
    pub fn check(&self) -> CheckId {
        match self.kind {
            Kind::OverRead | Kind::UnderRead | Kind::WriteToMessage => CheckId::Guard,
            _ => CheckId::Agree,
        }
    }

    /// A call that took its process with it, or never came back.
    pub(crate) fn without_place(kind: Kind, summary: String) -> Self {
        Self {
            kind,
            distance_bytes: None,
            instruction: None,
            illegal: None,
            summary,
        }
    }

    /// A call that was not over after `patience`.
    pub(crate) fn late(patience: Duration) -> Self {
        let seconds = patience.as_secs_f64();
        Self::without_place(Kind::Hang, format!("does not return within {seconds} s"))
    }
}

impl<'a> Probe<'a> {
    /// A probe for messages of up to `capacity_bytes`.
    ///
    /// # Errors
    /// If the operating system refuses the memory or the other process.
    pub fn new(subject: &'a dyn Subject, capacity_bytes: usize) -> io::Result<Self> {
        let calls = match subject.foreign() {
            Some(foreign) => Calls::There(Box::new(foreign.open(capacity_bytes)?)),
            None => Calls::Here(MessageMemory::new(capacity_bytes)?),
        };
        Ok(Self { subject, calls })
    }

    /// The subject.
    pub fn subject(&self) -> &'a dyn Subject {
        self.subject
    }

    /// The longest message that fits.
    pub fn capacity_bytes(&self) -> usize {
        match &self.calls {
            Calls::Here(memory) => memory.capacity_bytes(),
            Calls::There(elsewhere) => elsewhere.capacity_bytes(),
        }
    }

    /// The other processes that the calls have cost.
    pub fn losses(&self) -> Losses {
        match &self.calls {
            Calls::Here(_) => Losses::default(),
            Calls::There(elsewhere) => elsewhere.losses(),
        }
    }

    /// Allows as many lost processes again as a check may cost.
    pub(crate) fn renew(&mut self) {
        if let Calls::There(elsewhere) = &mut self.calls {
            elsewhere.renew();
        }
    }

    /// Whether as many processes were lost as a check may cost.
    pub(crate) fn is_spent(&self) -> bool {
        match &self.calls {
            Calls::Here(_) => false,
            Calls::There(elsewhere) => elsewhere.is_spent(),
        }
    }

    /// One call: the checksum after `message`, which lies at `placement` between bytes of `fill`.
    ///
    /// # Errors
    /// What stopped the call.
    pub fn call(
        &mut self,
        placement: Placement,
        checksum: u64,
        message: &[u8],
        fill: u8,
    ) -> Result<u64, Stop> {
        let whole = 0..message.len();
        self.chain(placement, checksum, message, fill, std::iter::once(whole))
    }

    /// Calls on pieces of `message`, each from the checksum that the one before gave; the last
    /// checksum.
    ///
    /// # Errors
    /// What stopped a call.
    pub fn chain(
        &mut self,
        placement: Placement,
        checksum: u64,
        message: &[u8],
        fill: u8,
        pieces: impl Iterator<Item = Range<usize>>,
    ) -> Result<u64, Stop> {
        let subject = self.subject;
        match &mut self.calls {
            Calls::Here(memory) => guarded(&memory.place(placement, message, fill), |message| {
                pieces.fold(checksum, |checksum, piece| {
                    subject.update(checksum, &message[piece])
                })
            }),
            Calls::There(elsewhere) => {
                let start = elsewhere.place(placement, message, fill);
                let pieces: Vec<Range<usize>> = pieces.collect();
                let call = |index: usize| Call {
                    offset: start + pieces[index].start,
                    len_bytes: pieces[index].len(),
                    checksum: (index == 0).then_some(checksum),
                };
                last_of(elsewhere, pieces.len(), call)
            }
        }
    }

    /// Each call on a message of its own: for many that do not depend on each other, since a process that makes
    /// them is asked once for all. `None` is one that did not return, or was not made; [`Probe::call`] says
    /// what stops it.
    pub fn apart(&mut self, calls: &[Apart<'_>]) -> Vec<Option<u64>> {
        let subject = self.subject;
        match &mut self.calls {
            Calls::Here(memory) => {
                let one = |call: &Apart<'_>| {
                    let placement = Placement::aligned(call.alignment);
                    let view = memory.place(placement, call.message, call.fill);
                    guarded(&view, |message| subject.update(call.checksum, message)).ok()
                };
                calls.iter().map(one).collect()
            }
            Calls::There(elsewhere) => elsewhere.apart(calls),
        }
    }

    /// Calls on parts of one placed message, in turn: `results[i]` is what step i gave.
    ///
    /// # Errors
    /// What stopped the first call that did not return.
    ///
    /// # Panics
    /// If a step goes on from one that is not before it, or has a part that the message does not.
    pub fn calls(
        &mut self,
        placement: Placement,
        message: &[u8],
        steps: &[Step],
    ) -> Result<Vec<u64>, Stop> {
        let subject = self.subject;
        let mut results = Vec::with_capacity(steps.len());
        let checksum = |step: &Step, results: &[u64]| match step.from {
            From::Checksum(checksum) => checksum,
            From::Step(index) => results[index],
        };
        match &mut self.calls {
            Calls::Here(memory) => {
                let view = memory.place(placement, message, FILLS[0]);
                guarded(&view, |message| {
                    for step in steps {
                        let checksum = checksum(step, &results);
                        results.push(subject.update(checksum, &message[step.part.clone()]));
                    }
                })?;
            }
            Calls::There(elsewhere) => {
                let start = elsewhere.place(placement, message, FILLS[0]);
                for step in steps {
                    let call = Call {
                        offset: start + step.part.start,
                        len_bytes: step.part.len(),
                        checksum: Some(checksum(step, &results)),
                    };
                    results.push(last_of(elsewhere, 1, |_| call)?);
                }
            }
        }
        Ok(results)
    }

    /// As [`Probe::calls`], for many messages that do not depend on each other, since a process that makes the
    /// calls is asked once for all. `Err(None)` is of calls that were not made.
    pub fn turns(&mut self, turns: &[Turns<'_>]) -> Vec<Result<Vec<u64>, Option<Stop>>> {
        match &mut self.calls {
            Calls::Here(_) => turns
                .iter()
                .map(|of| {
                    self.calls(of.placement, of.message, &of.steps)
                        .map_err(Some)
                })
                .collect(),
            Calls::There(elsewhere) => elsewhere.turns(turns),
        }
    }

    /// One call, [audited](crate::audit): what it did to its caller, who left `paint` behind.
    ///
    /// # Errors
    /// What stopped the call.
    pub fn audit(
        &mut self,
        placement: Placement,
        checksum: u64,
        message: &[u8],
        paint: &Paint,
    ) -> Result<Audit, Stop> {
        let subject = self.subject;
        match &mut self.calls {
            Calls::Here(memory) => {
                let view = memory.place(placement, message, FILLS[0]);
                guarded(&view, |message| {
                    audit::call_subject(subject, checksum, message, paint)
                })
            }
            Calls::There(elsewhere) => {
                let offset = elsewhere.place(placement, message, FILLS[0]);
                let call = Call {
                    offset,
                    len_bytes: message.len(),
                    checksum: Some(checksum),
                };
                elsewhere.audit(call, paint)
            }
        }
    }

    /// Audits each call on a message of its own, with no other fill than the first: of those that were clean the
    /// checksum and the stack that was used, in bytes. `None` is any other; [`Probe::audit`] says what is not
    /// well.
    pub fn audits(&mut self, calls: &[Apart<'_>], paint: &Paint) -> Vec<Option<(u64, usize)>> {
        match &mut self.calls {
            Calls::Here(_) => {
                let one = |call: &Apart<'_>| {
                    let placement = Placement::aligned(call.alignment);
                    let audit = self.audit(placement, call.checksum, call.message, paint);
                    let audit = audit.ok().filter(Audit::is_clean)?;
                    Some((audit.value, audit.stack_bytes))
                };
                calls.iter().map(one).collect()
            }
            Calls::There(elsewhere) => elsewhere.audits(calls, paint),
        }
    }

    /// Calls the subject on messages of zeros at `alignment` with one bit set: `results[i]` is the checksum
    /// with bit i % 8 of byte i / 8, and there are 8 results for each byte of the length. A call that did
    /// not return is handed to `stopped` with its bit, and its result is left as it was.
    pub fn units(
        &mut self,
        alignment: usize,
        checksum: u64,
        results: &mut [u64],
        mut stopped: impl FnMut(usize, Stop),
    ) {
        let subject = self.subject;
        let len_bytes = results.len() / 8;
        let placement = Placement::aligned(alignment);
        match &mut self.calls {
            Calls::Here(memory) => {
                drop(memory.place(placement, &vec![0; len_bytes], FILLS[0]));
                for (bit, result) in results.iter_mut().enumerate() {
                    let view = memory.flip(placement, len_bytes, bit);
                    match guarded(&view, |message| subject.update(checksum, message)) {
                        Ok(got) => *result = got,
                        Err(stop) => stopped(bit, stop),
                    }
                    drop(view);
                    drop(memory.flip(placement, len_bytes, bit));
                }
            }
            Calls::There(elsewhere) => elsewhere.units(alignment, checksum, results, stopped),
        }
    }

    /// One call on the last `len_bytes` of `memory`, whose tile repeats, in a process of its own. A call
    /// that is not over after `patience` is a [`Kind::Hang`].
    ///
    /// # Errors
    /// What stopped the call.
    ///
    /// # Panics
    /// If the operating system has no process for it.
    pub fn call_repeated(
        &mut self,
        checksum: u64,
        memory: &RepeatedMemory,
        len_bytes: usize,
        patience: Duration,
    ) -> Result<u64, Stop> {
        match &mut self.calls {
            Calls::Here(_) => {
                call_apart(self.subject, checksum, memory.message(len_bytes), patience)
            }
            Calls::There(elsewhere) => {
                elsewhere.call_repeated(checksum, memory.tile(), len_bytes, patience)
            }
        }
    }

    /// One call at the same address as the last one, whose message had `len_bytes`: its first bytes are
    /// replaced by `bytes`.
    ///
    /// # Errors
    /// What stopped the call.
    pub fn recall(
        &mut self,
        placement: Placement,
        checksum: u64,
        len_bytes: usize,
        bytes: &[u8],
    ) -> Result<u64, Stop> {
        let subject = self.subject;
        match &mut self.calls {
            Calls::Here(memory) => {
                guarded(&memory.replace(placement, len_bytes, bytes), |message| {
                    subject.update(checksum, message)
                })
            }
            Calls::There(elsewhere) => {
                let offset = elsewhere.replace(placement, len_bytes, bytes);
                let call = |_| Call {
                    offset,
                    len_bytes,
                    checksum: Some(checksum),
                };
                last_of(elsewhere, 1, call)
            }
        }
    }

    /// Runs `body` on a placed message, read-only and guarded; `None` if the subject's calls are made in
    /// another process, which takes data and not code.
    ///
    /// # Errors
    /// What stopped `body`.
    pub fn with_message<T>(
        &mut self,
        placement: Placement,
        message: &[u8],
        fill: u8,
        body: impl FnOnce(&[u8]) -> T,
    ) -> Result<Option<T>, Stop> {
        match &mut self.calls {
            Calls::Here(memory) => guarded(&memory.place(placement, message, fill), body).map(Some),
            Calls::There(_) => Ok(None),
        }
    }

    /// Calls the subject on the prefixes of `message` that have these lengths, all at one address;
    /// `results[i]` is the checksum of the first `lengths[i]` bytes. A call that did not return is
    /// handed to `stopped` with its index, and its result is left as it was.
    ///
    /// # Panics
    /// If `results` is shorter than `lengths`, or a length longer than the message.
    pub fn sweep(
        &mut self,
        placement: Placement,
        checksum: u64,
        message: &[u8],
        lengths: &[usize],
        results: &mut [u64],
        mut stopped: impl FnMut(usize, Stop),
    ) {
        let results = &mut results[..lengths.len()];
        assert!(lengths.iter().all(|&length| length <= message.len()));
        let subject = self.subject;
        let memory = match &mut self.calls {
            Calls::Here(memory) => memory,
            Calls::There(elsewhere) => {
                let offset = elsewhere.place(placement, message, FILLS[0]);
                let call = |index: usize| Call {
                    offset,
                    len_bytes: lengths[index],
                    checksum: Some(checksum),
                };
                return elsewhere.run(call, results, stopped);
            }
        };
        let view = memory.place(placement, message, FILLS[0]);
        let start = view.addresses().start;
        let mut first = 0;
        while first < lengths.len() {
            // Written before each call, so that a fault is known by the call that it came at.
            let current = AtomicUsize::new(first);
            let outcome = fault::catch(|| {
                for (index, result) in results.iter_mut().enumerate().skip(first) {
                    current.store(index, Ordering::Relaxed);
                    view.expose(lengths[index]);
                    *result = subject.update(checksum, view.prefix(lengths[index]));
                }
            });
            let Err(fault) = outcome else { break };
            let index = current.into_inner();
            stopped(index, explain(&fault, &(start..start + lengths[index])));
            first = index + 1;
        }
    }
}

/// One call of a subject of this process, in a copy of it.
fn call_apart(
    subject: &dyn Subject,
    checksum: u64,
    message: &[u8],
    patience: Duration,
) -> Result<u64, Stop> {
    let outcome = child::run(patience, || {
        let outcome = fault::catch(|| subject.update(checksum, message));
        let addresses = message.as_ptr_range();
        let addresses = addresses.start as usize..addresses.end as usize;
        let said = outcome.map_err(|fault| explain(&fault, &addresses));
        serde_json::to_vec(&said).expect("plain data is always JSON")
    });
    match outcome.unwrap_or_else(|error| panic!("cannot start a process: {error}")) {
        Outcome::Answered(text) => {
            serde_json::from_slice(&text).expect("the answer that was written above")
        }
        Outcome::Late => Err(Stop::late(patience)),
        Outcome::Died(status) => {
            let summary = format!("ends its process (wait status {status:#x})");
            Err(Stop::without_place(Kind::Crash, summary))
        }
    }
}

/// Makes calls elsewhere; what the last one gave, or what stopped the first that was stopped.
fn last_of(
    elsewhere: &mut Elsewhere,
    count: usize,
    call: impl Fn(usize) -> Call,
) -> Result<u64, Stop> {
    let mut results = vec![0; count];
    let mut first = None;
    elsewhere.run(call, &mut results, |_, stop| {
        first.get_or_insert(stop);
    });
    first.map_or_else(|| Ok(results.last().copied().unwrap_or(0)), Err)
}

fn guarded<T>(view: &View<'_>, body: impl FnOnce(&[u8]) -> T) -> Result<T, Stop> {
    fault::catch(|| body(view.message())).map_err(|fault| explain(&fault, &view.addresses()))
}

/// How far from a message an access still counts as the message's: within the kernel's longest
/// look-ahead and a page.
const NEIGHBOURHOOD_BYTES: usize = 1 << 20;

/// Puts a fault in terms of the message at these addresses.
pub fn explain(fault: &Fault, message: &Range<usize>) -> Stop {
    match fault {
        Fault::Panic(text) => Stop {
            kind: Kind::Crash,
            distance_bytes: None,
            instruction: None,
            illegal: None,
            summary: format!("panics: {text}"),
        },
        Fault::Signal(signal) => explain_signal(signal, message),
        Fault::Elsewhere(stop) => (**stop).clone(),
    }
}

fn explain_signal(signal: &Signal, message: &Range<usize>) -> Stop {
    let instruction = Some(signal.disassembly());
    let illegal = (signal.number == libc::SIGILL).then(|| Box::new(Illegal::of(signal)));
    let (kind, distance_bytes, summary) = match (&illegal, signal.number, signal.address) {
        (Some(illegal), ..) => (Kind::IllegalInstruction, None, illegal.summary()),
        (None, libc::SIGSEGV | libc::SIGBUS, Some(address)) => {
            explain_access(signal, address, message)
        }
        (None, libc::SIGSEGV | libc::SIGBUS, None) => explain_without_address(signal),
        (None, number, _) => (Kind::Crash, None, format!("raises signal {number}")),
    };
    Stop {
        kind,
        distance_bytes,
        instruction,
        illegal,
        summary,
    }
}

fn explain_access(
    signal: &Signal,
    address: usize,
    message: &Range<usize>,
) -> (Kind, Option<i64>, String) {
    let reach = message.start.saturating_sub(NEIGHBOURHOOD_BYTES)
        ..message.end.saturating_add(NEIGHBOURHOOD_BYTES);
    if !reach.contains(&address) {
        let verb = if signal.is_write {
            "writes to"
        } else {
            "reads"
        };
        return (
            Kind::Crash,
            None,
            format!("{verb} unmapped memory, far from the message"),
        );
    }
    let access = signal.access();
    let first = access.as_ref().map_or(address, |access| access.address);
    let end = access
        .as_ref()
        .map_or(address + 1, |access| access.address + access.len_bytes);
    let behind = end as i64 - message.end as i64;
    let before = first as i64 - message.start as i64;
    if signal.is_write {
        let distance = if address >= message.end {
            Some(behind)
        } else if address < message.start {
            Some(before)
        } else {
            None
        };
        let place = if distance.is_some() {
            "beside the message"
        } else {
            "to the message"
        };
        return (Kind::WriteToMessage, distance, format!("writes {place}"));
    }
    if address < message.start {
        let summary = format!("reads {} before the start of the message", bytes(-before));
        (Kind::UnderRead, Some(before), summary)
    } else {
        let summary = format!("reads {} past the end of the message", bytes(behind));
        (Kind::OverRead, Some(behind), summary)
    }
}

fn explain_without_address(signal: &Signal) -> (Kind, Option<i64>, String) {
    match signal.access() {
        Some(access) if !access.address.is_multiple_of(access.alignment) => (
            Kind::MisalignedAccess,
            None,
            format!(
                "makes an aligned access of {} (alignment {}) to an address that is {} modulo {}",
                bytes(access.len_bytes as i64),
                access.alignment,
                access.address % access.alignment,
                access.alignment
            ),
        ),
        _ => (
            Kind::Crash,
            None,
            "raises a protection fault without an address".to_owned(),
        ),
    }
}

fn bytes(count: i64) -> String {
    if count == 1 {
        "1 byte".to_owned()
    } else {
        format!("{count} bytes")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::GuardSide;
    use crate::repeated::TILE_BYTES;

    struct Reads(isize);

    impl Subject for Reads {
        fn name(&self) -> String {
            "reads".to_owned()
        }

        fn update(&self, _: u64, message: &[u8]) -> u64 {
            // SAFETY: wrong on purpose where the offset leaves the message: the probe survives it.
            u64::from(unsafe { message.as_ptr().offset(self.0).read_volatile() })
        }
    }

    fn stop(offset: isize, guard: GuardSide) -> Stop {
        let reads = Reads(offset);
        let mut probe = Probe::new(&reads, 100).expect("memory");
        probe
            .call(Placement::flush(guard), 0, &[7; 10], 0)
            .expect_err("a fault")
    }

    #[test]
    fn reading_past_end_faults_and_is_measured() {
        for past in 0..16 {
            let stop = stop(10 + past, GuardSide::End);
            assert_eq!(stop.kind, Kind::OverRead);
            assert_eq!(stop.distance_bytes, Some(past as i64 + 1));
        }
    }

    #[test]
    fn reading_before_start_faults_and_is_measured() {
        for before in 1..16 {
            let stop = stop(-before, GuardSide::Start);
            assert_eq!(stop.kind, Kind::UnderRead);
            assert_eq!(stop.distance_bytes, Some(-(before as i64)));
        }
    }

    #[test]
    fn a_call_apart_that_does_not_return_is_a_hang() {
        struct Waits;
        impl Subject for Waits {
            fn name(&self) -> String {
                "waits".to_owned()
            }

            fn update(&self, checksum: u64, message: &[u8]) -> u64 {
                while message.len() > 2 {
                    std::thread::sleep(Duration::from_secs(1));
                }
                checksum + 1
            }
        }
        let memory = RepeatedMemory::new(&vec![0; TILE_BYTES], 3).expect("memory");
        let call = |subject: &dyn Subject, len_bytes, patience| {
            let mut probe = Probe::new(subject, 100).expect("memory");
            probe.call_repeated(6, &memory, len_bytes, patience)
        };
        assert_eq!(call(&Waits, 2, Duration::from_secs(60)), Ok(7));
        let stop = call(&Waits, 3, Duration::from_millis(50));
        assert_eq!(stop.expect_err("a hang").kind, Kind::Hang);
        let stop = call(&Reads(isize::MIN / 2), 3, Duration::from_secs(60));
        assert_eq!(stop.expect_err("a fault").kind, Kind::Crash);
    }

    #[test]
    fn units_are_zeros_but_for_one_bit_each() {
        struct Sums;
        impl Subject for Sums {
            fn name(&self) -> String {
                "sums".to_owned()
            }

            fn update(&self, checksum: u64, message: &[u8]) -> u64 {
                let bytes = message.iter().rev();
                bytes.fold(checksum, |sum, byte| sum << 8 | u64::from(*byte))
            }
        }
        let mut probe = Probe::new(&Sums, 100).expect("memory");
        let mut results = [0; 32];
        probe.units(5, 0, &mut results, |_, stop| panic!("{stop:?}"));
        let expected = std::array::from_fn(|bit| 1 << bit);
        assert_eq!(results, expected);
    }

    #[test]
    fn a_sweep_goes_on_behind_a_fault() {
        struct FaultsAtFive;
        impl Subject for FaultsAtFive {
            fn name(&self) -> String {
                "faults at five".to_owned()
            }

            fn update(&self, checksum: u64, message: &[u8]) -> u64 {
                let address = if message.len() % 5 == 4 {
                    8
                } else {
                    message.as_ptr() as usize
                };
                // SAFETY: null's page is unmapped: a fault on purpose, which the probe survives.
                unsafe { std::ptr::read_volatile(address as *const u8) };
                checksum + message.len() as u64
            }
        }
        let mut probe = Probe::new(&FaultsAtFive, 100).expect("memory");
        let lengths: Vec<usize> = (1..21).collect();
        let mut results = [0; 20];
        let mut stops = Vec::new();
        let placement = Placement::aligned(1);
        probe.sweep(
            placement,
            1000,
            &[1; 30],
            &lengths,
            &mut results,
            |index, stop| {
                stops.push((lengths[index], stop.kind));
            },
        );
        assert_eq!(stops, [4, 9, 14, 19].map(|length| (length, Kind::Crash)));
        for (length, result) in lengths.iter().zip(results) {
            assert_eq!(
                result,
                if length % 5 == 4 {
                    0
                } else {
                    1000 + *length as u64
                }
            );
        }
    }
}
