//! What stops an instruction.

/// What an access was to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessKind {
    Read,
    Write,
    Execute,
}

/// Why an instruction was not executed. The state is as before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A page that is not there, or that does not allow the access. `address` is that of the first
    /// byte that was refused.
    Page { address: u64, access: AccessKind },
    /// An operand that is not aligned as the instruction demands, in bytes.
    Misaligned {
        address: u64,
        len_bytes: usize,
        alignment: usize,
    },
    /// An address that is not canonical: its upper 17 bits differ.
    NotCanonical { address: u64 },
    /// The CPU lacks these extensions.
    Lacks(Vec<String>),
    /// No CPU knows it, as UD2 or bytes that are no instruction.
    Undefined,
    /// A division by zero, or a quotient that does not fit.
    Divide,
    /// INT3 and other software interrupts.
    Interrupt,
    /// SYSCALL, SYSENTER, or INT 80h.
    SystemCall,
    /// An instruction that no executor knows, or a form of it.
    NotModelled,
    /// Code that the interpreted code has written itself.
    WrittenCode,
    /// The call has executed as many instructions as it may.
    OutOfSteps,
}
