//! Prepares instructions for this CPU, and executes them.

use super::aptness::is_apt;
use super::code::{self, Code};
use super::gate::Gate;
use super::level::Level;
use super::operand::{Operand, redirected};
use super::refusal;
use super::stack_pointer;
use super::stand_in::{self, OFFSETS, PAIRS, Place, StandIn};
use crate::executor::Executor;
use crate::fault::Fault;
use crate::memory::Memory;
use crate::state::State;
use crcheck_platform::mapping::Mapping;
use crcheck_platform::signal::{self, catch};
use iced_x86::{Instruction, InstructionInfoFactory, Mnemonic, OpKind, Register};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;
use std::io;

/// Executes instructions on this CPU.
pub struct Silicon {
    gate: Gate,
    extensions: BTreeSet<&'static str>,
    code: Code,
    stand_in: StandIn,
    /// Code and stand-ins, near each other, so that code reaches a stand-in through RIP.
    view: Mapping,
    uses: InstructionInfoFactory,
}

/// An instruction for [`Silicon`].
#[derive(Debug)]
pub struct Prepared(Kind);

#[derive(Debug)]
enum Kind {
    /// An address in the program, which LEA would compute from the address of its code.
    Constant {
        register: Register,
        value: u64,
    },
    Code(Box<Coded>),
}

#[derive(Debug)]
struct Coded {
    /// What is executed. An operand in memory has its address as its displacement.
    instruction: Instruction,
    has_memory: bool,
    operand: Option<Operand>,
    /// The register that stands for RSP.
    stack_pointer: Option<usize>,
    addresses: RefCell<Addresses>,
}

/// Where the code lies for each place of the operand; 0 where there is none yet.
#[derive(Debug, Default)]
struct Addresses {
    generation: u64,
    by_pair: [Option<Box<[u64; OFFSETS]>>; PAIRS],
}

impl fmt::Debug for Silicon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Silicon").finish_non_exhaustive()
    }
}

impl Silicon {
    /// With all that this CPU has.
    ///
    /// # Errors
    /// If the operating system refuses memory.
    pub fn new() -> io::Result<Self> {
        Self::at(Level::of_this_cpu())
    }

    /// With the registers of `level`, and the instructions that need no others.
    ///
    /// # Errors
    /// If this CPU lacks the level, or the operating system refuses memory.
    pub fn at(level: Level) -> io::Result<Self> {
        const { assert!(signal::SURVIVES) }
        let extensions = level.extensions()?;
        let gate = Gate::of(level);
        let mut view = Mapping::reserve(code::LEN_BYTES + stand_in::LEN_BYTES)?;
        Ok(Self {
            gate,
            extensions,
            code: Code::new(&mut view, gate.leave)?,
            stand_in: StandIn::new(&mut view, code::LEN_BYTES)?,
            view,
            uses: InstructionInfoFactory::new(),
        })
    }

    /// The address of a place for an operand.
    fn address_of(&self, place: Place) -> u64 {
        self.view.start() as u64 + (code::LEN_BYTES + place.distance) as u64
    }

    /// The address of the code for an operand at `place`.
    #[inline]
    fn code_for(&mut self, coded: &Coded, place: Place) -> Result<u64, Fault> {
        let mut addresses = coded.addresses.borrow_mut();
        if addresses.generation == self.code.generation()
            && let Some(by_offset) = &addresses.by_pair[place.pair]
            && by_offset[place.offset] != 0
        {
            return Ok(by_offset[place.offset]);
        }
        self.add_code(coded, &mut addresses, place)
    }

    #[cold]
    fn add_code(
        &mut self,
        coded: &Coded,
        addresses: &mut Addresses,
        place: Place,
    ) -> Result<u64, Fault> {
        self.code.make_room();
        let generation = self.code.generation();
        if addresses.generation != generation {
            *addresses = Addresses {
                generation,
                ..Addresses::default()
            };
        }
        let mut instruction = coded.instruction;
        if coded.has_memory {
            instruction.set_memory_displacement64(self.address_of(place));
        }
        let address = self.code.add(&instruction).ok_or(Fault::NotModelled)?;
        let by_offset = addresses.by_pair[place.pair].get_or_insert_with(|| Box::new([0; OFFSETS]));
        by_offset[place.offset] = address;
        Ok(address)
    }

    /// Executes the instruction, whose operand is at `place`.
    #[inline]
    fn enter(&mut self, coded: &Coded, state: &mut State, place: Place) -> Result<(), Stopped> {
        let code = self.code_for(coded, place).map_err(Stopped::Fault)?;
        let gate = self.gate;
        stack_pointer::exchange(state, coded.stack_pointer);
        // SAFETY: this CPU has the level, as `at` asks. `code_for` gives the code of an instruction
        // that `prepare` has found apt: it accesses no memory but the stand-in, and no longer names
        // RSP. `catch` survives its signals.
        let outcome = catch(|| unsafe { gate.enter(state, code) });
        stack_pointer::exchange(state, coded.stack_pointer);
        outcome.map_err(Stopped::Caught)
    }

    fn execute_code(
        &mut self,
        coded: &Coded,
        state: &mut State,
        memory: &mut Memory,
    ) -> Result<(), Fault> {
        let Some(operand) = &coded.operand else {
            let outcome = self.enter(coded, state, Place::ANY);
            return outcome.map_err(|stopped| stopped.fault(coded, None));
        };
        let address = operand.address.address(state);
        operand.check_canonical(address)?;
        let place = self.stand_in.bring(operand, address, memory);
        let before = match operand.is_written {
            true => self.stand_in.copy(operand, address, place),
            false => [0; 64],
        };
        if let Err(stopped) = self.enter(coded, state, place) {
            let accessed = (operand, address, self.address_of(place));
            return Err(stopped.fault(coded, Some(accessed)));
        }
        if operand.is_written {
            let after = self.stand_in.copy(operand, address, place);
            stand_in::take_back(operand, address, &before, &after, memory)?;
        }
        Ok(())
    }
}

/// Why an instruction was not executed.
enum Stopped {
    Fault(Fault),
    Caught(signal::Caught),
}

impl Stopped {
    #[cold]
    fn fault(self, coded: &Coded, accessed: refusal::Accessed<'_>) -> Fault {
        match self {
            Self::Fault(fault) => fault,
            Self::Caught(caught) => refusal::fault(&coded.instruction, &caught, accessed),
        }
    }
}

impl Executor for Silicon {
    type Prepared = Prepared;

    const NAME: &'static str = "silicon";

    fn prepare(&mut self, instruction: &Instruction) -> Option<Prepared> {
        if !is_apt(instruction, &self.extensions) {
            return None;
        }
        let is_address = instruction.mnemonic() == Mnemonic::Lea;
        if is_address && instruction.is_ip_rel_memory_operand() {
            return Some(Prepared(Kind::Constant {
                register: instruction.op0_register(),
                value: instruction.memory_displacement64(),
            }));
        }
        let operand = Operand::of(instruction, self.uses.info(instruction))?;
        let has_memory = !is_address
            && (0..instruction.op_count()).any(|i| instruction.op_kind(i) == OpKind::Memory);
        let moved = match has_memory {
            true => redirected(instruction),
            false => *instruction,
        };
        let (mut moved, stack_pointer) = stack_pointer::replaced(&moved);
        if has_memory {
            moved.set_memory_displacement64(self.address_of(Place::ANY));
        }
        let coded = Coded {
            instruction: moved,
            has_memory,
            operand,
            stack_pointer,
            addresses: RefCell::default(),
        };
        let is_encoded = self.code.can_encode(&moved);
        is_encoded.then(|| Prepared(Kind::Code(Box::new(coded))))
    }

    #[inline]
    fn execute(
        &mut self,
        prepared: &Prepared,
        state: &mut State,
        memory: &mut Memory,
    ) -> Result<(), Fault> {
        match &prepared.0 {
            Kind::Constant { register, value } => {
                state.set_general(*register, *value);
                Ok(())
            }
            Kind::Code(coded) => self.execute_code(coded, state, memory),
        }
    }
}
