//! The stack of signal handlers.

use std::io;

const HANDLER_STACK_BYTES: usize = 256 << 10;

/// Gives this thread a large stack for signal handlers. Go's runtime takes the one that it finds.
/// The one of Rust's runtime is so small that Go's own signals overflow it.
pub(super) fn give_room_to_handlers() -> io::Result<()> {
    // Leaked, since a handler may need it as long as the thread lives.
    let stack = Box::leak(vec![0_u8; HANDLER_STACK_BYTES].into_boxed_slice());
    let stack = libc::stack_t {
        ss_sp: stack.as_mut_ptr().cast(),
        ss_flags: 0,
        ss_size: stack.len(),
    };
    // SAFETY: the memory is ours for good, and no handler runs on the stack that is replaced.
    match unsafe { libc::sigaltstack(&raw const stack, std::ptr::null_mut()) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
