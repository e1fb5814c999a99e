//! Fetches, decodes and executes a function until it returns.

use crate::cpu::Cpu;
use crate::fault::Fault;
use crate::memory::Memory;
use crate::state::State;
use std::collections::BTreeSet;
use std::io;
use std::ops::Range;

/// A call of a function of the System V ABI.
#[derive(Clone, Debug)]
pub struct Call {
    /// Where its code begins.
    pub address: u64,
    /// rdi, rsi, rdx, rcx, r8, r9.
    pub arguments: [u64; 6],
    /// Every other register that the function finds. [`Machine::call`] sets the argument
    /// registers, the stack pointer and the address.
    pub registers: Box<State>,
    /// How far the stack pointer at entry lies below a multiple of 4096, in bytes: 8 modulo 16 by
    /// the ABI.
    pub stack_offset_bytes: u64,
    /// What the stack below it holds, repeated.
    pub stack_fill: u8,
    /// How many instructions it may execute.
    pub step_max: u64,
}

/// What a call left behind.
#[derive(Debug)]
pub struct Returned {
    /// The registers after the return instruction.
    pub state: Box<State>,
    /// The stack pointer at entry.
    pub stack_pointer: u64,
    /// How far below the return address it wrote, in bytes.
    pub stack_bytes: u64,
    /// How many instructions it executed.
    pub steps: u64,
}

/// A call that did not return.
#[derive(Debug)]
pub struct Stopped {
    pub fault: Fault,
    /// The registers before the instruction; [`State::ip`] is where it stands.
    pub state: Box<State>,
    /// The instruction's bytes, as far as they can be read.
    pub bytes: Vec<u8>,
    /// How many instructions were executed before it.
    pub steps: u64,
}

/// Interprets calls on one CPU, in the memory of this process. What interpreted code stores lies in
/// an overlay: this process does not see it.
pub struct Machine {
    cpu: Cpu,
    memory: Memory,
}

impl Machine {
    /// A machine with this CPU, whose instructions software executes.
    ///
    /// # Errors
    /// If this process cannot read what it has mapped.
    pub fn new(cpu: Cpu) -> io::Result<Self> {
        Ok(Self {
            cpu,
            memory: Memory::of_this_process()?,
        })
    }

    pub fn cpu(&self) -> &Cpu {
        &self.cpu
    }

    /// Another CPU from now on. What was stored stays.
    pub fn set_cpu(&mut self, cpu: Cpu) {
        self.cpu = cpu;
    }

    pub fn memory(&mut self) -> &mut Memory {
        &mut self.memory
    }

    /// States the code that is judged. Outside of it, as in the C library, an instruction that the
    /// CPU lacks is executed all the same: that code has asked this machine's CPU, not ours.
    pub fn set_judged_code(&mut self, code: Vec<Range<u64>>) {
        drop(code);
    }

    /// Interprets a call.
    ///
    /// # Errors
    /// What has stopped it.
    pub fn call(&mut self, call: &Call) -> Result<Returned, Box<Stopped>> {
        let mut state = call.registers.clone();
        state.ip = call.address;
        Err(Box::new(Stopped {
            fault: Fault::NotModelled,
            state,
            bytes: Vec::new(),
            steps: 0,
        }))
    }

    /// How many instructions all calls have executed so far.
    pub fn steps(&self) -> u64 {
        0
    }

    /// The extensions that judged code has executed so far, by the names that compilers use.
    pub fn executed_extensions(&self) -> &BTreeSet<String> {
        const NONE: &BTreeSet<String> = &BTreeSet::new();
        NONE
    }
}
