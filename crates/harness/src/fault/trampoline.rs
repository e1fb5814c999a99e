//! The way into a call, and out of it when it faults.

use super::Signal;
#[cfg(target_arch = "x86_64")]
use super::handler;

#[cfg(target_arch = "x86_64")]
std::arch::global_asm!(
    ".pushsection .text.crcheck_trampoline,\"ax\",@progbits",
    ".globl crcheck_trampoline",
    ".globl crcheck_trampoline_resume",
    ".type crcheck_trampoline,@function",
    // rdi: extern "C" fn(*mut c_void), rsi: its argument, rdx: *mut usize, where rsp is left.
    // Answers 0 after a return, 1 after a fault.
    "crcheck_trampoline:",
    "push rbp",
    "push rbx",
    "push r12",
    "push r13",
    "push r14",
    "push r15",
    // Keeps MXCSR and the x87 control word, and makes rsp a multiple of 16 for the call.
    "sub rsp, 8",
    "stmxcsr [rsp]",
    "fnstcw [rsp + 4]",
    "mov [rdx], rsp",
    "mov rax, rdi",
    "mov rdi, rsi",
    "call rax",
    "xor eax, eax",
    // The handler resumes here, with rsp as left above and rax = 1.
    "crcheck_trampoline_resume:",
    "cld",
    "ldmxcsr [rsp]",
    "fldcw [rsp + 4]",
    "add rsp, 8",
    "pop r15",
    "pop r14",
    "pop r13",
    "pop r12",
    "pop rbx",
    "pop rbp",
    "ret",
    ".size crcheck_trampoline, . - crcheck_trampoline",
    ".popsection",
);

#[cfg(target_arch = "x86_64")]
unsafe extern "C" {
    fn crcheck_trampoline(
        function: unsafe extern "C" fn(*mut libc::c_void),
        argument: *mut libc::c_void,
        stack_pointer: *mut usize,
    ) -> u64;
    fn crcheck_trampoline_resume();
}

/// Where the handler resumes.
#[cfg(target_arch = "x86_64")]
pub(super) fn resume_address() -> usize {
    crcheck_trampoline_resume as *const () as usize
}

/// Runs `body`; the signal that ended it, or `None` if it returned.
///
/// `body` must not unwind.
#[cfg(target_arch = "x86_64")]
pub(super) fn run<F: FnMut()>(body: &mut F) -> Option<Signal> {
    unsafe extern "C" fn thunk<F: FnMut()>(body: *mut libc::c_void) {
        // SAFETY: `run` passes its own `&mut F`, which nothing else uses during the call.
        let body = unsafe { &mut *body.cast::<F>() };
        body();
    }
    let mut frame = handler::Frame::default();
    let armed = handler::Armed::new(&mut frame);
    // SAFETY: the trampoline keeps every callee-saved register, on return and on resumption; the
    // frame outlives the call, and the handler writes to it only while it is armed.
    let faulted = unsafe {
        crcheck_trampoline(
            thunk::<F>,
            std::ptr::from_mut(body).cast(),
            armed.stack_pointer(),
        )
    };
    drop(armed);
    (faulted != 0).then_some(frame.signal)
}

/// On other hosts a fault ends the process: nothing there survives it.
#[cfg(not(target_arch = "x86_64"))]
pub(super) fn run<F: FnMut()>(body: &mut F) -> Option<Signal> {
    body();
    None
}
