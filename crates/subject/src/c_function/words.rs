//! Lists in text whose items may have lists in parentheses.

/// The parts of `text` between the commas that no parenthesis encloses.
pub(super) fn split_at_commas(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0_usize);
    for (at, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// `NAME` or `NAME(LIST)`: the name, and the list.
///
/// # Errors
/// If there is no name, or the parentheses do not match.
pub(super) fn name_and_list(text: &str) -> Result<(&str, Option<&str>), String> {
    let (name, list) = match text.split_once('(') {
        None => (text, None),
        Some((name, rest)) => {
            let list = rest.strip_suffix(')');
            let list = list.ok_or_else(|| format!("`{text}` lacks a closing parenthesis"))?;
            (name, Some(list))
        }
    };
    let has_other = |letter: char| ":,()=>".contains(letter) || letter.is_whitespace();
    if name.is_empty() || name.contains(has_other) {
        return Err(format!("`{name}` is not the name of a symbol"));
    }
    Ok((name, list))
}
