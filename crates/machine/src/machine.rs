//! Fetches, decodes and executes a function until it returns.

use crate::account::Account;
use crate::blocks::{self, Action, Block, Blocks};
use crate::control;
use crate::cpu::Cpu;
use crate::executors::Executors;
use crate::fault::Fault;
use crate::memory::Memory;
use crate::state::State;
use iced_x86::Instruction;
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

/// Where the stack of a call lies. The addresses below it and above it stay unmapped.
const STACK: Range<u64> = 0x3000_0000_0000..0x3000_0011_0000;

/// What of the stack lies above the stack pointer at entry, as those of callers do.
const ABOVE_STACK_BYTES: u64 = 0x1_0000;

/// Where a call returns to. No code is there.
const RETURN_ADDRESS: u64 = STACK.end + 0x1000;

/// Interprets calls on one CPU, in the memory of this process. What interpreted code stores lies in
/// an overlay: this process does not see it.
pub struct Machine {
    cpu: Cpu,
    memory: Memory,
    blocks: Blocks,
    executors: Executors,
    account: Account,
    /// What lies above the return address.
    frame: Vec<u8>,
    steps: u64,
}

impl Machine {
    /// A machine with this CPU. Software executes its instructions, and the CPU at hand those that
    /// software does not know.
    ///
    /// # Errors
    /// If this process cannot read what it has mapped.
    pub fn new(cpu: Cpu) -> io::Result<Self> {
        let mut memory = Memory::of_this_process()?;
        memory.map_stack(STACK);
        Ok(Self {
            cpu,
            memory,
            blocks: Blocks::new(),
            executors: Executors::default(),
            account: Account::default(),
            frame: Vec::new(),
            steps: 0,
        })
    }

    pub fn cpu(&self) -> &Cpu {
        &self.cpu
    }

    /// Another CPU from now on. What was stored stays.
    pub fn set_cpu(&mut self, cpu: Cpu) {
        self.cpu = cpu;
        self.blocks.clear();
    }

    /// Its memory. Ask for it again after this process has mapped or unmapped something.
    pub fn memory(&mut self) -> &mut Memory {
        self.memory.look_again();
        &mut self.memory
    }

    /// Where the stack of each call lies.
    pub const fn stack(&self) -> Range<u64> {
        STACK
    }

    /// States what lies above the return address of each call from now on: the caller's frame.
    ///
    /// # Panics
    /// If it has more bytes than lie there.
    pub fn set_frame(&mut self, frame: Vec<u8>) {
        assert!(frame.len() as u64 <= ABOVE_STACK_BYTES, "a longer frame");
        self.frame = frame;
    }

    /// States the code that is judged; all code without a range. Outside of it, as in the C
    /// library, an instruction that the CPU lacks is executed all the same: that code has asked
    /// this machine's CPU, not ours.
    pub fn set_judged_code(&mut self, code: Vec<Range<u64>>) {
        self.blocks.set_judged(code);
    }

    /// States whether this CPU executes each instruction that it has, one at a time, or only those
    /// that software does not know. Software is first unless this says otherwise.
    ///
    /// # Errors
    /// If this process cannot have its CPU execute single instructions.
    pub fn prefer_silicon(&mut self, prefers_silicon: bool) -> io::Result<()> {
        self.blocks.clear();
        self.executors.prefer_silicon(prefers_silicon)
    }

    /// Interprets a call. Its stack holds nothing of earlier calls.
    ///
    /// # Errors
    /// What has stopped it.
    pub fn call(&mut self, call: &Call) -> Result<Returned, Box<Stopped>> {
        let mut state = call.registers.clone();
        let stack_pointer = STACK.end - ABOVE_STACK_BYTES - call.stack_offset_bytes;
        self.enter(call, stack_pointer, &mut state);
        let mut steps = 0;
        let ended = self.run(&mut state, call.step_max, &mut steps);
        self.steps += steps;
        match ended {
            Ok(()) => Ok(Returned {
                stack_bytes: stack_pointer - self.memory.stack_lowest().min(stack_pointer),
                state,
                stack_pointer,
                steps,
            }),
            Err(fault) => Err(Box::new(Stopped {
                fault,
                bytes: blocks::bytes_at(state.ip, &mut self.memory),
                state,
                steps,
            })),
        }
    }

    /// Sets up the registers and the stack of `call`.
    fn enter(&mut self, call: &Call, stack_pointer: u64, state: &mut State) {
        if self.memory.begin_call(call.stack_fill) {
            self.blocks.clear();
        }
        let arguments = [State::RDI, State::RSI, State::RDX, State::RCX, 8, 9];
        for (register, argument) in arguments.into_iter().zip(call.arguments) {
            state.general[register] = argument;
        }
        state.general[State::RSP] = stack_pointer;
        state.ip = call.address;
        if state.fs_base == 0 {
            state.fs_base = self.memory.thread_pointer();
        }
        let return_address = RETURN_ADDRESS.to_le_bytes();
        let written = self.memory.write(stack_pointer, &return_address);
        let written = written.and_then(|()| self.memory.write(stack_pointer + 8, &self.frame));
        written.expect("the stack is mapped");
    }

    fn run(&mut self, state: &mut State, step_max: u64, steps: &mut u64) -> Result<(), Fault> {
        while state.ip != RETURN_ADDRESS {
            let left = step_max - *steps;
            let (memory, executors) = (&mut self.memory, &mut self.executors);
            let block = self.blocks.at(state.ip, memory, &self.cpu, executors)?;
            let mut run = BlockRun {
                executors: &mut self.executors,
                memory: &mut self.memory,
                cpu: &self.cpu,
                steps: 0,
            };
            let (done, ended) = run.execute(block, state, left);
            *steps += run.steps;
            if done > block.counted && block.is_judged {
                count(&mut self.account, block, done);
            }
            ended?;
        }
        Ok(())
    }

    /// How many instructions all calls have executed so far.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The extensions that judged code has executed so far, by the names that compilers use. CPUID
    /// and XGETBV, which ask for extensions, are none.
    pub fn executed_extensions(&self) -> &BTreeSet<String> {
        self.account.extensions()
    }

    /// An instruction of each form that judged code has executed so far, without those that the
    /// machine executes itself: branches, the stack, strings.
    pub fn executed_forms(&self) -> impl Iterator<Item = &Instruction> {
        self.account.forms()
    }
}

/// Counts the first `done` instructions of the block.
#[cold]
fn count(account: &mut Account, block: &mut Block, done: usize) {
    for i in block.counted..done {
        let instruction = &block.instructions[i];
        account.count_extensions(instruction);
        if !matches!(block.actions[i], Action::Control(_)) {
            account.count_form(instruction);
        }
    }
    block.counted = done;
}

/// What executes a block.
struct BlockRun<'a> {
    executors: &'a mut Executors,
    memory: &'a mut Memory,
    cpu: &'a Cpu,
    steps: u64,
}

impl BlockRun<'_> {
    /// Executes a block within `left` steps. Returns how many of its instructions are done.
    #[inline]
    fn execute(
        &mut self,
        block: &Block,
        state: &mut State,
        left: u64,
    ) -> (usize, Result<(), Fault>) {
        for (i, action) in block.actions.iter().enumerate() {
            if self.steps >= left {
                state.ip = block.instructions[i].ip();
                return (i, Err(Fault::OutOfSteps));
            }
            let ended = match action {
                Action::Execute(prepared) => self.executors.execute(prepared, state, self.memory),
                Action::Control(op) => {
                    state.ip = block.instructions[i].next_ip();
                    self.control(op, state, left)
                }
                Action::Stop(fault) => Err(fault.clone()),
            };
            if let Err(fault) = ended {
                state.ip = block.instructions[i].ip();
                return (i, Err(fault));
            }
            self.steps += 1;
        }
        if !matches!(block.actions.last(), Some(Action::Control(_))) {
            state.ip = block.end;
        }
        (block.actions.len(), Ok(()))
    }

    fn control(&mut self, op: &control::Op, state: &mut State, left: u64) -> Result<(), Fault> {
        let budget = left - self.steps;
        self.steps += control::execute(op, state, self.memory, self.cpu, budget)?;
        Ok(())
    }
}
