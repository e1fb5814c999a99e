//! The register after many zero bytes, and what follows from it: `combine` and forged prefixes.
//!
//! One zero byte maps the register linearly: R <- Z R. Z is a matrix over GF(2), and the definition
//! gives its columns. n zero bytes are Z^n, by squaring. Then, with registers in the order of
//! output,
//!
//! ```text
//! register(A || B) = Z^|B| (register(A) ^ register of nothing) ^ register(B)
//! ```

use crate::bitwise::Bitwise;
use crate::judge::Judge;
use crate::model::Model;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

/// A linear map of registers: entry i is the image of bit i.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Matrix(Vec<u64>);

impl Matrix {
    fn identity(width: u8) -> Self {
        Self((0..width).map(|bit| 1 << bit).collect())
    }

    fn apply(&self, word: u64) -> u64 {
        let images = self.0.iter().enumerate();
        images.fold(0, |sum, (bit, image)| {
            // All ones if the bit is set.
            let all = (word >> bit & 1).wrapping_neg();
            sum ^ (image & all)
        })
    }

    /// First `other`, then `self`.
    fn after(&self, other: &Self) -> Self {
        Self(other.0.iter().map(|&image| self.apply(image)).collect())
    }
}

/// Z^(2^k) for each k below 64.
type Squares = Arc<[Matrix; 64]>;

/// The squares of each model so far: the definition computes them once a model.
static KNOWN: LazyLock<Mutex<HashMap<Model, Squares>>> = LazyLock::new(Mutex::default);

fn squares(model: &Model) -> Squares {
    let mut known = KNOWN
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(squares) = known.get(model) {
        return Arc::clone(squares);
    }
    let bitwise = Bitwise::new(model);
    let step = |register| model.register_of(bitwise.update(model.checksum_of(register), &[0]));
    let mut next = Matrix((0..model.width).map(|bit| step(1 << bit)).collect());
    let squares = Squares::new(std::array::from_fn(|_| {
        let square = next.after(&next);
        std::mem::replace(&mut next, square)
    }));
    known.insert(model.clone(), Arc::clone(&squares));
    squares
}

/// The map of n zero bytes, Z^n, for one model and one n.
#[derive(Clone, Debug)]
pub struct Advance {
    model: Model,
    power: Matrix,
}

impl Advance {
    /// The map of `len_bytes` zero bytes.
    pub fn new(model: &Model, len_bytes: u64) -> Self {
        let mut power = Matrix::identity(model.width);
        for (k, square) in squares(model).iter().enumerate() {
            if len_bytes >> k & 1 == 1 {
                power = square.after(&power);
            }
        }
        Self {
            model: model.clone(),
            power,
        }
    }

    /// The checksum after the zero bytes, from the checksum before them.
    pub fn checksum(&self, checksum: u64) -> u64 {
        self.model
            .checksum_of(self.power.apply(self.model.register_of(checksum)))
    }

    /// The checksum of A || B from `a` = checksum of A and `b` = checksum of B. B has as many bytes
    /// as this map.
    pub fn combine(&self, a: u64, b: u64) -> u64 {
        let nothing = self.model.initial_checksum();
        // The xorouts cancel in a ^ nothing.
        let mask = self.model.mask();
        self.power.apply((a ^ nothing) & mask) ^ (b & mask)
    }
}

/// The checksum of A || B from `a` = checksum of A, `b` = checksum of B and `len_b` = |B| in bytes.
pub fn combine(model: &Model, a: u64, b: u64, len_b: u64) -> u64 {
    Advance::new(model, len_b).combine(a, b)
}

/// The checksum of `count` copies of a message, from the checksum `one` of one copy and its length.
/// It doubles the copies step by step.
pub fn repeated(model: &Model, one: u64, len_bytes: u64, count: u64) -> u64 {
    let (mut sum, mut rest) = (model.initial_checksum(), count);
    let (mut square, mut square_bytes) = (one, len_bytes);
    while rest != 0 {
        let advance = Advance::new(model, square_bytes);
        if rest & 1 == 1 {
            sum = advance.combine(sum, square);
        }
        rest >>= 1;
        if rest != 0 {
            square = advance.combine(square, square);
            square_bytes *= 2;
        }
    }
    sum
}

/// Sets the last bits of `prefix` so that `judge` gives `wanted` after it, from `checksum_in`.
/// Returns `false` and leaves the prefix as it is if it is shorter than a register or if no such
/// bits make `judge` give `wanted`.
///
/// The register after the prefix is affine in its last bits, and w of them reach every register. So
/// a Gaussian elimination over those bits finds the ones to flip.
pub fn forge(
    model: &Model,
    judge: &dyn Judge,
    checksum_in: u64,
    prefix: &mut [u8],
    wanted: u64,
) -> bool {
    let len_bytes = usize::from(model.width).div_ceil(8);
    let Some(at) = prefix.len().checked_sub(len_bytes) else {
        return false;
    };
    let (head, tail) = prefix.split_at_mut(at);
    let before = judge.update(checksum_in, head);
    let base = judge.update(before, tail);
    // Rows (image, flips): flips of tail bits, and the difference that they make.
    let mut rows: Vec<(u64, u64)> = (0..len_bytes * 8)
        .map(|bit| {
            let mut flipped = [0; 8];
            flipped[..len_bytes].copy_from_slice(tail);
            flipped[bit / 8] ^= 1 << (bit % 8);
            (judge.update(before, &flipped[..len_bytes]) ^ base, 1 << bit)
        })
        .collect();
    let mut difference = (wanted ^ base) & model.mask();
    let mut flips = 0;
    for bit in 0..model.width {
        let Some(found) = rows.iter().position(|(image, _)| image >> bit & 1 == 1) else {
            continue;
        };
        let (pivot, chosen) = rows.swap_remove(found);
        for (image, others) in &mut rows {
            if *image >> bit & 1 == 1 {
                *image ^= pivot;
                *others ^= chosen;
            }
        }
        if difference >> bit & 1 == 1 {
            difference ^= pivot;
            flips ^= chosen;
        }
    }
    flip(tail, flips);
    // A judge that is not affine fails here.
    let reached = judge.update(before, tail) == wanted & model.mask();
    if !reached {
        flip(tail, flips);
    }
    reached
}

/// Flips bit i mod 8 of byte i / 8 for each bit i of `flips`.
fn flip(bytes: &mut [u8], flips: u64) {
    for (byte, mask) in bytes.iter_mut().zip(flips.to_le_bytes()) {
        *byte ^= mask;
    }
}
