//! What interpreted code is told of its CPU, and what that CPU lacks.

use crcheck_platform::extension;
use iced_x86::Instruction;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

/// The answers of CPUID and XGETBV.
pub trait CpuidTable: Send + Sync {
    /// EAX, EBX, ECX and EDX.
    fn cpuid(&self, leaf: u32, subleaf: u32) -> [u32; 4];

    /// XCR0; `None` if XGETBV is an illegal instruction there.
    fn xcr0(&self) -> Option<u64>;
}

/// The CPU that interpreted code runs on.
#[derive(Clone)]
pub struct Cpu {
    /// Its name in reports.
    pub name: String,
    /// The extensions that it has, by the names that compilers use, those that every CPU of x86-64
    /// has apart.
    pub extensions: BTreeSet<String>,
    /// What it answers.
    pub cpuid: Arc<dyn CpuidTable>,
}

impl fmt::Debug for Cpu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Cpu");
        debug.field("name", &self.name);
        debug
            .field("extensions", &self.extensions)
            .finish_non_exhaustive()
    }
}

impl Cpu {
    /// The extensions that `instruction` needs and this CPU lacks.
    pub fn lacks(&self, instruction: &Instruction) -> Vec<String> {
        let mut needed = extension::needed(instruction);
        needed.retain(|name| !self.extensions.contains(name));
        needed
    }
}
