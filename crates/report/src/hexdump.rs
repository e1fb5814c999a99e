//! A message in hexadecimal, with the places where it is cut.

use std::collections::BTreeSet;
use std::fmt::Write;

/// Bytes in a row.
const ROW_BYTES: usize = 16;

/// A message of up to this length is shown whole, in bytes.
const WHOLE_TO_BYTES: usize = 512;

/// How many rows of each end a longer message shows.
const END_ROWS: usize = 8;

/// Rows as `hexdump -C` prints them. A `|` among the bytes stands for a cut in front of the next
/// one. Of a long message only the ends and the rows with cuts are shown, unless `is_whole`.
pub(crate) fn hexdump(message: &[u8], cuts: &[usize], is_whole: bool) -> String {
    let cuts: BTreeSet<usize> = cuts.iter().copied().collect();
    let rows = message.len().div_ceil(ROW_BYTES);
    let is_long = !is_whole && message.len() > WHOLE_TO_BYTES;
    let is_shown = |row: usize| {
        let start = row * ROW_BYTES;
        let is_end = row < END_ROWS || row + END_ROWS >= rows;
        !is_long || is_end || cuts.range(start..start + ROW_BYTES).next().is_some()
    };
    let mut text = String::new();
    let mut left_out = 0;
    for (row, bytes) in message.chunks(ROW_BYTES).enumerate() {
        if !is_shown(row) {
            left_out += bytes.len();
            continue;
        }
        push_left_out(&mut text, std::mem::take(&mut left_out));
        let start = row * ROW_BYTES;
        let is_last = start + bytes.len() == message.len();
        push_row(&mut text, start, bytes, |at| {
            cuts.contains(&at) && (at < start + bytes.len() || is_last)
        });
    }
    if message.is_empty() && !cuts.is_empty() {
        push_row(&mut text, 0, &[], |at| cuts.contains(&at));
    }
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{:08x}", message.len());
    text
}

fn push_left_out(text: &mut String, bytes: usize) {
    if bytes > 0 {
        let _ = writeln!(
            text,
            "*         {bytes} bytes are left out; --all shows them"
        );
    }
}

fn push_row(text: &mut String, start: usize, bytes: &[u8], is_cut: impl Fn(usize) -> bool) {
    let _ = write!(text, "{start:08x} ");
    for slot in 0..=ROW_BYTES {
        if slot == ROW_BYTES / 2 {
            text.push(' ');
        }
        let is_cut = slot <= bytes.len() && is_cut(start + slot);
        text.push(if is_cut { '|' } else { ' ' });
        match bytes.get(slot) {
            Some(byte) => {
                let _ = write!(text, "{byte:02x}");
            }
            None if slot < ROW_BYTES => text.push_str("  "),
            None => {}
        }
    }
    let is_visible = |byte: u8| byte.is_ascii_graphic() || byte == b' ';
    let letter = |&byte: &u8| match is_visible(byte) {
        true => char::from(byte),
        false => '.',
    };
    let letters: String = bytes.iter().map(letter).collect();
    let _ = writeln!(text, " |{letters}|");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_those_of_hexdump() {
        assert_eq!(
            hexdump(b"0123456789abcdef\n\x80z", &[], false),
            "00000000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  |0123456789abcdef|\n\
             00000010  0a 80 7a                                          |..z|\n\
             00000013\n"
        );
        assert_eq!(hexdump(b"", &[], false), "00000000\n");
    }

    #[test]
    fn a_cut_stands_in_front_of_its_byte() {
        assert_eq!(
            hexdump(b"0123456789abcdefg", &[0, 2, 2, 8, 16, 17], false),
            "00000000 |30 31|32 33 34 35 36 37 |38 39 61 62 63 64 65 66  |0123456789abcdef|\n\
             00000010 |67|                                               |g|\n\
             00000011\n"
        );
        assert!(hexdump(b"0123456789abcdef", &[16], false).contains("66| |0123"));
        assert!(hexdump(b"", &[0, 0], false).starts_with("00000000 |"));
    }

    #[test]
    fn a_long_message_is_abridged_but_not_at_its_cuts() {
        let message = vec![7; 5000];
        let lines = |is_whole| hexdump(&message, &[1600], is_whole).lines().count();
        assert_eq!(lines(false), 8 + 1 + 1 + 1 + 8 + 1);
        assert_eq!(lines(true), 5000_usize.div_ceil(16) + 1);
        let text = hexdump(&message, &[1600], false);
        assert!(text.contains("\n00000640 |07 07"), "{text}");
        let left_out = text.lines().filter_map(|line| line.strip_prefix('*'));
        let words = left_out.map(|line| line.split_whitespace().next().expect("a number"));
        let bytes: usize = words
            .map(|word| word.parse::<usize>().expect("a number"))
            .sum();
        assert_eq!(bytes, 5000 - 16 - 8 * 16 - (7 * 16 + 8));
    }
}
