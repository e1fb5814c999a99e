//! The kernel's dispatcher, interpreted: the first use asks the interpreted CPU, and not this one.

use super::alone;
use super::caller::InterpretedCaller;
use super::calls::Calls;
use super::program::{ProgramCode, refused};
use super::stopped::Halt;
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
use crcheck_kernel::cpu::Features;
use crcheck_machine::Cpu;
use crcheck_platform::raw_entry::RawEntry;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

/// The built-in kernel as its users call it, on a CPU that it has not asked before. Its choice is
/// kept in the interpreter's memory, and this process keeps its own.
#[derive(Debug)]
pub struct InterpretedDispatcher {
    cpu: Cpu,
    patches: Vec<(u64, Vec<u8>)>,
    instructions: AtomicU64,
}

impl InterpretedDispatcher {
    /// The dispatcher on `cpu`.
    ///
    /// # Errors
    /// The reason why it cannot be interpreted.
    pub fn new(cpu: Cpu) -> Result<Self, String> {
        if kernel::functions().is_none() {
            return Err("machine code of x86-64 alone is interpreted".to_owned());
        }
        Ok(Self {
            cpu,
            patches: Vec::new(),
            instructions: AtomicU64::new(0),
        })
    }

    /// The dispatcher with these bytes at these addresses, for the interpreter alone.
    #[must_use]
    pub fn with_patches(self, patches: Vec<(u64, Vec<u8>)>) -> Self {
        Self { patches, ..self }
    }

    /// The tier that it chooses, and the features that it sees.
    ///
    /// # Errors
    /// What stopped the call.
    ///
    /// # Panics
    /// If the operating system refuses the memory.
    pub fn choice(&self) -> Result<(Tier, Features), Halt> {
        let detection = Detection(self);
        let word = alone::call_alone(&detection, &self.cpu, 0, &[])?;
        Ok(kernel::detected(word).expect("a word of the kernel's own"))
    }

    fn prepare(&self, calls: &mut Calls) -> io::Result<ProgramCode> {
        let code = ProgramCode::judge(calls)?;
        let first_use = kernel::before_the_first_call();
        for (address, bytes) in first_use.iter().chain(&self.patches) {
            let patched = calls.machine().memory().patch(*address, bytes);
            patched.map_err(|fault| refused(*address, &fault))?;
        }
        Ok(code)
    }
}

/// The function that answers the dispatcher's choice.
struct Detection<'d>(&'d InterpretedDispatcher);

impl Target for Detection<'_> {
    fn open(&self, calls: &mut Calls) -> io::Result<Box<dyn Function + '_>> {
        let [_, detection] = kernel::functions().ok_or(io::ErrorKind::Unsupported)?;
        // SAFETY: the kernel's function without arguments lives as long as the process.
        let entry = unsafe { RawEntry::new(detection, &[], 64) };
        Ok(Box::new(self.0.prepare(calls)?.function(entry)))
    }
}

impl Target for InterpretedDispatcher {
    fn open(&self, calls: &mut Calls) -> io::Result<Box<dyn Function + '_>> {
        let [dispatcher, _] = kernel::functions().ok_or(io::ErrorKind::Unsupported)?;
        let code = self.prepare(calls)?;
        Ok(Box::new(code.function(entry_at(dispatcher))))
    }
}

impl Interpreted for InterpretedDispatcher {
    fn open(&self, capacity_bytes: usize) -> io::Result<Box<dyn Caller + '_>> {
        let counter = Some(&self.instructions);
        let caller = InterpretedCaller::open(self, &self.cpu, capacity_bytes, counter)?;
        Ok(Box::new(caller))
    }
}

impl Subject for InterpretedDispatcher {
    fn name(&self) -> SubjectName {
        SubjectName::Own(format!("dispatcher on {}", self.cpu.name))
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

#[cfg(target_arch = "x86_64")]
mod kernel {
    use crcheck_kernel::raw;

    pub(super) use raw::detected;

    /// The addresses of the dispatcher and of its detection.
    pub(super) fn functions() -> Option<[usize; 2]> {
        Some([raw::dispatcher() as usize, raw::detection() as usize])
    }

    /// The bytes that make the next call the first.
    pub(super) fn before_the_first_call() -> Vec<(u64, Vec<u8>)> {
        let [address, word] = raw::before_the_first_call();
        vec![(address as u64, word.to_le_bytes().to_vec())]
    }
}

#[cfg(not(target_arch = "x86_64"))]
mod kernel {
    use crcheck_kernel::Tier;
    use crcheck_kernel::cpu::Features;

    pub(super) fn functions() -> Option<[usize; 2]> {
        None
    }

    pub(super) fn detected(_: u64) -> Option<(Tier, Features)> {
        None
    }

    pub(super) fn before_the_first_call() -> Vec<(u64, Vec<u8>)> {
        Vec::new()
    }
}
