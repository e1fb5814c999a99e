//! Numbers, bits and words as text for people.

use std::fmt;
use std::ops::Range;

/// Ascending numbers as a list in which neighbours are a range.
pub(crate) fn ranges(numbers: &[usize]) -> String {
    let mut parts: Vec<(usize, usize)> = Vec::new();
    for &number in numbers {
        match parts.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => parts.push((number, number)),
        }
    }
    let part = |&(first, last): &(usize, usize)| match last - first {
        0 => first.to_string(),
        1 => format!("{first}, {last}"),
        _ => format!("{first} to {last}"),
    };
    parts.iter().map(part).collect::<Vec<_>>().join(", ")
}

/// The bits of a mask, as a range if they are one.
pub(crate) fn bits(mask: u64) -> String {
    let (low, high) = (mask.trailing_zeros(), 63 - mask.leading_zeros().min(63));
    let is_run = mask != 0 && (mask >> low).wrapping_add(1).is_power_of_two();
    match (mask, is_run) {
        (0, _) => "no bits".to_owned(),
        (_, true) if low == high => format!("bit {low}"),
        (_, true) => format!("bits {low} to {high}"),
        _ => format!("the bits {mask:#x}"),
    }
}

/// A word with as many hexadecimal digits as the width of the formatter says: those of the model's
/// words, or else eight.
pub(crate) fn hex(f: &fmt::Formatter<'_>, word: u64) -> String {
    hex_of(f.width().unwrap_or(8), word)
}

/// A word with this many hexadecimal digits or more.
pub(crate) fn hex_of(digits: usize, word: u64) -> String {
    let with_prefix = digits + 2;
    format!("{word:#0with_prefix$x}")
}

/// How many hexadecimal digits a word of this many bits has.
pub(crate) fn digits(width: u8) -> usize {
    usize::from(width).div_ceil(4)
}

/// "1 byte", "2 bytes".
pub(crate) fn bytes(count: usize) -> String {
    match count {
        1 => "1 byte".to_owned(),
        more => format!("{more} bytes"),
    }
}

/// "byte 3", "bytes 3 to 5": bytes by their indices.
pub(crate) fn numbered(indices: Range<usize>) -> String {
    match indices.len() {
        1 => format!("byte {}", indices.start),
        _ => format!("bytes {} to {}", indices.start, indices.end - 1),
    }
}

/// "byte", "2 bytes": a number of bytes behind an article.
pub(crate) fn the_bytes(count: usize) -> String {
    match count {
        1 => "byte".to_owned(),
        more => format!("{more} bytes"),
    }
}
