//! What keeps a signal of this thread from the handlers: the code under test may have a runtime
//! that handles signals itself.

use super::handler;
use std::fmt;
use std::mem::MaybeUninit;
use std::ptr;

/// What keeps signals of a thread from the handlers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Obstacles {
    /// Bit i: signal i of [`handler::SIGNALS`] has another handler.
    replaced: u8,
    /// Bit i: this thread blocks the signal.
    blocked: u8,
}

impl Obstacles {
    /// Those of this thread now.
    pub fn find() -> Self {
        handler::install();
        let mut mask = MaybeUninit::<libc::sigset_t>::zeroed();
        // SAFETY: without a new set, the call only writes the mask, for which there is room.
        unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, ptr::null(), mask.as_mut_ptr()) };
        // SAFETY: the set was made above, and the signals exist.
        let is_blocked = |signal| unsafe { libc::sigismember(mask.as_ptr(), signal) == 1 };
        let bits = |is_so: &dyn Fn(libc::c_int) -> bool| {
            let signals = handler::SIGNALS.iter().enumerate();
            signals.fold(0, |bits, (index, &signal)| {
                bits | u8::from(is_so(signal)) << index
            })
        };
        Self {
            replaced: bits(&|signal| !handler::is_in_place(signal)),
            blocked: bits(&is_blocked),
        }
    }

    /// Whether there are none.
    pub fn is_none(self) -> bool {
        self == Self::default()
    }

    /// Those of both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            replaced: self.replaced | other.replaced,
            blocked: self.blocked | other.blocked,
        }
    }

    /// As two bytes, so that one process can hand them to another.
    pub fn to_bytes(self) -> [u8; 2] {
        [self.replaced, self.blocked]
    }

    /// Those of any two bytes.
    pub fn of_bytes([replaced, blocked]: [u8; 2]) -> Self {
        Self { replaced, blocked }
    }
}

/// The rest of a sentence that begins with the name of the code under test.
impl fmt::Display for Obstacles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            ("has handlers of its own for ", self.replaced),
            ("blocks ", self.blocked),
        ];
        let parts = parts.into_iter().filter(|(_, bits)| *bits != 0);
        for (index, (what, bits)) in parts.enumerate() {
            let names = handler::SIGNALS.iter().enumerate();
            let names = names.filter(|(index, _)| bits >> index & 1 == 1);
            let names: Vec<&str> = names.map(|(_, &signal)| handler::name(signal)).collect();
            let and = if index == 0 { "" } else { ", and " };
            write!(f, "{and}{what}{}", names.join(", "))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::take_over;

    /// Signal 0 of the handlers.
    fn with_sigfpe(change: impl FnOnce(libc::c_int)) -> Obstacles {
        change(libc::SIGFPE);
        let found = Obstacles::find();
        take_over();
        assert!(Obstacles::find().is_none(), "taken back");
        found
    }

    #[test]
    fn a_handler_of_others_and_a_blocked_signal_are_seen_and_taken_back() {
        assert!(Obstacles::find().is_none());
        let replaced = with_sigfpe(|signal| {
            // SAFETY: no test of this process raises the signal.
            unsafe { libc::signal(signal, libc::SIG_IGN) };
        });
        assert_eq!(replaced.to_string(), "has handlers of its own for SIGFPE");
        let blocked = with_sigfpe(|signal| {
            let mut set = MaybeUninit::<libc::sigset_t>::zeroed();
            // SAFETY: the set has room, and the signal exists.
            unsafe {
                libc::sigemptyset(set.as_mut_ptr());
                libc::sigaddset(set.as_mut_ptr(), signal);
                libc::pthread_sigmask(libc::SIG_BLOCK, set.as_ptr(), ptr::null_mut());
            }
        });
        assert_eq!(blocked.to_string(), "blocks SIGFPE");
        let both = replaced.and(blocked);
        assert_eq!(Obstacles::of_bytes(both.to_bytes()), both);
        assert_eq!(
            both.to_string(),
            "has handlers of its own for SIGFPE, and blocks SIGFPE"
        );
    }
}
