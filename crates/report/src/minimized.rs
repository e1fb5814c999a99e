//! What the minimizer has made of a case, in one line.

use crate::count::count_in_words;
use crcheck_check::case::Case;
use std::path::Path;

/// `562 bytes, 2 cuts -> 257 bytes, 1 cut; saved as FILE`. `path` is `None` if the smallest case is
/// in no file.
pub fn minimized(before: &Case, after: &Case, path: Option<&Path>) -> String {
    let (from, to) = (size(before), size(after));
    let what = if before == after {
        format!("already smallest: {to}")
    } else if from == to {
        format!("{from} -> {to}, a simpler case")
    } else {
        format!("{from} -> {to}")
    };
    match path {
        Some(path) => format!("{what}; saved as {}", path.display()),
        None => format!("{what}; it is in no file"),
    }
}

fn size(case: &Case) -> String {
    let bytes = count_in_words(case.message.len() as u64, "byte");
    match case.splits.len() as u64 {
        0 => bytes,
        cuts => format!("{bytes}, {}", count_in_words(cuts, "cut")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_how_much_smaller_it_became() {
        let case = |len_bytes, splits: &[usize]| Case {
            message: vec![7; len_bytes],
            splits: splits.to_vec(),
            ..Case::default()
        };
        let path = Some(Path::new("x.toml"));
        let line = minimized(&case(562, &[1, 2]), &case(257, &[1]), path);
        assert_eq!(
            line,
            "562 bytes, 2 cuts -> 257 bytes, 1 cut; saved as x.toml"
        );
        let line = minimized(&case(1, &[]), &case(1, &[]), path);
        assert_eq!(line, "already smallest: 1 byte; saved as x.toml");
        let zeros = Case {
            message: vec![0; 9],
            ..case(9, &[])
        };
        let line = minimized(&case(9, &[]), &zeros, None);
        assert_eq!(line, "9 bytes -> 9 bytes, a simpler case; it is in no file");
    }
}
