//! The signature of a library's function: its parameters in their order, and its result.
//!
//! ```text
//! signature = parameter {"," parameter} ["->" result]
//! parameter = "crc" [bits]                     the checksum so far
//!           | "&crc" [bits]                    its address, for the next one too
//!           | "out"                            the address where the result goes
//!           | "buf" | "end"                    where the message begins, ends
//!           | "len" [bits]                     its length in bytes
//!           | "offset" [bits]                  how far the message begins behind buf
//!           | "dst"                            memory for a copy of the message
//!           | fixed                            the same value at each call
//! bits      = "8" | "16" | "32" | "64"
//! result    = "crc" number                     the bits of it that count
//!           | "status" [":" number]            what is returned if all is well, 0 by default
//! ```

use super::loaded::Loaded;
use super::parameter::Parameter;
use super::result_form::ResultForm;
use super::words::split_at_commas;
use crcheck_platform::raw_entry::{ARGUMENTS_MAX, Argument, IntegerBits, Returns};
use std::fmt;
use std::str::FromStr;

/// A C function's parameters and its result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    parameters: Vec<Parameter>,
    result: FunctionResult,
}

/// What a function returns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct FunctionResult {
    /// How many of the lowest bits of the checksum count; `None` if the parameter or the model
    /// decides.
    pub(super) bits: Option<u32>,
    /// What the function returns if all is well; `None` if it returns the checksum or nothing.
    pub(super) status: Option<u32>,
}

impl FunctionResult {
    pub(super) fn has_status(self) -> bool {
        self.status.is_some()
    }

    /// Where the function leaves the checksum, in this form.
    pub(super) fn returns(self, form: ResultForm) -> Returns {
        Returns {
            bits: self.bits.unwrap_or(32),
            form: form.form(),
            status: self.status,
        }
    }

    /// The result for a model of this width, if the parameter for the checksum has the `stated`
    /// bits. `is_integer` says whether the result is an integer of this machine.
    ///
    /// It has the bits that it states, else those of the parameter. Else a model of less than 32
    /// bits has a result of its own width, because a function may return it in a narrower type,
    /// and the ABI leaves the register's other bits undefined. A result that is not an integer of
    /// this machine has the model's width.
    #[must_use]
    pub(super) fn for_width(
        self,
        width: u8,
        stated: Option<IntegerBits>,
        is_integer: bool,
    ) -> Self {
        let by_model = match width {
            32.. if is_integer => usual_bits(width).get(),
            _ => width.into(),
        };
        let stated = stated.map(IntegerBits::get).filter(|_| is_integer);
        Self {
            bits: Some(self.bits.or(stated).unwrap_or(by_model)),
            ..self
        }
    }
}

/// The bits of a parameter for a checksum of this width if nobody states them.
pub(super) const fn usual_bits(width: u8) -> IntegerBits {
    match width {
        ..=32 => IntegerBits::B32,
        _ => IntegerBits::B64,
    }
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
            result: FunctionResult::default(),
        }
    }
}

impl Signature {
    /// The longest message that the length can express, in bytes; with a copy, that is copied.
    pub fn length_max(&self) -> u64 {
        Parameter::length_max(&self.parameters)
    }

    /// The parameters in their order, as a caller fills them.
    ///
    /// # Errors
    /// What `library` says.
    ///
    /// # Safety
    /// The caller survives whatever the library's functions do.
    pub(super) unsafe fn arguments(&self, library: &dyn Loaded) -> Result<Vec<Argument>, String> {
        // SAFETY: the caller vouches for itself.
        let argument = |one: &Parameter| unsafe { one.argument(library) };
        self.parameters.iter().map(argument).collect()
    }

    /// Where the function leaves the checksum, in this form.
    pub(super) fn returns(&self, form: ResultForm) -> Returns {
        self.result.returns(form)
    }

    /// Adds the names of the functions that are called for its values.
    pub(super) fn add_names<'n>(&'n self, names: &mut Vec<&'n str>) {
        Parameter::add_names(&self.parameters, names);
    }

    /// Whether the function can go on from a checksum.
    pub fn takes_checksum(&self) -> bool {
        Parameter::checksum(&self.parameters).is_some()
    }

    /// Whether the address of the message may be null: an offset counts from it, and a copy comes
    /// from it.
    pub(crate) fn takes_null(&self) -> bool {
        Parameter::take_null(&self.parameters)
    }

    /// The signature for a model of this width, which decides what this leaves open.
    ///
    /// A checksum parameter has 32 bits, or 64 if the model needs them. The result is as
    /// [`FunctionResult::for_width`] says.
    #[must_use]
    pub(super) fn for_width(&self, width: u8, form: ResultForm) -> Self {
        let usual = usual_bits(width);
        let is_integer =
            form == ResultForm::Native && !self.parameters.contains(&Parameter::Answer);
        let stated = Parameter::checksum(&self.parameters).flatten();
        let mut resolved = self.clone();
        resolved.result = self.result.for_width(width, stated, is_integer);
        if form == ResultForm::Signed {
            // The bits above the checksum are its sign.
            let width = u32::from(width);
            resolved.result.bits = resolved.result.bits.map(|bits| bits.min(width));
        }
        for parameter in &mut resolved.parameters {
            if let Parameter::Checksum(bits) | Parameter::ChecksumAt(bits) = parameter {
                *bits = Some(bits.unwrap_or(usual));
            }
        }
        resolved
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, parameter) in self.parameters.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { "," })?;
            parameter.fmt(f)?;
        }
        self.result.fmt(f)
    }
}

impl fmt::Display for FunctionResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(bits) = self.bits {
            write!(f, "->crc{bits}")?;
        }
        match self.status {
            Some(0) => f.write_str("->status"),
            Some(status) => write!(f, "->status:{}", status.cast_signed()),
            None => Ok(()),
        }
    }
}

impl FromStr for FunctionResult {
    type Err = String;

    /// Reads `crcN`, `status`, or `crcN->status` as a signature for a model's width is written.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut result = Self::default();
        for word in text.split("->") {
            if let Some(bits) = word.strip_prefix("crc").and_then(|bits| bits.parse().ok())
                && (1..=64).contains(&bits)
            {
                result.bits = Some(bits);
            } else if word == "status" {
                result.status = Some(0);
            } else if let Some(status) = word.strip_prefix("status:") {
                let status: i32 = status
                    .parse()
                    .map_err(|_| format!("the status `{status}` is not an int"))?;
                result.status = Some(status.cast_unsigned());
            } else {
                return Err(format!(
                    "the result `{word}` is none of crc1 to crc64, status, status:NUMBER"
                ));
            }
        }
        Ok(result)
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
        let result: FunctionResult = match result {
            None => FunctionResult::default(),
            Some(result) => result.parse().map_err(refuse)?,
        };
        let parameters: Result<Vec<Parameter>, String> = split_at_commas(parameters)
            .into_iter()
            .map(str::parse)
            .collect();
        let parameters = parameters.map_err(refuse)?;
        check(&parameters, result).map_err(|why| refuse(why.to_owned()))?;
        Ok(Self { parameters, result })
    }
}

/// Whether a caller can fill the parameters, and the function knows where the message is.
fn check(parameters: &[Parameter], result: FunctionResult) -> Result<(), &'static str> {
    let count = |is: fn(&Parameter) -> bool| parameters.iter().filter(|one| is(one)).count();
    let are_in_memory = count(|one| matches!(one, Parameter::ChecksumAt(_) | Parameter::Answer));
    if parameters.len() > ARGUMENTS_MAX {
        return Err("it has more than six parameters");
    }
    Parameter::lead_to_message(parameters)?;
    if count(|one| matches!(one, Parameter::State(_))) > 0 {
        return Err("only --stream has a state");
    }
    if count(|one| matches!(one, Parameter::Checksum(_) | Parameter::ChecksumAt(_))) > 1 {
        return Err("the checksum, crc or &crc, must be there once at most");
    }
    if are_in_memory > 1 {
        return Err("only one of &crc and out can take the result");
    }
    if result.status.is_some() && are_in_memory == 0 {
        return Err("a function that returns a status needs &crc or out for its result");
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
            "buf,len8",
            "len,crc,buf",
            "crc8,buf,len16->crc8",
            "buf,end->crc12",
            "crc,zero,const:0xedb88320,buf,sym:table,len",
            "&crc,buf,len->status",
            "call:make(const:0x4c11db7,call:allocator),buf,len32,out->status:-1",
            "crc,dst,buf,len",
            "buf,offset32,len32,&crc16->crc16->status:1",
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
            ("crc,&crc,buf,len", "once at most"),
            ("&crc,out,buf,len", "only one of"),
            ("dst,dst,buf,len", "dst and offset"),
            ("crc,buf,len,zero,zero,zero,zero", "more than six"),
            ("crc24,buf,len", "`crc24` is not a parameter"),
            ("crc,buf,len->crc65", "the result `crc65`"),
            ("crc,buf,len->status", "a function that returns a status"),
            ("&crc,buf,len->status:x", "the status `x`"),
            ("crc,buf,len->", "the result ``"),
            ("crc,buf,len,const:x", "not a number"),
            ("crc,buf,len,sym:", "not the name of a symbol"),
            ("buf,len,call:f(buf)", "`buf` is not an argument of f"),
            ("buf,len,call:f(zero", "closing parenthesis"),
            ("", "`` is not a parameter"),
        ] {
            let error = text.parse::<Signature>().expect_err(text);
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn the_model_decides_what_the_signature_leaves_open() {
        use ResultForm::{BigEndian, Native, Signed};
        for (text, width, form, expected) in [
            ("crc,buf,len", 33, Native, "crc64,buf,len->crc64"),
            ("crc,buf,len", 32, Native, "crc32,buf,len->crc32"),
            ("crc,buf,len", 12, Native, "crc32,buf,len->crc12"),
            ("crc16,buf,len", 12, Native, "crc16,buf,len->crc16"),
            ("crc64,buf,len", 32, Native, "crc64,buf,len->crc64"),
            ("buf,len", 64, Native, "buf,len->crc64"),
            ("buf,len", 8, Native, "buf,len->crc8"),
            ("crc,buf,len->crc32", 8, Native, "crc32,buf,len->crc32"),
            ("crc64,buf,len", 32, BigEndian, "crc64,buf,len->crc32"),
            ("buf,len->crc32", 8, Signed, "buf,len->crc8"),
            ("buf,len,out", 40, Native, "buf,len,out->crc40"),
            (
                "&crc,buf,len->status",
                16,
                Native,
                "&crc32,buf,len->crc16->status",
            ),
        ] {
            let resolved = read(text).for_width(width, form);
            assert_eq!(resolved.to_string(), expected, "{text} at width {width}");
            assert_eq!(resolved.for_width(64, form), resolved);
        }
    }
}
