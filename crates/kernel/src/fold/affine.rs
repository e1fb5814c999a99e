//! Messages of a few KiB: matrices take two of eight vectors off the multiplier.
//!
//! Bytes at the same place of four other vectors, t vectors of V bytes behind, replace a byte b(x)
//! of a vector:
//!
//! ```text
//! b(x) = sum over t of (M_t b)(x) x^(-8 V t)  (mod P)
//! ```
//!
//! These are 32 equations in the 32 bits of the four bytes. Some sets of four vectors solve them.
//! The matrices are the same for every byte of a vector, so one GFNI instruction moves a vector's
//! part. It does not run on the multiplier: on Zen 4, six matrices and six products take the time
//! of six products.

use super::columns::{First, LeaveRemoved, Removal, Step, step_all};
use super::vectors;
use super::weights::AddKept;
use crate::isa::Isa;
use crate::poly::x_pow_mod;

/// Vectors in a body.
const COLUMNS: usize = 8;

/// The columns that take up the removed ones.
const TARGETS: [usize; 4] = [1, 2, 4, 5];

const REMOVED: [usize; 2] = [0, 3];

struct TwoOfEight;

impl Removal for TwoOfEight {
    const PERIOD: usize = COLUMNS;
    const REMOVED: &'static [usize] = &REMOVED;
}

/// For each removed column the matrix to each target, in GFNI's order: the lowest row in the
/// highest byte.
const fn matrices(has_affine: bool, vector_bits: i32) -> [[u64; TARGETS.len()]; REMOVED.len()] {
    let mut matrices = [[0; TARGETS.len()]; REMOVED.len()];
    let mut r = 0;
    // These targets do not have a solution for every width.
    while has_affine && r < REMOVED.len() {
        let solver = Solver::new(vector_bits, REMOVED[r] as i32);
        let mut from = 0;
        while from < 8 {
            let bits = solver.solve(x_pow_mod(7 - from));
            let mut to = 0;
            while to < 32 {
                let row = 7 - to % 8;
                matrices[r][to / 8] |= (bits as u64 >> to & 1) << (8 * row as i32 + from);
                to += 1;
            }
            from += 1;
        }
        r += 1;
    }
    matrices
}

/// Finds the bits of the targets' bytes that sum up to a remainder.
struct Solver {
    /// By its highest bit: a remainder, and the bits that it is the sum of.
    basis: [(u32, u32); 32],
}

impl Solver {
    const fn new(vector_bits: i32, removed: i32) -> Self {
        let mut basis = [(0, 0); 32];
        let mut bit = 0;
        while bit < 32 {
            let distance = TARGETS[bit as usize / 8] as i32 - removed;
            let rest =
                Self { basis }.reduce(x_pow_mod(7 - bit % 8 - vector_bits * distance), 1 << bit);
            assert!(rest.0 != 0, "these targets have no solution");
            basis[31 - rest.0.leading_zeros() as usize] = rest;
            bit += 1;
        }
        Self { basis }
    }

    /// The rest of a remainder after elimination, and `bits` with the eliminated ones added.
    const fn reduce(&self, mut remainder: u32, mut bits: u32) -> (u32, u32) {
        let mut top = 32;
        while top > 0 {
            top -= 1;
            if remainder >> top & 1 == 1 && self.basis[top].0 != 0 {
                remainder ^= self.basis[top].0;
                bits ^= self.basis[top].1;
            }
        }
        (remainder, bits)
    }

    const fn solve(&self, remainder: u32) -> u32 {
        let (rest, bits) = self.reduce(remainder, 0);
        assert!(rest == 0);
        bits
    }
}

/// The checksum after `message`, which has at least two bodies.
#[inline(always)]
pub(super) fn update<I: Isa>(isa: I, register: u32, message: &[u8]) -> u32 {
    let (vectors, rest) = I::vectors(message);
    // The first vectors fill a body from its end.
    let first = (vectors.len() - 1) % COLUMNS + 1;
    let (first, others) = vectors.split_at(first);
    let (bodies, _) = others.as_chunks::<COLUMNS>();
    let mut columns = [isa.multipliers([0, 0]); COLUMNS];
    step_all(
        &mut columns,
        First::<I, COLUMNS> {
            isa,
            register,
            vectors: first,
        },
    );
    step_all(&mut columns, LeaveRemoved::<I, TwoOfEight>::new(isa));
    let matrices = const { matrices(I::HAS_AFFINE, 8 * I::VECTOR_BYTES as i32) };
    // Loops and not closures: the compiler uses the features of the tier's entry only in what it
    // inlines there.
    let zero = isa.multipliers([0, 0]);
    let mut by = [[zero; TARGETS.len()]; REMOVED.len()];
    for (by, matrices) in by.iter_mut().zip(matrices) {
        for (by, matrix) in by.iter_mut().zip(matrices) {
            *by = isa.multipliers([matrix, matrix]);
        }
    }
    let across = isa.multipliers(I::ACROSS[COLUMNS]);
    for body in bodies {
        let removed = [isa.load(&body[REMOVED[0]]), isa.load(&body[REMOVED[1]])];
        step_all(
            &mut columns,
            Body {
                isa,
                body,
                across,
                removed,
                matrices: by,
            },
        );
    }
    let mut sum = isa.multipliers([0, 0]);
    let left_bytes = COLUMNS * I::VECTOR_BYTES + rest.len();
    step_all(
        &mut columns,
        AddKept::<I, TwoOfEight>::new(isa, &mut sum, left_bytes),
    );
    vectors::finish_weighed(isa, sum, message, rest.len())
}

/// One more vector in each kept column.
struct Body<'m, I: Isa> {
    isa: I,
    body: &'m [I::Block; COLUMNS],
    across: I::Vector,
    removed: [I::Vector; REMOVED.len()],
    matrices: [[I::Vector; TARGETS.len()]; REMOVED.len()],
}

impl<I: Isa> Step<I::Vector> for Body<'_, I> {
    #[inline(always)]
    fn step<const J: usize>(&mut self, column: I::Vector) -> I::Vector {
        if !const { TwoOfEight::IS_KEPT[J] } {
            return column;
        }
        let sum = self
            .isa
            .fold(column, self.across, self.isa.load(&self.body[J]));
        match const { target(J) } {
            Some(target) => self.isa.xor_two(
                sum,
                self.isa.affine(self.removed[0], self.matrices[0][target]),
                self.isa.affine(self.removed[1], self.matrices[1][target]),
            ),
            None => sum,
        }
    }
}

const fn target(column: usize) -> Option<usize> {
    let mut i = 0;
    while i < TARGETS.len() {
        if TARGETS[i] == column {
            return Some(i);
        }
        i += 1;
    }
    None
}
