//! Tables and folds with one wrong constant.

use crate::crc32::{self, power_signed};
use crate::draw::Draw;
use crate::right_diagnosis::RightDiagnosis;
use crate::spec::FaultSpec;
use crate::test_kernel::TestKernel;
use crcheck_harness::diagnose::Half;

/// The register after `message` by a table of R rows.
fn update_by_slices<const R: usize>(rows: &[[u32; 256]; 16], register: u32, message: &[u8]) -> u32 {
    let (blocks, tail) = message.as_chunks::<R>();
    let register = blocks.iter().fold(register, |register, block| {
        (0..R).fold(0, |sum, at| {
            let of_register = if at < 4 {
                (register >> (8 * at)) as u8
            } else {
                0
            };
            sum ^ rows[R - 1 - at][usize::from(block[at] ^ of_register)]
        })
    });
    tail.iter().fold(register, |register, &byte| {
        (register >> 8) ^ rows[0][usize::from(register as u8 ^ byte)]
    })
}

/// A table of R rows with one bit wrong.
fn spoil_entry<const R: usize>(draw: &mut Draw) -> (TestKernel, RightDiagnosis) {
    let (row, index) = (draw.number(0, R - 1), draw.number(0, 255));
    let mut rows = Box::new(crc32::table(crc32::IEEE));
    rows[row][index] ^= 1 << draw.number(0, 31);
    let kernel = TestKernel::new(move |checksum, message| {
        // With one row the loop goes by bytes, and its look-up shifts the register.
        if R > 1 {
            return !update_by_slices::<R>(&rows, !checksum, message);
        }
        !message.iter().fold(!checksum, |register, &byte| {
            (register >> 8) ^ rows[0][usize::from(register as u8 ^ byte)]
        })
    });
    let diagnosis = RightDiagnosis::TableEntry {
        rows: R,
        row,
        index: index as u8,
    };
    (kernel, diagnosis)
}

/// What the bytes at these places contribute to the register after `message`.
fn share(message: &[u8], places: Vec<usize>) -> u32 {
    let mut masked = vec![0; message.len()];
    places.into_iter().for_each(|at| masked[at] = message[at]);
    crc32::update_register(0, &masked)
}

/// From `from` bytes on, multiplies by `factor` what the bytes at some places contribute. `places`
/// takes the length of the message.
fn multiply_share(
    from: usize,
    factor: u32,
    places: impl Fn(usize) -> Vec<usize> + Send + Sync + 'static,
) -> TestKernel {
    TestKernel::new(move |checksum, message| {
        let right = crc32::update(checksum, message);
        if message.len() < from {
            return right;
        }
        let share = share(message, places(message.len()));
        right ^ share ^ crc32::multiply(share, factor)
    })
}

/// Draws an exponent of x that is small enough for a diagnosis to name.
fn draw_exponent(draw: &mut Draw) -> i64 {
    let by = draw.number(1, 512) as i64;
    draw.one(&[by, -by])
}

/// Folds by `stride` bytes in lanes of 128 bits. The constant for one half of a lane is off by
/// `factor`.
fn fold_with(stride: usize, half: Half, factor: u32) -> TestKernel {
    let bits = 8 * stride as u128;
    // Reflected products stand one bit off, and remainders of 32 bits stand 32 bits up: x^33.
    let [mut of_first, mut of_last] = [bits + 64 - 33, bits - 33].map(crc32::power);
    match half {
        Half::First => of_first = crc32::multiply(of_first, factor),
        Half::Last => of_last = crc32::multiply(of_last, factor),
    }
    TestKernel::new(move |checksum, message| {
        let mut blocks = message.chunks_exact(stride);
        let tail = blocks.remainder();
        let Some(first) = blocks.next() else {
            return crc32::update(checksum, message);
        };
        let load = |bytes: &[u8]| {
            let bytes = bytes.iter().rev();
            bytes.fold(0, |word, &byte| word << 8 | u128::from(byte))
        };
        let mut lanes: Vec<u128> = first.chunks_exact(16).map(load).collect();
        lanes[0] ^= u128::from(!checksum);
        for block in blocks {
            for (kept, next) in lanes.iter_mut().zip(block.chunks_exact(16)) {
                let low = carry_less(*kept as u64, of_first);
                *kept = low ^ carry_less((*kept >> 64) as u64, of_last) ^ load(next);
            }
        }
        let bytes: Vec<u8> = lanes.iter().flat_map(|lane| lane.to_le_bytes()).collect();
        !crc32::update_register(crc32::update_register(0, &bytes), tail)
    })
}

/// What the instruction PCLMULQDQ gives, for a constant of 32 bits.
fn carry_less(word: u64, constant: u32) -> u128 {
    (0..32)
        .filter(|bit| constant >> bit & 1 == 1)
        .fold(0, |sum, bit| sum ^ u128::from(word) << bit)
}

const STRIDES: [usize; 4] = [16, 32, 64, 128];

pub(super) const FAULTS: &[FaultSpec] = &[
    FaultSpec::drawn(
        "table-entry-sixteen",
        "has one bit wrong in one of 4096 table entries",
        "a table copied by hand",
        spoil_entry::<16>,
    ),
    FaultSpec::drawn(
        "table-entry-eight",
        "has one bit wrong in one of 2048 table entries",
        "a table copied by hand",
        spoil_entry::<8>,
    ),
    FaultSpec::drawn(
        "table-entry-four",
        "has one bit wrong in one of 1024 table entries",
        "a table copied by hand",
        spoil_entry::<4>,
    ),
    FaultSpec::drawn(
        "table-entry-bytes",
        "has one bit wrong in one of 256 table entries",
        "a table copied by hand",
        spoil_entry::<1>,
    ),
    FaultSpec::drawn(
        "first-block-weight",
        "moves its first block by a wrong power of x",
        "minio/highwayhash 19: wrong constants in one path",
        |draw| {
            let (width, by) = (16 * draw.number(1, 16), draw_exponent(draw));
            let from = 2 * width + draw.threshold();
            let places = move |_| (0..width).collect();
            (
                multiply_share(from, power_signed(by), places),
                RightDiagnosis::Weight(Some(by)),
            )
        },
    ),
    FaultSpec::drawn(
        "last-block-weight",
        "moves its last block by a wrong power of x",
        "minio/highwayhash 19: wrong constants in one path",
        |draw| {
            let (width, by) = (16 * draw.number(1, 16), draw_exponent(draw));
            let from = 2 * width + draw.threshold();
            let places = move |length| (length - width..length).collect();
            (
                multiply_share(from, power_signed(by), places),
                RightDiagnosis::Weight(Some(by)),
            )
        },
    ),
    FaultSpec::drawn(
        "block-lost",
        "loses a block in the middle, which counts as zeros",
        "lanes that are never joined",
        |draw| {
            let (first, width) = (16 * draw.number(1, 8), 16 * draw.number(1, 8));
            let from = first + width + draw.number(0, 100);
            let places = move |_| (first..first + width).collect();
            (
                multiply_share(from, 0, places),
                RightDiagnosis::Weight(None),
            )
        },
    ),
    FaultSpec::drawn(
        "lane-lost",
        "loses one lane of each block",
        "the article, its 8-way recurrence: lanes that are never joined",
        |draw| {
            let lanes = draw.number(2, 8);
            let (lane, from) = (draw.number(0, lanes - 1), 16 * lanes * draw.number(3, 6));
            let places = move |length: usize| {
                let whole = (0..length / (16 * lanes)).map(|block| 16 * (block * lanes + lane));
                whole.flat_map(|at| at..at + 16).collect()
            };
            (
                multiply_share(from, 0, places),
                RightDiagnosis::Weight(None),
            )
        },
    ),
    FaultSpec::drawn(
        "fold-constant",
        "folds with a constant that is off by a power of x",
        "minio/highwayhash 19: wrong constants in one path",
        |draw| {
            let (stride, by) = (draw.one(&STRIDES), draw_exponent(draw));
            let half = draw.one(&[Half::First, Half::Last]);
            let diagnosis = RightDiagnosis::Fold {
                stride,
                half,
                exponent: Some(by),
            };
            (fold_with(stride, half, power_signed(by)), diagnosis)
        },
    ),
    FaultSpec::drawn(
        "fold-left-out",
        "folds one half of each lane and leaves out the other",
        "the article, its fold (immediate 0x00)",
        |draw| {
            let stride = draw.one(&STRIDES);
            let half = draw.one(&[Half::First, Half::Last]);
            let diagnosis = RightDiagnosis::Fold {
                stride,
                half,
                exponent: None,
            };
            (fold_with(stride, half, 0), diagnosis)
        },
    ),
];
