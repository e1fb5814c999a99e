//! The stack of audited calls: one per thread, so that a call can paint all of it below the
//! caller's frame.
//!
//! ```text
//! base                                      call                  top
//! | no access |       painted, from here down | target, canary ... | frame |
//! ```

use crate::mapping::{Mapping, page_bytes};
use std::cell::OnceCell;

/// The size of the stack: that of a process' first thread, and the system gives it memory as calls
/// use it. The stack is aligned to its size, so that any address in it leads to its top.
pub(super) const STACK_BYTES: usize = 1 << 23;

/// The caller's frame: from the stack pointer at the call to the top.
pub(super) const FRAME_BYTES: usize = 1024;

/// How far below the caller the paint usually reaches: four pages.
pub const PAINTED_BYTES: usize = 1 << 14;

/// How far it can reach.
pub const PAINTED_BYTES_MAX: usize = STACK_BYTES - FRAME_BYTES - (1 << 13);

/// A stack of [`STACK_BYTES`], aligned to its size, with an inaccessible page at its lower end.
#[derive(Debug)]
pub(super) struct Stack {
    /// Addresses for twice the size, so that the stack can be aligned among them.
    mapping: Mapping,
    /// Where the stack begins in them.
    offset: usize,
}

impl Stack {
    fn new() -> Self {
        let mapping = Mapping::reserve(2 * STACK_BYTES);
        let mut mapping = mapping.unwrap_or_else(|error| panic!("no memory for a stack: {error}"));
        let offset = mapping.start().align_offset(STACK_BYTES);
        let guard_bytes = page_bytes();
        let opened = mapping.open(offset + guard_bytes, STACK_BYTES - guard_bytes);
        opened.unwrap_or_else(|error| panic!("no memory for a stack: {error}"));
        Self { mapping, offset }
    }

    fn base(&self) -> *mut u8 {
        self.mapping.start().wrapping_add(self.offset)
    }

    /// The stack pointer of a call: aligned to 64, or to 16 and no better.
    pub(super) fn pointer(&self, is_aligned: bool) -> usize {
        let top = self.base() as usize + STACK_BYTES;
        top - FRAME_BYTES - if is_aligned { 0 } else { 16 }
    }

    /// `len_bytes` from `address` on, in words.
    ///
    /// # Safety
    /// They lie in this stack above its inaccessible page, aligned to 8, and nothing writes to them
    /// as long as they are borrowed.
    pub(super) unsafe fn words(&self, address: usize, len_bytes: usize) -> &[u64] {
        let start = self.base().with_addr(address).cast::<u64>();
        // SAFETY: the caller vouches for the words.
        unsafe { std::slice::from_raw_parts(start, len_bytes / 8) }
    }

    /// Writes `word` to each of the `len_bytes / 8` words from `address` on.
    ///
    /// # Safety
    /// They lie in this stack above its inaccessible page, aligned to 8, and nothing borrows them.
    pub(super) unsafe fn fill(&self, address: usize, len_bytes: usize, word: u64) {
        let start = self.base().with_addr(address).cast::<u64>();
        // SAFETY: the caller vouches for the words.
        unsafe { std::slice::from_raw_parts_mut(start, len_bytes / 8).fill(word) }
    }

    /// The word at the very top.
    pub(super) fn top_word(&self) -> *mut u64 {
        self.base().wrapping_add(STACK_BYTES - 8).cast()
    }

    fn contains(&self, address: usize) -> bool {
        (self.base() as usize..self.base() as usize + STACK_BYTES).contains(&address)
    }
}

thread_local! {
    static STACK: OnceCell<Stack> = const { OnceCell::new() };
}

/// Runs `body` with the thread's stack of audited calls, or with a new one if this call already
/// runs on that.
pub(super) fn with<T>(body: impl FnOnce(&Stack) -> T) -> T {
    STACK.with(|stack| {
        let stack = stack.get_or_init(Stack::new);
        // A local variable lies on the stack that this call runs on.
        let local = 0_u8;
        if stack.contains(std::ptr::from_ref(&local) as usize) {
            body(&Stack::new())
        } else {
            body(stack)
        }
    })
}
