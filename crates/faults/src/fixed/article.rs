//! The faults of the article that this project starts from. Each looks right at a glance.

use crate::crc32;
use crate::need::{ALIGNED_LOADS, PCLMULQDQ, SSE4_2};
use crate::parts::access::{load_aligned, read_beyond, store_back};
use crate::parts::instructions::{fold_low_halves, update_by_crc32};
use crate::right_diagnosis::RightDiagnosis;
use crate::spec::{BY_VALUE, FaultSpec};
use crate::test_kernel::TestKernel;
use crcheck_harness::check::CheckId;
use crcheck_harness::diagnose::{Half, Outcome, Padding, Rewrite};
use crcheck_harness::finding::Kind;
use std::sync::atomic::{AtomicU32, Ordering};

pub(super) const FAULTS: &[FaultSpec] = &[
    FaultSpec::fixed(
        "article-polynomial",
        "uses the modulus x^32 + x^28 + x^27 + ..., which is that of CRC-32C",
        "the article, its introduction",
        || {
            let rows = Box::new(crc32::table(crc32::CASTAGNOLI));
            TestKernel::new(move |checksum, message| {
                !crc32::update_by_table(&rows, !checksum, message)
            })
        },
    )
    .diagnosed_as(|| RightDiagnosis::Catalogue("CRC-32/ISCSI".to_owned())),
    FaultSpec::fixed(
        "article-table",
        "builds its table highest bit first and uses it lowest bit first",
        "the article, its reference table",
        || {
            let entry = |byte: u32| {
                (0..8).fold(byte << 24, |word: u32, _| {
                    (word << 1) ^ (0x04c1_1db7 * (word >> 31))
                })
            };
            let table: Vec<u32> = (0..256).map(entry).collect();
            TestKernel::new(move |checksum, message| {
                !message.iter().fold(!checksum, |register, &byte| {
                    (register >> 8) ^ table[usize::from(register as u8 ^ byte)]
                })
            })
        },
    )
    .diagnosed_as(|| RightDiagnosis::Mixed),
    FaultSpec::fixed(
        "article-crc32q",
        "uses the crc32 instruction, whose polynomial is Castagnoli's",
        "the article, its AVX2 listing; komrad36/CRC 2",
        || TestKernel::new(|checksum, message| !update_by_crc32(!checksum, message)),
    )
    .needing(SSE4_2)
    .diagnosed_as(|| RightDiagnosis::Catalogue("CRC-32/ISCSI".to_owned())),
    FaultSpec::fixed(
        "article-skeleton-loop",
        "compares length and offset the wrong way round and returns the incoming register",
        "the article, its skeleton loop",
        || {
            TestKernel::new(|checksum, message| {
                let mut register = !checksum;
                let mut offset = 0;
                while message.len() < offset {
                    register = crc32::update_register(register, &message[offset..]);
                    offset += 32;
                }
                !register
            })
        },
    )
    .diagnosed_as(|| RightDiagnosis::Outcome(Outcome::Given)),
    FaultSpec::fixed(
        "article-no-tail",
        "steps by 32 bytes without a tail and reads past the end",
        "the article, its skeleton loop",
        || {
            TestKernel::new(|checksum, message| {
                let whole = message.len().next_multiple_of(32);
                crc32::update(checksum, &read_beyond(message, whole))
            })
        },
    )
    .caught_by(
        CheckId::Guard,
        &[Kind::OverRead],
        "what is read past the end enters the checksum",
    )
    .diagnosed_as(|| {
        RightDiagnosis::Message(Rewrite::PadTail {
            modulus: 32,
            with: Padding::Slack,
        })
    }),
    FaultSpec::fixed(
        "article-store-back",
        "stores what it has loaded back into the message",
        "the article, its skeleton loop (\"optional\")",
        || {
            TestKernel::new(|checksum, message| {
                for block in 0..message.len() / 32 {
                    store_back(message, 32 * block);
                }
                crc32::update(checksum, message)
            })
        },
    )
    .caught_by(
        CheckId::Guard,
        &[Kind::WriteToMessage],
        "the message is read-only in every check",
    ),
    FaultSpec::fixed(
        "article-zero-padded-tail",
        "pads the tail with zeros to 32 bytes, which changes the checksum",
        "the article, its tail handling",
        || {
            TestKernel::new(|checksum, message| {
                let mut padded = message.to_vec();
                padded.resize(message.len().next_multiple_of(32), 0);
                crc32::update(checksum, &padded)
            })
        },
    )
    .diagnosed_as(|| {
        RightDiagnosis::Message(Rewrite::PadTail {
            modulus: 32,
            with: Padding::Zeros,
        })
    }),
    FaultSpec::fixed(
        "article-eight-way",
        "shifts a reflected register to the left in its eight lanes and never joins them",
        "the article, its 8-way recurrence",
        || {
            let rows = Box::new(crc32::table(crc32::IEEE));
            TestKernel::new(move |checksum, message| {
                let mut lanes = [!checksum, 0, 0, 0, 0, 0, 0, 0];
                for (at, &byte) in message.iter().enumerate() {
                    let i = at % 8;
                    lanes[i] = rows[0][usize::from(byte)] ^ (lanes[(i + 1) & 7] << 8);
                }
                !lanes[0]
            })
        },
    )
    .diagnosed_as(|| RightDiagnosis::Unexplained),
    FaultSpec::fixed(
        "article-fold-low-only",
        "multiplies the low halves alone: the high ones are never folded in",
        "the article, its fold (immediate 0x00)",
        || TestKernel::new(|checksum, message| !fold_low_halves(!checksum, message)),
    )
    .needing(PCLMULQDQ)
    .diagnosed_as(|| RightDiagnosis::Fold {
        stride: 16,
        half: Half::Last,
        exponent: None,
    }),
    FaultSpec::fixed(
        "article-rounded-length",
        "rounds the length up to 4096 and takes bytes that are not there",
        "the article, its wrapper",
        || {
            TestKernel::new(|checksum, message| {
                let whole = message.len().next_multiple_of(4096);
                crc32::update(checksum, &read_beyond(message, whole))
            })
        },
    )
    .caught_by(
        CheckId::Guard,
        &[Kind::OverRead],
        "what is read past the end enters the checksum",
    )
    .diagnosed_as(|| RightDiagnosis::Contradiction),
    FaultSpec::fixed(
        "article-movdqa",
        "loads data of any alignment with movdqa",
        "the article, its C prototype",
        || {
            TestKernel::new(|checksum, message| {
                for block in message.as_chunks::<16>().0 {
                    load_aligned(block);
                }
                crc32::update(checksum, message)
            })
        },
    )
    .caught_by(CheckId::Agree, &[Kind::MisalignedAccess], BY_VALUE)
    .needing(ALIGNED_LOADS),
    FaultSpec::fixed(
        "article-return-slot",
        "reads the register from a wrong place and never writes its result",
        "the article, its Go frame ($0-40 for a signature of 36)",
        || {
            let slot = AtomicU32::new(0);
            TestKernel::new(move |_, message| {
                let capacity = message.len().next_power_of_two() as u32;
                // The slot holds what the last call left, since no call writes its result there.
                let left = slot.load(Ordering::Relaxed);
                slot.store(crc32::update_register(capacity, message), Ordering::Relaxed);
                left
            })
        },
    )
    .caught_by(
        CheckId::History,
        &[Kind::HistoryDependent],
        "what is left in the slot is hardly ever right",
    )
    .diagnosed_as(|| RightDiagnosis::Contradiction),
];
