//! A machine on the bench: code of a few bytes, and a CPU to run it on.

use crcheck_machine::{Call, Cpu, CpuidTable, Machine, Protection, Returned, State, Stopped};
use std::sync::Arc;

/// Where the code lies.
pub(crate) const CODE: u64 = 0x1000_0000_0000;

/// Where two pages of data lie.
pub(crate) const DATA: u64 = 0x1000_0010_0000;
pub(crate) const DATA_BYTES: u64 = 0x2000;

/// Answers every leaf by the leaf and the subleaf themselves.
struct Echo {
    xcr0: Option<u64>,
}

impl CpuidTable for Echo {
    fn cpuid(&self, leaf: u32, subleaf: u32) -> [u32; 4] {
        [leaf ^ 0xffff_ffff, 2, subleaf ^ 0xffff_ffff, 4]
    }

    fn xcr0(&self) -> Option<u64> {
        self.xcr0
    }
}

pub(crate) fn cpu(extensions: &[&str], xcr0: Option<u64>) -> Cpu {
    Cpu {
        name: "bench".to_owned(),
        extensions: extensions.iter().map(|&name| name.to_owned()).collect(),
        cpuid: Arc::new(Echo { xcr0 }),
    }
}

pub(crate) const READ_WRITE: Protection = Protection {
    can_read: true,
    can_write: true,
    can_execute: false,
};

pub(crate) const READ_EXECUTE: Protection = Protection {
    can_read: true,
    can_write: false,
    can_execute: true,
};

/// A machine with `code` at [`CODE`] and zeros at [`DATA`].
pub(crate) fn machine(code: &[u8]) -> Machine {
    let mut machine = Machine::new(cpu(&[], None)).expect("the mappings of this process");
    let memory = machine.memory();
    memory.map(CODE..CODE + 0x1000, READ_EXECUTE, code);
    memory.map(DATA..DATA + DATA_BYTES, READ_WRITE, &[]);
    machine
}

/// A call of the code at `address`.
pub(crate) fn call_of(address: u64, arguments: [u64; 6]) -> Call {
    Call {
        address,
        arguments,
        registers: Box::default(),
        stack_offset_bytes: 8,
        stack_fill: 0xa5,
        step_max: 1_000_000,
    }
}

/// Calls `code`.
pub(crate) fn run(code: &[u8], arguments: [u64; 6]) -> Result<Returned, Box<Stopped>> {
    machine(code).call(&call_of(CODE, arguments))
}

/// The result of `code`.
pub(crate) fn result(code: &[u8], arguments: [u64; 6]) -> u64 {
    let returned = run(code, arguments).expect("a return");
    returned.state.general[State::RAX]
}
