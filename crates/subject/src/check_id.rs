//! The ids of checks.

use serde::{Serialize, Serializer};
use std::fmt;

/// The id of a check: the same string on the command line, in reports and in tests. A table of
/// checks says which ones there are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CheckId(&'static str);

impl CheckId {
    /// The id of this name.
    pub const fn new(name: &'static str) -> Self {
        Self(name)
    }

    /// The id as text.
    pub const fn name(self) -> &'static str {
        self.0
    }
}

impl fmt::Debug for CheckId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Display for CheckId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

impl Serialize for CheckId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}
