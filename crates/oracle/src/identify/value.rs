//! A value as people write it.

use crate::model::Model;
use data_encoding::BASE64;
use std::fmt;

/// A way to write a checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// Hexadecimal digits.
    Hex,
    /// Decimal digits; with a sign in front, the two's complement in the width of the model.
    Decimal,
    /// The base64 of its bytes.
    Base64,
}

impl Written {
    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hex => "hexadecimal",
            Self::Decimal => "decimal",
            Self::Base64 => "base64",
        }
    }
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The order of the bytes of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteOrder {
    /// The highest byte comes first, as in a number.
    Big,
    /// The lowest byte comes first.
    Little,
}

impl ByteOrder {
    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Big => "big",
            Self::Little => "little",
        }
    }
}

/// What a text may stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// How the text is read.
    pub written: Written,
    /// The number.
    value: u64,
    /// Whether the number is below zero, as two's complement.
    is_negative: bool,
    /// How many bytes the text has, if it is one of bytes.
    len_bytes: Option<usize>,
}

/// A text that is no value in any of the ways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoValue {
    text: String,
    is_too_long: bool,
}

impl std::error::Error for NoValue {}

impl fmt::Display for NoValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no checksum of up to 64 bits: ", self.text)?;
        f.write_str(match self.is_too_long {
            true => "it has more than 64 bits",
            false => "write it in hexadecimal, such as 0xcbf43926, in decimal or in base64",
        })
    }
}

/// All that `text` may stand for, hexadecimal first. Behind `0x` it is hexadecimal. Blanks, colons
/// and `_` between digits do not count.
///
/// # Errors
/// If it is nothing.
pub fn readings(text: &str) -> Result<Vec<Reading>, NoValue> {
    let text = text.trim();
    let digits = text.replace([' ', ':', '_'], "");
    let marked = digits.strip_prefix("0x").or(digits.strip_prefix("0X"));
    let found: Vec<Reading> = match marked {
        Some(digits) => hex(digits).into_iter().collect(),
        None => [hex(&digits), decimal(&digits), base64(text)]
            .into_iter()
            .flatten()
            .collect(),
    };
    match found.is_empty() {
        true => Err(NoValue {
            text: text.to_owned(),
            is_too_long: is_too_long(marked.unwrap_or(&digits)),
        }),
        false => Ok(found),
    }
}

/// Whether these are the digits of a number, hexadecimal or not, that 64 bits do not hold.
fn is_too_long(digits: &str) -> bool {
    let digits = digits.trim_start_matches('0');
    digits.len() > 16 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
}

fn hex(digits: &str) -> Option<Reading> {
    let are_digits = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    let value = u64::from_str_radix(digits, 16).ok().filter(|_| are_digits);
    Some(Reading::number(Written::Hex, value?, false))
}

fn decimal(digits: &str) -> Option<Reading> {
    if let Some(negative) = digits.strip_prefix('-') {
        // The sign is not part of the digits.
        let value = negative.parse::<u64>().ok()?;
        let value = 0_i64.checked_sub_unsigned(value)?;
        let is_negative = value < 0;
        return Some(Reading::number(
            Written::Decimal,
            value.cast_unsigned(),
            is_negative,
        ));
    }
    let are_digits = digits.bytes().all(|digit| digit.is_ascii_digit());
    let value = digits.parse().ok().filter(|_| are_digits);
    Some(Reading::number(Written::Decimal, value?, false))
}

fn base64(text: &str) -> Option<Reading> {
    let bytes = BASE64.decode(text.as_bytes()).ok()?;
    let mut word = [0; 8];
    let first = word.len().checked_sub(bytes.len())?;
    word[first..].copy_from_slice(&bytes);
    (!bytes.is_empty()).then_some(Reading {
        written: Written::Base64,
        value: u64::from_be_bytes(word),
        is_negative: false,
        len_bytes: Some(bytes.len()),
    })
}

impl Reading {
    const fn number(written: Written, value: u64, is_negative: bool) -> Self {
        Self {
            written,
            value,
            is_negative,
            len_bytes: None,
        }
    }

    /// The order of bytes in which this is the checksum of `model`; `None` if it is not.
    pub fn order_in(&self, model: &Model, checksum: u64) -> Option<ByteOrder> {
        let len_bytes = usize::from(model.width).div_ceil(8);
        if self.len_bytes.is_some_and(|own| own != len_bytes) {
            return None;
        }
        if self.is_negative {
            // The sign is the highest bit of the width.
            let top = 64 - u32::from(model.width);
            let signed = (checksum << top).cast_signed() >> top;
            return (self.value.cast_signed() == signed).then_some(ByteOrder::Big);
        }
        let swapped = checksum.swap_bytes() >> (64 - 8 * len_bytes);
        match self.value {
            value if value == checksum => Some(ByteOrder::Big),
            value if value == swapped => Some(ByteOrder::Little),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ways(text: &str) -> Vec<(Written, ByteOrder)> {
        let model = Model::CRC_32_ISO_HDLC;
        let found = readings(text).expect(text).into_iter();
        let known = found.filter_map(|reading| {
            let order = reading.order_in(&model, model.check)?;
            Some((reading.written, order))
        });
        known.collect()
    }

    #[test]
    fn a_checksum_is_known_in_every_way_that_it_is_written() {
        use {ByteOrder as B, Written as W};
        for (text, written, order) in [
            ("0xcbf43926", W::Hex, B::Big),
            ("CBF43926", W::Hex, B::Big),
            (" 00000000cbf43926\n", W::Hex, B::Big),
            ("cb f4 39 26", W::Hex, B::Big),
            ("26:39:f4:cb", W::Hex, B::Little),
            ("3421780262", W::Decimal, B::Big),
            ("-873187034", W::Decimal, B::Big),
            ("y/Q5Jg==", W::Base64, B::Big),
            ("Jjn0yw==", W::Base64, B::Little),
        ] {
            assert_eq!(ways(text), [(written, order)], "{text}");
        }
        for other in ["0xcbf43927", "cbf4392", "873187034", "AAAA"] {
            assert_eq!(ways(other), [], "{other}");
        }
        // 16 bits would be 0x3926.
        assert_eq!(ways("-50906"), []);
    }

    #[test]
    fn what_is_no_value_is_refused() {
        for text in [
            "",
            "0x",
            "-",
            "+5",
            "0x-1",
            "12345678901234567890123",
            "xyz",
            "a=",
        ] {
            assert!(readings(text).is_err(), "{text}");
        }
        for (text, is_too_long) in [("0x12345678123456789", true), ("xyz", false)] {
            let said = readings(text).expect_err("no value").to_string();
            assert_eq!(said.ends_with("it has more than 64 bits"), is_too_long);
        }
        assert_eq!(readings("-9223372036854775808").expect("it fits").len(), 1);
        assert!(readings("-9223372036854775809").is_err());
        assert_eq!(readings("12345678").expect("a value").len(), 3);
    }
}
