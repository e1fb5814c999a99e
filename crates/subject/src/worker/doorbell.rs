//! How the two ends of a block wake each other. An end looks at a word for a moment, goes on
//! looking while no other thread wants its CPU, and then sleeps on a socket until the other end
//! sends a byte. A closed socket means that the other end is gone.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::sockopt::socket_type;
use rustix::net::{RecvFlags, SendFlags, recv, send};
use std::io;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// How often an end looks without a pause, if there is a CPU for each end.
const LOOKS: u32 = 200;

/// How long an end then goes on looking before it sleeps, giving way to other threads. On a virtual
/// machine a wake-up costs up to a quarter of a millisecond, half of what a sweep's request takes.
const PATIENT: Duration = Duration::from_millis(1);

/// What a report says of a worker that lost its socket: the rest of a sentence that begins with the
/// name of the code under test.
pub(super) const CLOSES: &str = "closes descriptors that are not its own";

/// How often an end takes bytes before it looks elsewhere. That is more than a socket holds, but
/// the code under test may write to it for ever.
const DRAINS: usize = 1024;

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Woken {
    /// The word has the value.
    Ready,
    /// The word did not get the value in time.
    Late,
    /// The other end is closed.
    Closed,
}

/// One end of a block.
#[derive(Debug)]
pub(super) struct Doorbell {
    socket: UnixStream,
    looks: u32,
}

impl Doorbell {
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
        // A closed socket makes an error and not a signal.
        let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
        match send(&self.socket, &[1], flags) {
            // A full socket holds enough bytes to wake it.
            Ok(_) | Err(Errno::WOULDBLOCK) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Waits until `word` is `value`, at most for `time` if there is one.
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

    /// Whether the other end is open, as far as this end sees it without waiting. Call it while
    /// this end waits for nothing: it takes the bytes that came too late to wake this end, since
    /// the end of the stream lies behind them.
    pub(super) fn is_open(&self) -> bool {
        !self.drain()
    }

    /// Whether this end itself is gone: its descriptor is closed, or another file.
    pub(super) fn is_lost(&self) -> bool {
        socket_type(&self.socket).is_err()
    }

    /// Sleeps until a byte comes, and returns whether the other end is closed.
    fn sleep(&self, time: Option<Duration>) -> bool {
        let mut polls = [PollFd::new(&self.socket, PollFlags::IN)];
        let time = time.map(|time| time.max(Duration::from_millis(1)));
        let time = time.and_then(|time| Timespec::try_from(time).ok());
        if !matches!(poll(&mut polls, time.as_ref()), Ok(1..)) {
            return false;
        }
        self.drain()
    }

    /// Takes the bytes that are there, and returns whether the other end is closed.
    fn drain(&self) -> bool {
        let mut bytes = [0_u8; 1024];
        for _ in 0..DRAINS {
            match recv(&self.socket, &mut bytes, RecvFlags::DONTWAIT) {
                // The end of the stream. Every error but two is a reset.
                Ok((_, 0)) => return true,
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return error != Errno::WOULDBLOCK,
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_that_came_too_late_does_not_hide_the_end() {
        let (ours, theirs) = UnixStream::pair().expect("sockets");
        let [ours, theirs] = [ours, theirs].map(Doorbell::new);
        theirs.ring(&AtomicU32::new(1)).expect("it is open");
        assert!(ours.is_open());
        theirs.ring(&AtomicU32::new(1)).expect("it is open");
        drop(theirs);
        assert!(!ours.is_open());
        assert!(ours.ring(&AtomicU32::new(1)).is_err());
    }
}
