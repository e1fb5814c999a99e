//! Signs that fill bits, and results in wider types than the model's.

use crate::crc32;
use crate::right_diagnosis::RightDiagnosis;
use crate::spec::FaultSpec;
use crate::test_kernel::TestKernel;
use crcheck_harness::diagnose::{ChangedResult, Join, Region, SignedWord};

/// A word whose bits from `from` on are copies of the one below.
fn extend(word: u64, from: u32) -> u64 {
    ((word << (64 - from)).cast_signed() >> (64 - from)).cast_unsigned()
}

/// A kernel that goes its own way from `from` bytes on.
fn long(from: usize, update: impl Fn(u32, &[u8]) -> u32 + Send + Sync + 'static) -> TestKernel {
    TestKernel::new(move |checksum, message| match message.len() < from {
        true => crc32::update(checksum, message),
        false => update(checksum, message),
    })
}

/// A kernel whose result has 64 bits from `from` bytes on.
fn long_and_wide(
    from: usize,
    widen: impl Fn(u32, &[u8]) -> u64 + Send + Sync + 'static,
) -> TestKernel {
    TestKernel::with_wide_result(move |checksum, message| {
        let right = crc32::update(checksum, message);
        match message.len() < from {
            true => right.into(),
            false => widen(right, message),
        }
    })
}

/// A loop over bytes, which have a sign or not.
fn update_bytes(is_signed: bool, first: u32, message: &[u8]) -> u32 {
    message.iter().fold(first, |register, &byte| {
        let sign = match is_signed {
            true => i32::from(byte as i8).cast_unsigned() & 0xffff_ff00,
            false => 0,
        };
        crc32::update_register(register ^ sign, &[byte])
    })
}

/// The message as words that are put together by `word`.
fn misread(word: &SignedWord, message: &[u8]) -> Vec<u8> {
    let mut bytes = message.to_vec();
    for block in bytes.chunks_exact_mut(word.bytes) {
        let order = |block: &mut [u8]| {
            if word.is_big_endian {
                block.reverse();
            }
        };
        order(block);
        let part = |place: usize| {
            let has_sign = word.place.is_none_or(|its| its == place);
            let byte = u64::from(block[place]);
            let byte = if has_sign { extend(byte, 8) } else { byte };
            byte << (8 * place)
        };
        let parts = (0..word.bytes).map(part);
        let joined = match word.join {
            Join::Or => parts.fold(0, |all, part| all | part),
            Join::Xor => parts.fold(0, |all, part| all ^ part),
            Join::Sum => parts.fold(0, u64::wrapping_add),
        };
        block.copy_from_slice(&joined.to_le_bytes()[..word.bytes]);
        order(block);
    }
    bytes
}

/// The register shifted to the right, as a signed number or not.
fn shift(register: u32, by: u32, is_signed: bool) -> u32 {
    match is_signed {
        true => (register.cast_signed() >> by).cast_unsigned(),
        false => register >> by,
    }
}

/// A loop by `by` bits, whose own shift and that of its table have a sign or not.
fn update_by_shifts(by: u32, [in_loop, in_table]: [bool; 2], first: u32, message: &[u8]) -> u32 {
    let entry = |index: u32| {
        (0..by).fold(index, |word, _| {
            shift(word, 1, in_table) ^ (crc32::IEEE * (word & 1))
        })
    };
    message.iter().fold(first, |register, &byte| {
        (0..8 / by).fold(register ^ u32::from(byte), |register, _| {
            shift(register, by, in_loop) ^ entry(register & ((1 << by) - 1))
        })
    })
}

pub(super) const FAULTS: &[FaultSpec] = &[
    FaultSpec::drawn(
        "byte-signed",
        "takes bytes of 0x80 and more for negative numbers, which fill the register above",
        "tables indexed by a `char`: signed on most machines, and not on ARM",
        |draw| {
            let from = draw.threshold();
            let modulus = draw.one(&[4, 8, 16]);
            let all = Region::Between {
                first: 0,
                behind: 0,
            };
            let regions = [all, Region::Blocks { modulus }, Region::Tail { modulus }];
            let which = draw.number(0, 2);
            let kernel = long(from, move |checksum, message| {
                let (blocks, tail) = message.split_at(message.len() / modulus * modulus);
                let register = update_bytes(which < 2, !checksum, blocks);
                !update_bytes(which != 1, register, tail)
            });
            (kernel, RightDiagnosis::SignedBytes(regions[which].clone()))
        },
    ),
    FaultSpec::drawn(
        "word-signed",
        "puts words together from bytes with a sign",
        "`byte << 24` is an `int` in C, and negative from 0x80 on",
        |draw| {
            let from = draw.threshold();
            let (bytes, place) = draw.one(&[(2, None), (4, None), (8, None), (8, Some(3))]);
            let word = SignedWord {
                bytes,
                is_big_endian: draw.number(0, 1) == 1,
                place,
                join: draw.one(&[Join::Or, Join::Xor, Join::Sum]),
            };
            let kernel = long(from, move |checksum, message| {
                crc32::update(checksum, &misread(&word, message))
            });
            (kernel, RightDiagnosis::Word(word))
        },
    ),
    FaultSpec::drawn(
        "shift-signed",
        "shifts its register as a signed number, or builds its table so",
        "registers of type `int` or `long`: an arithmetic shift fills them with ones",
        |draw| {
            let from = draw.threshold();
            let (by, is_in_loop, is_in_table) = draw.one(&[
                (1, true, false),
                (4, true, false),
                (8, true, false),
                (4, false, true),
                (8, false, true),
                (4, true, true),
                (8, true, true),
            ]);
            let kernel = long(from, move |checksum, message| {
                !update_by_shifts(by, [is_in_loop, is_in_table], !checksum, message)
            });
            // In both they do what a loop by one bit does.
            let diagnosis = RightDiagnosis::SignedShift {
                by: if is_in_loop && is_in_table { 1 } else { by },
                is_in_table: !is_in_loop,
            };
            (kernel, diagnosis)
        },
    ),
    FaultSpec::drawn(
        "result-signed",
        "gives its result through a signed type, which fills the bits above",
        "results of type `int` or `int16_t` that become a `uint64_t`",
        |draw| {
            let width = draw.threshold();
            let (from, to) = draw.one(&[(8, 32), (16, 32), (8, 64), (16, 64), (32, 64)]);
            let kernel = long_and_wide(width, move |right, _| {
                extend(right.into(), from) & (u64::MAX >> (64 - to))
            });
            let result = ChangedResult::SignExtended { from, to };
            (kernel, RightDiagnosis::Result(result))
        },
    ),
    FaultSpec::drawn(
        "result-with-more-above",
        "gives other bits above the right ones",
        "registers of a wider type that nobody cuts at the end",
        |draw| {
            let (from, factor) = (draw.threshold(), u64::from(draw.word() | 1));
            let kernel = long_and_wide(from, move |right, message| {
                let sum: u64 = message.iter().map(|&byte| u64::from(byte)).sum();
                let above = (sum + 1).wrapping_mul(factor) | 1;
                u64::from(right) | above << 32
            });
            let words = "gives the right low 32 bits, and other bits above them";
            (kernel, RightDiagnosis::Said(words.to_owned()))
        },
    ),
];
