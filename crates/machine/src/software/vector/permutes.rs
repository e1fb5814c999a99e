//! Permutations across lanes: the order of elements, of lanes, and lanes in and out.

use super::form::{Form, UNMASKED, vectors};
use crate::state::Vector;
use iced_x86::{Instruction, Mnemonic, OpKind};

pub(super) fn form(instruction: &Instruction) -> Option<Form> {
    let mnemonic = instruction.mnemonic();
    by_vector(instruction)
        .or_else(|| by_immediate(mnemonic))
        .or_else(|| insertion(mnemonic))
        .or_else(|| extraction(mnemonic))
}

/// Permutations by indices in a vector.
fn by_vector(instruction: &Instruction) -> Option<Form> {
    use Mnemonic::*;
    let is_immediate = instruction.op_kind(2) == OpKind::Immediate8;
    let form = match instruction.mnemonic() {
        Vpermb => vectors(2, 1, permute::<1>),
        Vpermw => vectors(2, 2, permute::<2>),
        Vpermd | Vpermps => vectors(2, 4, permute::<4>),
        Vpermq | Vpermpd if is_immediate => vectors(1, 8, permute_quarters),
        Vpermq | Vpermpd => vectors(2, 8, permute::<8>),
        Vpermi2b => vectors(3, 1, |[by, a, b], len, _| permute_two::<1>(by, a, b, len)),
        Vpermi2w => vectors(3, 2, |[by, a, b], len, _| permute_two::<2>(by, a, b, len)),
        Vpermi2d | Vpermi2ps => vectors(3, 4, |[by, a, b], len, _| permute_two::<4>(by, a, b, len)),
        Vpermi2q | Vpermi2pd => vectors(3, 8, |[by, a, b], len, _| permute_two::<8>(by, a, b, len)),
        Vpermt2b => vectors(3, 1, |[a, by, b], len, _| permute_two::<1>(by, a, b, len)),
        Vpermt2w => vectors(3, 2, |[a, by, b], len, _| permute_two::<2>(by, a, b, len)),
        Vpermt2d | Vpermt2ps => vectors(3, 4, |[a, by, b], len, _| permute_two::<4>(by, a, b, len)),
        Vpermt2q | Vpermt2pd => vectors(3, 8, |[a, by, b], len, _| permute_two::<8>(by, a, b, len)),
        _ => return None,
    };
    Some(form)
}

/// Permutations by an immediate.
fn by_immediate(mnemonic: Mnemonic) -> Option<Form> {
    use Mnemonic::*;
    let form = match mnemonic {
        Vperm2i128 | Vperm2f128 => vectors(2, UNMASKED, choose_or_clear),
        Vshufi32x4 | Vshuff32x4 => vectors(2, 4, choose_lanes),
        Vshufi64x2 | Vshuff64x2 => vectors(2, 8, choose_lanes),
        Valignd => vectors(2, 4, align::<4>),
        Valignq => vectors(2, 8, align::<8>),
        _ => return None,
    };
    Some(form)
}

fn insertion(mnemonic: Mnemonic) -> Option<Form> {
    use Mnemonic::*;
    let form = match mnemonic {
        Vinserti128 | Vinsertf128 => vectors(2, UNMASKED, insert::<16>),
        Vinserti32x4 | Vinsertf32x4 => vectors(2, 4, insert::<16>),
        Vinserti64x2 | Vinsertf64x2 => vectors(2, 8, insert::<16>),
        Vinserti32x8 | Vinsertf32x8 => vectors(2, 4, insert::<32>),
        Vinserti64x4 | Vinsertf64x4 => vectors(2, 8, insert::<32>),
        _ => return None,
    };
    Some(form)
}

fn extraction(mnemonic: Mnemonic) -> Option<Form> {
    use Mnemonic::*;
    let form = match mnemonic {
        Vextracti128 | Vextractf128 => vectors(1, UNMASKED, extract::<16>),
        Vextracti32x4 | Vextractf32x4 => vectors(1, 4, extract::<16>),
        Vextracti64x2 | Vextractf64x2 => vectors(1, 8, extract::<16>),
        Vextracti32x8 | Vextractf32x8 => vectors(1, 4, extract::<32>),
        Vextracti64x4 | Vextractf64x4 => vectors(1, 8, extract::<32>),
        _ => return None,
    };
    Some(form)
}

/// A vector of parts of `SIZE` bytes; `part` gives each by its number.
#[inline]
fn of_parts<'a, const SIZE: usize>(
    len_bytes: usize,
    part: impl Fn(usize) -> &'a [u8; SIZE],
) -> Vector {
    let mut result = Vector::ZERO;
    let parts = result.0[..len_bytes].as_chunks_mut().0;
    for (i, to) in parts.iter_mut().enumerate() {
        *to = *part(i);
    }
    result
}

#[inline]
fn parts<const SIZE: usize>(vector: &Vector) -> &[[u8; SIZE]] {
    vector.0.as_chunks().0
}

/// The lowest byte of an index; two vectors have no more elements than it counts.
#[inline]
fn index<const SIZE: usize>(indices: &Vector, i: usize) -> usize {
    indices.0[i * SIZE].into()
}

fn permute<const SIZE: usize>(inputs: [&Vector; 3], len_bytes: usize, _: u8) -> Vector {
    let [by, table, _] = inputs;
    let count = len_bytes / SIZE;
    of_parts::<SIZE>(len_bytes, |i| &parts(table)[index::<SIZE>(by, i) % count])
}

/// Elements of two tables, `b` behind `a`.
fn permute_two<const SIZE: usize>(by: &Vector, a: &Vector, b: &Vector, len_bytes: usize) -> Vector {
    let count = len_bytes / SIZE;
    of_parts::<SIZE>(len_bytes, |i| {
        let index = index::<SIZE>(by, i) % (2 * count);
        let table = if index < count { a } else { b };
        &parts(table)[index % count]
    })
}

/// In each 256 bits, four elements by two bits each.
fn permute_quarters(inputs: [&Vector; 3], len_bytes: usize, order: u8) -> Vector {
    of_parts::<8>(len_bytes, |i| {
        let index = usize::from(order >> (2 * (i % 4)) & 3);
        &parts(inputs[0])[i / 4 * 4 + index]
    })
}

/// Two lanes out of four, or zeros, by four bits each.
fn choose_or_clear(inputs: [&Vector; 3], len_bytes: usize, order: u8) -> Vector {
    of_parts::<16>(len_bytes, |i| match order >> (4 * i) & 0xb {
        index @ 0..4 => &parts(inputs[usize::from(index / 2)])[usize::from(index % 2)],
        _ => &[0; 16],
    })
}

/// The lower half of the lanes from the first input, the upper from the second.
fn choose_lanes(inputs: [&Vector; 3], len_bytes: usize, order: u8) -> Vector {
    let count = len_bytes / 16;
    let bits = if count == 4 { 2 } else { 1 };
    of_parts::<16>(len_bytes, |i| {
        let index = usize::from(order) >> (bits * i) & (count - 1);
        &parts(inputs[2 * i / count])[index]
    })
}

/// The lowest elements of the second input, then of the first, from a number on.
fn align<const SIZE: usize>(inputs: [&Vector; 3], len_bytes: usize, start: u8) -> Vector {
    let [high, low, _] = inputs;
    let count = len_bytes / SIZE;
    of_parts::<SIZE>(len_bytes, |i| {
        let index = i + usize::from(start) % count;
        let input = if index < count { low } else { high };
        &parts(input)[index % count]
    })
}

fn insert<const SIZE: usize>(inputs: [&Vector; 3], len_bytes: usize, place: u8) -> Vector {
    let [vector, part, _] = inputs;
    let place = usize::from(place) % (len_bytes / SIZE);
    of_parts::<SIZE>(len_bytes, |i| {
        if i == place {
            &parts(part)[0]
        } else {
            &parts(vector)[i]
        }
    })
}

fn extract<const SIZE: usize>(inputs: [&Vector; 3], len_bytes: usize, place: u8) -> Vector {
    let place = usize::from(place) % (len_bytes / SIZE);
    of_parts::<SIZE>(SIZE, |_| &parts(inputs[0])[place])
}
