//! Methods that take vectors of a long message off the multiplier, in plain code, with places for
//! mistakes. Both change the message M and keep M mod P:
//!
//! * [`Sparse`]: P divides a sum with few terms, x^(8 V e) over the exponents e. The term of one
//!   exponent p is hence the sum of the others, mod P: XOR the vector into those that lie p - e
//!   vectors further on, and clear it.
//! * [`Matrices`]: each bit of a removed byte is the sum of some bits of four bytes of other
//!   vectors. A matrix of bits says which.

use crate::crc32;
use std::ops::Range;

/// Bytes of a vector.
const VECTOR: usize = 64;

/// From this length in bytes on a message comes from memory, and no kernel uses these methods.
pub(crate) const STREAM_FROM: usize = 12 << 20;

fn block(index: usize) -> Range<usize> {
    VECTOR * index..VECTOR * (index + 1)
}

/// The message with the register XORed into its first bytes: register(r, M) = register(0, M ^ r).
fn enter_register(register: u32, message: &[u8]) -> Vec<u8> {
    let mut bytes = message.to_vec();
    for (byte, part) in bytes.iter_mut().zip(register.to_le_bytes()) {
        *byte ^= part;
    }
    bytes
}

/// Vectors before the first whole body. The last body ends where the vectors do.
fn head(vectors: usize, columns: usize) -> usize {
    vectors.saturating_sub(1) % columns + 1
}

/// A multiple of P in powers of x^(8 V), for vectors of V bytes, and which vectors it removes.
#[derive(Clone, Copy)]
pub(crate) struct Multiple {
    /// The exponents of its terms.
    exponents: &'static [usize],
    /// The exponent of the vectors that are removed.
    pivot: usize,
    /// In each group of this many vectors
    period: usize,
    /// these are removed.
    removed: &'static [usize],
    /// Vectors of a body, which a loop would work on at once.
    columns: usize,
}

pub(crate) const ONE_OF_THREE: Multiple = Multiple {
    exponents: &[0, 79, 85, 123, 186, 203],
    pivot: 203,
    period: 3,
    removed: &[1],
    columns: 12,
};

pub(crate) const TWO_OF_FIVE: Multiple = Multiple {
    exponents: &[0, 89, 117, 155, 300],
    pivot: 117,
    period: 5,
    removed: &[0, 1],
    columns: 10,
};

impl Multiple {
    /// How far away the vectors are that a removed one is XORed into, in vectors.
    pub(crate) fn distances(&self) -> Vec<isize> {
        let distance = |&exponent: &usize| self.pivot as isize - exponent as isize;
        let all = self.exponents.iter().map(distance);
        all.filter(|distance| *distance != 0).collect()
    }

    /// The columns of a body that are removed.
    pub(crate) fn removed_columns(&self) -> Vec<usize> {
        let is_removed = |column: &usize| self.removed.contains(&(column % self.period));
        (0..self.columns).filter(is_removed).collect()
    }

    /// The vectors among which some are removed.
    fn middle(&self, vectors: usize) -> Range<usize> {
        let highest = self.exponents[self.exponents.len() - 1];
        let ahead = (highest - self.pivot).next_multiple_of(self.columns);
        let behind = self.pivot.next_multiple_of(self.columns);
        head(vectors, self.columns) + ahead..vectors.saturating_sub(behind)
    }
}

/// By what factor a removed vector counts that is XORed into vectors at these distances; 1 if the
/// distances are those of a multiple of P.
pub(crate) fn factor(distances: &[isize]) -> u32 {
    let bits = distances.iter().map(|by| -8 * VECTOR as i64 * *by as i64);
    bits.fold(0, |sum, bits| sum ^ crc32::power_signed(bits))
}

/// A loop that removes vectors by a sparse multiple.
pub(crate) struct Sparse {
    multiple: Multiple,
    /// By column: how far away the vectors are that a removed one is XORed into.
    pub(crate) distances: Vec<Vec<isize>>,
    /// How many of the last removed vectors are XORed into none.
    pub(crate) lost: usize,
    /// Whether removed vectors stay where they are all the same.
    pub(crate) is_left: bool,
}

impl Sparse {
    /// A right loop.
    pub(crate) fn new(multiple: Multiple) -> Self {
        Self {
            distances: vec![multiple.distances(); multiple.columns],
            multiple,
            lost: 0,
            is_left: false,
        }
    }

    /// The register after a message, which must be long.
    pub(crate) fn update(&self, register: u32, message: &[u8]) -> u32 {
        let unaligned = message.as_ptr().addr().wrapping_neg() % VECTOR;
        let (head, rest) = message.split_at(unaligned);
        let mut bytes = enter_register(crc32::update_register(register, head), rest);
        let middle = self.multiple.middle(bytes.len() / VECTOR);
        let start = middle.start;
        let column = |index: usize| (index - start) % self.multiple.columns;
        let columns = self.multiple.removed_columns();
        let removed: Vec<usize> = middle
            .filter(|&index| columns.contains(&column(index)))
            .collect();
        if !self.is_left {
            removed
                .iter()
                .for_each(|&index| bytes[block(index)].fill(0));
        }
        for &index in &removed[..removed.len().saturating_sub(self.lost)] {
            for &distance in &self.distances[column(index)] {
                let target = &mut bytes[block(index.wrapping_add_signed(distance))];
                for (byte, moved) in target.iter_mut().zip(&rest[block(index)]) {
                    *byte ^= moved;
                }
            }
        }
        crc32::update_register(0, &bytes)
    }
}

/// Vectors of a body of [`Matrices`].
const COLUMNS: usize = 8;
/// The vectors of a body that are removed.
const REMOVED: [usize; 2] = [0, 3];
/// The vectors of a body that take them up.
const TARGETS: [usize; 4] = [1, 2, 4, 5];

/// A loop that moves the bytes of two vectors of eight to the same places of four others.
pub(crate) struct Matrices {
    /// By removed vector, target and bit of a byte: the byte that this bit becomes there.
    pub(crate) images: [[[u8; 8]; TARGETS.len()]; REMOVED.len()],
}

/// How far a bit of a byte moves from a removed vector to a bit of a target, in bits.
fn shift_bits(removed: usize, target: usize, [from, to]: [usize; 2]) -> i64 {
    let vectors = TARGETS[target] as i64 - REMOVED[removed] as i64;
    from as i64 - to as i64 - 8 * VECTOR as i64 * vectors
}

/// By what factor a bit of a removed byte counts if its image has one bit too many, or too few.
pub(crate) fn factor_of_bit(removed: usize, target: usize, bits: [usize; 2]) -> u32 {
    crc32::power_signed(0) ^ crc32::power_signed(shift_bits(removed, target, bits))
}

impl Matrices {
    /// Right matrices: each bit of a removed byte is the sum of some bits of the four bytes that
    /// take it up.
    pub(crate) fn new() -> Self {
        let mut images = [[[0; 8]; TARGETS.len()]; REMOVED.len()];
        for (removed, images) in images.iter_mut().enumerate() {
            // By its highest bit: a sum, and the bits that it is the sum of.
            let mut basis = [None; 32];
            for bit in 0..32 {
                let shift = shift_bits(removed, bit / 8, [0, bit % 8]);
                let (sum, of) = reduce(&basis, (crc32::power_signed(shift), 1 << bit));
                basis[sum.ilog2() as usize] = Some((sum, of));
            }
            let of = |from: usize| {
                let power = crc32::power_signed(-(from as i64));
                reduce(&basis, (power, 0)).1.to_le_bytes()
            };
            *images = std::array::from_fn(|target| std::array::from_fn(|from| of(from)[target]));
        }
        Self { images }
    }

    /// The loop: takes a register and a message of at least two bodies, and gives the register
    /// after it.
    pub(crate) fn into_update(self) -> impl Fn(u32, &[u8]) -> u32 {
        let tables = self.images.map(|images| images.map(byte_table));
        move |register, message| update_by_tables(&tables, register, message)
    }
}

type Tables = [[[u8; 256]; TARGETS.len()]; REMOVED.len()];

fn update_by_tables(tables: &Tables, register: u32, message: &[u8]) -> u32 {
    let mut bytes = enter_register(register, message);
    let vectors = bytes.len() / VECTOR;
    for body in (head(vectors, COLUMNS)..vectors).step_by(COLUMNS) {
        for (column, tables) in REMOVED.into_iter().zip(tables) {
            let from = body + column;
            for (target, table) in TARGETS.into_iter().zip(tables) {
                let to = &mut bytes[block(body + target)];
                for (byte, moved) in to.iter_mut().zip(&message[block(from)]) {
                    *byte ^= table[usize::from(*moved)];
                }
            }
            bytes[block(from)].fill(0);
        }
    }
    crc32::update_register(0, &bytes)
}

/// Takes out of a sum all that is in the basis.
fn reduce(basis: &[Option<(u32, u32)>; 32], (mut sum, mut of): (u32, u32)) -> (u32, u32) {
    for bit in (0..32).rev() {
        if let Some((other, of_other)) = basis[bit].filter(|_| sum >> bit & 1 == 1) {
            sum ^= other;
            of ^= of_other;
        }
    }
    (sum, of)
}

/// What each byte becomes, from what each of its bits becomes.
fn byte_table(images: [u8; 8]) -> [u8; 256] {
    std::array::from_fn(|byte| {
        let set = (0..8).filter(|bit| byte >> bit & 1 == 1);
        set.fold(0, |sum, bit| sum ^ images[bit])
    })
}
