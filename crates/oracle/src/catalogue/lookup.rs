//! Finds entries of the catalogue by what people write.

use super::names::{ALIASES, AMBIGUOUS, OTHER_NAMES, TOO_WIDE};
use crate::model::{Model, ModelError, Near, Notation};
use std::borrow::Cow;
use strsim::osa_distance as distance;

/// An entry, and the name that it was found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named {
    /// The entry.
    pub model: &'static Model,
    /// Its own name, or one of its other names.
    pub name: &'static str,
}

impl Named {
    /// The entries, by their own names, that some call by this name too.
    pub fn others(&self) -> &'static [&'static str] {
        of(AMBIGUOUS, self.name)
    }
}

/// The entry of a name of its own or an alias. Upper and lower case are the same, and `-`, `_`, `/`
/// and spaces do not count.
pub fn named(text: &str) -> Option<Named> {
    let wanted = bare(text);
    every_name().find(|named| bare(named.name) == wanted)
}

/// The catalogue's aliases of an entry, in its order.
pub fn aliases(model: &Model) -> &'static [&'static str] {
    of(ALIASES, &model.name)
}

/// Names of an entry in wide use that the catalogue does not list.
pub fn other_names(model: &Model) -> &'static [&'static str] {
    of(OTHER_NAMES, &model.name)
}

fn of(
    table: &'static [(&'static str, &'static [&'static str])],
    name: &str,
) -> &'static [&'static str] {
    let row = table.iter().find(|(known, _)| *known == name);
    row.map_or(&[], |(_, others)| others)
}

/// Every name of every entry.
fn every_name() -> impl Iterator<Item = Named> {
    super::all().iter().flat_map(|model| {
        let Cow::Borrowed(own) = model.name else {
            unreachable!("an entry has a name of the program");
        };
        let others = aliases(model).iter().chain(other_names(model)).copied();
        std::iter::once(own)
            .chain(others)
            .map(move |name| Named { model, name })
    })
}

/// A name without what does not count.
pub fn bare(name: &str) -> String {
    let counts = |letter: &char| !matches!(letter, '-' | '_' | '/' | ' ');
    name.chars()
        .filter(counts)
        .map(|letter| letter.to_ascii_lowercase())
        .collect()
}

/// Why a name is that of no entry.
pub(super) fn unknown(text: &str) -> ModelError {
    let (name, width) = TOO_WIDE;
    if bare(text) == bare(name) {
        return ModelError::EntryWidth(name, width);
    }
    ModelError::Unknown(text.to_owned(), nearest(text))
}

/// The name that a wrong one means. A wrong name of the form `CRC-WIDTH` and more means one of the
/// same width first, and the rest alone must be near: every name begins alike.
fn nearest(text: &str) -> Option<Near> {
    let wanted = bare(text);
    let (width, rest) = parts(&wanted);
    let near = |named: &Named| {
        let known = bare(named.name);
        let (known_width, known_rest) = parts(&known);
        let away = distance(rest, known_rest);
        let longer = rest.chars().count().max(known_rest.chars().count());
        let is_near = width.is_some() == known_width.is_some() && away * 3 <= longer;
        // Without a rest, another width is another name.
        let is_meant = is_near && (known_width == width || !rest.is_empty());
        is_meant.then(|| (known_width != width, away, distance(&wanted, &known)))
    };
    let found = every_name().filter_map(|named| Some((near(&named)?, named)));
    let (_, named) = found.min_by_key(|(key, _)| *key)?;
    Some(Near {
        name: named.name,
        entry: &named.model.name,
    })
}

/// The width that a bare name begins with, if it does, and the rest.
fn parts(bare: &str) -> (Option<&str>, &str) {
    let Some(behind) = bare.strip_prefix("crc") else {
        return (None, bare);
    };
    let rest = behind.trim_start_matches(|letter: char| letter.is_ascii_digit());
    match &behind[..behind.len() - rest.len()] {
        "" => (None, bare),
        width => (Some(width), rest),
    }
}

/// The polynomial of an entry of this width that `value` is in another notation, and the notation.
/// `None` if an entry has it as it stands.
pub fn meant(value: u64, width: u8) -> Option<(u64, Notation)> {
    let entries = super::all().iter().filter(|entry| entry.width == width);
    if entries.clone().any(|entry| entry.poly == value) {
        return None;
    }
    Notation::ALL.into_iter().find_map(|notation| {
        let is_meant = |entry: &&Model| notation.write(entry.poly, width) == value.into();
        let entry = entries.clone().find(is_meant)?;
        Some((entry.poly, notation))
    })
}

/// What users may not expect of the model that their text gave: an alias, or a polynomial that may
/// be in another notation.
pub fn remark(text: &str, model: &Model) -> Option<String> {
    if text.contains('=') {
        let (poly, notation) = meant(model.poly, model.width)?;
        let digits = 2 + usize::from(model.width).div_ceil(4);
        let given = model.poly;
        return Some(format!(
            "poly={given:#0digits$x} is taken as it stands, and is {poly:#0digits$x} {notation}; \
             if you mean that one, write poly={poly:#0digits$x}"
        ));
    }
    let named = named(text)?;
    let own = &named.model.name;
    if *own == named.name {
        return None;
    }
    Some(match named.others() {
        [] => format!("model {text} is {own}"),
        others => format!(
            "model {text} is {own} here; some call {} so",
            others.join(" or ")
        ),
    })
}
