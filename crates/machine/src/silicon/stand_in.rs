//! Memory that stands in for an operand.
//!
//! A place in it has the operand's address modulo 64, so that an operand that the CPU wants aligned
//! is aligned there if it is in the interpreted program. And the pages around the place allow what
//! those of the operand allow, so that the CPU itself decides whether a masked access faults.

use super::operand::{Access, Operand};
use crate::fault::{AccessKind, Fault};
use crate::memory::Memory;
use crcheck_platform::mapping::{MapAccess, Mapping};
use rustix::fs::{MemfdFlags, ftruncate, memfd_create};
use std::io;
use std::os::fd::AsFd;

const PAGE: usize = 4096;

/// What the pages allow: each pair of neighbours once.
const PAGES: [Access; 10] = {
    use Access::{Nothing as N, Read as R, Write as W};
    [N, N, R, N, W, R, R, W, W, N]
};

/// How many pairs of neighbours there are.
pub(super) const PAIRS: usize = PAGES.len() - 1;

/// How many places there are at each pair.
pub(super) const OFFSETS: usize = 64;

/// The size of the pages in bytes.
pub(super) const LEN_BYTES: usize = PAGES.len() * PAGE;

/// Where an operand stands in the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Which pair of neighbours. Where they allow the same, it stands in the second one, else it
    /// lies across the boundary.
    pub(super) pair: usize,
    /// Its address modulo 64.
    pub(super) offset: usize,
    /// Its distance from the first page, in bytes.
    pub(super) distance: usize,
}

impl Place {
    /// A place where everything is allowed.
    pub(super) const ANY: Self = {
        let pair = 7;
        assert!(matches!(
            (PAGES[pair], PAGES[pair + 1]),
            (Access::Write, Access::Write)
        ));
        Self {
            pair,
            offset: 0,
            distance: (pair + 1) * PAGE,
        }
    };

    /// The place of an operand at `address` whose first and last page allow this.
    pub(super) fn of(accesses: [Access; 2], address: u64) -> Self {
        let pair = PAGES.windows(2).position(|pair| *pair == accesses);
        let pair = pair.expect("every pair is there");
        let offset = address as usize % OFFSETS;
        let boundary = (pair + 1) * PAGE;
        let distance = if accesses[0] == accesses[1] {
            boundary + offset
        } else {
            boundary + offset - OFFSETS
        };
        Self {
            pair,
            offset,
            distance,
        }
    }
}

/// The bytes that stand in for those of an operand. The pages all show the same ones, so operands
/// of up to 64 bytes that lie across a boundary are in two pieces.
#[derive(Debug)]
pub(super) struct StandIn {
    bytes: Mapping,
}

impl StandIn {
    /// Maps the pages at `offset` in `view`.
    pub(super) fn new(view: &mut Mapping, offset: usize) -> io::Result<Self> {
        let file = memfd_create(c"crcheck-operand", MemfdFlags::CLOEXEC)?;
        ftruncate(&file, PAGE as u64)?;
        for (index, access) in PAGES.into_iter().enumerate() {
            let access = match access {
                Access::Nothing => continue,
                Access::Read => MapAccess::Read,
                Access::Write => MapAccess::Write,
            };
            view.map_file(offset + index * PAGE, file.as_fd(), PAGE, access)?;
        }
        Ok(Self {
            bytes: Mapping::of_file(file.as_fd(), PAGE, MapAccess::Write)?,
        })
    }

    fn piece(&mut self, distance: usize, len_bytes: usize) -> &mut [u8] {
        // SAFETY: the mapping is this value's own. Its other views are used by instructions alone,
        // during which nobody borrows it.
        unsafe { self.bytes.bytes_mut(distance % PAGE, len_bytes) }
    }

    /// Brings the operand at `address` here.
    #[inline]
    pub(super) fn bring(&mut self, operand: &Operand, address: u64, memory: &mut Memory) -> Place {
        let access = if operand.is_written {
            Access::Write
        } else {
            Access::Read
        };
        let place = Place::of([access; 2], address);
        let all = self.piece(place.distance, operand.len_bytes);
        let mut can_write = || {
            let check = memory.check(address, operand.len_bytes, AccessKind::Write);
            check.is_ok()
        };
        if (!operand.is_written || can_write()) && memory.read(address, all).is_ok() {
            return place;
        }
        self.bring_parts(operand, address, memory)
    }

    /// Brings what can be read of an operand that cannot be accessed as a whole.
    #[cold]
    fn bring_parts(&mut self, operand: &Operand, address: u64, memory: &mut Memory) -> Place {
        let place = Place::of(operand.accesses(memory, address), address);
        for [start, end] in pieces(operand, address) {
            let bytes = self.piece(place.distance + start, end - start);
            // What cannot be read stays as it is: the page that stands in for it is closed.
            let _ = memory.read(address.wrapping_add(start as u64), bytes);
        }
        place
    }

    /// A copy of what stands in for an operand.
    pub(super) fn copy(&mut self, operand: &Operand, address: u64, place: Place) -> [u8; 64] {
        let mut copy = [0; 64];
        for [start, end] in pieces(operand, address) {
            copy[start..end].copy_from_slice(self.piece(place.distance + start, end - start));
        }
        copy
    }
}

/// The parts of an operand by page: their first byte and the one behind their last, in the operand.
fn pieces(operand: &Operand, address: u64) -> [[usize; 2]; 2] {
    let first_bytes = operand.bytes_in_first_page(address);
    [[0, first_bytes], [first_bytes, operand.len_bytes]]
}

/// Stores what an instruction has stored in the stand-in, `after`, in `memory`.
///
/// # Errors
/// If the memory refuses.
pub(super) fn take_back(
    operand: &Operand,
    address: u64,
    before: &[u8; 64],
    after: &[u8; 64],
    memory: &mut Memory,
) -> Result<(), Fault> {
    if operand.is_whole {
        return memory.write(address, &after[..operand.len_bytes]);
    }
    // Of a masked store, only what differs. The rest may lie where nothing can be written.
    let mut start = 0;
    for end in 1..=operand.len_bytes {
        let differs = |i: usize| before[i] != after[i];
        if end < operand.len_bytes && differs(end) == differs(start) {
            continue;
        }
        if differs(start) {
            memory.write(address.wrapping_add(start as u64), &after[start..end])?;
        }
        start = end;
    }
    Ok(())
}
