//! What hangs in the gallery.

use crcheck_harness::audit::{self, RawEntry};
use crcheck_harness::check::CheckId;
use crcheck_harness::finding::Kind;
use crcheck_harness::kernel::Tier;
use crcheck_harness::kernel::cpu::Features;
use crcheck_harness::subject::{Stream, Subject};

/// A faulty kernel.
pub struct Fault {
    /// The name: `fault:NAME` on the command line.
    pub name: &'static str,
    /// What is wrong, in one sentence.
    pub summary: &'static str,
    /// Where the mechanism was seen.
    pub source: &'static str,
    /// The check that must catch it.
    pub caught_by: CheckId,
    /// Any of these kinds is a right finding.
    pub kinds: &'static [Kind],
    /// Whether that check alone can.
    pub necessity: Necessity,
    /// Why it cannot be shown on this CPU, if so.
    pub(crate) unavailable: fn() -> Option<&'static str>,
    pub(crate) make: fn() -> Exhibit,
}

/// Whether a fault goes unnoticed without its check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Necessity {
    /// It does: with the check off the default plan is green.
    Alone,
    /// Others see it too, for this reason.
    Shared(&'static str),
}

/// A value at a cell is compared in every check, so a wrong one is seen by all that meet the cell.
pub(crate) const BY_VALUE: Necessity =
    Necessity::Shared("every check compares values, so any of them may meet the wrong one");

impl Fault {
    /// A new subject with this fault, and with a state of its own.
    pub fn subject(&self) -> Box<dyn Subject> {
        Box::new(Named {
            name: format!("fault:{}", self.name),
            exhibit: (self.make)(),
        })
    }

    /// Whether this CPU can show it.
    ///
    /// # Errors
    /// What the CPU lacks.
    pub fn available(&self) -> Result<(), String> {
        (self.unavailable)().map_or(Ok(()), |needed| Err(format!("it needs {needed}")))
    }
}

/// A kernel that is right, of another design than ours.
pub struct Good {
    /// The name: `good:NAME` on the command line.
    pub name: &'static str,
    /// How it works.
    pub summary: &'static str,
    pub(crate) make: fn() -> Exhibit,
}

impl Good {
    /// A new subject.
    pub fn subject(&self) -> Box<dyn Subject> {
        Box::new(Named {
            name: format!("good:{}", self.name),
            exhibit: (self.make)(),
        })
    }
}

type Update = Box<dyn Fn(u32, &[u8]) -> u32 + Send + Sync>;

type Select = Box<dyn Fn(Features) -> Tier + Send + Sync>;

type Begin = Box<dyn Fn(u32) -> Box<dyn Stream> + Send + Sync>;

type Combine = Box<dyn Fn(u32, u32, u64) -> u32 + Send + Sync>;

/// The functions of a kernel; what it does not have is `None`.
pub(crate) struct Exhibit {
    pub(crate) update: Update,
    pub(crate) stream: Option<Begin>,
    pub(crate) combine: Option<Combine>,
    pub(crate) select: Option<Select>,
    pub(crate) thresholds: Vec<usize>,
    pub(crate) entry: Option<RawEntry>,
}

impl Exhibit {
    /// A kernel that is no more than its update function.
    pub(crate) fn of(update: impl Fn(u32, &[u8]) -> u32 + Send + Sync + 'static) -> Self {
        Self {
            update: Box::new(update),
            stream: None,
            combine: None,
            select: None,
            thresholds: Vec::new(),
            entry: None,
        }
    }

    /// One that says at which length it takes another path.
    pub(crate) fn with_threshold(self, length: usize) -> Self {
        Self {
            thresholds: vec![length],
            ..self
        }
    }

    /// A function of the C ABI, called as by a caller who notices nothing of what it does to him.
    #[cfg_attr(
        not(target_arch = "x86_64"),
        expect(dead_code, reason = "its exhibits are machine code")
    )]
    pub(crate) fn machine(entry: RawEntry) -> Self {
        let update = move |checksum: u32, message: &[u8]| {
            audit::call_forgiving(&entry, checksum.into(), message) as u32
        };
        Self {
            entry: Some(entry),
            ..Self::of(update)
        }
    }

    /// One that is right, but for what is put in its place afterwards.
    pub(crate) fn right() -> Self {
        Self::of(crate::base::update)
    }
}

pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) exhibit: Exhibit,
}

impl Subject for Named {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn update(&self, checksum: u64, message: &[u8]) -> u64 {
        u64::from((self.exhibit.update)(checksum as u32, message))
    }

    fn stream(&self, checksum: u64) -> Option<Box<dyn Stream>> {
        let begin = self.exhibit.stream.as_ref()?;
        Some(begin(checksum as u32))
    }

    fn combine(&self, a: u64, b: u64, len_b: u64) -> Option<u64> {
        let combine = self.exhibit.combine.as_ref()?;
        Some(combine(a as u32, b as u32, len_b).into())
    }

    fn select(&self, features: Features) -> Option<Tier> {
        self.exhibit.select.as_ref().map(|select| select(features))
    }

    fn thresholds(&self) -> Vec<usize> {
        let mined = self.mined().into_iter().flat_map(|mined| mined.lengths);
        self.exhibit
            .thresholds
            .iter()
            .copied()
            .chain(mined)
            .collect()
    }

    fn entry(&self) -> Option<RawEntry> {
        self.exhibit.entry
    }
}
