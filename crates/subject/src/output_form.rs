//! How a checksum is written: as a number in a text, or as bytes.

use std::fmt;
use std::str::FromStr;

/// How a checksum is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OutputForm {
    /// A text, with a hexadecimal number in it.
    #[default]
    Hex,
    /// A text, with a decimal number in it.
    Decimal,
    /// A text, with a decimal number in it that is negative if the highest bit is set.
    Signed,
    /// Bytes, the highest first.
    Be,
    /// Bytes, the lowest first.
    Le,
}

impl OutputForm {
    const ALL: [Self; 5] = [Self::Hex, Self::Decimal, Self::Signed, Self::Be, Self::Le];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hex => "hex",
            Self::Decimal => "decimal",
            Self::Signed => "signed",
            Self::Be => "be",
            Self::Le => "le",
        }
    }

    /// Reads the checksum of `width` bits that somebody has written. Of a text, the first word that
    /// is a number counts.
    ///
    /// # Errors
    /// The rest of a sentence that begins with the writer's name.
    pub fn read(self, written: &[u8], width: u32) -> Result<u64, String> {
        match self {
            Self::Be => bytes(written.iter().copied(), width),
            Self::Le => bytes(written.iter().rev().copied(), width),
            Self::Hex | Self::Decimal | Self::Signed => self.read_text(written, width),
        }
    }

    fn read_text(self, written: &[u8], width: u32) -> Result<u64, String> {
        let text = String::from_utf8_lossy(written);
        let words = text.split(|letter: char| letter.is_whitespace() || "=:,;()".contains(letter));
        let number = words.filter_map(|word| self.number(word, width)).next();
        number.ok_or_else(|| match shown(&text) {
            shown if shown.is_empty() => "writes nothing".to_owned(),
            shown => format!("writes `{shown}`, which has no {self} number"),
        })
    }

    /// The number that a word is. A negative one stands for its bits of the width.
    fn number(self, word: &str, width: u32) -> Option<u64> {
        match self {
            Self::Hex => {
                let word = word.to_ascii_lowercase();
                let digits = word.strip_prefix("0x").unwrap_or(&word);
                let is_number = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
                u64::from_str_radix(digits, 16).ok().filter(|_| is_number)
            }
            Self::Signed => {
                let number: i64 = word.parse().ok()?;
                let mask = u64::MAX >> (64 - width);
                let is_of_width = number >= -1 << (width - 1) && number < 1 << (width - 1).min(62);
                let bits = number.cast_unsigned();
                Some(if is_of_width { bits & mask } else { bits })
            }
            _ => word.parse().ok(),
        }
    }
}

/// The number of `width` bits that these bytes are, the highest first.
fn bytes(written: impl ExactSizeIterator<Item = u8>, width: u32) -> Result<u64, String> {
    let (got, expected) = (written.len(), width.div_ceil(8) as usize);
    if got != expected {
        return Err(format!("writes {got} bytes instead of {expected}"));
    }
    Ok(written.fold(0, |number, byte| number << 8 | u64::from(byte)))
}

/// The beginning of a text, on one line.
fn shown(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let short: String = line.chars().take(60).collect();
    short.escape_debug().to_string()
}

/// The name on the command line.
impl fmt::Display for OutputForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for OutputForm {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|form| form.name() == name);
        let names = Self::ALL.map(Self::name).join(", ");
        found.ok_or_else(|| format!("no form of a result is called `{name}` ({names})"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_that_is_a_number_counts() {
        for (form, text, number) in [
            (OutputForm::Hex, "cbf43926\n", 0xcbf4_3926),
            (OutputForm::Hex, "0xCBF43926", 0xcbf4_3926),
            (
                OutputForm::Hex,
                "CRC32 (standard input) = cbf43926",
                0xcbf4_3926,
            ),
            (OutputForm::Hex, "crc32: 0x1f, 9 bytes", 0x1f),
            (OutputForm::Decimal, "930766865 9 /tmp/f", 930_766_865),
            (OutputForm::Decimal, "the checksum: 7", 7),
            (OutputForm::Signed, "-1", 0xffff_ffff),
            (OutputForm::Signed, "-873187034 9", 0xcbf4_3926),
            (OutputForm::Signed, "2147483647", 0x7fff_ffff),
        ] {
            assert_eq!(form.read(text.as_bytes(), 32), Ok(number), "{form} {text}");
        }
        for (form, text) in [
            (OutputForm::Hex, "usage: crc FILE"),
            (OutputForm::Hex, "-1 +1 0x 0x-1"),
            (OutputForm::Decimal, "cbf43926 -1"),
            (OutputForm::Signed, "no"),
        ] {
            let error = form.read(text.as_bytes(), 32).expect_err(text);
            assert_eq!(
                error,
                format!("writes `{text}`, which has no {form} number")
            );
        }
        assert_eq!(
            OutputForm::Hex.read(b" \n", 8),
            Err("writes nothing".to_owned())
        );
    }

    #[test]
    fn a_number_beyond_the_width_is_not_cut_to_a_right_one() {
        let read = |form: OutputForm, text: &str| form.read(text.as_bytes(), 16);
        assert_eq!(read(OutputForm::Hex, "ffff29b1"), Ok(0xffff_29b1));
        assert_eq!(read(OutputForm::Signed, "-32768"), Ok(0x8000));
        for beyond in ["-32769", "32768"] {
            let number = read(OutputForm::Signed, beyond).expect("a number");
            assert_eq!(number.cast_signed().to_string(), beyond);
        }
        assert_eq!(OutputForm::Signed.read(b"-1", 64), Ok(u64::MAX));
    }

    #[test]
    fn bytes_have_an_order_and_a_number() {
        let bytes = [0xcb, 0xf4, 0x39, 0x26];
        assert_eq!(OutputForm::Be.read(&bytes, 32), Ok(0xcbf4_3926));
        assert_eq!(OutputForm::Le.read(&bytes, 32), Ok(0x2639_f4cb));
        assert_eq!(OutputForm::Be.read(&[0x1f], 5), Ok(0x1f));
        let error = OutputForm::Be.read(&bytes, 16);
        assert_eq!(error, Err("writes 4 bytes instead of 2".to_owned()));
    }
}
