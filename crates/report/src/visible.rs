//! Text of somebody else's file, on a terminal.

/// A text of a file, with every letter that would do something to a terminal as its number.
pub fn visible(text: &str) -> String {
    let show = |letter: char| match letter.is_control() {
        true => letter.escape_unicode().to_string(),
        false => letter.to_string(),
    };
    text.chars().map(show).collect()
}
