//! Memory that takes a copy of a message. It ends at an inaccessible page.

use crate::mapping::{Mapping, page_bytes};
use std::cell::Cell;
use std::io;
use std::ops::Range;

/// The longest message that is copied, in bytes.
pub const COPIED_BYTES_MAX: usize = 1 << 26;

/// What surrounds a copy.
const SLACK_BYTES: usize = 64;

/// What the slack holds.
const SLACK: u8 = 0x5c;

/// Memory for one copy. It belongs to the thread that asked for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Destination {
    start: *mut u8,
    len_bytes: usize,
    /// The slack behind it. Without any, the copy ends at the inaccessible page.
    behind_bytes: usize,
}

thread_local! {
    /// The start of this thread's memory, and how many bytes of it are open. The mapping lives as
    /// long as the process, since a stopped call leaves no moment at which to give it back.
    static MEMORY: Cell<Option<(usize, usize)>> = const { Cell::new(None) };
}

impl Destination {
    /// Memory for a copy of the message at this address. It holds other bytes than the message.
    ///
    /// # Errors
    /// If the message is longer than [`COPIED_BYTES_MAX`], or the operating system refuses the
    /// memory.
    ///
    /// # Safety
    /// The message is valid for reads, and the copy before it on this thread is judged.
    pub(super) unsafe fn prepare(message: *const u8, len_bytes: usize) -> io::Result<Self> {
        if len_bytes > COPIED_BYTES_MAX {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        // Half of the copies touch the inaccessible page. The others have every alignment.
        let behind_bytes = match message as usize + len_bytes {
            end if end.is_multiple_of(2) => 0,
            end => end / 2 % SLACK_BYTES + 1,
        };
        let end = open(len_bytes + 2 * SLACK_BYTES)?;
        let start = end.wrapping_sub(behind_bytes + len_bytes);
        // SAFETY: `open` vouches for the bytes in front of `end`, which no reference covers; the
        // caller vouches for the message.
        unsafe {
            start
                .wrapping_sub(SLACK_BYTES)
                .write_bytes(SLACK, SLACK_BYTES);
            for index in 0..len_bytes {
                start.add(index).write(!message.add(index).read());
            }
            start.add(len_bytes).write_bytes(SLACK, behind_bytes);
        }
        Ok(Self {
            start,
            len_bytes,
            behind_bytes,
        })
    }

    pub(super) fn start(&self) -> *mut u8 {
        self.start
    }

    /// Where it lies, with the slack around it.
    pub(super) fn addresses(&self) -> Range<usize> {
        let start = self.start.expose_provenance();
        start - SLACK_BYTES..start + self.len_bytes + self.behind_bytes
    }

    /// Whether it holds the message, and the slack around it what it held before.
    ///
    /// # Safety
    /// As of [`Destination::prepare`], with the same message.
    pub(super) unsafe fn holds(&self, message: *const u8) -> bool {
        // SAFETY: `prepare` has written these bytes, and nothing writes them any more.
        let bytes = |start: *const u8, len_bytes: usize| unsafe {
            std::slice::from_raw_parts(start, len_bytes)
        };
        let (before, behind) = (
            bytes(self.start.wrapping_sub(SLACK_BYTES), SLACK_BYTES),
            bytes(self.start.wrapping_add(self.len_bytes), self.behind_bytes),
        );
        let is_slack_kept = before.iter().chain(behind).all(|&byte| byte == SLACK);
        // A null pointer is no slice.
        let is_copied = self.len_bytes == 0
            || bytes(self.start, self.len_bytes) == bytes(message, self.len_bytes);
        is_slack_kept && is_copied
    }
}

/// The end of at least `len_bytes` bytes of this thread's memory, in front of an inaccessible page.
fn open(len_bytes: usize) -> io::Result<*mut u8> {
    if let Some((start, open_bytes)) = MEMORY.get()
        && open_bytes >= len_bytes
    {
        return Ok((start + open_bytes) as *mut u8);
    }
    let page = page_bytes();
    let open_bytes = len_bytes.next_power_of_two().max(page);
    let mut mapping = Mapping::reserve(open_bytes + 2 * page)?;
    mapping.open(page, open_bytes)?;
    let start = mapping.start() as usize + page;
    // The old memory, if there was some, stays too: a stopped call may have left its address
    // anywhere. The sizes double, so that all of it is less than twice the largest.
    std::mem::forget(mapping);
    MEMORY.set(Some((start, open_bytes)));
    Ok((start + open_bytes) as *mut u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_the_message_and_nothing_around_it_changes() {
        let message: Vec<u8> = (0..=255).collect();
        for len_bytes in [0, 1, 63, 64, 255] {
            for offset in 0..2 {
                let message = &message[offset..][..len_bytes];
                // SAFETY: slices are valid for reads; each copy is judged before the next.
                unsafe {
                    let to = Destination::prepare(message.as_ptr(), len_bytes).expect("memory");
                    assert_eq!(to.holds(message.as_ptr()), len_bytes == 0, "before");
                    let copy = || {
                        std::ptr::copy_nonoverlapping(message.as_ptr(), to.start(), len_bytes);
                    };
                    copy();
                    assert!(to.holds(message.as_ptr()), "{len_bytes}");
                    to.start().wrapping_sub(1).write(0);
                    assert!(!to.holds(message.as_ptr()), "the byte in front");
                }
            }
        }
    }
}
