//! An architecture without a trampoline: a signal in a call ends the process, which says so.

pub(in super::super) use super::code::{bytes, disassembly, needs};

use super::super::{Access, Signal};

/// Nothing is read from the context.
pub(in super::super) const REGISTER_COUNT: usize = 1;

/// Whether a call survives its signals.
pub(in super::super) const SURVIVES: bool = false;

pub(in super::super) fn access(_: &Signal) -> Option<Access> {
    None
}

pub(in super::super) fn instruction_pointer(_: &libc::siginfo_t, _: &libc::ucontext_t) -> usize {
    0
}

pub(in super::super) fn registers(_: &libc::ucontext_t) -> [u64; REGISTER_COUNT] {
    [0]
}

pub(in super::super) fn is_write(_: &libc::ucontext_t, _code: &[u8]) -> bool {
    false
}

/// Nothing is read from the context.
pub(in super::super) fn stack_pointer(_: &Signal) -> usize {
    0
}

/// Reports the signal, and ends the process with the exit code of a finding.
pub(in super::super) fn resume(_: &mut libc::ucontext_t, _address: usize, _stack_pointer: usize) {
    const TEXT: &[u8] =
        b"crcheck: the code under test raised a signal; on this architecture no call \
        survives one, so the run ends here, with a finding and without a report\n";
    // SAFETY: a signal handler may make both calls, and the length is that of the text.
    unsafe {
        libc::write(2, TEXT.as_ptr().cast(), TEXT.len());
        libc::_exit(1);
    }
}

/// The trampoline of an architecture without one: a call.
///
/// # Safety
/// `function` takes `argument`.
#[unsafe(no_mangle)]
unsafe extern "C" fn crcheck_trampoline(
    function: unsafe extern "C" fn(*mut libc::c_void),
    argument: *mut libc::c_void,
    _stack_pointer: *mut usize,
) -> u64 {
    // SAFETY: the caller vouches for the two.
    unsafe { function(argument) };
    0
}

/// Nothing resumes: [`resume`] does not return.
#[unsafe(no_mangle)]
extern "C" fn crcheck_trampoline_resume() {}

/// The refused address, which the machine reports exactly.
pub(in super::super) fn address(signal: &Signal) -> Option<usize> {
    signal.address
}
