//! Polynomials modulo P, and other algebra over GF(2).
//!
//! A word of output stands for a polynomial of degree below w. If the model reflects its output,
//! the word is the polynomial in reverse. A polynomial has its highest power in the highest of w
//! bits.

use crcheck_oracle::model::Model;

/// `Ring::logarithm` finds exponents below this.
const EXPONENT_MAX: i64 = 1 << 13;

/// The ring `GF(2)[x] / P`.
#[derive(Clone, Debug)]
pub(crate) struct Ring {
    width: u32,
    poly: u64,
    mask: u64,
    refin: bool,
    refout: bool,
}

impl Ring {
    pub(crate) fn of(model: &Model) -> Self {
        Self {
            width: model.width.into(),
            poly: model.poly,
            mask: model.mask(),
            refin: model.refin,
            refout: model.refout,
        }
    }

    /// From a word of output to a polynomial, or back.
    pub(crate) fn turn(&self, word: u64) -> u64 {
        if self.refout {
            word.reverse_bits() >> (64 - self.width)
        } else {
            word & self.mask
        }
    }

    /// a x
    pub(crate) fn times_x(&self, a: u64) -> u64 {
        let carry = a >> (self.width - 1) & 1;
        ((a << 1) & self.mask) ^ (self.poly * carry)
    }

    /// a / x. P has the term 1, so x divides a or a + P.
    fn over_x(&self, a: u64) -> u64 {
        let odd = a & 1;
        ((a ^ (self.poly * odd)) >> 1) | (odd << (self.width - 1))
    }

    /// a b
    pub(crate) fn multiply(&self, a: u64, b: u64) -> u64 {
        (0..self.width).rev().fold(0, |sum, bit| {
            self.times_x(sum) ^ if b >> bit & 1 == 1 { a } else { 0 }
        })
    }

    /// x^n
    pub(crate) fn power(&self, n: i64) -> u64 {
        let mut square = if n < 0 {
            self.over_x(1)
        } else {
            self.times_x(1)
        };
        let mut rest = n.unsigned_abs();
        let mut power = 1;
        while rest != 0 {
            if rest & 1 == 1 {
                power = self.multiply(power, square);
            }
            square = self.multiply(square, square);
            rest >>= 1;
        }
        power
    }

    /// The n with a = x^n, if |n| is small.
    pub(crate) fn logarithm(&self, a: u64) -> Option<i64> {
        let (mut up, mut down) = (1, 1);
        for n in 0..EXPONENT_MAX {
            if up == a {
                return Some(n);
            }
            if down == a {
                return Some(-n);
            }
            up = self.times_x(up);
            down = self.over_x(down);
        }
        None
    }

    /// A word of output `bytes` zero bytes earlier. The register before a message differs by it if
    /// the register after differs by `word`.
    pub(crate) fn before(&self, word: u64, bytes: usize) -> u64 {
        let back = self.power(-8 * bytes as i64);
        self.turn(self.multiply(self.turn(word), back))
    }

    /// The exponent n of bit `bit` of byte `byte` in a message of `length` bytes: flipping the bit
    /// adds x^n.
    pub(crate) fn exponent(&self, length: usize, byte: usize, bit: u32) -> i64 {
        let in_byte = if self.refin { 7 - bit } else { bit };
        (8 * (length - 1 - byte)) as i64 + i64::from(in_byte) + i64::from(self.width)
    }
}

/// Solves a linear system over GF(2). Each row is a set of unknowns and their sum. Free unknowns
/// become 0. `None` if there is no solution.
pub(crate) fn solve(rows: impl IntoIterator<Item = (u128, bool)>) -> Option<u128> {
    let mut pivots: Vec<(u128, bool, u32)> = Vec::new();
    for (mut row, mut value) in rows {
        for &(pivot, of_pivot, bit) in &pivots {
            if row >> bit & 1 == 1 {
                row ^= pivot;
                value ^= of_pivot;
            }
        }
        if row == 0 {
            if value {
                return None;
            }
            continue;
        }
        let bit = row.trailing_zeros();
        for (other, of_other, _) in &mut pivots {
            if *other >> bit & 1 == 1 {
                *other ^= row;
                *of_other ^= value;
            }
        }
        pivots.push((row, value, bit));
    }
    let ones = pivots.iter().filter(|(_, value, _)| *value);
    Some(ones.fold(0, |solution, (_, _, bit)| solution | 1 << bit))
}

/// A word of `width` bits with its bytes in reverse order. A width that is no whole number of bytes
/// leaves the word as it is.
pub(crate) fn reverse_bytes(word: u64, width: u8) -> u64 {
    if width.is_multiple_of(8) {
        word.swap_bytes() >> (64 - width)
    } else {
        word
    }
}

/// A word whose bits from `from` on are copies of the one below. `from` is 1 to 64.
pub(crate) fn extend_sign(word: u64, from: u32) -> u64 {
    let above = 64 - from;
    ((word << above).cast_signed() >> above).cast_unsigned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_are_a_group() {
        for model in crcheck_oracle::catalogue::all() {
            let ring = Ring::of(model);
            for n in [0, 1, 7, 64, 1000] {
                assert_eq!(ring.multiply(ring.power(n), ring.power(-n)), 1);
                let product = ring.multiply(ring.power(n), ring.power(3));
                assert_eq!(product, ring.power(n + 3), "{}", model.name);
            }
        }
    }

    #[test]
    fn a_flipped_bit_changes_the_checksum_by_its_weight() {
        use crcheck_oracle::judge::Judge;
        for model in crcheck_oracle::catalogue::all() {
            let ring = Ring::of(model);
            let judge = crcheck_oracle::bitwise::Bitwise::new(model);
            let zeros = [0; 9];
            for (byte, bit) in [(0, 0), (3, 5), (8, 7)] {
                let mut message = zeros;
                message[byte] = 1 << bit;
                let weight = judge.update(0, &message) ^ judge.update(0, &zeros);
                let power = ring.power(ring.exponent(9, byte, bit));
                assert_eq!(ring.turn(weight), power, "{}", model.name);
            }
        }
    }

    #[test]
    fn a_system_is_solved_or_refused() {
        let rows = [(0b011, true), (0b110, false), (0b101, true)];
        let solution = solve(rows).expect("it has one");
        for (row, value) in rows {
            assert_eq!((row & solution).count_ones() % 2 == 1, value);
        }
        assert_eq!(solve([(0b11, true), (0b11, false)]), None);
    }
}
