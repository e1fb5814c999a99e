//! The lengths that a combine function can be asked for.

/// The lengths that a combine function's type can express, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CombineLengths {
    /// The largest.
    pub max: u64,
    /// The smallest: 0, or negative if the type is signed.
    pub min: i64,
}

impl Default for CombineLengths {
    /// Those of 64 bits without a sign.
    fn default() -> Self {
        Self {
            max: u64::MAX,
            min: 0,
        }
    }
}

impl CombineLengths {
    /// Those of an integer of 8 to 64 bits.
    pub const fn of_integer(bits: u32, is_signed: bool) -> Self {
        let all = u64::MAX >> (64 - bits);
        if is_signed {
            let max = all >> 1;
            Self {
                max,
                min: -(max as i64) - 1,
            }
        } else {
            Self { max: all, min: 0 }
        }
    }

    /// Whether this is one of the negative lengths, in two's complement of 64 bits.
    pub const fn has_negative(&self, length: u64) -> bool {
        let length = length.cast_signed();
        length < 0 && length >= self.min
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_halves_what_an_integer_can_say() {
        for (bits, max) in [(8, 127), (32, (1 << 31) - 1), (64, u64::MAX >> 1)] {
            let signed = CombineLengths::of_integer(bits, true);
            assert_eq!(signed.max, max);
            assert!(signed.has_negative(u64::MAX));
            assert!(signed.has_negative(signed.min.cast_unsigned()));
            assert!(!signed.has_negative(max));
            let unsigned = CombineLengths::of_integer(bits, false);
            assert_eq!(unsigned.max, 2 * max + 1);
            assert!(!unsigned.has_negative(u64::MAX));
        }
        let narrow = CombineLengths::of_integer(32, true);
        assert!(!narrow.has_negative(narrow.min.cast_unsigned() - 1));
    }
}
