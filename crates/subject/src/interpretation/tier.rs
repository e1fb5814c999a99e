//! A tier of the kernel, interpreted.

use super::alone;
use super::caller::InterpretedCaller;
use super::calls::Calls;
use super::program::{ProgramCode, refused};
use super::target::{Function, Target};
use crate::caller::Caller;
use crate::capabilities::{Capabilities, TierCode};
use crate::executed_by::ExecutedBy;
use crate::interpreted::Interpreted;
use crate::rate::Pace;
use crate::subject::Subject;
use crate::subject_name::SubjectName;
use crcheck_kernel::Tier;
use crcheck_machine::Cpu;
use crcheck_platform::raw_entry::{Argument, IntegerBits, RawEntry};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

/// One tier of the built-in kernel, as it is shipped, interpreted on a CPU.
#[derive(Debug)]
pub struct InterpretedTier {
    tier: Tier,
    entry: RawEntry,
    cpu: Cpu,
    patches: Vec<(u64, Vec<u8>)>,
    instructions: AtomicU64,
}

impl InterpretedTier {
    /// `tier` on `cpu`.
    ///
    /// # Errors
    /// The reason why its code is not part of this program.
    pub fn new(tier: Tier, cpu: Cpu) -> Result<Self, String> {
        let address = raw_entry(tier).ok_or_else(|| {
            format!("the code of {tier} is not part of this program, which is for another CPU")
        })?;
        Ok(Self {
            tier,
            entry: entry_at(address),
            cpu,
            patches: Vec::new(),
            instructions: AtomicU64::new(0),
        })
    }

    /// The tier with these bytes at these addresses, for the interpreter alone.
    #[must_use]
    pub fn with_patches(self, patches: Vec<(u64, Vec<u8>)>) -> Self {
        Self { patches, ..self }
    }

    pub fn tier(&self) -> Tier {
        self.tier
    }

    pub fn cpu(&self) -> &Cpu {
        &self.cpu
    }

    /// The address where its code begins.
    pub fn address(&self) -> u64 {
        self.entry.address() as u64
    }
}

/// The function that tiers are in the C ABI: checksum, address and length of the message.
pub(super) fn entry_at(address: usize) -> RawEntry {
    let arguments = [
        Argument::Checksum(IntegerBits::B32),
        Argument::Message,
        Argument::Length(IntegerBits::ADDRESS),
    ];
    // SAFETY: the kernel's function of this type lives as long as the process. Only interpreters
    // call it: the entry does not leave this module.
    unsafe { RawEntry::new(address, &arguments, 32) }
}

#[cfg(target_arch = "x86_64")]
fn raw_entry(tier: Tier) -> Option<usize> {
    tier.raw_entry().map(|address| address as usize)
}

#[cfg(not(target_arch = "x86_64"))]
fn raw_entry(_: Tier) -> Option<usize> {
    None
}

impl Target for InterpretedTier {
    fn open(&self, calls: &mut Calls) -> io::Result<Box<dyn Function + '_>> {
        let code = ProgramCode::judge(calls)?;
        for (address, bytes) in &self.patches {
            let patched = calls.machine().memory().patch(*address, bytes);
            patched.map_err(|fault| refused(*address, &fault))?;
        }
        Ok(Box::new(code.function(self.entry)))
    }
}

impl Interpreted for InterpretedTier {
    fn open(&self, capacity_bytes: usize) -> io::Result<Box<dyn Caller + '_>> {
        let counter = Some(&self.instructions);
        let caller = InterpretedCaller::open(self, &self.cpu, capacity_bytes, counter)?;
        Ok(Box::new(caller))
    }
}

impl Subject for InterpretedTier {
    fn name(&self) -> SubjectName {
        SubjectName::Tier(self.tier)
    }

    fn update(&self, checksum: u64, message: &[u8]) -> u64 {
        alone::update(self, &self.cpu, checksum, message)
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            thresholds: self.tier.thresholds().to_vec(),
            pace: Pace::Software,
            tier: Some(TierCode {
                tier: self.tier,
                is_native: true,
            }),
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
