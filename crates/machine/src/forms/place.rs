//! Where operands in memory lie.

use crate::memory::Protection;
use crcheck_platform::rng::SplitMix64;
use std::ops::Range;

/// Pages that instructions may write, with none on either side. Addresses of 32 bits reach them.
pub const WRITABLE: Range<u64> = 0x6000_0000..0x6000_2000;

/// A page that they may only read, with none on either side.
pub const READ_ONLY: Range<u64> = 0x6000_8000..0x6000_9000;

/// The regions, and what they allow.
pub(crate) const REGIONS: [(Range<u64>, Protection); 2] = [
    (
        WRITABLE,
        Protection {
            can_read: true,
            can_write: true,
            can_execute: false,
        },
    ),
    (
        READ_ONLY,
        Protection {
            can_read: true,
            can_write: false,
            can_execute: false,
        },
    ),
];

/// Where the instructions stand. Displacements from there reach the operands.
pub(super) const CODE: u64 = 0x5000_0000;

/// How many bytes before and behind the operand have contents of their own.
const MARGIN_BYTES: u64 = 64;

/// The address of an operand of `len_bytes` bytes: mostly aligned and within pages, at times across
/// an edge of them, or where nothing may be written or read.
pub(super) fn address(rng: &mut SplitMix64, len_bytes: u64) -> u64 {
    let alignment = len_bytes.next_power_of_two().clamp(1, 64);
    let middle = WRITABLE.start + 0x400 + rng.below(0x1800);
    let part = rng.below(len_bytes.max(2));
    match rng.below(20) {
        0..=11 => middle & !(alignment - 1),
        12..=14 => middle,
        15 => WRITABLE.end - len_bytes,
        16 => WRITABLE.end - part,
        17 => WRITABLE.start.wrapping_sub(part),
        18 => (READ_ONLY.start + 0x800 + rng.below(0x400)) & !(alignment - 1),
        _ => (WRITABLE.end + 0x1000 + rng.below(0x400)) & !(alignment - 1),
    }
}

/// What of the regions lies around an operand.
pub(super) fn surroundings(address: u64, len_bytes: u64) -> Range<u64> {
    let end = address + len_bytes + MARGIN_BYTES;
    let near = address - MARGIN_BYTES..end;
    let inside = REGIONS.iter().map(|(region, _)| {
        near.start.clamp(region.start, region.end)..near.end.clamp(region.start, region.end)
    });
    inside
        .max_by_key(|range| range.end - range.start)
        .unwrap_or_default()
}
