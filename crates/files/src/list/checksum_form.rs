//! The forms of a checksum in a list.

use crcheck_oracle::model::Model;
use data_encoding::BASE64;

/// How a checksum is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChecksumForm {
    /// Lower-case hexadecimal, all digits of the width.
    #[default]
    Hex,
    /// Base64 of the [`bytes`], as object stores print it.
    Base64,
}

impl ChecksumForm {
    /// A checksum of `model` in this form.
    pub fn write(self, model: &Model, checksum: u64) -> String {
        match self {
            Self::Hex => format!("{checksum:0digits$x}", digits = digits(model)),
            Self::Base64 => BASE64.encode(&bytes(model, checksum)),
        }
    }
}

/// The number of hexadecimal digits of a checksum.
pub fn digits(model: &Model) -> usize {
    usize::from(model.width).div_ceil(4)
}

/// The bytes of a checksum, highest first, as many as hold the width.
pub fn bytes(model: &Model, checksum: u64) -> Vec<u8> {
    let len_bytes = usize::from(model.width).div_ceil(8);
    checksum.to_be_bytes()[8 - len_bytes..].to_vec()
}

/// The checksum that `text` is in hexadecimal, upper or lower case, or in base64. `None` if it has
/// another length than checksums of `model`, or does not fit its width.
pub fn read(model: &Model, text: &[u8]) -> Option<u64> {
    hex(model, text).or_else(|| base64(model, text))
}

/// The checksum that `text` is in hexadecimal, with all digits of the width.
pub fn hex(model: &Model, text: &[u8]) -> Option<u64> {
    if text.len() != digits(model) || !text.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let text = std::str::from_utf8(text).ok()?;
    fitting(model, u64::from_str_radix(text, 16).ok()?)
}

fn base64(model: &Model, text: &[u8]) -> Option<u64> {
    let decoded = BASE64.decode(text).ok()?;
    let mut word = [0; 8];
    let first = word.len() - usize::from(model.width).div_ceil(8);
    let slots = &mut word[first..];
    if slots.len() != decoded.len() {
        return None;
    }
    slots.copy_from_slice(&decoded);
    fitting(model, u64::from_be_bytes(word))
}

fn fitting(model: &Model, checksum: u64) -> Option<u64> {
    (checksum & !model.mask() == 0).then_some(checksum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crcheck_oracle::catalogue;

    #[test]
    fn what_is_written_is_read_again_and_no_two_forms_are_one_text() {
        for model in catalogue::all() {
            for checksum in [0, 1, model.check, model.mask()] {
                for form in [ChecksumForm::Hex, ChecksumForm::Base64] {
                    let text = form.write(model, checksum);
                    assert_eq!(read(model, text.as_bytes()), Some(checksum), "{text}");
                }
                let base64 = ChecksumForm::Base64.write(model, checksum);
                assert_eq!(hex(model, base64.as_bytes()), None, "{base64}");
            }
        }
    }

    #[test]
    fn object_stores_print_the_highest_byte_first() {
        let model = Model::CRC_32_ISO_HDLC;
        let text = ChecksumForm::Base64.write(&model, model.check);
        assert_eq!(text, "y/Q5Jg==");
        assert_eq!(bytes(&model, model.check), [0xcb, 0xf4, 0x39, 0x26]);
    }

    #[test]
    fn other_lengths_and_values_beyond_the_width_are_refused() {
        let five = catalogue::find("CRC-5/USB").expect("an entry");
        assert_eq!(read(five, b"1f"), Some(0x1f));
        for text in ["20", "1", "01f", "+1", "", "0x", "==", "IA==", "AAA="] {
            assert_eq!(read(five, text.as_bytes()), None, "{text}");
        }
    }
}
