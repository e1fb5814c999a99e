//! The instructions that a tier executes, with the registers that they find, from interpreted
//! calls that are stopped before each of them.

use crcheck_harness::kernel::Tier;
use crcheck_harness::machine::{Call, Cpu, Fault, Machine, State};
use crcheck_harness::platform::rng::SplitMix64;
use crcheck_harness::subject::interpretation::InterpretedTier;
use iced_x86::{Decoder, DecoderOptions, Instruction};
use std::collections::BTreeMap;

/// The lengths of the messages, in bytes: both sides of vectors and of blocks of them.
const LENGTHS: [usize; 36] = [
    0, 1, 3, 4, 7, 8, 9, 13, 15, 16, 17, 29, 31, 32, 33, 45, 48, 61, 63, 64, 65, 95, 100, 127, 128,
    129, 190, 255, 256, 300, 383, 511, 512, 639, 640, 1100,
];

/// How many instructions of a call are followed.
const STEPS_MAX: u64 = 4000;

/// With how many register files each instruction is kept.
const STATES_MAX: usize = 24;

/// An instruction that was executed, and registers that it found.
pub(crate) struct Followed {
    pub(crate) instruction: Instruction,
    pub(crate) states: Vec<State>,
}

/// The code of a tier as it is executed.
pub(crate) struct FollowedCode {
    /// By address.
    pub(crate) instructions: BTreeMap<u64, Followed>,
    /// The machine that has executed it.
    pub(crate) machine: Machine,
    /// The message that was read last is part of it.
    pub(crate) message: Vec<u8>,
}

impl FollowedCode {
    /// Follows calls of `tier` on `cpu`.
    ///
    /// # Errors
    /// If it cannot be interpreted.
    pub(crate) fn of(tier: Tier, cpu: Cpu) -> Result<Self, String> {
        let entry = InterpretedTier::new(tier, cpu.clone())?.address();
        let mut code = Self {
            instructions: BTreeMap::new(),
            machine: Machine::new(cpu).map_err(|error| error.to_string())?,
            message: vec![0; LENGTHS[LENGTHS.len() - 1] + 64],
        };
        SplitMix64::new(1).fill(&mut code.message);
        for (index, len_bytes) in LENGTHS.into_iter().enumerate() {
            code.follow(entry, len_bytes, 7 * index % 64)?;
        }
        Ok(code)
    }

    /// Follows a call on a message of this length that begins so far behind the first byte.
    fn follow(&mut self, entry: u64, len_bytes: usize, offset_bytes: usize) -> Result<(), String> {
        for steps in 0..STEPS_MAX {
            let message = &self.message[offset_bytes..];
            let arguments = [
                0x1234_5678,
                message.as_ptr() as u64,
                len_bytes as u64,
                0,
                0,
                0,
            ];
            let stopped = self.machine.call(&Call {
                address: entry,
                arguments,
                registers: Box::default(),
                stack_offset_bytes: 8,
                stack_fill: 0,
                step_max: steps,
            });
            let stopped = match stopped {
                Ok(_) => return Ok(()),
                Err(stopped) if stopped.fault == Fault::OutOfSteps => stopped,
                Err(stopped) => return Err(format!("{:?}", stopped.fault)),
            };
            let address = stopped.state.ip;
            let decode = || Followed {
                instruction: decode(&stopped.bytes, address),
                states: Vec::new(),
            };
            let followed = self.instructions.entry(address).or_insert_with(decode);
            if followed.states.len() < STATES_MAX {
                followed.states.push(*stopped.state);
            }
        }
        Ok(())
    }
}

/// The instruction of these bytes.
pub(crate) fn decode(bytes: &[u8], address: u64) -> Instruction {
    Decoder::with_ip(64, bytes, address, DecoderOptions::NONE).decode()
}
