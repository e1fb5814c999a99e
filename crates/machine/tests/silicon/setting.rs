//! Memory, registers and instructions of the tests.

use crcheck_machine::silicon::{Level, Silicon};
use crcheck_machine::{Executor, Fault, Flag, Memory, Protection, State, Vector};
use crcheck_platform::rng::SplitMix64;
use iced_x86::{Decoder, DecoderOptions, Encoder, IcedError, Instruction, MemoryOperand, Register};

/// Where instructions stand.
pub(crate) const IP: u64 = 0x6000_0000_0000;

/// Two pages that can be written. The page before them and the one behind cannot be accessed.
pub(crate) const OPEN: u64 = 0x6000_1000_1000;
pub(crate) const END: u64 = OPEN + 0x2000;

/// A page that can be written, and behind it one that can only be read.
pub(crate) const MIXED: u64 = 0x6000_1001_0000;
pub(crate) const FIXED: u64 = MIXED + 0x1000;

pub(crate) const CAN_READ: Protection = Protection {
    can_read: true,
    can_write: false,
    can_execute: false,
};

pub(crate) const CAN_WRITE: Protection = Protection {
    can_write: true,
    ..CAN_READ
};

/// The bytes of the regions.
pub(crate) fn byte(address: u64) -> u8 {
    (address.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8
}

pub(crate) fn memory() -> Memory {
    let mut memory = Memory::of_this_process().expect("memory");
    let regions = [
        (OPEN..END, CAN_WRITE),
        (MIXED..FIXED, CAN_WRITE),
        (FIXED..FIXED + 0x1000, CAN_READ),
    ];
    for (region, protection) in regions {
        let bytes: Vec<u8> = region.clone().map(byte).collect();
        memory.map(region, protection, &bytes);
    }
    memory
}

/// What the instruction was made of may not be what the decoder says of its bytes.
pub(crate) fn decoded(instruction: Result<Instruction, IcedError>) -> Instruction {
    let instruction = instruction.expect("operands that fit");
    let mut encoder = Encoder::new(64);
    encoder.encode(&instruction, IP).expect("an encoding");
    let bytes = encoder.take_buffer();
    Decoder::with_ip(64, &bytes, IP, DecoderOptions::NONE).decode()
}

pub(crate) fn base(register: Register, displacement: i64) -> MemoryOperand {
    MemoryOperand::with_base_displ(register, displacement)
}

/// A state in which every register has a value of its own.
pub(crate) fn random_state(rng: &mut SplitMix64) -> State {
    let mut state = State::default();
    for Vector(bytes) in &mut state.vectors {
        rng.fill(bytes);
    }
    let words = state.general.iter_mut().chain(&mut state.masks);
    words.for_each(|word| *word = rng.next_u64());
    let flags = Flag::ARITHMETIC | Flag::Direction.mask();
    state.flags ^= rng.next_u64() & flags;
    // Rounding, denormals as zeros, and the sticky bits.
    state.mxcsr ^= rng.next_u64() as u32 & 0xe07f;
    state.ip = rng.next_u64();
    state.fs_base = rng.next_u64();
    state.gs_base = rng.next_u64();
    state
}

/// The levels that this CPU has; each lower one runs here too.
pub(crate) fn levels() -> Vec<Silicon> {
    let levels = Level::ALL
        .into_iter()
        .take_while(|level| *level <= Level::of_this_cpu());
    levels
        .map(|level| Silicon::at(level).expect("memory"))
        .collect()
}

pub(crate) fn highest() -> Silicon {
    Silicon::new().expect("memory")
}

/// Executes `instruction`; `None` if this CPU lacks it.
pub(crate) fn execute(
    silicon: &mut Silicon,
    instruction: &Instruction,
    state: &mut State,
    memory: &mut Memory,
) -> Option<Result<(), Fault>> {
    let prepared = silicon.prepare(instruction)?;
    let before = state.clone();
    let outcome = silicon.execute(&prepared, state, memory);
    assert!(
        outcome.is_ok() || *state == before,
        "a fault changes nothing"
    );
    Some(outcome)
}

/// Executes `instruction`, which every CPU has, without a fault.
pub(crate) fn execute_well(instruction: &Instruction, state: &mut State, memory: &mut Memory) {
    let outcome = execute(&mut highest(), instruction, state, memory);
    assert_eq!(outcome, Some(Ok(())), "{:?}", instruction.code());
}
