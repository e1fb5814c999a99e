//! Kernels that take one lane of a stride for another, or a wrong half of each lane.

use super::rewrite_from;
use crate::crc32;
use crate::draw::Draw;
use crate::right_diagnosis::RightDiagnosis;
use crate::spec::FaultSpec;
use crate::test_kernel::TestKernel;
use crcheck_harness::diagnose::{
    Effect, Half, LaneOrder, LaneUnit, MixedLanes, Strides, TakenHalves,
};

/// The bytes of a lane.
const LANE: usize = 16;

/// Mixes up each of some whole strides, from a length on.
fn mix(
    draw: &mut Draw,
    lanes: usize,
    (unit, order): (LaneUnit, LaneOrder),
    mix: impl Fn(&mut [u8]) + Send + Sync + 'static,
) -> (TestKernel, RightDiagnosis) {
    let stride = LANE * lanes;
    let strides = draw.one(&[Strides::All, Strides::AllButFirst, Strides::Last]);
    let from = 2 * stride + draw.number(1, 300);
    let kernel = rewrite_from(from, move |message| {
        let mut read = message.to_vec();
        let whole = message.len() / stride;
        for (index, bytes) in read.chunks_exact_mut(stride).enumerate() {
            let is_mixed = match strides {
                Strides::All => true,
                Strides::First => index == 0,
                Strides::AllButFirst => index > 0,
                Strides::Last => index + 1 == whole,
                // Folds do these.
                Strides::Joined | Strides::EachStep => false,
            };
            if is_mixed {
                mix(bytes);
            }
        }
        read
    });
    let effect = Effect::Lanes(MixedLanes {
        stride,
        unit,
        order,
        strides,
    });
    (kernel, RightDiagnosis::from_length(effect, from))
}

/// Folds by `stride` bytes from `from` bytes on. `taken` says what the two constants multiply.
fn fold_halves(from: usize, stride: usize, taken: TakenHalves) -> TestKernel {
    let [of_first, of_last] = constants(stride);
    let fold = move |lane: u128| {
        let (first, last) = (lane as u64, (lane >> 64) as u64);
        let (for_first, for_last) = match taken {
            TakenHalves::Both(Half::First) => (first, first),
            TakenHalves::Both(Half::Last) => (last, last),
            TakenHalves::Crossed => (last, first),
        };
        carry_less(for_first, of_first) ^ carry_less(for_last, of_last)
    };
    let step = move |lanes: &mut [u128]| lanes.iter_mut().for_each(|lane| *lane = fold(*lane));
    fold_lanes(from, stride, step, |_| {})
}

/// Folds by strides of so many lanes from some length on. It mixes up the lanes at each step, or
/// where it joins them.
fn mix_fold(
    draw: &mut Draw,
    (lanes, order): (usize, LaneOrder),
    strides: Strides,
) -> (TestKernel, RightDiagnosis) {
    let stride = LANE * lanes;
    let from = 2 * stride + draw.number(1, 300);
    let [of_first, of_last] = constants(stride);
    let fold = move |lane: u128| {
        carry_less(lane as u64, of_first) ^ carry_less((lane >> 64) as u64, of_last)
    };
    let mix = move |lanes: &mut [u128]| match order {
        LaneOrder::Swapped { first, second } => lanes.swap(first, second),
        LaneOrder::Twice { read, never } => lanes[never] = lanes[read],
        LaneOrder::Rotated { by } => lanes.rotate_left(by),
    };
    let is_at_end = strides == Strides::Joined;
    let step = move |lanes: &mut [u128]| {
        lanes.iter_mut().for_each(|lane| *lane = fold(*lane));
        if !is_at_end {
            mix(lanes);
        }
    };
    let join = move |lanes: &mut [u128]| {
        if is_at_end {
            mix(lanes);
        }
    };
    let effect = Effect::Lanes(MixedLanes {
        stride,
        unit: LaneUnit::Lane,
        order,
        strides,
    });
    let diagnosis = RightDiagnosis::from_length(effect, from);
    (fold_lanes(from, stride, step, join), diagnosis)
}

/// The constants of the first and the last half of a lane, for a fold by `stride` bytes.
fn constants(stride: usize) -> [u32; 2] {
    let bits = 8 * stride as u128;
    [bits + 64 - 33, bits - 33].map(crc32::power)
}

/// Folds by `stride` bytes from `from` bytes on: `step` moves all lanes by a stride, and `join`
/// comes before they are joined.
fn fold_lanes(
    from: usize,
    stride: usize,
    step: impl Fn(&mut [u128]) + Send + Sync + 'static,
    join: impl Fn(&mut [u128]) + Send + Sync + 'static,
) -> TestKernel {
    TestKernel::new(move |checksum, message| {
        let mut blocks = message.chunks_exact(stride);
        let tail = blocks.remainder();
        let Some(first) = blocks.next().filter(|_| message.len() >= from) else {
            return crc32::update(checksum, message);
        };
        let mut lanes: Vec<u128> = first.chunks_exact(LANE).map(load).collect();
        lanes[0] ^= u128::from(!checksum);
        for block in blocks {
            step(&mut lanes);
            for (kept, next) in lanes.iter_mut().zip(block.chunks_exact(LANE)) {
                *kept ^= load(next);
            }
        }
        join(&mut lanes);
        let bytes: Vec<u8> = lanes.iter().flat_map(|lane| lane.to_le_bytes()).collect();
        !crc32::update_register(crc32::update_register(0, &bytes), tail)
    })
}

fn load(bytes: &[u8]) -> u128 {
    let bytes = bytes.iter().rev();
    bytes.fold(0, |word, &byte| word << 8 | u128::from(byte))
}

/// What the instruction PCLMULQDQ gives, for a constant of 32 bits.
fn carry_less(word: u64, constant: u32) -> u128 {
    (0..32)
        .filter(|bit| constant >> bit & 1 == 1)
        .fold(0, |sum, bit| sum ^ u128::from(word) << bit)
}

pub(super) const FAULTS: &[FaultSpec] = &[
    FaultSpec::drawn(
        "lanes-swapped",
        "takes two lanes of each whole stride for each other",
        "lanes that are joined in the wrong order",
        |draw| {
            let lanes = draw.one(&[3, 4, 5, 8, 16]);
            let first = draw.number(0, lanes - 2);
            let second = draw.number(first + 1, lanes - 1);
            let order = LaneOrder::Swapped { first, second };
            mix(draw, lanes, (LaneUnit::Lane, order), move |stride| {
                for at in 0..LANE {
                    stride.swap(LANE * first + at, LANE * second + at);
                }
            })
        },
    ),
    FaultSpec::drawn(
        "lane-read-twice",
        "reads one lane of each whole stride twice and another never",
        "an index that is copied with its line",
        |draw| {
            let lanes = draw.one(&[2, 3, 4, 8, 16]);
            let read = draw.number(0, lanes - 1);
            let never = (read + draw.number(1, lanes - 1)) % lanes;
            let order = LaneOrder::Twice { read, never };
            mix(draw, lanes, (LaneUnit::Lane, order), move |stride| {
                stride.copy_within(LANE * read..LANE * (read + 1), LANE * never);
            })
        },
    ),
    FaultSpec::drawn(
        "lanes-rotated",
        "reads the lanes of each whole stride from one in the middle on, and the first ones last",
        "a ring of lanes that starts at a wrong one",
        |draw| {
            let lanes = draw.one(&[3, 5, 8]);
            // Half of them would swap the halves of the stride.
            let by = draw.one(&[1, lanes - 1]);
            let order = LaneOrder::Rotated { by };
            mix(draw, lanes, (LaneUnit::Lane, order), move |stride| {
                stride.rotate_left(LANE * by);
            })
        },
    ),
    FaultSpec::drawn(
        "half-read-twice",
        "reads one half of each lane twice and the other never, in whole strides",
        "the article, its fold: an immediate that selects one half twice",
        |draw| {
            let (lanes, read) = (draw.one(&[1, 2, 4, 8, 16]), draw.number(0, 1));
            let never = 1 - read;
            let order = LaneOrder::Twice { read, never };
            mix(draw, lanes, (LaneUnit::Half, order), move |stride| {
                for lane in stride.chunks_exact_mut(LANE) {
                    lane.copy_within(8 * read..8 * read + 8, 8 * never);
                }
            })
        },
    ),
    FaultSpec::drawn(
        "fold-joins-wrong-lane",
        "folds, and takes its first lane and another for each other where it joins them",
        "lanes that are joined in the wrong order",
        |draw| {
            let lanes = draw.one(&[3, 4, 8]);
            let (first, second) = (0, draw.number(1, lanes - 1));
            let order = LaneOrder::Swapped { first, second };
            mix_fold(draw, (lanes, order), Strides::Joined)
        },
    ),
    FaultSpec::drawn(
        "fold-moves-wrong-lane",
        "folds, and moves one lane in place of another at each step",
        "an index that is copied with its line",
        |draw| {
            let lanes = draw.one(&[2, 3, 4, 8]);
            let read = draw.number(0, lanes - 1);
            let never = (read + draw.number(1, lanes - 1)) % lanes;
            let order = LaneOrder::Twice { read, never };
            mix_fold(draw, (lanes, order), Strides::EachStep)
        },
    ),
    FaultSpec::drawn(
        "fold-swaps-lanes",
        "folds, and takes two lanes for each other at each step",
        "registers that are named in the wrong order",
        |draw| {
            let lanes = draw.one(&[2, 3, 4, 8]);
            let first = draw.number(0, lanes - 2);
            let second = draw.number(first + 1, lanes - 1);
            let order = LaneOrder::Swapped { first, second };
            mix_fold(draw, (lanes, order), Strides::EachStep)
        },
    ),
    FaultSpec::drawn(
        "fold-wrong-half",
        "folds with one half of each lane for both, or with each half for the other",
        "the article, its fold: an immediate that selects the wrong half",
        |draw| {
            let stride = draw.one(&[16, 32, 64, 128]);
            let both = [Half::First, Half::Last].map(TakenHalves::Both);
            let taken = draw.one(&[both[0], both[1], TakenHalves::Crossed]);
            let from = 2 * stride + draw.number(0, 400);
            let diagnosis = RightDiagnosis::WrongHalf { stride, taken };
            (fold_halves(from, stride, taken), diagnosis)
        },
    ),
];
