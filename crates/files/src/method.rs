//! The ways to read a file, by name.

use std::fmt;
use std::str::FromStr;

/// A way to read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// The page cache, mapped into the process: no copy.
    Mmap,
    /// `read` into a buffer: a copy, and the only way for streams.
    Read,
    /// `read` with `O_DIRECT`: past the page cache.
    Direct,
    /// Several reads under way at once, by io_uring, past the page cache where the file system
    /// allows it.
    Uring,
}

impl Method {
    /// Every method.
    pub const ALL: [Self; 4] = [Self::Mmap, Self::Read, Self::Direct, Self::Uring];

    /// The name on the command line and in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mmap => "mmap",
            Self::Read => "read",
            Self::Direct => "direct",
            Self::Uring => "uring",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The method that a user asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MethodChoice {
    /// The best one for the file.
    #[default]
    Auto,
    /// This one.
    This(Method),
}

/// No method has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no way to read is called `{0}` (auto, mmap, read, direct, uring)")]
pub struct UnknownMethod(String);

impl FromStr for MethodChoice {
    type Err = UnknownMethod;

    fn from_str(name: &str) -> Result<Self, UnknownMethod> {
        if name == "auto" {
            return Ok(Self::Auto);
        }
        let mut all = Method::ALL.into_iter();
        let found = all.find(|method| method.name() == name);
        found
            .map(Self::This)
            .ok_or_else(|| UnknownMethod(name.to_owned()))
    }
}
