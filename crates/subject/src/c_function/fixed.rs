//! Values that are fixed when a library is loaded.
//!
//! ```text
//! fixed = "const:" number | "zero"      this number
//!       | "sym:" name                   the address of a symbol
//!       | "call:" call                  what the call returns, made once after loading
//! call  = name ["(" [fixed {"," fixed}] ")"]
//! ```

use super::loaded::Loaded;
use super::words::{name_and_list, split_at_commas};
use crcheck_platform::raw_entry::{ARGUMENTS_MAX, Argument, RawEntry};
use std::fmt;
use std::str::FromStr;

/// A value that is the same in every call of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fixed {
    /// This number.
    Constant(u64),
    /// The address of what the library exports by this name.
    Symbol(String),
    /// What a call returns.
    Call(FixedCall),
}

/// A call that is made once, after the library is loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixedCall {
    symbol: String,
    arguments: Vec<Fixed>,
}

impl Fixed {
    /// Adds the names of the functions that it calls.
    pub(super) fn add_names<'n>(&'n self, names: &mut Vec<&'n str>) {
        if let Self::Call(call) = self {
            call.add_names(names);
        }
    }

    /// The value.
    ///
    /// # Errors
    /// What `library` says.
    ///
    /// # Safety
    /// As of [`FixedCall::make`].
    pub(super) unsafe fn value(&self, library: &dyn Loaded) -> Result<u64, String> {
        match self {
            Self::Constant(value) => Ok(*value),
            Self::Symbol(name) => Ok(library.address_of(name)? as u64),
            // SAFETY: the caller vouches for the functions.
            Self::Call(call) => unsafe { call.make(library) },
        }
    }
}

impl FixedCall {
    /// A call without arguments.
    pub fn new(symbol: impl Into<String>) -> Self {
        Self {
            symbol: symbol.into(),
            arguments: Vec::new(),
        }
    }

    /// Adds the names of the functions that it calls.
    pub(super) fn add_names<'n>(&'n self, names: &mut Vec<&'n str>) {
        names.push(&self.symbol);
        self.arguments.iter().for_each(|one| one.add_names(names));
    }

    /// Makes the call, and returns the result.
    ///
    /// # Errors
    /// What `library` says.
    ///
    /// # Safety
    /// The functions have such parameters, and the caller survives whatever they do.
    pub(super) unsafe fn make(&self, library: &dyn Loaded) -> Result<u64, String> {
        let mut arguments = Vec::new();
        for argument in &self.arguments {
            // SAFETY: the caller vouches for the functions.
            arguments.push(Argument::Word(unsafe { argument.value(library) }?));
        }
        let address = library.address_of(&self.symbol)?;
        // SAFETY: the caller vouches for the functions.
        unsafe { library.call_first(&RawEntry::new(address, &arguments, 64)) }
    }
}

impl fmt::Display for Fixed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant(0) => f.write_str("zero"),
            Self::Constant(value) => write!(f, "const:{value:#x}"),
            Self::Symbol(name) => write!(f, "sym:{name}"),
            Self::Call(call) => write!(f, "call:{call}"),
        }
    }
}

impl fmt::Display for FixedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.symbol)?;
        if self.arguments.is_empty() {
            return Ok(());
        }
        let arguments: Vec<String> = self.arguments.iter().map(Fixed::to_string).collect();
        write!(f, "({})", arguments.join(","))
    }
}

impl Fixed {
    /// The value that `text` states; `None` if its first word is none of these.
    pub(super) fn read(text: &str) -> Option<Result<Self, String>> {
        if text == "zero" {
            return Some(Ok(Self::Constant(0)));
        }
        let (word, rest) = text.split_once(':')?;
        match word {
            "const" => Some(number(rest).map(Self::Constant)),
            "sym" => Some(match name_and_list(rest) {
                Ok((name, None)) => Ok(Self::Symbol(name.to_owned())),
                Ok(_) => Err(format!("`{text}`: sym takes the name of a symbol")),
                Err(why) => Err(why),
            }),
            "call" => Some(rest.parse().map(Self::Call)),
            _ => None,
        }
    }
}

/// A number of 64 bits; a negative one in two's complement.
fn number(text: &str) -> Result<u64, String> {
    let value = match (text.strip_prefix("0x"), text.strip_prefix('-')) {
        (Some(digits), _) => u64::from_str_radix(digits, 16).ok(),
        (None, Some(_)) => text.parse::<i64>().ok().map(i64::cast_unsigned),
        (None, None) => text.parse().ok(),
    };
    value.ok_or_else(|| format!("`{text}` is not a number of 64 bits"))
}

impl FromStr for FixedCall {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, list) = name_and_list(text)?;
        let list = list.filter(|list| !list.is_empty());
        let words = list.map(split_at_commas).unwrap_or_default();
        if words.len() > ARGUMENTS_MAX {
            return Err(format!("`{text}` has more than six arguments"));
        }
        let argument = |word: &&str| {
            Fixed::read(word).unwrap_or_else(|| {
                Err(format!(
                    "`{word}` is not an argument of {name}; there are zero, const:NUMBER, \
                     sym:NAME, call:NAME(...)"
                ))
            })
        };
        Ok(Self {
            symbol: name.to_owned(),
            arguments: words.iter().map(argument).collect::<Result<_, _>>()?,
        })
    }
}
