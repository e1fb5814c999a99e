//! Where a function leaves a checksum, in which form, and what else it says.

/// How the bytes of a checksum are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// An integer of this machine.
    #[default]
    Integer,
    /// The highest byte first in memory.
    BigEndian,
    /// The lowest byte first in memory.
    LittleEndian,
    /// Text of hexadecimal digits. A function that returns it returns its address.
    Hexadecimal,
}

/// What a function gives back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Returns {
    /// How many of the lowest bits of the checksum count.
    pub bits: u32,
    /// How the checksum is written.
    pub form: Form,
    /// What the function returns, as an `int`, if all went well; `None` if it returns no status.
    pub status: Option<u32>,
}

impl Returns {
    /// An integer, of which this number of lowest bits count.
    pub const fn integer(bits: u32) -> Self {
        Self {
            bits,
            form: Form::Integer,
            status: None,
        }
    }

    /// All bits that count set.
    pub const fn mask(&self) -> u64 {
        u64::MAX >> (64 - self.bits)
    }

    /// The size of the checksum in bytes, at least 1 and at most 8.
    pub(super) const fn len_bytes(&self) -> usize {
        self.bits.div_ceil(8) as usize
    }

    /// The checksum in an integer, or the integer of a checksum: the form is its own inverse.
    pub fn swap(&self, integer: u64) -> u64 {
        let is_other = match self.form {
            Form::BigEndian => cfg!(target_endian = "little"),
            Form::LittleEndian => cfg!(target_endian = "big"),
            Form::Integer | Form::Hexadecimal => false,
        };
        match is_other {
            true => integer.swap_bytes() >> (64 - 8 * self.len_bytes()),
            false => integer,
        }
    }

    /// The checksum in the first of these bytes. `None` if they hold no checksum.
    pub fn read(&self, bytes: &[u8]) -> Option<u64> {
        if self.form == Form::Hexadecimal {
            return hexadecimal(bytes).filter(|&value| value <= self.mask());
        }
        let own = bytes.get(..self.len_bytes())?;
        let fold = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
        let value = match self.form {
            Form::BigEndian => own.iter().fold(0, fold),
            Form::LittleEndian => own.iter().rev().fold(0, fold),
            Form::Integer if cfg!(target_endian = "big") => own.iter().fold(0, fold),
            Form::Integer | Form::Hexadecimal => own.iter().rev().fold(0, fold),
        };
        Some(value & self.mask())
    }
}

/// The number that `bytes` begin with, in hexadecimal digits behind spaces and `0x` if they are
/// there. A word that goes on behind its digits is no number.
fn hexadecimal(bytes: &[u8]) -> Option<u64> {
    let bytes = bytes.trim_ascii_start();
    let digits = match bytes {
        [b'0', b'x' | b'X', digits @ ..] => digits,
        digits => digits,
    };
    let end = digits.iter().position(|byte| !byte.is_ascii_hexdigit());
    let (digits, behind) = digits.split_at(end.unwrap_or(digits.len()));
    if behind.first().is_some_and(u8::is_ascii_alphanumeric) {
        return None;
    }
    let digits = std::str::from_utf8(digits).ok()?;
    u64::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn returns(bits: u32, form: Form) -> Returns {
        Returns {
            form,
            ..Returns::integer(bits)
        }
    }

    #[test]
    fn bytes_and_text_are_read_in_their_form() {
        let bytes = [0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0];
        for (bits, form, expected) in [
            (16, Form::BigEndian, 0x1234),
            (16, Form::LittleEndian, 0x3412),
            (24, Form::BigEndian, 0x12_3456),
            (12, Form::LittleEndian, 0x412),
            (64, Form::BigEndian, 0x1234_5678_9abc_def0),
        ] {
            assert_eq!(returns(bits, form).read(&bytes), Some(expected), "{bits}");
        }
        let text = returns(32, Form::Hexadecimal);
        for (bytes, expected) in [
            (&b"cbf43926\0"[..], Some(0xcbf4_3926)),
            (b" 0xCBF43926 file", Some(0xcbf4_3926)),
            (b"1\xa5\xa5", Some(1)),
            (b"\0bf43926", None),
            (b"even\0", None),
            (b"1cbf43926", None),
            (b"123456789abcdef01", None),
        ] {
            assert_eq!(text.read(bytes), expected, "{bytes:?}");
        }
    }

    #[test]
    fn swapping_twice_changes_nothing() {
        for bits in [8, 12, 16, 24, 32, 40, 64] {
            for form in [Form::Integer, Form::BigEndian, Form::LittleEndian] {
                let returns = returns(bits, form);
                let checksum = 0xfedc_ba98_7654_3210 & returns.mask();
                assert_eq!(returns.swap(returns.swap(checksum)), checksum, "{bits}");
            }
        }
        let other = match cfg!(target_endian = "little") {
            true => Form::BigEndian,
            false => Form::LittleEndian,
        };
        assert_eq!(returns(16, other).swap(0xffff_1234), 0x3412);
    }
}
