//! A function that combines checksums, and how it is called.
//!
//! ```text
//! combine   = name ["(" parameter {"," parameter} ")"] ["->" result]
//! parameter = "crc" [bits] | "&crc" [bits]     the checksum of the first part
//!           | "crc2"                           that of the second part, as wide as the first
//!           | "len" [bits]                     the second part's length in bytes, signed as zlib's
//!           | "ulen" [bits]                    the same, unsigned as size_t is
//!           | "out" | fixed                    as in a signature, and bits and result too
//! ```

use super::loaded::Loaded;
use super::parameter::{Parameter, bits_behind};
use super::result_form::ResultForm;
use super::signature::{FunctionResult, usual_bits};
use super::words::{name_and_list, split_at_commas};
use crate::combine_lengths::CombineLengths;
use crcheck_platform::raw_entry::{ARGUMENTS_MAX, Argument, IntegerBits, RawEntry, Returns};
use std::fmt;
use std::str::FromStr;

/// A function of a library that combines checksums, with its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Combine {
    symbol: String,
    parameters: Vec<CombineParameter>,
    result: FunctionResult,
}

/// What the function takes in one place.
#[derive(Clone, Debug, PartialEq, Eq)]
enum CombineParameter {
    /// The checksum of the second part.
    Second,
    /// The length of the second part in bytes; without bits, an address has as many.
    Length {
        bits: Option<IntegerBits>,
        is_signed: bool,
    },
    /// What functions that compute a checksum take too.
    Other(Parameter),
}

impl Combine {
    /// Adds the name of the function, and those of the functions that are called for its values.
    pub(super) fn add_names<'n>(&'n self, names: &mut Vec<&'n str>) {
        names.push(&self.symbol);
        for parameter in &self.parameters {
            if let CombineParameter::Other(Parameter::Fixed(fixed)) = parameter {
                fixed.add_names(names);
            }
        }
    }

    /// The lengths that its type can express.
    pub fn lengths(&self) -> CombineLengths {
        let length = self.parameters.iter().find_map(|one| match one {
            CombineParameter::Length { bits, is_signed } => Some((*bits, *is_signed)),
            _ => None,
        });
        let (bits, is_signed) = length.unwrap_or((None, false));
        CombineLengths::of_integer(bits.unwrap_or(IntegerBits::ADDRESS).get(), is_signed)
    }

    /// The function for a model of this width, which decides what this leaves open.
    #[must_use]
    pub(super) fn for_width(&self, width: u8, form: ResultForm) -> Self {
        let usual = usual_bits(width);
        let mut resolved = self.clone();
        let mut stated = None;
        for parameter in &mut resolved.parameters {
            if let CombineParameter::Other(
                Parameter::Checksum(bits) | Parameter::ChecksumAt(bits),
            ) = parameter
            {
                stated = *bits;
                *bits = Some(bits.unwrap_or(usual));
            }
        }
        let is_integer = form == ResultForm::Native && !self.has(&Parameter::Answer);
        resolved.result = self.result.for_width(width, stated, is_integer);
        resolved
    }

    fn has(&self, parameter: &Parameter) -> bool {
        self.parameters.iter().any(|one| match one {
            CombineParameter::Other(other) => other == parameter,
            _ => false,
        })
    }

    /// The function as a caller calls it. What it takes and gives are checksums exclusive-ored with
    /// `xor`.
    ///
    /// # Errors
    /// What `library` says.
    ///
    /// # Safety
    /// The functions have such parameters, and stay loaded as long as the result is used. The
    /// caller survives whatever they do.
    pub(super) unsafe fn load(
        &self,
        library: &dyn Loaded,
        form: ResultForm,
        xor: u64,
    ) -> Result<CombineEntry, String> {
        let mut slots = Vec::new();
        for parameter in &self.parameters {
            slots.push(match parameter {
                CombineParameter::Second => Slot::Second,
                CombineParameter::Length { bits, .. } => {
                    Slot::Length(bits.unwrap_or(IntegerBits::ADDRESS))
                }
                CombineParameter::Other(other) => {
                    // SAFETY: the caller vouches for the functions.
                    Slot::Other(unsafe { other.argument(library) }?)
                }
            });
        }
        Ok(CombineEntry {
            address: library.address_of(&self.symbol)?,
            is_answer: self.has(&Parameter::Answer),
            slots,
            returns: self.result.returns(form),
            xor,
        })
    }
}

/// A loaded function that combines checksums.
#[derive(Debug)]
pub(crate) struct CombineEntry {
    address: usize,
    slots: Vec<Slot>,
    /// Whether the result goes to memory; then its form is not that of the arguments.
    is_answer: bool,
    returns: Returns,
    xor: u64,
}

/// What fills one parameter.
#[derive(Debug)]
enum Slot {
    Second,
    Length(IntegerBits),
    Other(Argument),
}

impl CombineEntry {
    /// The function for this second checksum and this length, which takes the first checksum and no
    /// message. A negative length is in two's complement.
    ///
    /// # Safety
    /// The library is loaded as long as the result is used.
    pub(crate) unsafe fn of(&self, b: u64, len_b: u64) -> RawEntry {
        let second = match b ^ self.xor {
            second if self.is_answer => second,
            second => self.returns.swap(second),
        };
        let is_first = |slot: &&Slot| {
            matches!(
                slot,
                Slot::Other(Argument::Checksum(_) | Argument::ChecksumAt(_))
            )
        };
        let bits = match self.slots.iter().find(is_first) {
            Some(Slot::Other(Argument::Checksum(bits) | Argument::ChecksumAt(bits))) => *bits,
            _ => IntegerBits::B64,
        };
        let arguments: Vec<Argument> = self
            .slots
            .iter()
            .map(|slot| match slot {
                Slot::Second => Argument::Word(second & bits.mask()),
                Slot::Length(bits) => Argument::Word(len_b & bits.mask()),
                Slot::Other(argument) => *argument,
            })
            .collect();
        // SAFETY: the caller vouches for the function.
        let entry = unsafe { RawEntry::new(self.address, &arguments, self.returns.bits) };
        entry.returning(self.returns).of_registers(self.xor)
    }
}

impl fmt::Display for CombineParameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Second => f.write_str("crc2"),
            Self::Length { bits, is_signed } => {
                let bits = bits.map_or(String::new(), |bits| bits.get().to_string());
                write!(f, "{}{bits}", if *is_signed { "len" } else { "ulen" })
            }
            Self::Other(other) => other.fmt(f),
        }
    }
}

impl FromStr for CombineParameter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "crc2" {
            return Ok(Self::Second);
        }
        for (word, is_signed) in [("len", true), ("ulen", false)] {
            if let Some(bits) = bits_behind(text, word) {
                return Ok(Self::Length { bits, is_signed });
            }
        }
        match text.parse() {
            Ok(
                other @ (Parameter::Checksum(_)
                | Parameter::ChecksumAt(_)
                | Parameter::Answer
                | Parameter::Fixed(_)),
            ) => Ok(Self::Other(other)),
            _ => Err(format!("`{text}` is not a parameter; there are {WORDS}")),
        }
    }
}

const WORDS: &str = "crc, crc8, crc16, crc32, crc64, &crc (with the same widths), crc2, len and \
                     ulen (with the same widths), out, zero, const:NUMBER, sym:NAME, \
                     call:NAME(...)";

/// zlib's parameters.
const USUAL: &str = "crc,crc2,len";

impl fmt::Display for Combine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parameters: Vec<String> = self.parameters.iter().map(ToString::to_string).collect();
        let parameters = parameters.join(",");
        f.write_str(&self.symbol)?;
        if parameters != USUAL {
            write!(f, "({parameters})")?;
        }
        self.result.fmt(f)
    }
}

impl FromStr for Combine {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refuse = |why: String| {
            format!("`{text}` is not a combine function: {why} (zlib's is NAME({USUAL}))")
        };
        let (function, result) = match text.split_once("->") {
            Some((function, result)) => (function, result.parse().map_err(refuse)?),
            None => (text, FunctionResult::default()),
        };
        let (name, list) = name_and_list(function).map_err(refuse)?;
        let parameters: Result<Vec<CombineParameter>, String> =
            split_at_commas(list.unwrap_or(USUAL))
                .into_iter()
                .map(str::parse)
                .collect();
        let parameters = parameters.map_err(refuse)?;
        check(&parameters, result).map_err(|why| refuse(why.to_owned()))?;
        Ok(Self {
            symbol: name.to_owned(),
            parameters,
            result,
        })
    }
}

/// Whether a caller can fill the parameters.
fn check(parameters: &[CombineParameter], result: FunctionResult) -> Result<(), &'static str> {
    use CombineParameter::{Length, Other, Second};
    let count = |is: fn(&CombineParameter) -> bool| parameters.iter().filter(|one| is(one)).count();
    let is_first = |one: &CombineParameter| {
        matches!(
            one,
            Other(Parameter::Checksum(_) | Parameter::ChecksumAt(_))
        )
    };
    let is_in_memory =
        |one: &CombineParameter| matches!(one, Other(Parameter::ChecksumAt(_) | Parameter::Answer));
    let in_memory = count(is_in_memory);
    if parameters.len() > ARGUMENTS_MAX {
        return Err("it has more than six parameters");
    }
    if count(is_first) != 1 || count(|one| matches!(one, Second)) != 1 {
        return Err("the checksums, crc and crc2, must be there once each");
    }
    if count(|one| matches!(one, Length { .. })) != 1 {
        return Err("the length, len or ulen, must be there once");
    }
    if in_memory > 1 {
        return Err("only one of &crc and out can take the result");
    }
    if result.has_status() && in_memory == 0 {
        return Err("a function that returns a status needs &crc or out for its result");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Combine {
        text.parse().expect(text)
    }

    #[test]
    fn a_combine_function_is_read_back_as_it_was_written() {
        for text in [
            "crc32_combine",
            "join(crc,crc2,len32)",
            "join(ulen,crc2,crc64)->crc40",
            "join(&crc,crc2,ulen)->status",
            "join(const:0xedb88320,zero,crc,crc2,sym:table,len64)",
            "join(call:make(zero),crc,crc2,len,out)->crc16->status:-1",
        ] {
            assert_eq!(read(text).to_string(), text);
        }
        assert_eq!(read("f(crc,crc2,len)"), read("f"));
    }

    #[test]
    fn what_no_caller_can_fill_is_refused() {
        for (text, why) in [
            ("", "not the name of a symbol"),
            ("f(crc,crc2)", "the length, len or ulen"),
            ("f(crc,crc2,len,ulen)", "the length, len or ulen"),
            ("f(crc,len)", "crc and crc2"),
            ("f(crc,crc,crc2,len)", "crc and crc2"),
            ("f(crc,crc2,len", "closing parenthesis"),
            ("f(crc,crc2,buf,len)", "`buf` is not a parameter"),
            ("f(&crc,crc2,len,out)", "only one of"),
            (
                "f(crc,crc2,len)->status",
                "a function that returns a status",
            ),
            ("f(crc,crc2,len)->x", "the result `x`"),
        ] {
            let error = text.parse::<Combine>().expect_err(text);
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn the_model_decides_what_is_left_open() {
        for (text, width, expected) in [
            ("f", 32, "f(crc32,crc2,len)->crc32"),
            ("f", 16, "f(crc32,crc2,len)->crc16"),
            ("f", 40, "f(crc64,crc2,len)->crc64"),
            ("f(crc16,crc2,len)", 12, "f(crc16,crc2,len)->crc16"),
            ("f(crc,crc2,len,out)", 40, "f(crc64,crc2,len,out)->crc40"),
        ] {
            let resolved = read(text).for_width(width, ResultForm::Native);
            assert_eq!(resolved.to_string(), expected, "{text} at width {width}");
            assert_eq!(resolved.for_width(64, ResultForm::Native), resolved);
        }
    }
}
