//! How long the calls of a subject may take: the time limit, and once a call has hung for that
//! long, what its other calls show to be long.

use crate::wait::Wait;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long the calls of one subject may take. All its processes share what is known of that.
#[derive(Clone, Debug)]
pub(crate) struct Patience {
    limit: Duration,
    known: Arc<Mutex<Known>>,
}

#[derive(Debug, Default)]
struct Known {
    /// The least time of a call, and of a byte of long messages, in seconds.
    each: Option<f64>,
    each_byte: Option<f64>,
    /// The longest time from a request to its answer, of the first requests of all processes.
    slowest_first: Duration,
    /// Whether a call has hung, and the time that was lost to others since then.
    has_hung: bool,
    hung_for: Duration,
    /// The alignments at which calls of a length have hung.
    cells: BTreeMap<usize, BTreeSet<usize>>,
    /// Whether somebody has asked to wait for the whole time limit once more.
    is_confirming: bool,
}

/// A call that takes this many times as long as a normal one hangs, if another one does.
const TIMES_NORMAL: f64 = 1000.0;

/// And at least this long: the machine may be busy.
const AT_LEAST: Duration = Duration::from_millis(100);

/// How many times as long as the slowest so far the first request of a process may take. It may
/// wait for an interpreter, or for a table.
const TIMES_FIRST: u32 = 4;

/// So many calls take longer than what surrounds them.
const MANY: usize = 64;

/// A request for this number of bytes shows what a byte takes.
const LONG_BYTES: usize = 1 << 14;

/// The time that calls which hang may cost, beyond the first one.
const HUNG_FOR_MAX: Duration = Duration::from_secs(6);

/// The alignments of messages that are told apart.
pub(super) const ALIGNMENTS: usize = 64;

/// At this number of them a length must hang before it is taken to hang at each.
const ALIGNMENTS_MIN: usize = 2;

impl Patience {
    /// No call takes longer than `limit`.
    pub(crate) fn new(limit: Duration) -> Self {
        Self {
            limit,
            known: Arc::default(),
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // Numbers stay usable after a panic elsewhere.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The longest time that any call may take.
    pub(super) fn limit(&self) -> Duration {
        self.limit
    }

    /// Whether a call has hung.
    pub(super) fn has_hung(&self) -> bool {
        self.known().has_hung
    }

    /// How long a call on `len_bytes` may take. `is_first` says that its process has answered
    /// nothing yet.
    pub(super) fn deadline(&self, wait: Wait, len_bytes: usize, is_first: bool) -> Duration {
        let known = self.known();
        if wait == Wait::Whole || !known.has_hung {
            return self.limit;
        }
        let long = (TIMES_NORMAL * known.normal_seconds(len_bytes)).min(self.limit.as_secs_f64());
        let long = Duration::from_secs_f64(long).max(AT_LEAST);
        let first = known.slowest_first * TIMES_FIRST;
        let long = if is_first { long.max(first) } else { long };
        long.min(self.limit)
    }

    /// Notes that calls on this number of bytes were answered after `time`.
    pub(super) fn note_answered(&self, calls: usize, bytes: usize, time: Duration, is_first: bool) {
        let mut known = self.known();
        let least = |known: Option<f64>, count: usize| {
            let each = time.as_secs_f64() / count as f64;
            Some(known.map_or(each, |known| known.min(each)))
        };
        // The first request of a process takes long whatever its calls take.
        if !is_first || calls >= MANY {
            known.each = least(known.each, calls.max(1));
        }
        if bytes >= LONG_BYTES {
            known.each_byte = least(known.each_byte, bytes);
        }
        if is_first {
            known.slowest_first = known.slowest_first.max(time);
        }
    }

    /// Notes that a call did not return for `waited`.
    pub(super) fn note_hang(&self, wait: Wait, waited: Duration) {
        let mut known = self.known();
        if known.has_hung && wait != Wait::Whole {
            known.hung_for += waited;
        }
        known.has_hung = true;
    }

    /// Notes at which length and alignment a call hung.
    pub(super) fn note_cell(&self, len_bytes: usize, alignment: usize) {
        let mut known = self.known();
        known.cells.entry(len_bytes).or_default().insert(alignment);
    }

    /// Whether a call at this length and alignment is not made, since such a call has hung.
    pub(super) fn spares(&self, wait: Wait, len_bytes: usize, alignment: usize) -> bool {
        if wait != Wait::Sparing {
            return false;
        }
        let known = self.known();
        let alignments = known.cells.get(&len_bytes);
        alignments.is_some_and(|alignments| {
            alignments.len() >= ALIGNMENTS_MIN || alignments.contains(&alignment)
        })
    }

    /// Whether the calls that hang have cost all the time that they may.
    pub(super) fn is_used_up(&self) -> bool {
        self.known().hung_for >= HUNG_FOR_MAX
    }

    /// Whether a hang may be confirmed by a call that takes the whole limit. The first who asks may
    /// do that.
    pub(super) fn can_confirm(&self) -> bool {
        let has_asked = std::mem::replace(&mut self.known().is_confirming, true);
        !has_asked && !self.is_used_up()
    }
}

impl Known {
    /// What a call on `len_bytes` takes when nothing else wants the CPU.
    fn normal_seconds(&self, len_bytes: usize) -> f64 {
        self.each.unwrap_or(0.0) + self.each_byte.unwrap_or(0.0) * len_bytes as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(10);

    fn hung() -> Patience {
        let patience = Patience::new(LIMIT);
        patience.note_hang(Wait::Sparing, LIMIT);
        patience.note_cell(37, 5);
        patience
    }

    #[test]
    fn a_deadline_is_the_limit_until_a_call_has_hung_and_follows_the_speed_from_then_on() {
        let (fresh, hung) = (Patience::new(LIMIT), hung());
        for patience in [&fresh, &hung] {
            patience.note_answered(1000, 1_000_000, Duration::from_secs(1), true);
        }
        let of = |patience: &Patience, wait, len_bytes| patience.deadline(wait, len_bytes, false);
        assert_eq!(of(&fresh, Wait::Sparing, 10), LIMIT);
        assert_eq!(of(&hung, Wait::Whole, 10), LIMIT);
        let short = of(&hung, Wait::Short, 0);
        assert_eq!(short, Duration::from_secs(1), "a thousand times 1 ms");
        assert_eq!(of(&hung, Wait::Short, 4000), short * 5, "and 1 µs a byte");
        assert_eq!(of(&hung, Wait::Short, 1 << 30), LIMIT);
        assert_eq!(hung.deadline(Wait::Short, 0, true), Duration::from_secs(4));
        let unknown = Patience::new(LIMIT);
        unknown.note_hang(Wait::Sparing, LIMIT);
        assert_eq!(of(&unknown, Wait::Short, 1 << 20), AT_LEAST);
        let brief = Patience::new(AT_LEAST / 2);
        brief.note_hang(Wait::Sparing, LIMIT);
        assert_eq!(of(&brief, Wait::Short, 0), AT_LEAST / 2);
    }

    #[test]
    fn a_cell_that_hung_is_spared_and_a_length_that_hung_twice_is_everywhere() {
        let patience = hung();
        let is_spared = |wait, length, alignment| patience.spares(wait, length, alignment);
        assert!(is_spared(Wait::Sparing, 37, 5) && !is_spared(Wait::Sparing, 37, 6));
        assert!(!is_spared(Wait::Sparing, 38, 5) && !is_spared(Wait::Short, 37, 5));
        patience.note_cell(37, 9);
        assert!(is_spared(Wait::Sparing, 37, 6) && !is_spared(Wait::Whole, 37, 5));
    }

    #[test]
    fn hangs_beyond_the_first_cost_a_limited_time() {
        let patience = hung();
        assert!(!patience.is_used_up(), "the first one is free");
        patience.note_hang(Wait::Sparing, HUNG_FOR_MAX);
        assert!(patience.is_used_up());
        assert!(!patience.can_confirm());
        let patience = hung();
        patience.note_hang(Wait::Whole, HUNG_FOR_MAX);
        assert!(patience.can_confirm() && !patience.can_confirm());
    }
}
