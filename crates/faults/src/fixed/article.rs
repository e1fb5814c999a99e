//! The faults of the article that this project starts from, each of which looks right at a glance.

use super::ANYWHERE;
use crate::base;
use crate::exhibit::{BY_VALUE, Exhibit, Fault, Necessity};
use crcheck_harness::check::CheckId;
use crcheck_harness::finding::Kind;
use std::sync::atomic::{AtomicU32, Ordering};

const fn article(
    name: &'static str,
    summary: &'static str,
    source: &'static str,
    kinds: &'static [Kind],
    make: fn() -> Exhibit,
) -> Fault {
    Fault {
        name,
        summary,
        source,
        caught_by: CheckId::Agree,
        kinds,
        necessity: BY_VALUE,
        unavailable: ANYWHERE,
        make,
    }
}

const VALUE: &[Kind] = &[Kind::WrongValue];

pub(super) const FAULTS: &[Fault] = &[
    article(
        "article-polynomial",
        "uses the modulus x^32 + x^28 + x^27 + ..., which is that of CRC-32C",
        "the article, its introduction",
        VALUE,
        || {
            let rows = Box::new(base::rows(base::CASTAGNOLI));
            Exhibit::of(move |checksum, message| !base::by_rows(&rows, !checksum, message))
        },
    ),
    article(
        "article-table",
        "builds its table highest bit first and uses it lowest bit first",
        "the article, its reference table",
        VALUE,
        || {
            let entry = |byte: u32| {
                (0..8).fold(byte << 24, |word: u32, _| {
                    (word << 1) ^ (0x04c1_1db7 * (word >> 31))
                })
            };
            let table: Vec<u32> = (0..256).map(entry).collect();
            Exhibit::of(move |checksum, message| {
                !message.iter().fold(!checksum, |register, &byte| {
                    (register >> 8) ^ table[usize::from(register as u8 ^ byte)]
                })
            })
        },
    ),
    Fault {
        unavailable: || (!has_crc32()).then_some("SSE4.2"),
        ..article(
            "article-crc32q",
            "uses the crc32 instruction, whose polynomial is Castagnoli's",
            "the article, its AVX2 listing; komrad36/CRC 2",
            VALUE,
            || Exhibit::of(|checksum, message| !crc32_instruction(!checksum, message)),
        )
    },
    article(
        "article-skeleton-loop",
        "compares length and offset the wrong way round and returns the incoming register",
        "the article, its skeleton loop",
        VALUE,
        || {
            Exhibit::of(|checksum, message| {
                let mut register = !checksum;
                let mut offset = 0;
                while message.len() < offset {
                    register = base::register(register, &message[offset..]);
                    offset += 32;
                }
                !register
            })
        },
    ),
    Fault {
        caught_by: CheckId::Guard,
        necessity: Necessity::Shared("what is read past the end enters the checksum"),
        ..article(
            "article-no-tail",
            "steps by 32 bytes without a tail and reads past the end",
            "the article, its skeleton loop",
            &[Kind::OverRead],
            || {
                Exhibit::of(|checksum, message| {
                    let whole = message.len().next_multiple_of(32);
                    base::update(checksum, &beyond(message, whole))
                })
            },
        )
    },
    Fault {
        caught_by: CheckId::Guard,
        necessity: Necessity::Shared("the message is read-only in every check"),
        ..article(
            "article-store-back",
            "stores what it has loaded back into the message",
            "the article, its skeleton loop (\"optional\")",
            &[Kind::WriteToMessage],
            || {
                Exhibit::of(|checksum, message| {
                    for index in 0..message.len() / 32 {
                        let at = message.as_ptr().wrapping_add(index * 32).cast_mut();
                        // SAFETY: none: the message is not ours to write to, which is the fault. It
                        // is called under the harness's fault handler only.
                        unsafe { at.write_volatile(at.read_volatile()) };
                    }
                    base::update(checksum, message)
                })
            },
        )
    },
    article(
        "article-zero-padded-tail",
        "pads the tail with zeros to 32 bytes, which changes the checksum",
        "the article, its tail handling",
        VALUE,
        || {
            Exhibit::of(|checksum, message| {
                let mut padded = message.to_vec();
                padded.resize(message.len().next_multiple_of(32), 0);
                base::update(checksum, &padded)
            })
        },
    ),
    article(
        "article-eight-way",
        "shifts a reflected register to the left in its eight lanes and never joins them",
        "the article, its 8-way recurrence",
        VALUE,
        || {
            let rows = Box::new(base::rows(base::IEEE));
            Exhibit::of(move |checksum, message| {
                let mut lanes = [!checksum, 0, 0, 0, 0, 0, 0, 0];
                for (at, &byte) in message.iter().enumerate() {
                    let i = at % 8;
                    lanes[i] = rows[0][usize::from(byte)] ^ (lanes[(i + 1) & 7] << 8);
                }
                !lanes[0]
            })
        },
    ),
    Fault {
        unavailable: || (!has_pclmulqdq()).then_some("PCLMULQDQ"),
        ..article(
            "article-fold-low-only",
            "multiplies the low halves alone: the high ones are never folded in",
            "the article, its fold (immediate 0x00)",
            VALUE,
            || Exhibit::of(|checksum, message| !fold_low_only(!checksum, message)),
        )
    },
    Fault {
        caught_by: CheckId::Guard,
        necessity: Necessity::Shared("what is read past the end enters the checksum"),
        ..article(
            "article-rounded-length",
            "rounds the length up to 4096 and takes bytes that are not there",
            "the article, its wrapper",
            &[Kind::OverRead],
            || {
                Exhibit::of(|checksum, message| {
                    base::update(
                        checksum,
                        &beyond(message, message.len().next_multiple_of(4096)),
                    )
                })
            },
        )
    },
    Fault {
        unavailable: || (!cfg!(target_arch = "x86_64")).then_some("loads that demand alignment"),
        ..article(
            "article-movdqa",
            "loads data of any alignment with movdqa",
            "the article, its C prototype",
            &[Kind::MisalignedAccess],
            || {
                Exhibit::of(|checksum, message| {
                    for block in message.as_chunks::<16>().0 {
                        aligned_load(block);
                    }
                    base::update(checksum, message)
                })
            },
        )
    },
    Fault {
        caught_by: CheckId::History,
        necessity: Necessity::Shared("what is left in the slot is hardly ever right"),
        ..article(
            "article-return-slot",
            "reads the register from a wrong place and never writes its result",
            "the article, its Go frame ($0-40 for a signature of 36)",
            &[Kind::HistoryDependent],
            || {
                let slot = AtomicU32::new(0);
                Exhibit::of(move |_, message| {
                    let capacity = message.len().next_power_of_two() as u32;
                    // What a call leaves where the next one's result should be.
                    let left = slot.load(Ordering::Relaxed);
                    slot.store(base::register(capacity, message), Ordering::Relaxed);
                    left
                })
            },
        )
    },
];

/// `len_bytes` bytes from the start of `message` on, whether they are its own or not.
fn beyond(message: &[u8], len_bytes: usize) -> Vec<u8> {
    let at = |index| message.as_ptr().wrapping_add(index);
    // SAFETY: none: this reads behind the message on purpose, under the harness's fault handler.
    (0..len_bytes)
        .map(|index| unsafe { at(index).read_volatile() })
        .collect()
}

#[cfg(target_arch = "x86_64")]
fn has_crc32() -> bool {
    std::is_x86_feature_detected!("sse4.2")
}

#[cfg(target_arch = "x86_64")]
fn has_pclmulqdq() -> bool {
    std::is_x86_feature_detected!("pclmulqdq")
}

#[cfg(target_arch = "x86_64")]
fn crc32_instruction(register: u32, message: &[u8]) -> u32 {
    use std::arch::x86_64::{_mm_crc32_u8, _mm_crc32_u64};
    #[target_feature(enable = "sse4.2")]
    fn run(register: u32, message: &[u8]) -> u32 {
        let (words, rest) = message.as_chunks::<8>();
        let register = words.iter().fold(u64::from(register), |register, word| {
            _mm_crc32_u64(register, u64::from_le_bytes(*word))
        });
        rest.iter().fold(register as u32, |register, &byte| {
            _mm_crc32_u8(register, byte)
        })
    }
    // SAFETY: `unavailable` keeps the exhibit from CPUs without SSE4.2.
    unsafe { run(register, message) }
}

/// A fold by 128 bits that leaves out the product of the high halves.
#[cfg(target_arch = "x86_64")]
fn fold_low_only(register: u32, message: &[u8]) -> u32 {
    use std::arch::x86_64::*;
    #[target_feature(enable = "pclmulqdq,sse4.1")]
    fn run(lane: [u8; 16], lanes: &[[u8; 16]]) -> [u8; 16] {
        let constant = i64::from(base::power(128 + 31));
        let by = _mm_set_epi64x(0, constant);
        // SAFETY: references of 16 bytes, loaded and stored at any alignment.
        let mut sum = unsafe { _mm_loadu_si128(lane.as_ptr().cast()) };
        for next in lanes {
            // SAFETY: as above.
            let next = unsafe { _mm_loadu_si128(next.as_ptr().cast()) };
            sum = _mm_xor_si128(_mm_clmulepi64_si128::<0x00>(sum, by), next);
        }
        let mut bytes = [0; 16];
        // SAFETY: as above.
        unsafe { _mm_storeu_si128(bytes.as_mut_ptr().cast(), sum) };
        bytes
    }
    let (lanes, tail) = message.as_chunks::<16>();
    let [first, rest @ ..] = lanes else {
        return base::register(register, message);
    };
    let mut first = *first;
    for (byte, part) in first.iter_mut().zip(register.to_le_bytes()) {
        *byte ^= part;
    }
    // SAFETY: `unavailable` keeps the exhibit from CPUs without PCLMULQDQ.
    let lane = unsafe { run(first, rest) };
    base::register(base::register(0, &lane), tail)
}

#[cfg(target_arch = "x86_64")]
pub(crate) fn aligned_load(block: &[u8; 16]) {
    // SAFETY: none at an address that is no multiple of 16, which is the fault; the harness's fault
    // handler survives it.
    unsafe {
        std::arch::asm!("movdqa {x}, [{p}]", x = out(xmm_reg) _, p = in(reg) block, options(nostack));
    }
}

#[cfg(not(target_arch = "x86_64"))]
pub(crate) use other::aligned_load;
#[cfg(not(target_arch = "x86_64"))]
use other::{crc32_instruction, fold_low_only, has_crc32, has_pclmulqdq};

/// On other architectures the instructions do not exist, and their exhibits say so.
#[cfg(not(target_arch = "x86_64"))]
mod other {
    pub(super) fn has_crc32() -> bool {
        false
    }

    pub(super) fn has_pclmulqdq() -> bool {
        false
    }

    pub(super) fn crc32_instruction(register: u32, _: &[u8]) -> u32 {
        register
    }

    pub(super) fn fold_low_only(register: u32, _: &[u8]) -> u32 {
        register
    }

    pub(crate) fn aligned_load(_: &[u8; 16]) {}
}
