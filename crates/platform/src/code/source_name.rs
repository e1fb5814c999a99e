//! The name of a function as its source has it, from a symbol that C++ or Rust has mangled.

use cpp_demangle::{DemangleOptions, Symbol};
use std::fmt;

/// A symbol longer than this is taken as it is, in bytes.
const SYMBOL_BYTES_MAX: usize = 4096;

/// A name that would be longer is that of a symbol that refers to itself again and again, in bytes.
const NAME_BYTES_MAX: usize = 16_384;

/// The name of a function as its source has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceName {
    /// The whole name, in C++ with the types of its parameters:
    /// `my::crc(unsigned int, unsigned char const*, unsigned long)`.
    pub full: String,
    /// The name without parameters: `my::crc`.
    pub path: String,
}

impl SourceName {
    /// The name behind a mangled symbol; `None` for the names of C and others.
    pub fn of(symbol: &str) -> Option<Self> {
        if symbol.len() > SYMBOL_BYTES_MAX {
            return None;
        }
        rust(symbol)
            .map(|path| Self {
                full: path.clone(),
                path,
            })
            .or_else(|| cpp(symbol))
    }

    /// Whether `text` is the whole name or the path, however it is spaced.
    pub fn is(&self, text: &str) -> bool {
        let text = without_blanks(text);
        [&self.full, &self.path]
            .into_iter()
            .any(|name| without_blanks(name) == text)
    }

    /// Whether the path ends with the parts of `text`, or begins with them. The arguments of a
    /// template need not be there.
    pub fn has_part(&self, text: &str) -> bool {
        let (path, text) = (without_blanks(&self.path), without_blanks(text));
        [path.as_str(), without_arguments(&path)]
            .into_iter()
            .any(|path| is_part(path, &text))
    }
}

/// Whether `text` is some whole parts of a path, the last or the first ones.
fn is_part(path: &str, text: &str) -> bool {
    let before = path.strip_suffix(text);
    let behind = path.strip_prefix(text);
    !text.is_empty()
        && (before.is_some_and(|rest| rest.is_empty() || rest.ends_with("::"))
            || behind.is_some_and(|rest| rest.starts_with("::")))
}

/// A path without the template arguments at its end.
fn without_arguments(path: &str) -> &str {
    if !path.ends_with('>') || path.contains("operator") {
        return path;
    }
    let mut depth = 0;
    let start = path.rmatch_indices(['<', '>']).find(|(_, bracket)| {
        depth += if *bracket == ">" { 1 } else { -1 };
        depth == 0
    });
    start.map_or(path, |(at, _)| &path[..at])
}

impl fmt::Display for SourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.full)
    }
}

fn without_blanks(name: &str) -> String {
    name.split_whitespace().collect()
}

/// A name of Rust, without the compiler's hash.
pub(super) fn rust(symbol: &str) -> Option<String> {
    let name = rustc_demangle::try_demangle(symbol).ok()?;
    let mut text = Bounded::default();
    fmt::write(&mut text, format_args!("{name:#}")).ok()?;
    Some(without_brackets(text.0))
}

/// A method of a type itself is `a::Type::method` in the older mangling and `<a::Type>::method` in
/// the newer (RFC 2603), which compilers choose where they measure coverage.
fn without_brackets(name: String) -> String {
    let parts = name
        .strip_prefix('<')
        .and_then(|rest| rest.split_once(">::"));
    match parts {
        Some((of, method)) if !of.contains(['<', ' ']) => format!("{of}::{method}"),
        _ => name,
    }
}

fn cpp(symbol: &str) -> Option<SourceName> {
    // It takes other symbols for encoded types, such as `i` for `int`.
    if !symbol.starts_with("_Z") {
        return None;
    }
    let parsed = Symbol::new(symbol).ok()?;
    let write = |options: DemangleOptions| {
        let mut text = Bounded::default();
        parsed.structured_demangle(&mut text, &options).ok()?;
        Some(text.0)
    };
    let options = DemangleOptions::new().no_return_type();
    Some(SourceName {
        full: write(options)?,
        path: write(options.no_params())?,
    })
}

/// Text that ends where it becomes too long.
#[derive(Default)]
struct Bounded(String);

impl fmt::Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.len() + text.len() > NAME_BYTES_MAX {
            return Err(fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(symbol: &str) -> Option<String> {
        SourceName::of(symbol).map(|name| name.path)
    }

    #[test]
    fn both_manglings_of_rust_give_the_same_name() {
        let name_of = |name: &str| without_brackets(name.to_owned());
        assert_eq!(name_of("<a::b::Type>::method"), "a::b::Type::method");
        for kept in [
            "a::b::Type::method",
            "<a::Type as a::Trait>::method",
            "<a::Type<u8>>::method",
            "main",
        ] {
            assert_eq!(name_of(kept), kept);
        }
        let newer = "_RNvMNtCs1234_1a1bNtB2_4Type6method";
        assert_eq!(path(newer).as_deref(), Some("a::b::Type::method"));
        let older = "_ZN3crc6update17h0123456789abcdefE";
        assert_eq!(path(older).as_deref(), Some("crc::update"));
    }

    #[test]
    fn a_name_of_cpp_has_its_parameters() {
        let name = SourceName::of("_ZN2my5crc32EjPKhm").expect("mangled");
        let full = "my::crc32(unsigned int, unsigned char const*, unsigned long)";
        assert_eq!(
            (name.full.as_str(), name.path.as_str()),
            (full, "my::crc32")
        );
        assert!(name.is("my::crc32") && name.is(full));
        assert!(name.is("my::crc32(unsigned int,unsigned char const *,unsigned long)"));
        assert!(!name.is("crc32") && name.has_part("crc32") && name.has_part("my"));
        let template = SourceName::of("_ZN3crc4tmplIjEET_S1_PKhm").expect("mangled");
        assert_eq!(template.path, "crc::tmpl<unsigned int>");
        assert!(template.has_part("tmpl") && template.has_part("crc::tmpl<unsigned int>"));
        assert!(template.has_part("crc::tmpl") && !template.has_part("crc::tmpl<"));
        assert!(!name.has_part("c32") && !name.has_part("my::crc3") && !name.has_part(""));
    }

    #[test]
    fn the_names_of_c_are_no_mangled_ones() {
        for name in ["crc32", "i", "_Z", "_ZN", "main", "", "_R", "Z3foo"] {
            assert_eq!(SourceName::of(name), None, "{name}");
        }
    }

    /// Each pair has the one before it twice.
    #[test]
    fn a_name_that_doubles_again_and_again_is_left_alone() {
        let name = |doublings: u32| {
            let digit = |of: u32| std::char::from_digit(of, 36).expect("a digit");
            let mut symbol = "_Z1fSt4pairIiiE".to_owned();
            for step in 0..doublings {
                let last = digit(step).to_ascii_uppercase();
                symbol += &format!("S_IS{last}_S{last}_E");
            }
            SourceName::of(&symbol)
        };
        assert!(name(3).is_some_and(|name| name.full.len() > 100));
        assert_eq!(name(30), None);
    }
}
