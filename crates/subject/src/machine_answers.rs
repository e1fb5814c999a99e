//! What a machine answers when a program asks for its features.

use std::cell::Cell;

/// The answers of a machine of one architecture.
#[derive(Debug)]
pub enum MachineAnswers {
    /// CPUID and XCR0.
    X86_64(CpuidAnswers),
    /// AT_HWCAP; `None` if nothing can read it.
    Aarch64(Option<u64>),
    /// RISCV_HWPROBE_KEY_IMA_EXT_0; `None` if the operating system does not know it.
    Riscv64(Option<u64>),
}

/// The answers of an x86-64 to CPUID and XGETBV.
#[derive(Debug)]
pub struct CpuidAnswers {
    leaves: Vec<(u32, [u32; 4])>,
    xcr0: u64,
    faulted: Cell<bool>,
}

impl CpuidAnswers {
    /// A machine with these leaves: their numbers in order, and EAX, EBX, ECX and EDX of each.
    pub const fn new(leaves: Vec<(u32, [u32; 4])>, xcr0: u64) -> Self {
        Self {
            leaves,
            xcr0,
            faulted: Cell::new(false),
        }
    }

    /// EAX, EBX, ECX and EDX of a leaf, subleaf 0. A leaf above the highest has the words of the
    /// highest, as on Intel's CPUs; one that the machine skips has zeros (Intel SDM 2A, CPUID).
    pub fn leaf(&self, number: u32) -> [u32; 4] {
        let last = self.leaves.last().filter(|(highest, _)| number > *highest);
        let own = || self.leaves.iter().find(|(leaf, _)| *leaf == number);
        last.or_else(own).map_or([0; 4], |(_, words)| *words)
    }

    /// What XGETBV reads. Without OSXSAVE it reads nothing: it faults, see
    /// [`CpuidAnswers::has_faulted`].
    pub fn xcr0(&self) -> u64 {
        let has_osxsave = self.leaf(1)[2] >> 27 & 1 == 1;
        if !has_osxsave {
            self.faulted.set(true);
        }
        self.xcr0
    }

    /// Whether somebody has executed XGETBV where it is an illegal instruction.
    pub fn has_faulted(&self) -> bool {
        self.faulted.get()
    }
}
