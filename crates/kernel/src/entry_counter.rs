//! Counts the calls that enter each tier's code: a test that leaves the count unchanged has not run
//! the tier.

use crate::selection::Tier;
use core::sync::atomic::{AtomicU64, Ordering};

/// By the tier's code.
type Counters = [AtomicU64; 16];

static ENTERED: Counters = [const { AtomicU64::new(0) }; 16];

static ENTERED_EMULATED: Counters = [const { AtomicU64::new(0) }; 16];

/// Counts a call into the tier's code.
#[inline]
pub(crate) fn count(tier: Tier) {
    increment(&ENTERED, tier);
}

/// Counts a call into the tier's software version.
#[inline]
pub(crate) fn count_emulated(tier: Tier) {
    increment(&ENTERED_EMULATED, tier);
}

/// A load and a store instead of one atomic addition: a lost count does no harm, a locked
/// instruction in each call would.
#[inline]
fn increment(counters: &Counters, tier: Tier) {
    let counter = &counters[usize::from(tier.code())];
    counter.store(
        counter.load(Ordering::Relaxed).wrapping_add(1),
        Ordering::Relaxed,
    );
}

impl Tier {
    /// How many calls of [`Kernel::update`](crate::Kernel::update) have entered the tier's code in
    /// this process. The count is rough: of concurrent calls one may be lost.
    pub fn entered(self) -> u64 {
        ENTERED[usize::from(self.code())].load(Ordering::Relaxed)
    }

    /// [`Tier::entered`] of the software version.
    pub fn entered_emulated(self) -> u64 {
        ENTERED_EMULATED[usize::from(self.code())].load(Ordering::Relaxed)
    }
}
