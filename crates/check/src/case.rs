//! One case: everything that a call depends on, and the cell of coverage that it lies in.

use crcheck_oracle::model::Model;
use crcheck_platform::message_memory::Placement;
use std::fmt;

/// The most splits of a case: they make up to five pieces.
pub const SPLITS_MAX: usize = 4;

/// Whether the prefix of the message is forged, so that an update meets a special checksum at a
/// split.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Forge {
    /// It is not: the bytes are as given.
    #[default]
    None,
    /// The checksum at the first split is 0.
    Zero,
    /// The checksum at the first split has all bits set.
    Ones,
}

impl Forge {
    /// The checksum that the forged prefix has, in the model's width.
    pub fn checksum(self, model: &Model) -> Option<u64> {
        match self {
            Self::None => None,
            Self::Zero => Some(0),
            Self::Ones => Some(model.mask()),
        }
    }
}

/// The class that a starting register belongs to, for counting cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RegisterClass {
    /// All bits clear.
    Zeros,
    /// All bits set.
    Ones,
    /// Neither.
    Mixed,
}

impl RegisterClass {
    /// The class of `register` in a model of this mask.
    pub fn of(register: u64, mask: u64) -> Self {
        match register & mask {
            0 => Self::Zeros,
            word if word == mask => Self::Ones,
            _ => Self::Mixed,
        }
    }
}

/// A case: what a call takes, and where its message lies.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Case {
    /// The permanent number of the tier that the case is for; 0 stands for every available tier.
    pub tier_code: u8,
    /// The register that the first call starts from (before xorout), in the model's width.
    pub register: u64,
    /// Where the message lies.
    pub placement: Placement,
    /// Where the message is cut, ascending and each at most the length. Equal splits make empty
    /// pieces.
    pub splits: Vec<usize>,
    /// Whether the prefix before the first split is forged to a special checksum.
    pub forge: Forge,
    /// The most stack that a call may use, in bytes; `None` if no check judges that.
    pub max_stack_bytes: Option<usize>,
    /// Whether the message's address is null. It has no bytes then.
    pub is_null: bool,
    /// The message.
    pub message: Vec<u8>,
}

impl Case {
    /// The pieces of the message between the splits: one more than there are splits.
    pub fn pieces(&self) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
        let ends = self.splits.iter().copied().chain([self.message.len()]);
        let mut start = 0;
        ends.map(move |end| {
            let piece = start..end;
            start = end;
            piece
        })
    }

    /// Where the message is cut in two: at its first split, or else in its middle.
    pub fn cut(&self) -> usize {
        let middle = self.message.len() / 2;
        self.splits.first().copied().unwrap_or(middle)
    }

    /// The alignment of the message's first byte modulo 64.
    pub fn alignment(&self) -> usize {
        self.placement.alignment(self.message.len())
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} bytes at alignment {} (guard: {}), register {:#x}",
            self.message.len(),
            self.alignment(),
            self.placement.guard,
            self.register
        )?;
        if self.placement.offset >= 64 {
            write!(f, ", {} bytes into a page", self.placement.offset)?;
        }
        if self.is_null {
            f.write_str(", at a null pointer")?;
        }
        if self.tier_code != 0 {
            write!(f, ", tier code {}", self.tier_code)?;
        }
        if !self.splits.is_empty() {
            write!(f, ", split at {:?}", self.splits)?;
        }
        if self.forge != Forge::None {
            write!(
                f,
                ", checksum at the first split forged to {:?}",
                self.forge
            )?;
        }
        let shown = &self.message[..self.message.len().min(256)];
        for (row, bytes) in shown.chunks(16).enumerate() {
            write!(f, "\n  {:04x} ", row * 16)?;
            for byte in bytes {
                write!(f, " {byte:02x}")?;
            }
        }
        if shown.len() < self.message.len() {
            write!(
                f,
                "\n  ... and {} more bytes",
                self.message.len() - shown.len()
            )?;
        }
        Ok(())
    }
}
