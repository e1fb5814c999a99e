//! The way into a call, and out of it after a signal. Each machine has its own code for it.

use super::Signal;
use super::armed::{Armed, Frame};

unsafe extern "C" {
    fn crcheck_trampoline(
        function: unsafe extern "C" fn(*mut libc::c_void),
        argument: *mut libc::c_void,
        stack_pointer: *mut usize,
    ) -> u64;
    fn crcheck_trampoline_resume();
}

/// Where the handler resumes.
pub(super) fn resume_address() -> usize {
    crcheck_trampoline_resume as *const () as usize
}

/// Runs `body` and returns the signal that ended it, or `None` if it returned.
///
/// `body` must not unwind.
pub(super) fn run<F: FnMut()>(body: &mut F) -> Option<Signal> {
    unsafe extern "C" fn thunk<F: FnMut()>(body: *mut libc::c_void) {
        // SAFETY: `run` passes its own `&mut F`, which nothing else uses during the call.
        let body = unsafe { &mut *body.cast::<F>() };
        body();
    }
    let mut frame = Frame::default();
    let armed = Armed::new(&mut frame);
    // SAFETY: the trampoline keeps every callee-saved register, on return and on resumption; the
    // frame outlives the call, and the handler writes to it only while it is armed.
    let has_signal = unsafe {
        crcheck_trampoline(
            thunk::<F>,
            std::ptr::from_mut(body).cast(),
            armed.stack_pointer(),
        )
    };
    drop(armed);
    (has_signal != 0).then_some(frame.signal)
}
