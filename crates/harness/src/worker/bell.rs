//! How the two ends of a block wake each other: they look at a word for a moment, go on looking while nobody
//! else wants their CPU, and then sleep on a socket until the other one sends a byte. A socket that is closed
//! tells that the other end is gone.

use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Looks at once, where there is a CPU for each end.
const LOOKS: u32 = 200;

/// How long an end goes on looking, giving way to whoever wants its CPU, before it sleeps. To be woken on a
/// virtual machine costs up to a quarter of a millisecond, half of what a sweep's request takes.
const PATIENT: Duration = Duration::from_millis(1);

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Woken {
    /// The word has the value.
    Ready,
    /// It did not come in time.
    Late,
    /// The other end is closed.
    Closed,
}

/// One end.
#[derive(Debug)]
pub(super) struct Bell {
    socket: UnixStream,
    looks: u32,
}

impl Bell {
    /// The end of this socket.
    pub(super) fn new(socket: UnixStream) -> Self {
        let cpus = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            socket,
            looks: if cpus > 1 { LOOKS } else { 0 },
        }
    }

    /// Wakes the other end, if it sleeps.
    ///
    /// # Errors
    /// If the other end is gone.
    pub(super) fn ring(&self, sleeps: &AtomicU32) -> io::Result<()> {
        if sleeps.swap(0, Ordering::SeqCst) == 0 {
            return Ok(());
        }
        // SAFETY: the byte lives during the call; a closed socket is an error and not a signal.
        let sent = unsafe {
            let byte = [1_u8];
            let flags = libc::MSG_NOSIGNAL | libc::MSG_DONTWAIT;
            libc::send(self.socket.as_raw_fd(), byte.as_ptr().cast(), 1, flags)
        };
        let error = io::Error::last_os_error();
        // A full socket holds bytes enough to wake it.
        if sent == 1 || error.kind() == io::ErrorKind::WouldBlock {
            Ok(())
        } else {
            Err(error)
        }
    }

    /// Waits until `word` is `value`; without a time, for ever.
    pub(super) fn wait(
        &self,
        word: &AtomicU32,
        value: u32,
        sleeps: &AtomicU32,
        time: Option<Duration>,
    ) -> Woken {
        for _ in 0..self.looks {
            if word.load(Ordering::Acquire) == value {
                return Woken::Ready;
            }
            std::hint::spin_loop();
        }
        if self.looks > 0 {
            let began = Instant::now();
            while began.elapsed() < PATIENT {
                std::thread::yield_now();
                if word.load(Ordering::Acquire) == value {
                    return Woken::Ready;
                }
            }
        }
        sleeps.store(1, Ordering::SeqCst);
        if word.load(Ordering::SeqCst) == value {
            sleeps.store(0, Ordering::SeqCst);
            return Woken::Ready;
        }
        let is_closed = self.sleep(time);
        if word.load(Ordering::Acquire) == value {
            Woken::Ready
        } else if is_closed {
            Woken::Closed
        } else {
            Woken::Late
        }
    }

    /// Whether the other end is open, as far as can be seen without waiting.
    pub(super) fn is_open(&self) -> bool {
        let mut byte = [0_u8];
        // SAFETY: the buffer is ours and as long as it is said to be; nothing is taken.
        let received = unsafe {
            let flags = libc::MSG_DONTWAIT | libc::MSG_PEEK;
            libc::recv(self.socket.as_raw_fd(), byte.as_mut_ptr().cast(), 1, flags)
        };
        received > 0
            || (received < 0 && io::Error::last_os_error().kind() == io::ErrorKind::WouldBlock)
    }

    /// Sleeps until a byte comes; whether the other end is closed.
    fn sleep(&self, time: Option<Duration>) -> bool {
        let descriptor = self.socket.as_raw_fd();
        let mut poll = libc::pollfd {
            fd: descriptor,
            events: libc::POLLIN,
            revents: 0,
        };
        let millis = time.map_or(-1, |time| time.as_millis().max(1) as libc::c_int);
        // SAFETY: one descriptor, and the number says so.
        if unsafe { libc::poll(&raw mut poll, 1, millis) } <= 0 {
            return false;
        }
        let mut bytes = [0_u8; 64];
        // SAFETY: the buffer is ours and as long as it is said to be.
        let received = unsafe {
            let flags = libc::MSG_DONTWAIT;
            libc::recv(descriptor, bytes.as_mut_ptr().cast(), bytes.len(), flags)
        };
        // No byte and no error: the end of the stream. An error of a socket that was polled readable
        // is a reset, but for an interruption.
        let would_wait = io::Error::last_os_error().kind() == io::ErrorKind::WouldBlock;
        received == 0 || (received < 0 && !would_wait)
    }
}
