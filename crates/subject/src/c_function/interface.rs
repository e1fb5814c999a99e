//! How a library's function is called: all that its name does not say.
//!
//! As text, the parts that are not the usual ones, with colons between them:
//!
//! ```text
//! interface = [convention] {":init=" call} [":combine=" combine] [":result=" form]
//!             [":" (signature | "stream=" stream)]
//! ```

use super::combine::Combine;
use super::convention::Convention;
use super::fixed::FixedCall;
use super::result_form::ResultForm;
use super::signature::Signature;
use super::stream::{StreamAbilities, StreamInterface};
use crate::combine_lengths::CombineLengths;
use crcheck_oracle::model::Model;
use std::fmt;
use std::str::FromStr;

/// How a library's function is called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interface {
    /// What it takes and returns.
    pub convention: Convention,
    /// Its arguments.
    pub signature: Signature,
    /// How its result is written.
    pub result: ResultForm,
    /// What is called before it, once, in this order.
    pub init: Vec<FixedCall>,
    /// The functions that compute the checksum piece by piece. The signature then says nothing.
    pub stream: Option<Box<StreamInterface>>,
    /// The function that combines its checksums.
    pub combine: Option<Combine>,
}

impl Interface {
    /// The interface for a model of this width, which decides what this leaves open.
    #[must_use]
    pub fn for_width(&self, width: u8) -> Self {
        Self {
            signature: self.signature.for_width(width, self.result),
            stream: self
                .stream
                .as_ref()
                .map(|stream| Box::new(stream.for_width(width, self.result))),
            combine: self
                .combine
                .as_ref()
                .map(|combine| combine.for_width(width, self.result)),
            ..self.clone()
        }
    }

    /// Whether the function can go on from a checksum.
    pub fn takes_checksum(&self) -> bool {
        self.stream.is_none() && self.signature.takes_checksum()
    }

    /// The longest message, or piece of one, that the function takes in one call, in bytes.
    pub fn length_max(&self) -> u64 {
        match &self.stream {
            Some(stream) => stream.length_max(),
            None => self.signature.length_max(),
        }
    }

    /// Whether the address of the message may be null.
    pub(crate) fn takes_null(&self) -> bool {
        match &self.stream {
            Some(stream) => stream.takes_null(),
            None => self.signature.takes_null(),
        }
    }

    /// What streams of it can do, if it has streams.
    pub fn streams(&self) -> Option<StreamAbilities> {
        self.stream.as_ref().map(|stream| stream.abilities())
    }

    /// The lengths that the combine function can be asked for, if there is one.
    pub fn combine_lengths(&self) -> CombineLengths {
        self.combine
            .as_ref()
            .map_or_else(CombineLengths::default, Combine::lengths)
    }

    /// The names of the functions that are called besides the function itself.
    pub(crate) fn called(&self) -> Vec<&str> {
        let mut names = Vec::new();
        for call in &self.init {
            call.add_names(&mut names);
        }
        self.signature.add_names(&mut names);
        if let Some(stream) = &self.stream {
            stream.add_names(&mut names);
        }
        if let Some(combine) = &self.combine {
            combine.add_names(&mut names);
        }
        names
    }

    /// What is exclusive-ored with a checksum of `model` to make what the function takes, and with
    /// the function's result to make a checksum.
    pub const fn xor(&self, model: &Model) -> u64 {
        match self.convention {
            Convention::Zlib => 0,
            Convention::Register => model.xorout,
        }
    }

    /// The interface as options of the command line.
    pub fn options(&self) -> Vec<String> {
        let usual = Self::default();
        let mut words = Vec::new();
        let mut option = |name: &str, value: String| words.extend([name.to_owned(), value]);
        if self.signature != usual.signature {
            option("--signature", self.signature.to_string());
        }
        if self.convention != usual.convention {
            option("--convention", self.convention.to_string());
        }
        if let Some(combine) = &self.combine {
            option("--combine", combine.to_string());
        }
        if self.result != usual.result {
            option("--result", self.result.to_string());
        }
        for call in &self.init {
            option("--init", call.to_string());
        }
        if let Some(stream) = &self.stream {
            option("--stream", stream.to_string());
        }
        words
    }

    /// Takes the parts that `text` ends with. Returns what is in front of them.
    ///
    /// It reads from the right, since a path may have colons in it, and a part too.
    pub(crate) fn take_from(text: &str) -> (&str, Self) {
        let mut interface = Self::default();
        let mut rest = text;
        'parts: loop {
            // From the shortest part at the end on.
            for (at, _) in rest.rmatch_indices(':') {
                if interface.take(&rest[at + 1..]) {
                    rest = &rest[..at];
                    continue 'parts;
                }
            }
            interface.init.reverse();
            return (rest, interface);
        }
    }

    /// Takes one part. Returns whether it is one.
    fn take(&mut self, part: &str) -> bool {
        if let Ok(signature) = part.parse() {
            self.signature = signature;
        } else if let Ok(convention) = part.parse() {
            self.convention = convention;
        } else if let Some(Ok(call)) = part.strip_prefix("init=").map(str::parse) {
            self.init.push(call);
        } else if let Some(Ok(combine)) = part.strip_prefix("combine=").map(str::parse) {
            self.combine = Some(combine);
        } else if let Some(Ok(form)) = part.strip_prefix("result=").map(str::parse) {
            self.result = form;
        } else if let Some(Ok(stream)) = part.strip_prefix("stream=").map(str::parse) {
            self.stream = Some(Box::new(stream));
        } else {
            return false;
        }
        true
    }
}

impl fmt::Display for Interface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let usual = Self::default();
        let mut parts = Vec::new();
        if self.convention != usual.convention {
            parts.push(self.convention.to_string());
        }
        parts.extend(self.init.iter().map(|call| format!("init={call}")));
        parts.extend(
            self.combine
                .iter()
                .map(|combine| format!("combine={combine}")),
        );
        if self.result != usual.result {
            parts.push(format!("result={}", self.result));
        }
        if self.signature != usual.signature {
            parts.push(self.signature.to_string());
        }
        parts.extend(self.stream.iter().map(|stream| format!("stream={stream}")));
        f.write_str(&parts.join(":"))
    }
}

impl FromStr for Interface {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let with_colon = format!(":{text}");
        match Self::take_from(if text.is_empty() { "" } else { &with_colon }) {
            ("", interface) => Ok(interface),
            _ => Err(format!("`{text}` is not an interface")),
        }
    }
}
