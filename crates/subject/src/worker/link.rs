//! The way to another process: what a worker and a program have in common, and what only a worker
//! can do.

use super::account::Account;
use super::shared_block::Call;
use crate::blindness::Blindness;
use crate::calls::{FirstCalls, FirstCallsMade, Race};
use crate::stop::Stop;
use crcheck_platform::abi_audit::{Audit, Paint};
use crcheck_platform::message_memory::Placement;
use std::time::Duration;

/// Another process that takes calls. Checksums are as the code takes and returns them.
pub(crate) trait Link: Send {
    fn capacity_bytes(&self) -> usize;

    fn account(&self) -> &Account;

    fn account_mut(&mut self) -> &mut Account;

    /// Puts a message where the subject sees it, and returns the offset of its first byte, for
    /// [`Call`].
    fn place(&mut self, placement: Placement, message: &[u8], fill: u8) -> usize;

    /// Writes over the first bytes of a placed message of `len_bytes`, and returns the offset of
    /// its first byte.
    fn replace(&mut self, placement: Placement, len_bytes: usize, bytes: &[u8]) -> usize;

    /// Makes `results.len()` calls. For a call that does not return, `stopped` receives its index,
    /// and its result stays as it was. So do the results of the calls that go on from it, and those
    /// of all further calls when the account is spent.
    fn run(
        &mut self,
        call: &dyn Fn(usize) -> Call,
        results: &mut [u64],
        stopped: &mut dyn FnMut(usize, Stop),
    );

    /// What calls have done to what sees their accesses, since somebody asked last.
    fn take_blindness(&mut self) -> Blindness {
        Blindness::default()
    }

    /// The link as a worker, which shares memory with its parent; `None` for a program, which is
    /// exempt from the checks that need a worker.
    fn worker(&mut self) -> Option<&mut dyn WorkerLink>;
}

/// What only a worker can do.
pub(crate) trait WorkerLink {
    /// Puts a message behind what ends at `end`, and returns its offset and the end of its slack,
    /// if there is room.
    fn place_behind(
        &mut self,
        end: usize,
        placement: Placement,
        message: &[u8],
        fill: u8,
    ) -> Option<(usize, usize)>;

    /// Whether the function can be called with a null pointer and length 0.
    fn takes_null(&self) -> bool;

    /// Writes zeros up to `end`, then these bytes among them.
    fn lay_out(&mut self, end: usize, bytes: &mut dyn Iterator<Item = (usize, u8)>);

    /// Makes one audited call.
    fn audit(&mut self, call: &Call, paint: &Paint) -> Result<Audit, Stop>;

    /// Combines two checksums; `None` if the library's function has no combine function.
    fn combine(&mut self, a: u64, b: u64, len_b: u64) -> Option<Result<u64, Stop>>;

    /// Makes audited calls, and returns the result of each clean one and the stack that it used in
    /// bytes.
    fn audits(&mut self, calls: &[Call], paint: &Paint) -> Vec<Option<(u64, usize)>>;

    /// Makes one call on the last `len_bytes` of a message that repeats the tile at `offset`.
    fn call_repeated(
        &mut self,
        checksum: u64,
        offset: usize,
        len_bytes: usize,
        patience: Duration,
    ) -> Result<u64, Stop>;

    /// Carries out operations on streams, and writes the checksums that they give to `results`.
    ///
    /// # Errors
    /// What stopped an operation.
    fn operate(&mut self, operations: &[Call], results: &mut [u64]) -> Result<(), Stop>;

    /// Makes concurrent calls by several threads. `results` holds the expected results at first,
    /// and those of the calls at the end. Returns the calls that did not return, with their index,
    /// and how often the threads met.
    fn race(
        &mut self,
        race: Race,
        calls: &[Call],
        results: &mut [u64],
    ) -> Result<(Vec<(usize, Stop)>, usize), Stop>;

    /// Races first calls in fresh processes: the first call is that of the first thread of the
    /// first process, and so on.
    fn first_calls(&mut self, race: &FirstCalls, calls: &[Call]) -> Result<FirstCallsMade, Stop>;
}
