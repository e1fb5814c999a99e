//! Instructions on mask registers.

use super::form::{Form, Masking, Meaning, UNMASKED, lanes, vectors};
use super::logic::flags;
use crate::state::Vector;
use iced_x86::Mnemonic;

pub(super) fn form(mnemonic: Mnemonic) -> Option<Form> {
    bitwise(mnemonic)
        .or_else(|| other(mnemonic))
        .or_else(|| tests(mnemonic))
        .or_else(|| with_vectors(mnemonic))
}

/// The lowest bits, as many as the mask has.
const fn low<const BITS: u32>(value: u128) -> u128 {
    value & ((1 << BITS) - 1)
}

fn and<const BITS: u32>([a, b, _]: [u128; 3], _: u8) -> u128 {
    low::<BITS>(a & b)
}

fn and_not<const BITS: u32>([a, b, _]: [u128; 3], _: u8) -> u128 {
    low::<BITS>(!a & b)
}

fn or<const BITS: u32>([a, b, _]: [u128; 3], _: u8) -> u128 {
    low::<BITS>(a | b)
}

fn xor<const BITS: u32>([a, b, _]: [u128; 3], _: u8) -> u128 {
    low::<BITS>(a ^ b)
}

fn same<const BITS: u32>([a, b, _]: [u128; 3], _: u8) -> u128 {
    low::<BITS>(!(a ^ b))
}

fn bitwise(mnemonic: Mnemonic) -> Option<Form> {
    use Mnemonic::*;
    let form = match mnemonic {
        Kandb => lanes(2, UNMASKED, and::<8>),
        Kandw => lanes(2, UNMASKED, and::<16>),
        Kandd => lanes(2, UNMASKED, and::<32>),
        Kandq => lanes(2, UNMASKED, and::<64>),
        Kandnb => lanes(2, UNMASKED, and_not::<8>),
        Kandnw => lanes(2, UNMASKED, and_not::<16>),
        Kandnd => lanes(2, UNMASKED, and_not::<32>),
        Kandnq => lanes(2, UNMASKED, and_not::<64>),
        Korb => lanes(2, UNMASKED, or::<8>),
        Korw => lanes(2, UNMASKED, or::<16>),
        Kord => lanes(2, UNMASKED, or::<32>),
        Korq => lanes(2, UNMASKED, or::<64>),
        Kxorb => lanes(2, UNMASKED, xor::<8>),
        Kxorw => lanes(2, UNMASKED, xor::<16>),
        Kxord => lanes(2, UNMASKED, xor::<32>),
        Kxorq => lanes(2, UNMASKED, xor::<64>),
        Kxnorb => lanes(2, UNMASKED, same::<8>),
        Kxnorw => lanes(2, UNMASKED, same::<16>),
        Kxnord => lanes(2, UNMASKED, same::<32>),
        Kxnorq => lanes(2, UNMASKED, same::<64>),
        Knotb => lanes(1, UNMASKED, not::<8>),
        Knotw => lanes(1, UNMASKED, not::<16>),
        Knotd => lanes(1, UNMASKED, not::<32>),
        Knotq => lanes(1, UNMASKED, not::<64>),
        _ => return None,
    };
    Some(form)
}

fn not<const BITS: u32>([a, ..]: [u128; 3], _: u8) -> u128 {
    low::<BITS>(!a)
}

fn copy<const BITS: u32>([a, ..]: [u128; 3], _: u8) -> u128 {
    low::<BITS>(a)
}

fn add<const BITS: u32>([a, b, _]: [u128; 3], _: u8) -> u128 {
    low::<BITS>(a.wrapping_add(b))
}

fn shift_left<const BITS: u32>([a, ..]: [u128; 3], by: u8) -> u128 {
    low::<BITS>(low::<BITS>(a).checked_shl(by.into()).unwrap_or(0))
}

fn shift_right<const BITS: u32>([a, ..]: [u128; 3], by: u8) -> u128 {
    low::<BITS>(a).checked_shr(by.into()).unwrap_or(0)
}

/// A mask of twice as many bits, the upper half first.
fn concatenate<const BITS: u32>([a, b, _]: [u128; 3], _: u8) -> u128 {
    low::<BITS>(a) << BITS | low::<BITS>(b)
}

fn other(mnemonic: Mnemonic) -> Option<Form> {
    use Mnemonic::*;
    let form = match mnemonic {
        Kmovb => lanes(1, UNMASKED, copy::<8>),
        Kmovw => lanes(1, UNMASKED, copy::<16>),
        Kmovd => lanes(1, UNMASKED, copy::<32>),
        Kmovq => lanes(1, UNMASKED, copy::<64>),
        Kaddb => lanes(2, UNMASKED, add::<8>),
        Kaddw => lanes(2, UNMASKED, add::<16>),
        Kaddd => lanes(2, UNMASKED, add::<32>),
        Kaddq => lanes(2, UNMASKED, add::<64>),
        Kshiftlb => lanes(1, UNMASKED, shift_left::<8>),
        Kshiftlw => lanes(1, UNMASKED, shift_left::<16>),
        Kshiftld => lanes(1, UNMASKED, shift_left::<32>),
        Kshiftlq => lanes(1, UNMASKED, shift_left::<64>),
        Kshiftrb => lanes(1, UNMASKED, shift_right::<8>),
        Kshiftrw => lanes(1, UNMASKED, shift_right::<16>),
        Kshiftrd => lanes(1, UNMASKED, shift_right::<32>),
        Kshiftrq => lanes(1, UNMASKED, shift_right::<64>),
        Kunpckbw => lanes(2, UNMASKED, concatenate::<8>),
        Kunpckwd => lanes(2, UNMASKED, concatenate::<16>),
        Kunpckdq => lanes(2, UNMASKED, concatenate::<32>),
        _ => return None,
    };
    Some(form)
}

fn tests(mnemonic: Mnemonic) -> Option<Form> {
    use Mnemonic::*;
    let form = match mnemonic {
        Kortestb => vectors(2, UNMASKED, or_test::<8>),
        Kortestw => vectors(2, UNMASKED, or_test::<16>),
        Kortestd => vectors(2, UNMASKED, or_test::<32>),
        Kortestq => vectors(2, UNMASKED, or_test::<64>),
        Ktestb => vectors(2, UNMASKED, test::<8>),
        Ktestw => vectors(2, UNMASKED, test::<16>),
        Ktestd => vectors(2, UNMASKED, test::<32>),
        Ktestq => vectors(2, UNMASKED, test::<64>),
        _ => return None,
    };
    Some(form.meaning(Meaning::Flags))
}

fn values(inputs: [&Vector; 3]) -> [u128; 3] {
    [0, 1, 2].map(|i| inputs[i].lanes()[0])
}

/// ZF: no bit of either mask is set; CF: every bit is set in one of them.
fn or_test<const BITS: u32>(inputs: [&Vector; 3], _: usize, _: u8) -> Vector {
    let either = or::<BITS>(values(inputs), 0);
    flags(either == 0, either == low::<BITS>(u128::MAX))
}

fn test<const BITS: u32>(inputs: [&Vector; 3], _: usize, _: u8) -> Vector {
    let inputs = values(inputs);
    flags(and::<BITS>(inputs, 0) == 0, and_not::<BITS>(inputs, 0) == 0)
}

/// Masks that become vectors, and vectors packed by masks.
fn with_vectors(mnemonic: Mnemonic) -> Option<Form> {
    use Mnemonic::*;
    let form = match mnemonic {
        Vpmovm2b => vectors(1, UNMASKED, spread::<1>),
        Vpmovm2w => vectors(1, UNMASKED, spread::<2>),
        Vpmovm2d => vectors(1, UNMASKED, spread::<4>),
        Vpmovm2q => vectors(1, UNMASKED, spread::<8>),
        Vpblendmb => choose(1),
        Vpblendmw => choose(2),
        Vpblendmd | Vblendmps => choose(4),
        Vpblendmq | Vblendmpd => choose(8),
        Vpcompressb => vectors(2, 1, compress::<1>).masking(Masking::Compress),
        Vpcompressw => vectors(2, 2, compress::<2>).masking(Masking::Compress),
        Vpcompressd | Vcompressps => vectors(2, 4, compress::<4>).masking(Masking::Compress),
        Vpcompressq | Vcompresspd => vectors(2, 8, compress::<8>).masking(Masking::Compress),
        Vpexpandb => vectors(2, 1, expand::<1>).masking(Masking::Expand),
        Vpexpandw => vectors(2, 2, expand::<2>).masking(Masking::Expand),
        Vpexpandd | Vexpandps => vectors(2, 4, expand::<4>).masking(Masking::Expand),
        Vpexpandq | Vexpandpd => vectors(2, 8, expand::<8>).masking(Masking::Expand),
        _ => return None,
    };
    Some(form.elementwise())
}

fn choose(size: usize) -> Form {
    lanes(2, size, |[_, b, _], _| b).masking(Masking::Blend)
}

/// An element of ones for each set bit.
fn spread<const SIZE: usize>(inputs: [&Vector; 3], len_bytes: usize, _: u8) -> Vector {
    let mask = inputs[0].lanes()[0];
    let mut result = Vector::ZERO;
    for (i, element) in result.0[..len_bytes].chunks_exact_mut(SIZE).enumerate() {
        element.fill(if mask >> i & 1 == 1 { 0xff } else { 0 });
    }
    result
}

/// The numbers of the elements whose bit is set.
fn enabled(mask: &Vector, count: usize) -> impl Iterator<Item = usize> {
    let mask = mask.lanes()[0];
    (0..count).filter(move |i| mask >> i & 1 == 1)
}

/// The enabled elements without gaps.
fn compress<const SIZE: usize>(inputs: [&Vector; 3], len_bytes: usize, _: u8) -> Vector {
    let [source, mask, _] = inputs;
    let mut result = Vector::ZERO;
    for (to, from) in enabled(mask, len_bytes / SIZE).enumerate() {
        result.0[to * SIZE..][..SIZE].copy_from_slice(&source.0[from * SIZE..][..SIZE]);
    }
    result
}

/// Elements without gaps at the enabled places.
fn expand<const SIZE: usize>(inputs: [&Vector; 3], len_bytes: usize, _: u8) -> Vector {
    let [source, mask, _] = inputs;
    let mut result = Vector::ZERO;
    for (from, to) in enabled(mask, len_bytes / SIZE).enumerate() {
        result.0[to * SIZE..][..SIZE].copy_from_slice(&source.0[from * SIZE..][..SIZE]);
    }
    result
}
