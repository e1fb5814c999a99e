//! Words as a shell takes them.

/// The words as one line, in which only those have quotes that need them.
pub(crate) fn quoted(words: &[String]) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "_-./:,=+@%".contains(letter);
    let quote = |word: &String| match word.chars().all(is_plain) && !word.is_empty() {
        true => word.clone(),
        // A word from a command line has no zero byte.
        false => shlex::try_quote(word).unwrap_or_default().into_owned(),
    };
    words.iter().map(quote).collect::<Vec<_>>().join(" ")
}
