//! A claim of the article, and how it is judged.

use super::answer::{Missing, Verdict};
use super::measured::Measured;

/// One statement of the article.
#[derive(Debug)]
pub struct Claim {
    /// Its name on the command line and in reports.
    pub id: &'static str,
    /// What the article says, in one sentence.
    pub says: &'static str,
    /// How it is judged.
    pub judge: Judge,
}

/// How a claim is judged.
#[derive(Debug)]
pub enum Judge {
    /// By what is measured here.
    Measured {
        /// What must be measured first.
        needs: &'static [Need],
        /// The judgement of the measurements.
        judge: fn(&Measured) -> Result<Verdict, Missing>,
    },
    /// By numbers that are known without this machine.
    Arithmetic(fn() -> Verdict),
    /// The statement stands in a planted fault of this name, which `verify` must find.
    PlantedFault(&'static str),
    /// No program can measure it, for this reason.
    NotMeasurable(&'static str),
}

impl Judge {
    /// The way of judging, as reports name it.
    pub const fn basis(&self) -> &'static str {
        match self {
            Self::Measured { .. } => "measured",
            Self::Arithmetic(_) => "arithmetic",
            Self::PlantedFault(_) => "planted fault",
            Self::NotMeasurable(_) => "not measurable",
        }
    }

    /// What must be measured first.
    pub const fn needs(&self) -> &'static [Need] {
        match self {
            Self::Measured { needs, .. } => needs,
            _ => &[],
        }
    }

    /// The planted fault that stands for the claim.
    pub const fn planted_fault(&self) -> Option<&'static str> {
        match self {
            Self::PlantedFault(name) => Some(name),
            _ => None,
        }
    }
}

/// Something that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// Loops and the kernel, on a message in the cache.
    Loops,
    /// The kernel on memory that no cache holds.
    Memory,
    /// Latency and throughput of instructions.
    Instructions,
    /// Files: mapped, read, read in parts.
    Files,
    /// A cache in front of a file, as the article's reader has it.
    Reader,
    /// Go's library and assembler.
    Go,
}

impl Need {
    /// Every measurement, in the order in which they are made: the longest come last.
    pub const ALL: [Self; 6] = [
        Self::Loops,
        Self::Instructions,
        Self::Reader,
        Self::Files,
        Self::Memory,
        Self::Go,
    ];

    /// Its name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Loops => "loops",
            Self::Memory => "memory",
            Self::Instructions => "instructions",
            Self::Files => "files",
            Self::Reader => "the reader",
            Self::Go => "Go",
        }
    }
}
