//! The signature of a library's function: its parameters in their order, and its result.
//!
//! ```text
//! signature = parameter {"," parameter} ["->" result]
//! parameter = "crc" | "crc8" | "crc16" | "crc32" | "crc64"     the checksum so far
//!           | "buf" | "end"                                    where the message begins, ends
//!           | "len" | "len16" | "len32" | "len64"              its length in bytes
//!           | "const:" number | "zero"                         the same value at each call
//!           | "sym:" name                                      the address of a symbol
//! result    = "crc" bits                                       the bits of it that count
//! ```

use crcheck_oracle::model::Model;
use crcheck_platform::raw_entry::{ARGUMENTS_MAX, Argument, IntegerBits};
use std::fmt;
use std::str::FromStr;

/// What a function takes and returns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Convention {
    /// It takes the previous checksum (0 at first, for CRC-32) and returns the next.
    #[default]
    Zlib,
    /// It takes and returns the register, before xorout.
    Register,
}

impl Convention {
    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Zlib => "zlib",
            Self::Register => "register",
        }
    }

    /// What is exclusive-ored with a checksum of `model` to make what is taken and returned, and
    /// back.
    pub const fn xor(self, model: &Model) -> u64 {
        match self {
            Self::Zlib => 0,
            Self::Register => model.xorout,
        }
    }
}

impl FromStr for Convention {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let all = [Self::Zlib, Self::Register];
        let found = all.into_iter().find(|one| one.name() == name);
        found.ok_or_else(|| format!("no convention is called `{name}` (zlib, register)"))
    }
}

/// What a function takes in one place.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Parameter {
    /// The checksum so far; `None` if the model's width decides how wide it is.
    Checksum(Option<IntegerBits>),
    /// `const uint8_t *`: the message.
    Message,
    /// `const uint8_t *`: the first byte behind the message.
    End,
    /// The length of the message in bytes; `None` for `size_t`.
    Length(Option<IntegerBits>),
    /// The same value at each call.
    Constant(u64),
    /// The address of what the library exports by this name.
    Symbol(String),
}

/// The bits of a `size_t`.
const SIZE: IntegerBits = match usize::BITS {
    64 => IntegerBits::B64,
    _ => IntegerBits::B32,
};

/// A C function's parameters and its result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    parameters: Vec<Parameter>,
    /// How many of the lowest bits of the result count; `None` if the parameter or the model
    /// decides.
    result_bits: Option<u32>,
}

/// `uint32_t f(uint32_t crc, const uint8_t *buf, size_t len)`, as zlib has it.
impl Default for Signature {
    fn default() -> Self {
        Self {
            parameters: vec![
                Parameter::Checksum(None),
                Parameter::Message,
                Parameter::Length(None),
            ],
            result_bits: None,
        }
    }
}

impl Signature {
    /// The longest message that the length can express, in bytes.
    pub fn length_max(&self) -> u64 {
        let lengths = self
            .parameters
            .iter()
            .filter_map(|parameter| match parameter {
                Parameter::Length(Some(bits)) => Some(bits.mask()),
                _ => None,
            });
        lengths.min().unwrap_or(u64::MAX)
    }

    /// The parameters in their order, as a caller fills them. `address_of` finds a symbol.
    ///
    /// # Errors
    /// What `address_of` returns.
    pub fn arguments(
        &self,
        address_of: impl Fn(&str) -> Result<usize, String>,
    ) -> Result<Vec<Argument>, String> {
        let argument = |parameter: &Parameter| {
            Ok(match parameter {
                Parameter::Checksum(bits) => Argument::Checksum(bits.unwrap_or(IntegerBits::B32)),
                Parameter::Message => Argument::Message,
                Parameter::End => Argument::End,
                Parameter::Length(bits) => Argument::Length(bits.unwrap_or(SIZE)),
                Parameter::Constant(value) => Argument::Word(*value),
                Parameter::Symbol(name) => Argument::Word(address_of(name)? as u64),
            })
        };
        self.parameters.iter().map(argument).collect()
    }

    /// How many of the lowest bits of the result count.
    pub fn result_bits(&self) -> u32 {
        self.result_bits.unwrap_or(32)
    }

    /// Whether the function can go on from a checksum.
    pub fn takes_checksum(&self) -> bool {
        self.checksum().is_some()
    }

    /// The width of the parameter for the checksum, if there is one.
    fn checksum(&self) -> Option<Option<IntegerBits>> {
        self.parameters
            .iter()
            .find_map(|parameter| match parameter {
                Parameter::Checksum(bits) => Some(*bits),
                _ => None,
            })
    }

    /// The signature for a model of this width, which decides what this leaves open.
    ///
    /// A checksum parameter has 32 bits, or 64 if the model needs them. The result has the bits
    /// that the signature states, else those that it states for the parameter. Else a model of
    /// less than 32 bits has a result of its own width, because a function may return it in a
    /// narrower type, and the ABI leaves the register's other bits undefined.
    #[must_use]
    pub fn for_width(&self, width: u8) -> Self {
        let usual = if width > 32 {
            IntegerBits::B64
        } else {
            IntegerBits::B32
        };
        let by_model = match width {
            0..32 => width.into(),
            _ => usual.get(),
        };
        let stated = self.checksum().flatten().map(IntegerBits::get);
        let mut resolved = self.clone();
        resolved.result_bits = Some(self.result_bits.or(stated).unwrap_or(by_model));
        for parameter in &mut resolved.parameters {
            if let Parameter::Checksum(bits) = parameter {
                *bits = Some(bits.unwrap_or(usual));
            }
        }
        resolved
    }
}

fn text_with_bits(word: &str, bits: Option<IntegerBits>) -> String {
    let bits = bits.map_or(String::new(), |bits| bits.get().to_string());
    format!("{word}{bits}")
}

impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Checksum(bits) => f.write_str(&text_with_bits("crc", *bits)),
            Self::Message => f.write_str("buf"),
            Self::End => f.write_str("end"),
            Self::Length(bits) => f.write_str(&text_with_bits("len", *bits)),
            Self::Constant(0) => f.write_str("zero"),
            Self::Constant(value) => write!(f, "const:{value:#x}"),
            Self::Symbol(name) => write!(f, "sym:{name}"),
        }
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, parameter) in self.parameters.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { "," })?;
            parameter.fmt(f)?;
        }
        match self.result_bits {
            Some(bits) => write!(f, "->crc{bits}"),
            None => Ok(()),
        }
    }
}

/// The bits behind `word` in `text`: `Some(None)` if there are none.
fn bits_behind(text: &str, word: &str) -> Option<Option<IntegerBits>> {
    let rest = text.strip_prefix(word)?;
    if rest.is_empty() {
        return Some(None);
    }
    let all = IntegerBits::ALL.into_iter();
    let mut found = all.filter(|bits| bits.get().to_string() == rest);
    found.next().map(Some)
}

impl FromStr for Parameter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(bits) = bits_behind(text, "crc") {
            return Ok(Self::Checksum(bits));
        }
        // No plan is short enough for a length of 8 bits.
        if let Some(bits) = bits_behind(text, "len")
            && bits != Some(IntegerBits::B8)
        {
            return Ok(Self::Length(bits));
        }
        match text.split_once(':') {
            Some(("const", number)) => {
                let value = match number.strip_prefix("0x") {
                    Some(digits) => u64::from_str_radix(digits, 16),
                    None => number.parse(),
                };
                let value = value.map_err(|_| format!("`{number}` is not a number of 64 bits"));
                return value.map(Self::Constant);
            }
            Some(("sym", name)) if !name.is_empty() => return Ok(Self::Symbol(name.to_owned())),
            _ => {}
        }
        match text {
            "buf" => Ok(Self::Message),
            "end" => Ok(Self::End),
            "zero" => Ok(Self::Constant(0)),
            _ => Err(format!(
                "`{text}` is not a parameter; there are crc, crc8, crc16, crc32, crc64, buf, end, \
                 len, len16, len32, len64, zero, const:NUMBER, sym:NAME"
            )),
        }
    }
}

impl FromStr for Signature {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refuse =
            |why: String| format!("`{text}` is not a signature: {why} (zlib's is crc,buf,len)");
        let (parameters, result) = match text.split_once("->") {
            Some((parameters, result)) => (parameters, Some(result)),
            None => (text, None),
        };
        let result_bits = match result {
            None => None,
            Some(result) => {
                let bits = result
                    .strip_prefix("crc")
                    .and_then(|bits| bits.parse().ok());
                let bits = bits.filter(|bits| (1..=64).contains(bits));
                let why = || format!("the result `{result}` is none of crc1 to crc64");
                Some(bits.ok_or_else(|| refuse(why()))?)
            }
        };
        let parameters: Result<Vec<Parameter>, String> =
            parameters.split(',').map(str::parse).collect();
        let parameters = parameters.map_err(refuse)?;
        check(&parameters).map_err(|why| refuse(why.to_owned()))?;
        Ok(Self {
            parameters,
            result_bits,
        })
    }
}

/// Whether a caller can fill the parameters, and the function knows where the message is.
fn check(parameters: &[Parameter]) -> Result<(), &'static str> {
    let count = |is: fn(&Parameter) -> bool| parameters.iter().filter(|one| is(one)).count();
    if parameters.len() > ARGUMENTS_MAX {
        return Err("it has more than six parameters");
    }
    if count(|one| matches!(one, Parameter::Message)) != 1 {
        return Err("the message, buf, must be there once");
    }
    if count(|one| matches!(one, Parameter::Length(_) | Parameter::End)) != 1 {
        return Err("either the length, len, or the end of the message, end, must be there once");
    }
    if count(|one| matches!(one, Parameter::Checksum(_))) > 1 {
        return Err("the checksum, crc, must be there once at most");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Signature {
        text.parse().expect(text)
    }

    #[test]
    fn a_signature_is_read_back_as_it_was_written() {
        for text in [
            "crc,buf,len",
            "buf,len,crc64",
            "crc32,len32,buf",
            "len,buf",
            "buf,len32",
            "len,crc,buf",
            "crc8,buf,len16->crc8",
            "buf,end->crc12",
            "crc,zero,const:0xedb88320,buf,sym:table,len",
        ] {
            assert_eq!(read(text).to_string(), text);
        }
        assert_eq!(
            read("crc,const:16,buf,len").to_string(),
            "crc,const:0x10,buf,len"
        );
        assert_eq!(read("crc,buf,len"), Signature::default());
    }

    #[test]
    fn what_no_caller_can_fill_is_refused() {
        for (text, why) in [
            ("crc,len", "buf, must be there once"),
            ("crc,buf,len,len", "either the length"),
            ("crc,buf,len,end", "either the length"),
            ("crc,buf", "either the length"),
            ("crc,crc,buf,len", "once at most"),
            ("crc,buf,len,zero,zero,zero,zero", "more than six"),
            ("crc,buf,len8", "`len8` is not a parameter"),
            ("crc24,buf,len", "`crc24` is not a parameter"),
            ("crc,buf,len->crc65", "the result `crc65`"),
            ("crc,buf,len->", "the result ``"),
            ("crc,buf,len,const:x", "not a number"),
            ("crc,buf,len,sym:", "not a parameter"),
            ("", "`` is not a parameter"),
        ] {
            let error = text.parse::<Signature>().expect_err(text);
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn the_model_decides_what_the_signature_leaves_open() {
        for (text, width, expected) in [
            ("crc,buf,len", 33, "crc64,buf,len->crc64"),
            ("crc,buf,len", 32, "crc32,buf,len->crc32"),
            ("crc,buf,len", 12, "crc32,buf,len->crc12"),
            ("crc16,buf,len", 12, "crc16,buf,len->crc16"),
            ("crc64,buf,len", 32, "crc64,buf,len->crc64"),
            ("buf,len", 64, "buf,len->crc64"),
            ("buf,len", 8, "buf,len->crc8"),
            ("crc,buf,len->crc32", 8, "crc32,buf,len->crc32"),
        ] {
            let resolved = read(text).for_width(width);
            assert_eq!(resolved.to_string(), expected, "{text} at width {width}");
            assert_eq!(resolved.for_width(64), resolved);
        }
    }
}
