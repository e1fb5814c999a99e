//! Which of the standard streams this process was started without.
//!
//! Before `main`, Rust's library opens `/dev/null` in the place of a stream that is closed, so that
//! no file of the program gets its number (`sanitize_standard_fds` in `library/std/src/sys/pal/
//! unix/mod.rs`). What is written there is lost without an error. Other programs hand `/dev/null`
//! on in the same way, opened for reading and writing, so only a look before Rust's can tell.

use std::sync::atomic::{AtomicU8, Ordering};

/// A bit for each stream, by its number.
static CLOSED: AtomicU8 = AtomicU8::new(0);

/// The linker collects the functions of this section, and they run before `main`.
#[used]
// SAFETY: the section holds pointers to functions of the C ABI, which this is. The function makes
// system calls and writes to an atomic, so it needs nothing that Rust's library sets up.
#[unsafe(link_section = ".init_array")]
static LOOK: extern "C" fn() = look;

extern "C" fn look() {
    for stream in 0..3 {
        // SAFETY: the call reads a flag of a descriptor, and fails if there is none.
        if unsafe { libc::fcntl(stream, libc::F_GETFD) } == -1 {
            CLOSED.fetch_or(1 << stream, Ordering::Relaxed);
        }
    }
}

/// Whether this process was started without a stdout.
pub fn is_stdout_closed() -> bool {
    is_closed(libc::STDOUT_FILENO)
}

/// Whether this process was started without a stdin.
pub fn is_stdin_closed() -> bool {
    is_closed(libc::STDIN_FILENO)
}

fn is_closed(stream: i32) -> bool {
    CLOSED.load(Ordering::Relaxed) & 1 << stream != 0
}
