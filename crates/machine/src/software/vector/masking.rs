//! Masks by elements: the only place that knows which bytes a bit stands for.

use crate::fault::{AccessKind, Fault};
use crate::memory::Memory;
use crate::state::Vector;
use std::iter;
use std::ops::Range;

/// A mask with the lowest `count` bits set.
#[inline]
pub(super) const fn lowest(count: usize) -> u64 {
    if count >= 64 {
        u64::MAX
    } else {
        (1 << count) - 1
    }
}

/// The upper bits of the elements of the lowest `len_bytes`.
#[inline]
pub(super) fn signs(vector: &Vector, len_bytes: usize, element: usize) -> u64 {
    let elements = vector.0[..len_bytes].chunks_exact(element);
    let signs = elements.map(|bytes| u64::from(bytes[element - 1] >> 7));
    signs.rev().fold(0, |mask, sign| mask << 1 | sign)
}

/// The mask of as many elements without gaps.
#[inline]
pub(super) const fn packed(mask: u64) -> u64 {
    lowest(mask.count_ones() as usize)
}

/// Which of the `count` elements in memory are needed: each that stands for some enabled element,
/// as a broadcast one stands for all.
#[inline]
pub(super) fn fold(mask: u64, count: usize) -> u64 {
    if count == 0 || count >= 64 {
        return mask;
    }
    let chunks = (0..64).step_by(count).map(|at| mask >> at);
    chunks.fold(0, |folded, chunk| folded | chunk) & lowest(count)
}

/// Gives the elements under `mask` those of `base`.
#[inline]
pub(super) fn merge(result: &mut Vector, base: &Vector, mask: u64, element: usize) {
    for range in runs(mask, element) {
        result.0[range.clone()].copy_from_slice(&base.0[range]);
    }
}

/// Reads the enabled elements into zeros, and touches no others.
///
/// # Errors
/// As [`Memory::read`].
#[inline]
pub(super) fn load(
    memory: &mut Memory,
    address: u64,
    mask: u64,
    element: usize,
    into: &mut Vector,
) -> Result<(), Fault> {
    for range in runs(mask, element) {
        let start = address.wrapping_add(range.start as u64);
        memory.read(start, &mut into.0[range])?;
    }
    Ok(())
}

/// Writes the enabled elements, and touches no others; all or none.
///
/// # Errors
/// As [`Memory::write`].
#[inline]
pub(super) fn store(
    memory: &mut Memory,
    address: u64,
    vector: &Vector,
    mask: u64,
    element: usize,
) -> Result<(), Fault> {
    let place = |range: &Range<usize>| address.wrapping_add(range.start as u64);
    for range in runs(mask, element) {
        memory.check(place(&range), range.len(), AccessKind::Write)?;
    }
    for range in runs(mask, element) {
        memory.write(place(&range), &vector.0[range])?;
    }
    Ok(())
}

/// The bytes of enabled elements, neighbours in one range.
fn runs(mask: u64, element: usize) -> impl Iterator<Item = Range<usize>> {
    let mut rest = mask;
    iter::from_fn(move || {
        if rest == 0 {
            return None;
        }
        let start = rest.trailing_zeros();
        let len = (!(rest >> start)).trailing_zeros();
        rest &= !(lowest(len as usize) << start);
        let (start, len) = (start as usize, len as usize);
        Some(start * element..(start + len) * element)
    })
}
