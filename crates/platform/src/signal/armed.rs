//! The call in progress on a thread, which the signal handler can end.

use super::Signal;
use std::cell::Cell;
use std::ptr;

/// What the handler needs from a call in progress, and what it leaves there.
#[derive(Debug, Default)]
pub(super) struct Frame {
    pub(super) stack_pointer: usize,
    pub(super) signal: Signal,
}

thread_local! {
    /// The call in progress on this thread; null while none is.
    static ARMED: Cell<*mut Frame> = const { Cell::new(ptr::null_mut()) };
}

/// While this lives, a signal on this thread ends the call that owns the frame.
pub(super) struct Armed {
    frame: *mut Frame,
    outer: *mut Frame,
}

impl Armed {
    pub(super) fn new(frame: &mut Frame) -> Self {
        let frame = ptr::from_mut(frame);
        Self {
            frame,
            outer: ARMED.replace(frame),
        }
    }

    /// Where the trampoline leaves its stack pointer.
    pub(super) fn stack_pointer(&self) -> *mut usize {
        // SAFETY: the frame is alive, since its owner holds this value; only an address is
        // taken.
        unsafe { &raw mut (*self.frame).stack_pointer }
    }
}

impl Drop for Armed {
    fn drop(&mut self) {
        ARMED.set(self.outer);
    }
}

/// The frame of the call in progress on this thread; null while none is.
pub(super) fn current() -> *mut Frame {
    ARMED.get()
}
