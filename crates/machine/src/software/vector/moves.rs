//! Moves: whole vectors, halves, single elements in and out.

use super::element::map;
use super::form::{Form, Masking, UNMASKED, elements, lanes};
use iced_x86::{Instruction, Mnemonic, OpKind};

const LOW: u128 = u64::MAX as u128;

pub(super) fn form(instruction: &Instruction) -> Option<Form> {
    let mnemonic = instruction.mnemonic();
    whole(mnemonic)
        .or_else(|| part(instruction))
        .or_else(|| element(instruction))
}

/// Moves that keep what they move.
fn whole(mnemonic: Mnemonic) -> Option<Form> {
    use Mnemonic::*;
    let size = match mnemonic {
        Movdqa | Vmovdqa | Movdqu | Vmovdqu | Lddqu | Vlddqu => UNMASKED,
        Movntdq | Vmovntdq | Movntps | Vmovntps | Movntpd | Vmovntpd => UNMASKED,
        Movntdqa | Vmovntdqa | Movd | Vmovd => UNMASKED,
        Vmovdqu8 => 1,
        Vmovdqu16 => 2,
        Vmovdqa32 | Vmovdqu32 | Movaps | Vmovaps | Movups | Vmovups => 4,
        Vmovdqa64 | Vmovdqu64 | Movapd | Vmovapd | Movupd | Vmovupd => 8,
        Vpmaskmovd | Vmaskmovps => return Some(copy(4).masking(Masking::Signs)),
        Vpmaskmovq | Vmaskmovpd => return Some(copy(8).masking(Masking::Signs)),
        _ => return None,
    };
    Some(copy(size))
}

fn copy(size: usize) -> Form {
    elements(1, size, |[a, ..], _| a)
}

/// Moves of some elements of a lane.
fn part(instruction: &Instruction) -> Option<Form> {
    use Mnemonic::*;
    let is_memory = |index| instruction.op_kind(index) == OpKind::Memory;
    let is_store = is_memory(0);
    let is_load = is_memory(1);
    let form = match instruction.mnemonic() {
        Movq | Vmovq => lanes(1, UNMASKED, |[a, ..], _| a & LOW),
        Movss | Vmovss | Movsd | Vmovsd | Movlps | Vmovlps | Movlpd | Vmovlpd if is_store => {
            copy(UNMASKED)
        }
        Movss | Vmovss | Movsd | Vmovsd if is_load => copy(UNMASKED),
        Movss | Vmovss => lanes(2, UNMASKED, |[a, b, _], _| {
            a & !0xffff_ffff | b & 0xffff_ffff
        }),
        Movsd | Vmovsd | Movlps | Vmovlps | Movlpd | Vmovlpd => {
            lanes(2, UNMASKED, |[a, b, _], _| a & !LOW | b & LOW)
        }
        Movhps | Vmovhps | Movhpd | Vmovhpd if is_store => lanes(1, UNMASKED, |[a, ..], _| a >> 64),
        Movhps | Vmovhps | Movhpd | Vmovhpd | Movlhps | Vmovlhps => {
            lanes(2, UNMASKED, |[a, b, _], _| a & LOW | b << 64)
        }
        Movhlps | Vmovhlps => lanes(2, UNMASKED, |[a, b, _], _| a & !LOW | b >> 64),
        Movddup | Vmovddup => lanes(1, 8, |[a, ..], _| a & LOW | a << 64),
        Movsldup | Vmovsldup => lanes(1, 4, |[a, ..], _| {
            map(a, |pair: u64| pair & 0xffff_ffff | pair << 32)
        }),
        Movshdup | Vmovshdup => lanes(1, 4, |[a, ..], _| {
            map(a, |pair: u64| pair & !0xffff_ffff | pair >> 32)
        }),
        _ => return None,
    };
    Some(form)
}

/// Insertions of an element into a lane, and extractions from it.
fn element(instruction: &Instruction) -> Option<Form> {
    use Mnemonic::*;
    let form = match instruction.mnemonic() {
        Pinsrb | Vpinsrb => lanes(2, UNMASKED, insert::<8>),
        Pinsrw | Vpinsrw => lanes(2, UNMASKED, insert::<16>),
        Pinsrd | Vpinsrd => lanes(2, UNMASKED, insert::<32>),
        Pinsrq | Vpinsrq => lanes(2, UNMASKED, insert::<64>),
        Pextrb | Vpextrb => lanes(1, UNMASKED, extract::<8>),
        Pextrw | Vpextrw => lanes(1, UNMASKED, extract::<16>),
        Pextrd | Vpextrd | Extractps | Vextractps => lanes(1, UNMASKED, extract::<32>),
        Pextrq | Vpextrq => lanes(1, UNMASKED, extract::<64>),
        Insertps | Vinsertps => {
            let is_register =
                (0..instruction.op_count()).all(|i| instruction.op_kind(i) != OpKind::Memory);
            if is_register {
                lanes(2, UNMASKED, |[a, b, _], how| {
                    insert_and_clear(a, extract::<32>([b, 0, 0], how >> 6), how)
                })
            } else {
                lanes(2, UNMASKED, |[a, b, _], how| insert_and_clear(a, b, how))
            }
        }
        _ => return None,
    };
    Some(form)
}

const fn ones(bits: u32) -> u128 {
    (1 << bits) - 1
}

fn insert<const BITS: u32>([a, b, _]: [u128; 3], index: u8) -> u128 {
    let shift = u32::from(index) * BITS % 128;
    a & !(ones(BITS) << shift) | (b & ones(BITS)) << shift
}

fn extract<const BITS: u32>([a, ..]: [u128; 3], index: u8) -> u128 {
    a >> (u32::from(index) * BITS % 128) & ones(BITS)
}

/// Bits 4 and 5 of `how` say where `element` goes, bits 0 to 3 which elements become zero.
fn insert_and_clear(a: u128, element: u128, how: u8) -> u128 {
    let inserted = insert::<32>([a, element, 0], how >> 4 & 3);
    let cleared = (0..4).filter(|i| how >> i & 1 == 1);
    cleared.fold(inserted, |lane, i| lane & !(ones(32) << (32 * i)))
}
