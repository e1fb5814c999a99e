//! Shuffles and blends within each lane.

use super::element::{Element, map};
use super::form::{Form, UNMASKED, elements, lanes};
use iced_x86::{Instruction, Mnemonic, OpKind};

pub(super) fn form(instruction: &Instruction) -> Option<Form> {
    let mnemonic = instruction.mnemonic();
    shuffle(mnemonic)
        .or_else(|| two_kinds(instruction))
        .or_else(|| interleaving(mnemonic))
        .or_else(|| blend(mnemonic))
}

fn shuffle(mnemonic: Mnemonic) -> Option<Form> {
    use Mnemonic::*;
    let form = match mnemonic {
        Pshufb | Vpshufb => lanes(2, 1, |[a, b, _], _| shuffle_bytes(a, b)),
        Palignr | Vpalignr => lanes(2, 1, |[a, b, _], bytes| {
            shift_both(a, b, 8 * u32::from(bytes))
        }),
        Pshufd | Vpshufd => lanes(1, 4, |[a, ..], order| choose(a, a, order)),
        Shufps | Vshufps => lanes(2, 4, |[a, b, _], order| choose(a, b, order)),
        Shufpd | Vshufpd => {
            lanes(2, 8, |[a, b, _], order| choose_half(a, b, order)).immediate_bits(2)
        }
        Pshuflw | Vpshuflw => lanes(1, 2, |[a, ..], order| {
            a & !LOW | u128::from(shuffle_words(a as u64, order))
        }),
        Pshufhw | Vpshufhw => lanes(1, 2, |[a, ..], order| {
            a & LOW | u128::from(shuffle_words((a >> 64) as u64, order)) << 64
        }),
        _ => return None,
    };
    Some(form)
}

const LOW: u128 = u64::MAX as u128;

/// Shuffles whose order is an immediate in one form, and a vector in another.
fn two_kinds(instruction: &Instruction) -> Option<Form> {
    use Mnemonic::*;
    let is_immediate = instruction.op_kind(2) == OpKind::Immediate8;
    let form = match instruction.mnemonic() {
        Vpermilps if is_immediate => lanes(1, 4, |[a, ..], order| choose(a, a, order)),
        Vpermilps => lanes(2, 4, |[a, by, _], _| {
            map(by, |by: u32| (a >> (32 * (by & 3))) as u32)
        }),
        Vpermilpd if is_immediate => {
            lanes(1, 8, |[a, ..], order| choose_half(a, a, order)).immediate_bits(2)
        }
        Vpermilpd => lanes(2, 8, |[a, by, _], _| {
            map(by, |by: u64| (a >> (64 * (by >> 1 & 1))) as u64)
        }),
        _ => return None,
    };
    Some(form)
}

fn shuffle_bytes(a: u128, by: u128) -> u128 {
    let a = a.to_le_bytes();
    map(by, |by: u8| {
        if by & 0x80 == 0 {
            a[usize::from(by & 15)]
        } else {
            0
        }
    })
}

/// The lowest lane of `high` and `low` shifted to the right.
fn shift_both(high: u128, low: u128, bits: u32) -> u128 {
    match bits {
        0 => low,
        1..128 => low >> bits | high << (128 - bits),
        _ => high.checked_shr(bits - 128).unwrap_or(0),
    }
}

/// Two elements of 32 bits of `a`, then two of `b`, each by two bits of `order`.
fn choose(a: u128, b: u128, order: u8) -> u128 {
    let element = |lane: u128, i: u8| {
        let value = (lane >> (32 * (order >> (2 * i) & 3))) as u32;
        u128::from(value) << (32 * i)
    };
    element(a, 0) | element(a, 1) | element(b, 2) | element(b, 3)
}

/// One half of `a`, then one of `b`, each by a bit of `order`.
fn choose_half(a: u128, b: u128, order: u8) -> u128 {
    a >> (64 * (order & 1)) & LOW | b >> (64 * (order >> 1 & 1)) << 64
}

fn shuffle_words(half: u64, order: u8) -> u64 {
    let word = |i: u8| half >> (16 * (order >> (2 * i) & 3)) & 0xffff;
    word(0) | word(1) << 16 | word(2) << 32 | word(3) << 48
}

fn interleaving(mnemonic: Mnemonic) -> Option<Form> {
    use Mnemonic::*;
    let form = match mnemonic {
        Punpcklbw | Vpunpcklbw => lanes(2, 1, interleave::<u8, 0>),
        Punpcklwd | Vpunpcklwd => lanes(2, 2, interleave::<u16, 0>),
        Punpckldq | Vpunpckldq | Unpcklps | Vunpcklps => lanes(2, 4, interleave::<u32, 0>),
        Punpcklqdq | Vpunpcklqdq | Unpcklpd | Vunpcklpd => lanes(2, 8, interleave::<u64, 0>),
        Punpckhbw | Vpunpckhbw => lanes(2, 1, interleave::<u8, 8>),
        Punpckhwd | Vpunpckhwd => lanes(2, 2, interleave::<u16, 8>),
        Punpckhdq | Vpunpckhdq | Unpckhps | Vunpckhps => lanes(2, 4, interleave::<u32, 8>),
        Punpckhqdq | Vpunpckhqdq | Unpckhpd | Vunpckhpd => lanes(2, 8, interleave::<u64, 8>),
        _ => return None,
    };
    Some(form)
}

/// Elements of `a` and `b` in turns, from byte `START`.
fn interleave<E: Element, const START: usize>([a, b, _]: [u128; 3], _: u8) -> u128 {
    let (a, b) = (a.to_le_bytes(), b.to_le_bytes());
    let mut result = [0; 16];
    for (i, pair) in result.chunks_exact_mut(2 * E::BYTES).enumerate() {
        let at = START + i * E::BYTES;
        let (first, second) = pair.split_at_mut(E::BYTES);
        E::read(&a[at..at + E::BYTES]).write(first);
        E::read(&b[at..at + E::BYTES]).write(second);
    }
    u128::from_le_bytes(result)
}

fn blend(mnemonic: Mnemonic) -> Option<Form> {
    use Mnemonic::*;
    let form = match mnemonic {
        Pblendw | Vpblendw => elements(2, UNMASKED, blend_by_bits::<16>),
        Blendps | Vblendps | Vpblendd => {
            elements(2, UNMASKED, blend_by_bits::<32>).immediate_bits(4)
        }
        Blendpd | Vblendpd => elements(2, UNMASKED, blend_by_bits::<64>).immediate_bits(2),
        Pblendvb | Vpblendvb => elements(3, UNMASKED, |[a, b, by], _| {
            mix(a, b, map(by, |by: i8| by >> 7))
        }),
        Blendvps | Vblendvps => elements(3, UNMASKED, |[a, b, by], _| {
            mix(a, b, map(by, |by: i32| by >> 31))
        }),
        Blendvpd | Vblendvpd => elements(3, UNMASKED, |[a, b, by], _| {
            mix(a, b, map(by, |by: i64| by >> 63))
        }),
        _ => return None,
    };
    Some(form)
}

/// The elements of `b` whose bit is set, of `a` elsewhere.
fn blend_by_bits<const BITS: u32>([a, b, _]: [u128; 3], bits: u8) -> u128 {
    let enabled = (0..128 / BITS).filter(|i| bits >> i & 1 == 1);
    let element = (1_u128 << BITS) - 1;
    mix(
        a,
        b,
        enabled.fold(0, |ones, i| ones | element << (BITS * i)),
    )
}

fn mix(a: u128, b: u128, choice: u128) -> u128 {
    a & !choice | b & choice
}
