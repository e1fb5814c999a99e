//! Memory for the state of a stream that its caller owns.
//!
//! The state begins at a multiple of 64. Painted slack lies in front of it and behind it up to the
//! next multiple of 64, and inaccessible memory behind that.

use crate::mapping::{Mapping, page_bytes};
use std::cell::RefCell;
use std::io;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// The largest state, in bytes.
pub const STATE_BYTES_MAX: usize = 1 << 20;

/// What a state begins at a multiple of, in bytes.
const ALIGNMENT: usize = 64;

/// The inaccessible memory on each side, so that an access there is not near a message.
const GUARD_BYTES: usize = 1 << 21;

/// What the slack holds.
const SLACK: u8 = 0xa7;

/// The memory of one state.
#[derive(Debug)]
pub struct StateMemory {
    /// There is one until this is dropped.
    region: Option<Region>,
    state: *mut u8,
    len_bytes: usize,
}

thread_local! {
    /// The regions that this thread can use again.
    static FREE: RefCell<Vec<Region>> = const { RefCell::new(Vec::new()) };
}

/// All regions: where each begins and ends.
static REGIONS: Mutex<Vec<Range<usize>>> = Mutex::new(Vec::new());

/// Memory for a state, with what is inaccessible around it.
#[derive(Debug)]
struct Region {
    mapping: Mapping,
    open_bytes: usize,
}

impl Region {
    fn new(open_bytes: usize) -> io::Result<Self> {
        let mut mapping = Mapping::reserve(open_bytes + 2 * GUARD_BYTES)?;
        mapping.open(GUARD_BYTES, open_bytes)?;
        let region = Self {
            mapping,
            open_bytes,
        };
        regions(|regions| regions.push(region.addresses()));
        Ok(region)
    }

    fn addresses(&self) -> Range<usize> {
        let start = self.mapping.start() as usize;
        start..start + self.mapping.len_bytes()
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        regions(|regions| regions.retain(|one| *one != self.addresses()));
    }
}

fn regions<T>(body: impl FnOnce(&mut Vec<Range<usize>>) -> T) -> T {
    body(&mut REGIONS.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Whether this address belongs to the memory of a state, or to what is inaccessible around it.
pub fn is_near_state(address: usize) -> bool {
    regions(|regions| regions.iter().any(|one| one.contains(&address)))
}

impl StateMemory {
    /// Memory for a state of `len_bytes`. Each byte of it is some number other than 0, the same one
    /// each time.
    ///
    /// # Errors
    /// If the state is larger than [`STATE_BYTES_MAX`], or the operating system refuses the memory.
    pub fn new(len_bytes: usize) -> io::Result<Self> {
        if len_bytes > STATE_BYTES_MAX {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let rounded = len_bytes.next_multiple_of(ALIGNMENT);
        let open = (rounded + ALIGNMENT).next_multiple_of(page_bytes());
        let again = FREE.with_borrow_mut(|free| {
            let index = free.iter().position(|region| region.open_bytes == open)?;
            Some(free.swap_remove(index))
        });
        let region = match again {
            Some(region) => region,
            None => Region::new(open)?,
        };
        let end = region.mapping.start().wrapping_add(GUARD_BYTES + open);
        let memory = Self {
            region: Some(region),
            state: end.wrapping_sub(rounded),
            len_bytes,
        };
        memory.fill();
        Ok(memory)
    }

    /// The address of the state.
    pub fn address(&self) -> usize {
        self.state.expose_provenance()
    }

    /// Where it lies, with the slack around it.
    pub fn addresses(&self) -> Range<usize> {
        let start = self.address();
        start - ALIGNMENT..start + self.len_bytes + self.behind_bytes()
    }

    fn behind_bytes(&self) -> usize {
        self.len_bytes.next_multiple_of(ALIGNMENT) - self.len_bytes
    }

    fn fill(&self) {
        let state = self.state;
        // SAFETY: `new` has opened the bytes from `ALIGNMENT` in front of the state to the multiple
        // of it behind the state, and no reference covers them.
        unsafe {
            state.wrapping_sub(ALIGNMENT).write_bytes(SLACK, ALIGNMENT);
            for index in 0..self.len_bytes {
                state.add(index).write(garbage(index));
            }
            state
                .add(self.len_bytes)
                .write_bytes(SLACK, self.behind_bytes());
        }
    }

    /// Whether the slack around the state holds what it held before.
    pub fn is_slack_kept(&self) -> bool {
        let bytes = |start: *const u8, len_bytes: usize| {
            // SAFETY: `fill` has written these bytes, and no call of the state's owner is under
            // way.
            unsafe { std::slice::from_raw_parts(start, len_bytes) }
        };
        let state = self.state;
        let before = bytes(state.wrapping_sub(ALIGNMENT), ALIGNMENT);
        let behind = bytes(state.wrapping_add(self.len_bytes), self.behind_bytes());
        before.iter().chain(behind).all(|&byte| byte == SLACK)
    }

    /// The bytes of the state.
    pub fn bytes(&self) -> Vec<u8> {
        // SAFETY: as of the slack.
        unsafe { std::slice::from_raw_parts(self.state, self.len_bytes) }.to_vec()
    }

    /// Makes the state that of `other`, byte by byte.
    ///
    /// # Panics
    /// If they differ in size.
    pub fn copy_from(&mut self, other: &Self) {
        assert_eq!(self.len_bytes, other.len_bytes, "states of one type");
        // SAFETY: both states have so many bytes, and lie in mappings of their own.
        unsafe {
            self.state
                .copy_from_nonoverlapping(other.state, self.len_bytes);
        }
    }
}

impl Drop for StateMemory {
    fn drop(&mut self) {
        if let Some(region) = self.region.take() {
            // At the end of a thread the list may be gone. Then the region goes too.
            let _ = FREE.try_with(|free| free.borrow_mut().push(region));
        }
    }
}

/// What byte `index` of a state holds at first: noise without zeros.
fn garbage(index: usize) -> u8 {
    let noise = (index as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56;
    (noise as u8).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_aligned_and_full_of_garbage_each_time() {
        for len_bytes in [0, 1, 4, 63, 64, 65, 200, 4096, 5000] {
            let first = StateMemory::new(len_bytes).expect("memory");
            assert!(first.address().is_multiple_of(64));
            let end = first.address() + len_bytes.next_multiple_of(64);
            assert!(end.is_multiple_of(page_bytes()), "{len_bytes}");
            let bytes = first.bytes();
            assert!(bytes.iter().all(|&byte| byte != 0));
            assert!(first.is_slack_kept());
            // SAFETY: `new` has opened the bytes.
            unsafe { first.state.write_bytes(0, len_bytes) };
            drop(first);
            let again = StateMemory::new(len_bytes).expect("memory");
            assert_eq!(again.bytes(), bytes, "{len_bytes}");
            assert!(is_near_state(end) && is_near_state(again.address() - 4096));
        }
    }

    #[test]
    fn a_write_beside_a_state_is_seen() {
        for (at, is_seen) in [(-1, true), (0, false), (9, false), (10, true), (63, true)] {
            let memory = StateMemory::new(10).expect("memory");
            // SAFETY: `new` has opened the bytes around the state too.
            unsafe { memory.state.wrapping_offset(at).write(1) };
            assert_eq!(memory.is_slack_kept(), !is_seen, "{at}");
        }
    }
}
