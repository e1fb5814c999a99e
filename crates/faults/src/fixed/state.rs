//! Kernels that remember: between calls, or between threads.

use super::ANYWHERE;
use crate::base;
use crate::exhibit::{Exhibit, Fault, Necessity};
use crcheck_harness::check::CheckId;
use crcheck_harness::finding::Kind;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

/// Why `history` is not alone in seeing what goes on from the call before.
pub(crate) const MET_BY_CHANCE: Necessity =
    Necessity::Shared("a message of another check may begin where the last one ended");

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "cached-result",
        summary: "answers with the last checksum if address, length and register are the same",
        source: "the article, its cached reader: a cached page is served after it has changed",
        caught_by: CheckId::History,
        kinds: &[Kind::HistoryDependent],
        necessity: Necessity::Shared("basis calls with other bytes at the same address as well"),
        unavailable: ANYWHERE,
        make: || {
            let last = Mutex::new(((0, 0, 0), 0));
            Exhibit::of(move |checksum, message| {
                let key = (message.as_ptr().addr(), message.len(), checksum);
                let mut last = last
                    .lock()
                    .unwrap_or_else(std::sync::PoisonError::into_inner);
                if message.is_empty() || last.0 != key {
                    *last = (key, base::update(checksum, message));
                }
                last.1
            })
        },
    },
    Fault {
        name: "resumes-by-address",
        summary: "goes on from the register that it kept if a message begins where the last one ended",
        source: "made for `history`: a running state kept for a caller who has two",
        caught_by: CheckId::History,
        kinds: &[Kind::HistoryDependent],
        necessity: MET_BY_CHANCE,
        unavailable: ANYWHERE,
        make: || resumes(64),
    },
    Fault {
        name: "scratch-for-four",
        summary: "has scratch for four threads, and gives the fifth that of the first",
        source: "RetroArch 19278 and its kin: state that calls share, met by many threads only",
        caught_by: CheckId::Threads,
        kinds: &[Kind::DataRace],
        necessity: Necessity::Alone,
        unavailable: ANYWHERE,
        make: || scratch(4),
    },
    Fault {
        name: "shared-scratch",
        summary: "keeps the running register in one place for all callers",
        source: "kohler/click 236 and its kin: state that calls share without synchronisation",
        caught_by: CheckId::Threads,
        kinds: &[Kind::DataRace],
        necessity: Necessity::Alone,
        unavailable: ANYWHERE,
        make: || {
            let scratch = AtomicU32::new(0);
            Exhibit::of(move |checksum, message| {
                scratch.store(!checksum, Ordering::Relaxed);
                for block in message.chunks(16) {
                    let register = base::register(scratch.load(Ordering::Relaxed), block);
                    scratch.store(register, Ordering::Relaxed);
                }
                !scratch.load(Ordering::Relaxed)
            })
        },
    },
    Fault {
        name: "table-not-ready",
        summary: "calls its table ready before it is filled, so a second first call uses half of it",
        source: "RetroArch 19278, duckdb/ducklake 1324, stb 187: unsynchronised first-call tables",
        caught_by: CheckId::Threads,
        kinds: &[Kind::DataRace],
        necessity: Necessity::Alone,
        unavailable: ANYWHERE,
        make: || {
            let ready = AtomicBool::new(false);
            let table: Vec<AtomicU32> = (0..256).map(|_| AtomicU32::new(0)).collect();
            Exhibit::of(move |checksum, message| {
                if !ready.swap(true, Ordering::Relaxed) {
                    let rows = base::rows(base::IEEE);
                    // The window of the race, wide enough to be met by threads on a busy machine.
                    std::thread::sleep(Duration::from_millis(25));
                    for (slot, entry) in table.iter().zip(rows[0]) {
                        slot.store(entry, Ordering::Relaxed);
                    }
                }
                !message.iter().fold(!checksum, |register, &byte| {
                    let entry = &table[usize::from(register as u8 ^ byte)];
                    (register >> 8) ^ entry.load(Ordering::Relaxed)
                })
            })
        },
    },
];

/// Goes on from the register that it kept if a message of at least `from` bytes begins where the last one
/// ended.
pub(crate) fn resumes(from: usize) -> Exhibit {
    let kept = Mutex::new((0, 0));
    Exhibit::of(move |checksum, message| {
        let mut kept = kept
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        // Only what is long is worth it, and never goes on from one of no bytes.
        let is_next = message.len() >= from && kept.0 == message.as_ptr().addr();
        let checksum = if is_next { kept.1 } else { checksum };
        let next = base::update(checksum, message);
        if message.len() >= from {
            *kept = (message.as_ptr().addr() + message.len(), next);
        }
        next
    })
}

/// Has scratch for `count` threads.
pub(crate) fn scratch(count: usize) -> Exhibit {
    let scratch: Vec<AtomicU32> = (0..count).map(|_| AtomicU32::new(0)).collect();
    let threads = Mutex::new(Vec::new());
    Exhibit::of(move |checksum, message| {
        let this = std::thread::current().id();
        let (slot, is_first) = {
            let mut threads = threads
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            let known = threads.iter().position(|thread| *thread == this);
            let slot = known.unwrap_or_else(|| {
                threads.push(this);
                threads.len() - 1
            });
            (slot % scratch.len(), known.is_none())
        };
        scratch[slot].store(!checksum, Ordering::Relaxed);
        if is_first {
            // Room for the others to come.
            std::thread::sleep(Duration::from_millis(5));
        }
        let register = base::register(scratch[slot].load(Ordering::Relaxed), message);
        !register
    })
}
