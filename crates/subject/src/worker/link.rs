//! The way to another process: what a worker and a program have in common, and what only a worker
//! can do.

use super::shared_block::Call;
use crate::calls::Race;
use crate::losses::Losses;
use crate::stop::Stop;
use crcheck_platform::abi_audit::{Audit, Paint};
use crcheck_platform::message_memory::Placement;
use std::time::Duration;

/// What takes calls in another process. Checksums are as the code takes and gives them.
pub(crate) trait Link: Send {
    fn capacity_bytes(&self) -> usize;

    fn losses(&self) -> &Losses;

    fn losses_mut(&mut self) -> &mut Losses;

    /// Puts a message where the subject sees it; the offset of its first byte, for [`Call`].
    fn place(&mut self, placement: Placement, message: &[u8], fill: u8) -> usize;

    /// Writes over the first bytes of a message of `len_bytes` that was placed.
    fn replace(&mut self, placement: Placement, len_bytes: usize, bytes: &[u8]) -> usize;

    /// Makes `results.len()` calls. Those that do not return are handed to `stopped` with their
    /// index. Their results are left as they were, as are those of calls that were to go on from
    /// them, and of all that are left when the losses are spent.
    fn run(
        &mut self,
        call: &dyn Fn(usize) -> Call,
        results: &mut [u64],
        stopped: &mut dyn FnMut(usize, Stop),
    );

    /// The link as a worker, which shares memory with its parent; `None` of a program, which is
    /// exempt from the checks that need one.
    fn worker(&mut self) -> Option<&mut dyn WorkerLink>;
}

/// What only a worker can do.
pub(crate) trait WorkerLink {
    /// Puts a message behind what ends at `end`: its offset and its slack's end, if there is room.
    fn place_behind(
        &mut self,
        end: usize,
        placement: Placement,
        message: &[u8],
        fill: u8,
    ) -> Option<(usize, usize)>;

    /// Writes zeros to `end`, and these bytes among them.
    fn lay_out(&mut self, end: usize, bytes: &mut dyn Iterator<Item = (usize, u8)>);

    /// One call, audited.
    fn audit(&mut self, call: &Call, paint: &Paint) -> Result<Audit, Stop>;

    /// Calls, audited: of each that was clean its result and the stack that it used.
    fn audits(&mut self, calls: &[Call], paint: &Paint) -> Vec<Option<(u64, usize)>>;

    /// One call on the last `len_bytes` of a tile at `offset` that is repeated.
    fn call_repeated(
        &mut self,
        checksum: u64,
        offset: usize,
        len_bytes: usize,
        patience: Duration,
    ) -> Result<u64, Stop>;

    /// Calls by several threads at once, whose results come in as they are expected. Answers those
    /// that did not return, with their index, and how often the threads have met.
    fn race(
        &mut self,
        race: Race,
        calls: &[Call],
        results: &mut [u64],
    ) -> Result<(Vec<(usize, Stop)>, usize), Stop>;
}
