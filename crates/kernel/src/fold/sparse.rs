//! Long messages: a sparse multiple of P takes most of the work off the multiplier.
//!
//! If x^0 + x^a + x^b + ... = 0 mod P, then the same holds with x^(8 V) in the place of x, for
//! vectors of V bytes: 8 V is a power of two, and squaring is additive (Frobenius). So the code may
//! XOR a vector of the message into vectors at fixed distances and forget it, without a product:
//!
//! ```text
//! x^(8 V pivot) = sum of the other x^(8 V e)  (mod P)
//! vector q      = the same at vectors q + pivot - e
//! ```
//!
//! Each period of vectors has removed ones and kept ones, and the distances lead from removed ones
//! to kept ones only. The code stores nothing: a kept vector picks up its removed ones from the
//! message itself. They lie far behind and far ahead, so the ends of the message take part, and all
//! vectors there are kept:
//!
//! ```text
//! | first | head       | middle: removed and kept vectors            | tail        |
//! |       | from ahead | with tests | loop without tests | with tests | from behind |
//! ```

use super::columns::{First, Gather, LeaveRemoved, Removal, Step, step_all};
use super::vectors;
use crate::isa::Isa;
use crate::poly::x_pow_mod;
use core::marker::PhantomData;

/// A multiple of P with few terms, and the vectors that it removes.
pub(super) trait Multiple: Removal {
    /// The exponents of its terms, from 0 on.
    const EXPONENTS: &'static [usize];
    /// The exponent that stands for the removed vector.
    const PIVOT: usize;
    /// How far behind itself a kept vector looks.
    const BEHIND: usize = Self::PIVOT;
    /// How far ahead of itself a kept vector looks.
    const AHEAD: usize = Self::EXPONENTS[Self::EXPONENTS.len() - 1] - Self::PIVOT;

    /// Its evaluation asserts that the removal is sound.
    const SOUNDNESS: () = {
        let mut sum = 0;
        let mut i = 0;
        while i < Self::EXPONENTS.len() {
            sum ^= x_pow_mod(Self::EXPONENTS[i] as i32);
            i += 1;
        }
        assert!(sum == 0, "not a multiple of P");
        let mut removed = 0;
        while removed < Self::REMOVED.len() {
            let mut i = 0;
            while i < Self::EXPONENTS.len() {
                let meets = (Self::REMOVED[removed] + Self::PIVOT + Self::PERIOD * 100
                    - Self::EXPONENTS[i])
                    % Self::PERIOD;
                assert!(
                    Self::EXPONENTS[i] == Self::PIVOT || Self::IS_KEPT[meets],
                    "a distance leads from a removed vector to a removed one"
                );
                i += 1;
            }
            removed += 1;
        }
    };
}

/// Removes one of three vectors, by five loads each, from behind alone. So the front of the reads
/// is one sequence, which the CPU prefetches by itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct OneOfThree;

impl Removal for OneOfThree {
    const PERIOD: usize = 3;
    const REMOVED: &'static [usize] = &[1];
}

impl Multiple for OneOfThree {
    const EXPONENTS: &'static [usize] = &[0, 79, 85, 123, 186, 203];
    const PIVOT: usize = 203;
}

/// Removes two of five vectors, by four loads each, from both sides.
#[derive(Clone, Copy, Debug)]
pub(super) struct TwoOfFive;

impl Removal for TwoOfFive {
    const PERIOD: usize = 5;
    const REMOVED: &'static [usize] = &[0, 1];
}

impl Multiple for TwoOfFive {
    const EXPONENTS: &'static [usize] = &[0, 89, 117, 155, 300];
    const PIVOT: usize = 117;
}

const TERMS_MAX: usize = 6;

/// The distances at which column J finds removed vectors.
struct Column<S, const J: usize>(S);

impl<S: Multiple, const J: usize> Column<S, J> {
    /// Distances to vectors whose column is a removed one.
    const DISTANCES: ([isize; TERMS_MAX], usize) = {
        let () = S::SOUNDNESS;
        let mut distances = [0; TERMS_MAX];
        let mut count = 0;
        let mut i = 0;
        while i < S::EXPONENTS.len() {
            let distance = S::EXPONENTS[i] as isize - S::PIVOT as isize;
            let column = (J as isize + distance).rem_euclid(S::PERIOD as isize);
            if distance != 0 && !S::IS_KEPT[column as usize] {
                distances[count] = distance;
                count += 1;
            }
            i += 1;
        }
        (distances, count)
    };
}

/// The checksum after `message`, which has at least [`super::thresholds::sparse_bytes_min`].
///
/// A body is `COLUMNS` vectors, a multiple of the period. The loop without tests takes `BODIES` of
/// them at once, one or two.
#[inline(always)]
pub(super) fn update<I: Isa, S: Multiple, const COLUMNS: usize, const BODIES: usize>(
    isa: I,
    register: u32,
    message: &[u8],
) -> u32 {
    const { assert!(COLUMNS.is_multiple_of(S::PERIOD) && (BODIES == 1 || BODIES == 2)) };
    let (vectors, rest) = I::vectors(message);
    // The first vectors fill a body from its end.
    let first = (vectors.len() - 1) % COLUMNS + 1;
    let middle_start = first + S::AHEAD.next_multiple_of(COLUMNS);
    let middle_end = vectors.len() - S::BEHIND.next_multiple_of(COLUMNS);
    let parts = Parts {
        isa,
        multiple: PhantomData::<S>,
        across: isa.multipliers(I::ACROSS[COLUMNS]),
        vectors,
        middle: &vectors[middle_start..middle_end],
        middle_start,
    };
    let mut columns = [isa.multipliers([0, 0]); COLUMNS];
    step_all(
        &mut columns,
        First::<I, COLUMNS> {
            isa,
            register,
            vectors: &vectors[..first],
        },
    );
    let mut start = first;
    while start < middle_start {
        step_all(&mut columns, parts.tested(start, true));
        start += COLUMNS;
    }
    step_all(&mut columns, LeaveRemoved::<I, S>::new(isa));
    while start < middle_end {
        let end = start + COLUMNS * BODIES;
        if start >= middle_start + S::BEHIND && end + S::AHEAD <= middle_end {
            let window = &vectors[start - S::BEHIND..end + S::AHEAD];
            step_all(&mut columns, parts.untested(window));
            if BODIES == 2 {
                step_all(&mut columns, parts.untested(&window[COLUMNS..]));
            }
            start = end;
        } else {
            step_all(&mut columns, parts.tested(start, false));
            start += COLUMNS;
        }
    }
    while start < vectors.len() {
        step_all(&mut columns, parts.tested(start, true));
        start += COLUMNS;
    }
    let mut last = isa.multipliers([0, 0]);
    step_all(
        &mut columns,
        Gather::<I, COLUMNS> {
            isa,
            last: &mut last,
        },
    );
    vectors::finish_folded(isa, last, message, rest.len())
}

/// The message in vectors, and the part of it that has removed ones.
struct Parts<'m, I: Isa, S> {
    isa: I,
    multiple: PhantomData<S>,
    /// Moves a column by a body.
    across: I::Vector,
    vectors: &'m [I::Block],
    middle: &'m [I::Block],
    middle_start: usize,
}

impl<'m, I: Isa, S: Multiple> Parts<'m, I, S> {
    #[inline(always)]
    fn tested(&self, start: usize, has_all_columns: bool) -> Tested<'_, 'm, I, S> {
        Tested {
            parts: self,
            start,
            has_all_columns,
        }
    }

    #[inline(always)]
    fn untested(&self, window: &'m [I::Block]) -> Untested<'_, 'm, I, S> {
        Untested {
            parts: self,
            window,
        }
    }

    /// Asks for the line in which the vectors ahead of this one end, where there are any. The code
    /// reads only the removed ones of them so early, and the gaps keep the CPU's own prefetcher
    /// from seeing a sequence.
    ///
    /// It does not ask further ahead: on Zen 4 software's requests wait in the 24 miss buffers of
    /// the first level, which is 15 GB/s from DRAM (64 bytes x 24 in 100 ns), and the prefetcher
    /// alone reaches 35.
    #[inline(always)]
    fn prefetch<const J: usize>(&self, block: &I::Block) {
        if S::AHEAD > 0 && (J * I::VECTOR_BYTES).is_multiple_of(LINE_BYTES) {
            let address = core::ptr::from_ref(block).cast::<u8>();
            let ahead = (S::AHEAD + 2) * I::VECTOR_BYTES;
            self.isa.prefetch(address.wrapping_add(ahead));
        }
    }
}

/// Bytes in a line of the caches.
const LINE_BYTES: usize = 64;

/// Adds a vector to each column, or to each kept one, with its removed vectors, after a test
/// whether they lie in the middle.
struct Tested<'p, 'm, I: Isa, S> {
    parts: &'p Parts<'m, I, S>,
    start: usize,
    has_all_columns: bool,
}

impl<I: Isa, S: Multiple> Step<I::Vector> for Tested<'_, '_, I, S> {
    #[inline(always)]
    fn step<const J: usize>(&mut self, column: I::Vector) -> I::Vector {
        if !const { S::IS_KEPT[J] } && !self.has_all_columns {
            return column;
        }
        let Parts { isa, across, .. } = *self.parts;
        let index = self.start + J;
        let block = &self.parts.vectors[index];
        self.parts.prefetch::<J>(block);
        let mut sum = isa.fold(column, across, isa.load(block));
        let (distances, count) = const { Column::<S, J>::DISTANCES };
        for distance in &distances[..count] {
            let removed = index.wrapping_add_signed(*distance);
            if let Some(block) = self
                .parts
                .middle
                .get(removed.wrapping_sub(self.parts.middle_start))
            {
                sum = isa.xor(sum, isa.load(block));
            }
        }
        sum
    }
}

/// Adds a vector to each kept column, with its removed vectors, which all lie in the middle.
struct Untested<'p, 'm, I: Isa, S> {
    parts: &'p Parts<'m, I, S>,
    /// The vectors that the body reads, from the first on.
    window: &'m [I::Block],
}

impl<I: Isa, S: Multiple> Step<I::Vector> for Untested<'_, '_, I, S> {
    #[inline(always)]
    fn step<const J: usize>(&mut self, column: I::Vector) -> I::Vector {
        let Parts { isa, across, .. } = *self.parts;
        let index = S::BEHIND + J;
        let block = &self.window[index];
        self.parts.prefetch::<J>(block);
        if !const { S::IS_KEPT[J] } {
            return column;
        }
        let mut sum = isa.fold(column, across, isa.load(block));
        let (distances, count) = const { Column::<S, J>::DISTANCES };
        let removed = |i: usize| isa.load(&self.window[index.wrapping_add_signed(distances[i])]);
        let mut i = 0;
        while i + 1 < count {
            sum = isa.xor_two(sum, removed(i), removed(i + 1));
            i += 2;
        }
        if i < count {
            sum = isa.xor(sum, removed(i));
        }
        sum
    }
}
