//! What keeps the harness from seeing that a call reads outside of its message, or writes.

use crcheck_platform::message_memory::Reader;
use crcheck_platform::signal::{self, Obstacles};
use std::fmt;

/// What the code under test has done, in a call or for good, so that its accesses outside of a
/// message may have gone unseen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Blindness {
    signals: Obstacles,
    /// Whether the page before the message memory, and the one behind it, can be read.
    open_guards: [bool; 2],
}

impl Blindness {
    /// Finds it out for this thread and undoes it.
    pub(crate) fn cure(view: &Reader) -> Self {
        let found = Self {
            signals: Obstacles::find(),
            open_guards: view.open_guards(),
        };
        if !found.signals.is_none() {
            signal::take_over();
        }
        if found.open_guards.contains(&true) {
            view.close_guards();
        }
        found
    }

    /// Whether there is none.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// That of both.
    #[must_use]
    pub(crate) fn and(self, other: Self) -> Self {
        let either = |index: usize| self.open_guards[index] || other.open_guards[index];
        Self {
            signals: self.signals.and(other.signals),
            open_guards: [either(0), either(1)],
        }
    }

    /// As a word, so that a worker can hand it to its parent.
    pub(crate) fn to_word(self) -> u32 {
        let [replaced, blocked] = self.signals.to_bytes();
        let [before, behind] = self.open_guards.map(u8::from);
        u32::from_le_bytes([replaced, blocked, before, behind])
    }

    /// That of any word.
    pub(crate) fn of_word(word: u32) -> Self {
        let [replaced, blocked, before, behind] = word.to_le_bytes();
        Self {
            signals: Obstacles::of_bytes([replaced, blocked]),
            open_guards: [before != 0, behind != 0],
        }
    }
}

/// The rest of a sentence that begins with the subject's name.
impl fmt::Display for Blindness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.signals.is_none() {
            write!(f, "{}", self.signals)?;
        }
        if self.open_guards.contains(&true) {
            let and = if self.signals.is_none() { "" } else { ", and " };
            write!(
                f,
                "{and}makes inaccessible pages beside the message readable"
            )?;
        }
        Ok(())
    }
}
