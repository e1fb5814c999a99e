//! Searches the catalogue for parts of names, and for polynomials in any notation.

use super::lookup::{aliases, bare, named, other_names};
use crate::model::{Model, Notation};

/// An entry that a search found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match {
    /// The entry.
    pub model: &'static Model,
    /// The notation in which the text is the entry's polynomial, if that is not the usual one.
    pub notation: Option<Notation>,
}

/// The entries with `text` in one of their names, or as their polynomial in any notation: a number
/// behind `0x`, or as many hexadecimal digits as the width has. First comes the entry of that very
/// name, then those that have the text as it stands.
pub fn search(text: &str) -> Vec<Match> {
    let exact = named(text).map(|named| named.model);
    let mut found: Vec<Match> = super::all()
        .iter()
        .filter_map(|model| {
            let notation = match is_called(model, text) {
                true => None,
                false => polynomial(model, text)?,
            };
            Some(Match { model, notation })
        })
        .collect();
    found.sort_by_key(|one| (Some(one.model) != exact, one.notation.is_some()));
    found
}

fn is_called(model: &Model, text: &str) -> bool {
    let part = bare(text);
    let others = aliases(model).iter().chain(other_names(model)).copied();
    let mut names = std::iter::once(&*model.name).chain(others);
    names.any(|name| bare(name).contains(&part))
}

/// The notation in which `text` is the polynomial of `model`: `None` within for the usual one, and
/// `None` if it is in none.
fn polynomial(model: &Model, text: &str) -> Option<Option<Notation>> {
    let digits = text.to_ascii_lowercase().replace('_', "");
    let (digits, is_marked) = match digits.strip_prefix("0x") {
        Some(digits) => (digits, true),
        None => (digits.as_str(), false),
    };
    let is_word = |width: u8| is_marked || digits.len() == usize::from(width).div_ceil(4);
    let value = u128::from_str_radix(digits, 16).ok()?;
    let width = model.width;
    if value == model.poly.into() && is_word(width) {
        return Some(None);
    }
    let mut written = Notation::ALL.into_iter();
    let notation = written.find(|notation| {
        let width_written = match notation {
            Notation::Full | Notation::FullReflected => width + 1,
            _ => width,
        };
        notation.write(model.poly, width) == value && is_word(width_written)
    });
    notation.map(Some)
}
