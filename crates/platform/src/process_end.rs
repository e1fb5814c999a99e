//! What is said when code ends the process that judges it.
//!
//! A kernel in a test that calls `exit(0)` would make the whole test program a success, and one
//! that aborts would not say which test it was. So the end of a process in which a [`Trial`] is
//! under way says whose it is, and is a failure. Nothing can be said of `_exit` and of SIGKILL.

use crate::signal;
use std::cell::Cell;
use std::fmt::{self, Write};
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Mutex, MutexGuard, Once, OnceLock, PoisonError, TryLockError};

/// The code of a test program of Rust that fails.
const FAILURE: libc::c_int = 101;

/// What is said if the process ends in a trial.
#[derive(Debug)]
pub struct LastWords {
    /// The test.
    pub test: String,
    /// The command that runs it again, if it is known.
    pub command: Option<String>,
}

/// While it lives, the end of the process is a failure.
#[derive(Debug)]
pub struct Trial(&'static LastWords);

/// The trials under way.
static TRIALS: Mutex<Vec<&'static LastWords>> = Mutex::new(Vec::new());

/// The process of the trials, whose copies may end as they like.
static PROCESS: AtomicI32 = AtomicI32::new(0);

/// The action of SIGABRT before ours.
static PREVIOUS: OnceLock<libc::sigaction> = OnceLock::new();

impl Trial {
    /// Begins a trial. Its words are kept until the process ends.
    pub fn begin(words: LastWords) -> Self {
        static INSTALL: Once = Once::new();
        INSTALL.call_once(install);
        let words: &'static LastWords = Box::leak(Box::new(words));
        trials().push(words);
        Self(words)
    }

    /// What its calls say.
    pub fn words(&self) -> &'static LastWords {
        self.0
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        trials().retain(|words| !ptr::eq(*words, self.0));
    }
}

fn trials() -> MutexGuard<'static, Vec<&'static LastWords>> {
    TRIALS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A call on a message.
#[derive(Clone, Copy)]
struct Call {
    words: &'static LastWords,
    len_bytes: usize,
    alignment: usize,
}

thread_local! {
    /// The last call of this thread that has not returned.
    static CALL: Cell<Option<Call>> = const { Cell::new(None) };
}

/// Makes a call of a trial on a message. Make it under [`signal::catch`].
#[inline]
pub fn during<T>(words: &'static LastWords, message: &[u8], call: impl FnOnce() -> T) -> T {
    CALL.set(Some(Call {
        words,
        len_bytes: message.len(),
        alignment: message.as_ptr().addr() % 64,
    }));
    let value = call();
    CALL.set(None);
    value
}

fn install() {
    // SAFETY: the call has no precondition.
    PROCESS.store(unsafe { libc::getpid() }, Ordering::Relaxed);
    // SAFETY: the functions have the signature that is asked for, and live as long as the process.
    // If there is no room for them, an end stays unseen.
    unsafe {
        libc::atexit(at_exit);
        at_quick_exit(at_exit);
    }
    let mut previous = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: all-zero bytes are a valid `sigaction`; the handler has SA_SIGINFO's signature; there
    // is room for what was there.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = crcheck_handle_abort as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        libc::sigaction(libc::SIGABRT, &raw const action, previous.as_mut_ptr());
        let _ = PREVIOUS.set(previous.assume_init());
    }
}

unsafe extern "C" {
    fn at_quick_exit(handler: extern "C" fn()) -> libc::c_int;
}

extern "C" fn at_exit() {
    if announce("exit()", || Some(trials())) {
        // SAFETY: ends the process.
        unsafe { libc::_exit(FAILURE) }
    }
}

signal::signal_entry!(crcheck_handle_abort, handle_abort);

extern "C" fn handle_abort(number: i32, _: *mut libc::siginfo_t, _: *mut libc::c_void) {
    // The thread that aborts may hold the lock.
    announce("abort()", || match TRIALS.try_lock() {
        Ok(trials) => Some(trials),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    });
    // SAFETY: the action that was there before comes back, or the default one, and the signal
    // comes again when this handler returns.
    unsafe {
        match PREVIOUS.get() {
            Some(previous) => libc::sigaction(number, previous, ptr::null_mut()),
            None => libc::signal(number, libc::SIG_DFL) as libc::c_int,
        };
        libc::raise(number);
    }
}

/// Says which trial the process ends in, and returns whether there is one. A signal handler may
/// call it: it allocates nothing.
fn announce<'t>(
    how: &str,
    trials: impl FnOnce() -> Option<MutexGuard<'t, Vec<&'static LastWords>>>,
) -> bool {
    // SAFETY: the call has no precondition.
    if unsafe { libc::getpid() } != PROCESS.load(Ordering::Relaxed) {
        return false;
    }
    if let Some(call) = CALL.get().filter(|_| signal::is_catching()) {
        let (len, s) = (call.len_bytes, if call.len_bytes == 1 { "" } else { "s" });
        let at = call.alignment;
        say(
            call.words,
            format_args!(
                "ends the process by {how} in a call with {len} byte{s} at alignment {at}"
            ),
        );
        return true;
    }
    let Some(trials) = trials() else {
        return false;
    };
    for words in trials.iter() {
        say(
            words,
            format_args!("the process ends by {how} while this test runs"),
        );
    }
    !trials.is_empty()
}

/// Writes to the real stderr, which no test captures.
fn say(words: &LastWords, what: fmt::Arguments<'_>) {
    let mut text = Text {
        bytes: [0; 1024],
        len: 0,
    };
    let _ = writeln!(text, "\n{}: {what}", words.test);
    if let Some(command) = &words.command {
        let _ = writeln!(text, "Next: {command}");
    }
    // SAFETY: the bytes are there. What cannot be written cannot be said either.
    unsafe { libc::write(libc::STDERR_FILENO, text.bytes.as_ptr().cast(), text.len) };
}

/// A text without memory of its own on the heap. What has no room is left out.
struct Text {
    bytes: [u8; 1024],
    len: usize,
}

impl Write for Text {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        let room = &mut self.bytes[self.len..];
        let len = part.len().min(room.len());
        room[..len].copy_from_slice(&part.as_bytes()[..len]);
        self.len += len;
        Ok(())
    }
}
