//! Tables and folds with one wrong constant.

use super::{Draw, Family, value};
use crate::base::{self, power_of as power};
use crate::exhibit::Exhibit;
use crate::expect::Expect;
use crcheck_harness::diagnose::Half;

/// The register after `message` by a table of R rows.
fn sliced<const R: usize>(rows: &[[u32; 256]; 16], register: u32, message: &[u8]) -> u32 {
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

fn entry<const R: usize>(draw: &mut Draw) -> (Exhibit, Expect) {
    let (row, index) = (draw.number(0, R - 1), draw.number(0, 255));
    let mut rows = Box::new(base::rows(base::IEEE));
    rows[row][index] ^= 1 << draw.number(0, 31);
    let exhibit = Exhibit::of(move |checksum, message| {
        // One row is the loop by bytes, whose look-up shifts the register.
        if R > 1 {
            return !sliced::<R>(&rows, !checksum, message);
        }
        !message.iter().fold(!checksum, |register, &byte| {
            (register >> 8) ^ rows[0][usize::from(register as u8 ^ byte)]
        })
    });
    let expect = Expect::TableEntry {
        rows: R,
        row,
        index: index as u8,
    };
    (exhibit, expect)
}

/// The remainder of some bytes of `message`, the others being zeros, with the register before them.
fn share(message: &[u8], bytes: impl Iterator<Item = usize>, register: u32) -> u32 {
    let mut masked = vec![0; message.len()];
    bytes.for_each(|at| masked[at] = message[at]);
    base::register(register, &masked)
}

/// Right, but for some bytes whose share is multiplied by `factor`.
fn weighed(
    from: usize,
    factor: u32,
    bytes: impl Fn(usize) -> Vec<usize> + Send + Sync + 'static,
) -> Exhibit {
    Exhibit::of(move |checksum, message| {
        let right = base::update(checksum, message);
        if message.len() < from {
            return right;
        }
        let share = share(message, bytes(message.len()).into_iter(), 0);
        right ^ share ^ base::multiply(share, factor)
    })
}

/// A power of x that is not too large to be named.
fn exponent(draw: &mut Draw) -> i64 {
    let by = draw.number(1, 512) as i64;
    draw.one(&[by, -by])
}

/// A fold by S bytes in lanes of 128 bits, one of whose constants is multiplied by `factor`.
fn folded(stride: usize, half: Half, factor: u32) -> Exhibit {
    let bits = 8 * stride as u128;
    // Reflected products stand one bit off, and remainders of 32 bits stand 32 bits up: x^33.
    let [mut of_first, mut of_last] = [bits + 64 - 33, bits - 33].map(base::power);
    match half {
        Half::First => of_first = base::multiply(of_first, factor),
        Half::Last => of_last = base::multiply(of_last, factor),
    }
    Exhibit::of(move |checksum, message| {
        let mut blocks = message.chunks_exact(stride);
        let tail = blocks.remainder();
        let Some(first) = blocks.next() else {
            return base::update(checksum, message);
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
        !base::register(base::register(0, &bytes), tail)
    })
}

/// What the instruction PCLMULQDQ gives, for a constant of 32 bits.
fn carry_less(word: u64, constant: u32) -> u128 {
    (0..32)
        .filter(|bit| constant >> bit & 1 == 1)
        .fold(0, |sum, bit| sum ^ u128::from(word) << bit)
}

const STRIDES: [usize; 4] = [16, 32, 64, 128];

pub(super) const FAMILIES: &[Family] = &[
    value(
        "table-entry-sixteen",
        "has one bit wrong in one of 4096 table entries",
        "a table copied by hand",
        entry::<16>,
    ),
    value(
        "table-entry-eight",
        "has one bit wrong in one of 2048 table entries",
        "a table copied by hand",
        entry::<8>,
    ),
    value(
        "table-entry-four",
        "has one bit wrong in one of 1024 table entries",
        "a table copied by hand",
        entry::<4>,
    ),
    value(
        "table-entry-bytes",
        "has one bit wrong in one of 256 table entries",
        "a table copied by hand",
        entry::<1>,
    ),
    value(
        "first-block-weight",
        "moves its first block by a wrong power of x",
        "minio/highwayhash 19: wrong constants in one path",
        |draw| {
            let (width, by) = (16 * draw.number(1, 16), exponent(draw));
            let from = 2 * width + draw.threshold();
            let bytes = move |_| (0..width).collect();
            (weighed(from, power(by), bytes), Expect::Weight(Some(by)))
        },
    ),
    value(
        "last-block-weight",
        "moves its last block by a wrong power of x",
        "minio/highwayhash 19: wrong constants in one path",
        |draw| {
            let (width, by) = (16 * draw.number(1, 16), exponent(draw));
            let from = 2 * width + draw.threshold();
            let bytes = move |length| (length - width..length).collect();
            (weighed(from, power(by), bytes), Expect::Weight(Some(by)))
        },
    ),
    value(
        "block-lost",
        "loses a block in the middle, which counts as zeros",
        "lanes that are never joined",
        |draw| {
            let (first, width) = (16 * draw.number(1, 8), 16 * draw.number(1, 8));
            let from = first + width + draw.number(0, 100);
            let bytes = move |_| (first..first + width).collect();
            (weighed(from, 0, bytes), Expect::Weight(None))
        },
    ),
    value(
        "lane-lost",
        "loses one lane of each block",
        "the article, its 8-way recurrence: lanes that are never joined",
        |draw| {
            let lanes = draw.number(2, 8);
            let (lane, from) = (draw.number(0, lanes - 1), 16 * lanes * draw.number(3, 6));
            let bytes = move |length: usize| {
                let whole = (0..length / (16 * lanes)).map(|block| 16 * (block * lanes + lane));
                whole.flat_map(|at| at..at + 16).collect()
            };
            (weighed(from, 0, bytes), Expect::Weight(None))
        },
    ),
    value(
        "fold-constant",
        "folds with a constant that is off by a power of x",
        "minio/highwayhash 19: wrong constants in one path",
        |draw| {
            let (stride, by) = (draw.one(&STRIDES), exponent(draw));
            let half = draw.one(&[Half::First, Half::Last]);
            let expect = Expect::Fold {
                stride,
                half,
                exponent: Some(by),
            };
            (folded(stride, half, power(by)), expect)
        },
    ),
    value(
        "fold-left-out",
        "folds one half of each lane and leaves out the other",
        "the article, its fold (immediate 0x00)",
        |draw| {
            let stride = draw.one(&STRIDES);
            let half = draw.one(&[Half::First, Half::Last]);
            let expect = Expect::Fold {
                stride,
                half,
                exponent: None,
            };
            (folded(stride, half, 0), expect)
        },
    ),
];
