//! Kernels that keep state between calls, or between threads.

use crate::crc32;
use crate::test_kernel::TestKernel;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Why `history` is not alone in finding [`resume`].
pub(crate) const MET_BY_CHANCE: &str =
    "a message of another check may begin where the last one ended";

/// Why `history` is not alone in finding [`cache`].
pub(crate) const SAME_ADDRESS: &str = "basis calls with other bytes at the same address as well";

/// The state of a kernel, even if a call on another thread has panicked while it held the lock.
fn lock<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a message does to a cache if it is too short for it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shorter {
    /// It replaces what the cache holds.
    Replaces,
    /// It passes the cache by.
    Passes,
}

/// Answers with the last checksum if address, length and register are those of the last message,
/// for messages of at least `from` bytes.
pub(crate) fn cache(from: usize, shorter: Shorter) -> TestKernel {
    let last = Mutex::new(((0, 0, 0), 0));
    TestKernel::new(move |checksum, message| {
        let is_short = message.len() < from;
        if is_short && shorter == Shorter::Passes {
            return crc32::update(checksum, message);
        }
        let key = (message.as_ptr().addr(), message.len(), checksum);
        let mut last = lock(&last);
        if is_short || last.0 != key {
            *last = (key, crc32::update(checksum, message));
        }
        last.1
    })
}

/// Goes on from the register that it kept if a message of at least `from` bytes begins where the
/// last one ended.
pub(crate) fn resume(from: usize) -> TestKernel {
    let kept = Mutex::new((0, 0));
    TestKernel::new(move |checksum, message| {
        let mut kept = lock(&kept);
        // `from` keeps it from going on from a message of no bytes.
        let is_next = message.len() >= from && kept.0 == message.as_ptr().addr();
        let checksum = if is_next { kept.1 } else { checksum };
        let next = crc32::update(checksum, message);
        if message.len() >= from {
            *kept = (message.as_ptr().addr() + message.len(), next);
        }
        next
    })
}

/// Has scratch for `count` threads, and gives the next thread that of the first.
pub(crate) fn share_scratch(count: usize) -> TestKernel {
    let scratch: Vec<AtomicU32> = (0..count).map(|_| AtomicU32::new(0)).collect();
    let threads = Mutex::new(Vec::new());
    TestKernel::new(move |checksum, message| {
        let this = std::thread::current().id();
        let (slot, is_first) = {
            let mut threads = lock(&threads);
            let known = threads.iter().position(|thread| *thread == this);
            let slot = known.unwrap_or_else(|| {
                threads.push(this);
                threads.len() - 1
            });
            (slot % scratch.len(), known.is_none())
        };
        scratch[slot].store(!checksum, Ordering::Relaxed);
        if is_first {
            // Time for the other threads to arrive.
            std::thread::sleep(Duration::from_millis(5));
        }
        let register = crc32::update_register(scratch[slot].load(Ordering::Relaxed), message);
        !register
    })
}
