//! Counts in words.

/// `1 row`, `2 rows`.
pub(crate) fn count_in_words(count: u64, what: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {what}{s}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_is_singular() {
        let words = [0, 1, 2].map(|count| count_in_words(count, "row"));
        assert_eq!(words, ["0 rows", "1 row", "2 rows"]);
    }
}
