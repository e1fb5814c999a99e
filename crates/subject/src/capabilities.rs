//! What a subject is and offers, as plain facts.

use crate::c_function::StreamAbilities;
use crate::combine_lengths::CombineLengths;
use crate::executed_by::ExecutedBy;
use crate::rate::Pace;
use crcheck_kernel::Tier;
use crcheck_platform::code::mined_lengths::Mined;
use std::path::PathBuf;

/// What a subject is made of. Checks decide by it whether they suit the subject.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// Code of this process.
    #[default]
    Code,
    /// A function of a shared library.
    Library,
    /// A program at the end of two pipes.
    Program,
}

impl Form {
    /// The noun for the subject in sentences.
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Code => "subject",
            Self::Library => "function",
            Self::Program => "program",
        }
    }
}

/// The built-in tier that a subject is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TierCode {
    pub tier: Tier,
    /// Whether the CPU runs it; else it is the software version.
    pub is_native: bool,
}

impl TierCode {
    /// The permanent number by which inputs ask for it. A software version has the number of its
    /// tier with the highest bit set.
    pub const fn number(self) -> u8 {
        self.tier.code() | if self.is_native { 0 } else { 0x80 }
    }
}

/// The facts of a subject. They do not change while it lives.
#[derive(Clone, Debug)]
pub struct Capabilities {
    /// What it is made of.
    pub form: Form,
    /// Whether a call can go on from any checksum; else every call begins a new one.
    pub takes_checksum: bool,
    /// What its streams can do, if it is a stream: a call on pieces is then one stream, and
    /// [`Caller::operate`](crate::Caller::operate) works on several.
    pub streams: Option<StreamAbilities>,
    /// The longest message that its length argument can express, in bytes.
    pub length_max: u64,
    /// The lengths that its combine function can be asked for, if it has one.
    pub combine_lengths: CombineLengths,
    /// The message lengths, in bytes, at which it says that its code takes another path.
    pub thresholds: Vec<usize>,
    /// The lengths that its machine code compares with, if that was read from a file.
    pub mined: Option<Mined>,
    /// How fast it is.
    pub pace: Pace,
    /// The built-in tier that it is.
    pub tier: Option<TierCode>,
    /// What executes its code.
    pub executed_by: ExecutedBy,
    /// The file that its code is in; `None` if it is part of this program.
    pub file: Option<PathBuf>,
    /// Whether its code has Go's runtime, which does not survive a fork.
    pub has_go_runtime: bool,
}

impl Default for Capabilities {
    /// Fast code of this process that goes on from any checksum.
    fn default() -> Self {
        Self {
            form: Form::default(),
            takes_checksum: true,
            streams: None,
            length_max: u64::MAX,
            combine_lengths: CombineLengths::default(),
            thresholds: Vec::new(),
            mined: None,
            pace: Pace::default(),
            tier: None,
            executed_by: ExecutedBy::default(),
            file: None,
            has_go_runtime: false,
        }
    }
}
