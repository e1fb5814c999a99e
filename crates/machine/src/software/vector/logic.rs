//! Bitwise operations, and the flags of their results.

use super::form::{Form, Meaning, UNMASKED, elements, vectors};
use crate::state::{Flag, Vector};
use iced_x86::Mnemonic;

pub(super) fn form(mnemonic: Mnemonic) -> Option<Form> {
    use Mnemonic::*;
    let form = match mnemonic {
        Pxor | Vpxor => elements(2, UNMASKED, xor),
        Xorps | Vxorps | Vpxord => elements(2, 4, xor),
        Xorpd | Vxorpd | Vpxorq => elements(2, 8, xor),
        Pand | Vpand => elements(2, UNMASKED, and),
        Andps | Vandps | Vpandd => elements(2, 4, and),
        Andpd | Vandpd | Vpandq => elements(2, 8, and),
        Pandn | Vpandn => elements(2, UNMASKED, and_not),
        Andnps | Vandnps | Vpandnd => elements(2, 4, and_not),
        Andnpd | Vandnpd | Vpandnq => elements(2, 8, and_not),
        Por | Vpor => elements(2, UNMASKED, or),
        Orps | Vorps | Vpord => elements(2, 4, or),
        Orpd | Vorpd | Vporq => elements(2, 8, or),
        Vpternlogd => elements(3, 4, ternary),
        Vpternlogq => elements(3, 8, ternary),
        Ptest | Vptest => vectors(2, UNMASKED, |inputs, len, _| test(inputs, len, u128::MAX))
            .meaning(Meaning::Flags),
        Vtestps => vectors(2, UNMASKED, |inputs, len, _| {
            test(
                inputs,
                len,
                0x8000_0000 << 96 | 0x8000_0000 << 64 | 0x8000_0000 << 32 | 0x8000_0000,
            )
        })
        .meaning(Meaning::Flags),
        Vtestpd => vectors(2, UNMASKED, |inputs, len, _| {
            test(inputs, len, 1 << 127 | 1 << 63)
        })
        .meaning(Meaning::Flags),
        _ => return None,
    };
    Some(form)
}

fn xor([a, b, _]: [u128; 3], _: u8) -> u128 {
    a ^ b
}

fn and([a, b, _]: [u128; 3], _: u8) -> u128 {
    a & b
}

fn and_not([a, b, _]: [u128; 3], _: u8) -> u128 {
    !a & b
}

fn or([a, b, _]: [u128; 3], _: u8) -> u128 {
    a | b
}

/// Bit `4 a + 2 b + c` of the immediate for every bit of the inputs.
fn ternary([a, b, c]: [u128; 3], table: u8) -> u128 {
    let row = |index: u8| {
        if table >> index & 1 == 1 {
            u128::MAX
        } else {
            0
        }
    };
    let by = |choice: u128, one: u128, zero: u128| choice & one | !choice & zero;
    let by_c = |index| by(c, row(index + 1), row(index));
    let by_b = |index| by(b, by_c(index + 2), by_c(index));
    by(a, by_b(4), by_b(0))
}

/// ZF: whether `a & b` is zero in the bits of `bits`; CF: whether `!a & b` is.
fn test(inputs: [&Vector; 3], len_bytes: usize, bits: u128) -> Vector {
    let [a, b, _] = inputs.map(|vector| vector.lanes());
    let lanes = 0..len_bytes / 16;
    let is_zero = lanes.clone().all(|i| a[i] & b[i] & bits == 0);
    let is_carry = lanes.clone().all(|i| !a[i] & b[i] & bits == 0);
    flags(is_zero, is_carry)
}

/// A result that is these flags, the others cleared.
pub(super) fn flags(is_zero: bool, is_carry: bool) -> Vector {
    let zero = if is_zero { Flag::Zero.mask() } else { 0 };
    let carry = if is_carry { Flag::Carry.mask() } else { 0 };
    Vector::of_lanes([(zero | carry).into(), 0, 0, 0])
}
