//! Words as a shell takes them.

use std::path::PathBuf;

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

/// The names of files as a shell takes them.
pub fn shell_words(files: &[PathBuf]) -> String {
    let files = files.iter().map(|file| file.display().to_string());
    quoted(&files.collect::<Vec<_>>())
}

/// The command line of this process, as a shell takes it.
pub fn command_line() -> String {
    let words = std::env::args_os().skip(1);
    let words = words.map(|word| word.to_string_lossy().into_owned());
    let words: Vec<String> = ["crcheck".to_owned()].into_iter().chain(words).collect();
    quoted(&words)
}
