//! Kernels that keep state between calls, or between threads.

use crate::crc32;
use crate::parts::state::{MET_BY_CHANCE, SAME_ADDRESS, Shorter, cache, resume, share_scratch};
use crate::spec::FaultSpec;
use crate::test_kernel::TestKernel;
use crcheck_harness::check::checks;
use crcheck_harness::subject::Kind;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

pub(super) const FAULTS: &[FaultSpec] = &[
    FaultSpec::fixed(
        "cached-result",
        "answers with the last checksum if address, length and register are the same",
        "the article, its cached reader: a cached page is served after it has changed",
        || cache(1, Shorter::Replaces),
    )
    .caught_by(checks::history::ID, &[Kind::HistoryDependent], SAME_ADDRESS),
    FaultSpec::fixed(
        "resumes-by-address",
        "goes on from the register that it kept if a message begins where the last one ended",
        "made for `history`: a running state kept for a caller who has two",
        || resume(64),
    )
    .caught_by(
        checks::history::ID,
        &[Kind::HistoryDependent],
        MET_BY_CHANCE,
    ),
    FaultSpec::fixed(
        "scratch-for-four",
        "has scratch for four threads, and gives the fifth that of the first",
        "RetroArch 19278 and its kin: state that calls share, met by many threads only",
        || share_scratch(4),
    )
    .caught_only_by(checks::threads::ID, &[Kind::DataRace]),
    FaultSpec::fixed(
        "shared-scratch",
        "keeps the running register in one place for all callers",
        "kohler/click 236 and its kin: state that calls share without synchronisation",
        || {
            let scratch = AtomicU32::new(0);
            TestKernel::new(move |checksum, message| {
                scratch.store(!checksum, Ordering::Relaxed);
                for block in message.chunks(16) {
                    let register = crc32::update_register(scratch.load(Ordering::Relaxed), block);
                    scratch.store(register, Ordering::Relaxed);
                }
                !scratch.load(Ordering::Relaxed)
            })
        },
    )
    .caught_only_by(checks::threads::ID, &[Kind::DataRace]),
    FaultSpec::fixed(
        "table-not-ready",
        "calls its table ready before it is filled, so a second first call uses half of it",
        "RetroArch 19278, duckdb/ducklake 1324, stb 187: unsynchronised first-call tables",
        || {
            let ready = AtomicBool::new(false);
            let table: Vec<AtomicU32> = (0..256).map(|_| AtomicU32::new(0)).collect();
            TestKernel::new(move |checksum, message| {
                if !ready.swap(true, Ordering::Relaxed) {
                    let rows = crc32::table(crc32::IEEE);
                    // The window of the race, wide enough for threads of a busy machine to meet it.
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
    )
    .caught_only_by(checks::threads::ID, &[Kind::DataRace]),
];
