//! The name of a subject.

use crate::library_spec::LibrarySpec;
use crcheck_kernel::Tier;
use crcheck_platform::code::source_name::SourceName;
use serde::{Serialize, Serializer};
use std::fmt;

/// The name of a subject on the command line, in reports and in artifacts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubjectName {
    /// `tier:TIER`
    Tier(Tier),
    /// `tier:emu:TIER`
    EmulatedTier(Tier),
    /// `fault:NAME`, a planted fault.
    Fault(String),
    /// `good:NAME`, a right kernel that checks must pass.
    Good(String),
    /// `lib:PATH:SYMBOL`
    Library(LibrarySpec),
    /// `cmd:LINE`
    Program(String),
    /// Any other: a user's own subject.
    Own(String),
}

impl SubjectName {
    /// Reads a name. A text without a known prefix, or one that does not go on as its prefix
    /// requires, is the name of a user's own subject.
    pub fn parse(text: &str) -> Self {
        let known = text.split_once(':').and_then(|(prefix, rest)| {
            Some(match (prefix, rest.strip_prefix("emu:")) {
                ("tier", Some(tier)) => Self::EmulatedTier(tier.parse().ok()?),
                ("tier", None) => Self::Tier(rest.parse().ok()?),
                ("fault", _) => Self::Fault(rest.to_owned()),
                ("good", _) => Self::Good(rest.to_owned()),
                ("lib", _) => Self::Library(rest.parse().ok()?),
                ("cmd", _) => Self::Program(rest.to_owned()),
                _ => return None,
            })
        });
        known.unwrap_or_else(|| Self::Own(text.to_owned()))
    }

    /// The name of its function in the source, if C++ or Rust has mangled it.
    pub fn source_name(&self) -> Option<SourceName> {
        match self {
            Self::Library(spec) => spec.source_name(),
            _ => None,
        }
    }

    /// Whether its code runs in another process.
    pub const fn is_foreign(&self) -> bool {
        matches!(self, Self::Library(_) | Self::Program(_))
    }
}

impl fmt::Display for SubjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tier(tier) => write!(f, "tier:{tier}"),
            Self::EmulatedTier(tier) => write!(f, "tier:emu:{tier}"),
            Self::Fault(name) => write!(f, "fault:{name}"),
            Self::Good(name) => write!(f, "good:{name}"),
            Self::Library(spec) => write!(f, "lib:{spec}"),
            Self::Program(line) => write!(f, "cmd:{line}"),
            Self::Own(name) => f.write_str(name),
        }
    }
}

impl From<&str> for SubjectName {
    fn from(text: &str) -> Self {
        Self::parse(text)
    }
}

impl From<String> for SubjectName {
    fn from(text: String) -> Self {
        Self::parse(&text)
    }
}

impl PartialEq<str> for SubjectName {
    fn eq(&self, text: &str) -> bool {
        self.to_string().as_str() == text
    }
}

impl PartialEq<&str> for SubjectName {
    fn eq(&self, text: &&str) -> bool {
        *self == **text
    }
}

impl Serialize for SubjectName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_back_as_it_was_written() {
        for text in [
            "tier:portable",
            "tier:emu:x86-pclmul",
            "fault:article-crc32q",
            "good:table@0x1",
            "lib:/a:b/libz.so.1:crc32:register:buf,len,crc64",
            "cmd:python3 crc.py --fast",
            "tier:of-somebody",
            "mine",
        ] {
            assert_eq!(SubjectName::parse(text).to_string(), text);
        }
        assert!(matches!(
            SubjectName::parse("tier:nonsense"),
            SubjectName::Own(_)
        ));
    }
}
