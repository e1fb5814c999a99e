//! Phrases that the rows of several checks share.

use crcheck_subject::{Capabilities, Form};

/// `reason` if the subject is a program, else `None`.
pub(super) fn unless_program(of: &Capabilities, reason: &str) -> Option<String> {
    (of.form == Form::Program).then(|| reason.to_owned())
}

/// A length, written by the power of two that it is near.
pub(super) fn length_in_powers(length: u64) -> String {
    let power = length.checked_ilog2().unwrap_or(0);
    let below = 1_u64 << power;
    let above = below.checked_mul(2);
    if let Some(above) = above
        && above - length <= 64
    {
        return format!("2^{} - {}", power + 1, above - length);
    }
    match length - below {
        0 => format!("2^{power}"),
        1..=64 => format!("2^{power} + {}", length - below),
        _ if length.is_multiple_of(1 << 30) => format!("{} * 2^30", length >> 30),
        _ => length.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_near_a_power_is_written_by_it() {
        for (length, text) in [
            ((1 << 31) - 1, "2^31 - 1"),
            (1 << 32, "2^32"),
            ((1 << 32) + 64, "2^32 + 64"),
            (5 << 30, "5 * 2^30"),
            (1000, "2^10 - 24"),
            (1500, "1500"),
        ] {
            assert_eq!(length_in_powers(length), text);
        }
    }
}
