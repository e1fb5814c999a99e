//! A function of this program, interpreted.

use super::alone;
use super::caller::InterpretedCaller;
use super::calls::Calls;
use super::program::ProgramCode;
use super::target::{Function, Target};
use super::tier::entry_at;
use crate::caller::Caller;
use crate::capabilities::Capabilities;
use crate::executed_by::ExecutedBy;
use crate::interpreted::Interpreted;
use crate::rate::Pace;
use crate::subject::Subject;
use crate::subject_name::SubjectName;
use crcheck_kernel::Tier;
use crcheck_machine::Cpu;
use crcheck_platform::raw_entry::RawEntry;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

/// A function of the C ABI: checksum, address and length of the message.
pub type ProgramEntry = unsafe extern "C" fn(u32, *const u8, usize) -> u32;

/// A function of this program, interpreted on a CPU. It need not be able to run on this one.
#[derive(Debug)]
pub struct InterpretedFunction {
    name: SubjectName,
    entry: RawEntry,
    cpu: Cpu,
    /// The tier whose code it runs on that CPU.
    tier: Option<Tier>,
    instructions: AtomicU64,
}

impl InterpretedFunction {
    /// The function at `entry`, which only interpreters call. It runs the code of `tier`.
    pub fn new(name: SubjectName, entry: ProgramEntry, cpu: Cpu, tier: Option<Tier>) -> Self {
        Self {
            name,
            entry: entry_at(entry as usize),
            cpu,
            tier,
            instructions: AtomicU64::new(0),
        }
    }
}

impl Target for InterpretedFunction {
    fn open(&self, calls: &mut Calls) -> io::Result<Box<dyn Function + '_>> {
        Ok(Box::new(ProgramCode::judge(calls)?.function(self.entry)))
    }
}

impl Interpreted for InterpretedFunction {
    fn open(&self, capacity_bytes: usize) -> io::Result<Box<dyn Caller + '_>> {
        let counter = Some(&self.instructions);
        let caller = InterpretedCaller::open(self, &self.cpu, capacity_bytes, counter)?;
        Ok(Box::new(caller))
    }

    fn tier(&self) -> Option<Tier> {
        self.tier
    }
}

impl Subject for InterpretedFunction {
    fn name(&self) -> SubjectName {
        self.name.clone()
    }

    fn update(&self, checksum: u64, message: &[u8]) -> u64 {
        alone::update(self, &self.cpu, checksum, message)
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            pace: Pace::Software,
            executed_by: ExecutedBy::Interpretation,
            ..Capabilities::default()
        }
    }

    fn entered(&self) -> Option<u64> {
        Some(self.instructions.load(Ordering::Relaxed))
    }

    fn interpreted(&self) -> Option<&dyn Interpreted> {
        Some(self)
    }
}
