//! Registers that are read wrongly, or lose bits, for messages of some lengths.

use crate::crc32;
use crate::draw::Draw;
use crate::right_diagnosis::RightDiagnosis;
use crate::spec::FaultSpec;
use crate::test_kernel::TestKernel;
use crcheck_harness::diagnose::{ChangedRegister, Rest};

/// A kernel that changes its register before messages of some lengths.
fn change_before(
    is_hit: impl Fn(usize) -> bool + Send + Sync + 'static,
    change: impl Fn(u32, usize) -> u32 + Send + Sync + 'static,
) -> TestKernel {
    TestKernel::new(move |checksum, message| {
        let length = message.len();
        let register = match is_hit(length) {
            true => change(!checksum, length),
            false => !checksum,
        };
        !crc32::update_register(register, message)
    })
}

/// What stands for lost bits, and in which word.
fn draw_rest(draw: &mut Draw, kept: u32) -> (Rest, u32) {
    match draw.number(0, 2) {
        0 => (Rest::Zeros, 0),
        1 => (Rest::Ones, u32::MAX),
        _ => {
            // At least one lost bit is set and one is not, if there are two.
            let lost = !kept;
            let (low, high) = (lost & lost.wrapping_neg(), 1 << (31 - lost.leading_zeros()));
            let word = (draw.word() | low) & lost;
            match low == high {
                true => (Rest::Ones, u32::MAX),
                false => (Rest::Of((word & !high).into()), word & !high),
            }
        }
    }
}

pub(super) const FAULTS: &[FaultSpec] = &[
    FaultSpec::drawn(
        "register-reversed",
        "takes the register with its bits in the other order",
        "zephyr 111132: a seed goes into the unreflected init register of a reflected unit",
        |draw| {
            let from = draw.threshold();
            let reverse = |register: u32, _| register.reverse_bits();
            let kernel = change_before(move |length| length >= from, reverse);
            (
                kernel,
                RightDiagnosis::Register(ChangedRegister::BitsReversed),
            )
        },
    ),
    FaultSpec::drawn(
        "ends-swapped",
        "takes its register and gives its result in the byte order of the other kind of machine",
        "zlib-ng 1891 and leveldb 91: a big-endian CPU, at both ends",
        |draw| {
            let from = draw.threshold();
            let kernel = TestKernel::new(move |checksum, message| {
                if message.len() < from {
                    return crc32::update(checksum, message);
                }
                crc32::update(checksum.swap_bytes(), message).swap_bytes()
            });
            (kernel, RightDiagnosis::EndsSwapped)
        },
    ),
    FaultSpec::drawn(
        "register-cut-to",
        "keeps some bits of the register only, in messages that are short enough",
        "zlib-ng 215: code for short messages that loads a part of the register",
        |draw| {
            let (first, to) = (draw.number(0, 1), draw.number(4, 64));
            let width = draw.number(1, 31) as u32;
            let kept = ((1_u32 << width) - 1) << draw.number(0, 32 - width as usize);
            let (rest, word) = draw_rest(draw, kept);
            let cut = move |register, _| (register & kept) | (word & !kept);
            let kernel = change_before(move |length| (first..=to).contains(&length), cut);
            let register = ChangedRegister::Masked {
                modulus: 1,
                kept: vec![kept.into()],
                rest,
            };
            (kernel, RightDiagnosis::Register(register))
        },
    ),
    FaultSpec::drawn(
        "register-as-long-as-message",
        "keeps no more bits of the register than a short message has",
        "zlib-ng 215: the rest of the register has to be moved, not dropped",
        |draw| {
            let first = draw.number(0, 2);
            let (rest, word) = draw.one(&[(Rest::Zeros, 0), (Rest::Ones, u32::MAX)]);
            let cut = move |register: u32, length: usize| {
                let kept = !u32::MAX.checked_shl(8 * length as u32).unwrap_or(0);
                (register & kept) | (word & !kept)
            };
            let kernel = change_before(move |length| length >= first, cut);
            (
                kernel,
                RightDiagnosis::Register(ChangedRegister::Met { rest }),
            )
        },
    ),
    FaultSpec::drawn(
        "register-behind-message",
        "keeps only those bits of the register that are behind a short message",
        "zlib-ng 215: the register has to go into the bytes, and its rest has to be moved",
        |draw| {
            let to = draw.number(1, 3);
            let (rest, word) = draw.one(&[(Rest::Zeros, 0), (Rest::Ones, u32::MAX)]);
            let cut = move |register: u32, length: usize| {
                let kept = u32::MAX << (8 * length);
                (register & kept) | (word & !kept)
            };
            // For one length the lost bits have numbers.
            let kept = vec![0xffff_ff00];
            let of_one_byte = ChangedRegister::Masked {
                modulus: 1,
                kept,
                rest,
            };
            let diagnosis = [ChangedRegister::Unmet { rest }, of_one_byte];
            let diagnosis = diagnosis.into_iter().take(if to == 1 { 2 } else { 1 });
            (
                change_before(move |length| (1..=to).contains(&length), cut),
                RightDiagnosis::AnyOf(diagnosis.map(RightDiagnosis::Register).collect()),
            )
        },
    ),
    FaultSpec::drawn(
        "register-narrow",
        "takes the register through a narrower signed type",
        "registers that go through an `int16_t` or a `char`",
        |draw| {
            let (from, bits) = (draw.threshold(), draw.one(&[8, 16]));
            let extend = move |register: u32, _| {
                ((register << (32 - bits)).cast_signed() >> (32 - bits)).cast_unsigned()
            };
            let kernel = change_before(move |length| length >= from, extend);
            (
                kernel,
                RightDiagnosis::Register(ChangedRegister::SignExtended { from: bits }),
            )
        },
    ),
    FaultSpec::drawn(
        "start-at-few-lengths",
        "starts from a word of its own at one length, or in long messages",
        "golang/go 74775: long messages take the register from where an ordinary caller has it",
        |draw| {
            let word = draw.word();
            let is_one = draw.number(0, 1) == 0;
            let (length, from) = (draw.number(16, 300), draw.number(512, 2048));
            let is_hit = move |seen: usize| match is_one {
                true => seen == length,
                false => seen >= from,
            };
            let register = word.into();
            (
                change_before(is_hit, move |_, _| word),
                RightDiagnosis::Start { register },
            )
        },
    ),
];
