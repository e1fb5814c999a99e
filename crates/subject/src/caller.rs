//! What makes a subject's calls: this process, a worker, or a program at the end of a pipe.

use crate::account::Account;
use crate::blindness::Blindness;
use crate::calls::{Apart, Step, StreamStep, Turns, TurnsResult};
use crate::losses::Losses;
use crate::stop::Stop;
use crate::until::Until;
use crate::wait::Wait;
use crcheck_platform::abi_audit::{Audit, Paint};
use crcheck_platform::message_memory::Placement;
use crcheck_platform::repeated_memory::RepeatedMemory;
use std::ops::Range;
use std::time::Duration;

/// Makes calls of a subject on guarded memory, and reports what stops them in terms of the message.
pub trait Caller {
    /// The longest message that fits, in bytes.
    fn capacity_bytes(&self) -> usize;

    /// How many calls were asked of the subject so far.
    fn calls_made(&self) -> u64;

    /// The other processes that calls have cost so far.
    fn losses(&self) -> Losses {
        Losses::default()
    }

    /// What interpreted calls have executed so far; `None` if no interpreter makes the calls.
    fn account(&self) -> Option<Account> {
        None
    }

    /// What stopped the last call that did not return since the losses were allowed anew, if it was
    /// one of several calls or in another process.
    fn last_stop(&self) -> Option<&Stop> {
        None
    }

    /// Allows the losses of one check anew. Calls in another process end at `until`.
    fn renew(&mut self, until: &Until) {
        let _ = until;
    }

    /// How long calls in another process are waited for from now on.
    fn set_wait(&mut self, wait: Wait) {
        let _ = wait;
    }

    /// Whether a call was not made, or given up before its time limit, since somebody asked last:
    /// another one has hung.
    fn take_unsure(&mut self) -> bool {
        false
    }

    /// Whether one more call that hangs may take the whole time limit, to confirm that. It may once
    /// in the life of a subject.
    fn can_confirm_hang(&mut self) -> bool {
        false
    }

    /// When calls in another process end.
    fn until(&self) -> Until {
        Until::default()
    }

    /// Whether a call was ended, or not made, because it was time. Nothing that was seen of such
    /// calls is a finding.
    fn is_cut(&self) -> bool {
        false
    }

    /// What calls have done, since somebody asked last, to what sees their accesses outside of a
    /// message. It is undone.
    fn take_blindness(&mut self) -> Blindness {
        Blindness::default()
    }

    /// Whether a check has used up its losses or its time. The caller then makes no more calls.
    fn is_spent(&self) -> bool {
        false
    }

    /// Makes one call and returns the checksum after `message`, which lies at `placement` between
    /// bytes of `fill`.
    ///
    /// # Errors
    /// What stopped the call.
    fn call(
        &mut self,
        placement: Placement,
        checksum: u64,
        message: &[u8],
        fill: u8,
    ) -> Result<u64, Stop> {
        let whole = 0..message.len();
        self.chain(placement, checksum, message, fill, &[whole])
    }

    /// Makes calls on pieces of `message`. Each goes on from the result of the one before. Returns
    /// the last checksum.
    ///
    /// # Errors
    /// What stopped a call.
    fn chain(
        &mut self,
        placement: Placement,
        checksum: u64,
        message: &[u8],
        fill: u8,
        pieces: &[Range<usize>],
    ) -> Result<u64, Stop>;

    /// Makes each call on a message of its own. The calls do not depend on each other, so another
    /// process makes many of them for one request. `None` stands for a call that did not return, or
    /// was not made; [`Caller::call`] reports what stops it.
    fn apart(&mut self, calls: &[Apart<'_>]) -> Vec<Option<u64>>;

    /// Makes calls on parts of one placed message, one after the other. `results[i]` is the result
    /// of step i.
    ///
    /// # Errors
    /// What stopped the first call that did not return.
    ///
    /// # Panics
    /// If a step goes on from one that is not before it, or if its part is not in the message.
    fn calls(
        &mut self,
        placement: Placement,
        message: &[u8],
        steps: &[Step],
    ) -> Result<Vec<u64>, Stop>;

    /// Does the same as [`Caller::calls`] for many messages that do not depend on each other.
    fn turns(&mut self, turns: &[Turns<'_>]) -> Vec<TurnsResult>;

    /// Carries out operations on streams, one after the other. `results[i]` is the checksum that
    /// operation i gives, if it is [`Final`](crate::StreamOperation::Final). The message lies at
    /// `placement`. A subject whose capabilities have no streams makes none.
    ///
    /// # Errors
    /// What stopped an operation.
    fn operate(
        &mut self,
        placement: Placement,
        message: &[u8],
        steps: &[StreamStep],
    ) -> Result<Vec<u64>, Stop> {
        let _ = (placement, message, steps);
        Err(Stop::not_made())
    }

    /// Combines two checksums, as [`Subject::combine`](crate::Subject::combine) does. `None` if the
    /// subject does not combine.
    fn combine(&mut self, a: u64, b: u64, len_b: u64) -> Option<Result<u64, Stop>>;

    /// Makes one [audited](crcheck_platform::abi_audit) call by a caller that leaves `paint`
    /// behind, and returns what it did to that caller.
    ///
    /// # Errors
    /// What stopped the call.
    fn audit(
        &mut self,
        placement: Placement,
        checksum: u64,
        message: &[u8],
        paint: &Paint,
    ) -> Result<Audit, Stop>;

    /// Audits each call on a message of its own. Every fill is the first of the
    /// [`FILLS`](crate::FILLS). Returns the checksum of each clean call, and the stack that it used
    /// in bytes. `None` stands for any other call; [`Caller::audit`] reports what is wrong with it.
    fn audits(&mut self, calls: &[Apart<'_>], paint: &Paint) -> Vec<Option<(u64, usize)>>;

    /// Calls the subject on messages of zeros at `alignment` with one bit set. `results[i]` is the
    /// checksum with bit i % 8 of byte i / 8 set, and there are 8 results for each byte of the
    /// length. For a call that does not return, `stopped` receives its bit, and its result stays as
    /// it was.
    fn unit_messages(
        &mut self,
        alignment: usize,
        checksum: u64,
        results: &mut [u64],
        stopped: &mut dyn FnMut(usize, Stop),
    );

    /// Makes one call on the last `len_bytes` of `memory`, whose tile repeats, in a process of its
    /// own. A call that is not over after `patience` is a [`Kind::Hang`](crate::Kind::Hang).
    ///
    /// # Errors
    /// What stopped the call.
    ///
    /// # Panics
    /// If the operating system refuses the process.
    fn call_repeated(
        &mut self,
        checksum: u64,
        memory: &RepeatedMemory,
        len_bytes: usize,
        patience: Duration,
    ) -> Result<u64, Stop>;

    /// Makes one call with a null pointer and length 0. Returns `None` if the subject cannot be
    /// called so: a slice of Rust has no null pointer, a program receives bytes, and an offset or a
    /// copy needs an address.
    ///
    /// # Errors
    /// The inner error: what stopped the call.
    fn call_null(&mut self, checksum: u64) -> Option<Result<u64, Stop>> {
        let _ = checksum;
        None
    }

    /// Makes one call at the address of the last one, whose message had `len_bytes`. `bytes`
    /// replace the first bytes of that message.
    ///
    /// # Errors
    /// What stopped the call.
    fn recall(
        &mut self,
        placement: Placement,
        checksum: u64,
        len_bytes: usize,
        bytes: &[u8],
    ) -> Result<u64, Stop>;

    /// Calls the subject on the prefixes of `message` that have these lengths, all at one address.
    /// `results[i]` is the checksum of the first `lengths[i]` bytes. For a call that does not
    /// return, `stopped` receives its index, and its result stays as it was.
    ///
    /// # Panics
    /// If `results` is shorter than `lengths`, or a length longer than the message.
    fn sweep(
        &mut self,
        placement: Placement,
        checksum: u64,
        message: &[u8],
        lengths: &[usize],
        results: &mut [u64],
        stopped: &mut dyn FnMut(usize, Stop),
    );

    /// Runs `body` on a placed message, read-only and guarded. Returns `Ok(false)` if another
    /// process makes the subject's calls, since that takes data and not code.
    ///
    /// # Errors
    /// What stopped `body`.
    fn with_message(
        &mut self,
        placement: Placement,
        message: &[u8],
        fill: u8,
        body: &mut dyn FnMut(&[u8]),
    ) -> Result<bool, Stop> {
        let _ = (placement, message, fill, body);
        Ok(false)
    }
}
