//! Who makes the calls of a subject: this process, a worker, or a program at the end of a pipe.

use crate::calls::{Apart, Step, Turns, TurnsResult};
use crate::losses::Losses;
use crate::stop::Stop;
use crcheck_platform::abi_audit::{Audit, Paint};
use crcheck_platform::message_memory::Placement;
use crcheck_platform::repeated_memory::RepeatedMemory;
use std::ops::Range;
use std::time::Duration;

/// Makes calls of a subject on guarded memory, and says what went wrong in terms of the message.
pub trait Caller {
    /// The longest message that fits, in bytes.
    fn capacity_bytes(&self) -> usize;

    /// The other processes that the calls have cost.
    fn losses(&self) -> Losses {
        Losses::default()
    }

    /// Allows again the losses that one check may cost.
    fn renew(&mut self) {}

    /// Whether a check has cost the losses that it may. Then calls are no longer made.
    fn is_spent(&self) -> bool {
        false
    }

    /// One call: the checksum after `message`, which lies at `placement` between bytes of `fill`.
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

    /// Calls on pieces of `message`, each from the checksum that the one before gave; the last
    /// checksum, or 0 without a piece.
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

    /// Each call on a message of its own. The calls do not depend on each other, so that another
    /// process makes many of them for one request. `None` is a call that did not return, or was not
    /// made; [`Caller::call`] says what stops it.
    fn apart(&mut self, calls: &[Apart<'_>]) -> Vec<Option<u64>>;

    /// Calls on parts of one placed message, in turn: `results[i]` is what step i gave.
    ///
    /// # Errors
    /// What stopped the first call that did not return.
    ///
    /// # Panics
    /// If a step goes on from one that is not before it, or has a part that the message does not.
    fn calls(
        &mut self,
        placement: Placement,
        message: &[u8],
        steps: &[Step],
    ) -> Result<Vec<u64>, Stop>;

    /// As [`Caller::calls`], for many messages that do not depend on each other.
    fn turns(&mut self, turns: &[Turns<'_>]) -> Vec<TurnsResult>;

    /// One call, [audited](crcheck_platform::abi_audit): what it did to its caller, who left
    /// `paint` behind.
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

    /// Audits each call on a message of its own, with no other fill than the first: of those that
    /// were clean the checksum and the stack that was used, in bytes. `None` is any other;
    /// [`Caller::audit`] says what is not well.
    fn audits(&mut self, calls: &[Apart<'_>], paint: &Paint) -> Vec<Option<(u64, usize)>>;

    /// Calls the subject on messages of zeros at `alignment` with one bit set: `results[i]` is the
    /// checksum with bit i % 8 of byte i / 8, and there are 8 results for each byte of the length.
    /// A call that did not return is handed to `stopped` with its bit, and its result is left as it
    /// was.
    fn unit_messages(
        &mut self,
        alignment: usize,
        checksum: u64,
        results: &mut [u64],
        stopped: &mut dyn FnMut(usize, Stop),
    );

    /// One call on the last `len_bytes` of `memory`, whose tile repeats, in a process of its own.
    /// A call that is not over after `patience` is a [`Kind::Hang`](crate::Kind::Hang).
    ///
    /// # Errors
    /// What stopped the call.
    ///
    /// # Panics
    /// If the operating system has no process for it.
    fn call_repeated(
        &mut self,
        checksum: u64,
        memory: &RepeatedMemory,
        len_bytes: usize,
        patience: Duration,
    ) -> Result<u64, Stop>;

    /// One call at the same address as the last one, whose message had `len_bytes`: its first bytes
    /// are replaced by `bytes`.
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

    /// Calls the subject on the prefixes of `message` that have these lengths, all at one address;
    /// `results[i]` is the checksum of the first `lengths[i]` bytes. A call that did not return is
    /// handed to `stopped` with its index, and its result is left as it was.
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

    /// Runs `body` on a placed message, read-only and guarded. `Ok(false)` if the subject's calls
    /// are made in another process, which takes data and not code.
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
