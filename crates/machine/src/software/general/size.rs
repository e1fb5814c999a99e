//! The width of an integer operand.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Size {
    Byte = 1,
    Word = 2,
    Double = 4,
    Quad = 8,
}

impl Size {
    pub(super) const fn of_bytes(bytes: usize) -> Option<Self> {
        Some(match bytes {
            1 => Self::Byte,
            2 => Self::Word,
            4 => Self::Double,
            8 => Self::Quad,
            _ => return None,
        })
    }

    #[inline]
    pub(super) const fn bytes(self) -> u32 {
        self as u32
    }

    #[inline]
    pub(super) const fn bits(self) -> u32 {
        8 * self.bytes()
    }

    /// Its bits, set.
    #[inline]
    pub(super) const fn mask(self) -> u64 {
        u64::MAX >> (64 - self.bits())
    }

    /// Whether the highest of its bits is set.
    #[inline]
    pub(super) const fn is_negative(self, value: u64) -> bool {
        value >> (self.bits() - 1) & 1 != 0
    }

    /// `value`, its sign extended to 64 bits.
    #[inline]
    pub(super) const fn extend(self, value: u64) -> u64 {
        let unused = 64 - self.bits();
        ((value << unused) as i64 >> unused) as u64
    }
}
