//! What an instruction reads and writes, as the decoder says, where it is right.

use crate::state::{Flag, State, Vector};
use iced_x86::{
    Instruction, InstructionInfoFactory, InstructionInfoOptions, Mnemonic, OpAccess, OpKind,
    Register, RflagsBits,
};

/// The registers that an instruction reads and writes. What the decoder calls unread can be
/// [randomised](Uses::randomise_unread) without a change of the [results](Uses::expected): a way to
/// check the decoder.
#[derive(Debug)]
pub struct Uses {
    /// The bits that are read are ones. Others than those of general registers, vectors, masks and
    /// flags mean nothing.
    read: Box<State>,
    written: Box<State>,
    undefined_flags: u64,
}

/// A state of zeros.
fn nothing() -> Box<State> {
    Box::new(State {
        flags: 0,
        ..State::default()
    })
}

impl Uses {
    /// Those of `instruction`.
    pub fn of(instruction: &Instruction) -> Self {
        use OpAccess as A;
        let mut factory = InstructionInfoFactory::new();
        let info = factory.info_options(instruction, InstructionInfoOptions::NO_MEMORY_USAGE);
        let (mut read, mut written) = (nothing(), nothing());
        for used in info.used_registers() {
            let register = used.register();
            // What is written on a condition keeps its old value otherwise.
            if !matches!(used.access(), A::None | A::Write | A::NoMemAccess) {
                mark(&mut read, register);
            }
            if matches!(
                used.access(),
                A::Write | A::CondWrite | A::ReadWrite | A::ReadCondWrite
            ) {
                mark(&mut written, register);
            }
        }
        read.flags = flags(instruction.rflags_read());
        written.flags = flags(instruction.rflags_modified());
        // A count of 0, or of a whole turn, keeps the old flags (Intel SDM 2, "SAL", "RCL").
        if is_shift(instruction.mnemonic()) {
            read.flags |= written.flags;
        }
        // The bits around the field keep their values (AMD APM 4, "INSERTQ").
        if instruction.mnemonic() == Mnemonic::Insertq {
            mark(&mut read, instruction.op0_register());
        }
        let mut undefined_flags = flags(instruction.rflags_undefined());
        // A whole turn by a constant, for which the decoder takes no change for granted, is a count
        // that is neither 0 nor 1 (Intel SDM 2, "RCL").
        let is_through_carry = matches!(instruction.mnemonic(), Mnemonic::Rcl | Mnemonic::Rcr);
        if is_through_carry
            && instruction.op1_kind() == OpKind::Immediate8
            && instruction.immediate8() & 0x1f > 1
        {
            undefined_flags |= Flag::Overflow.mask();
        }
        Self {
            read,
            written,
            undefined_flags,
        }
    }

    /// The flags that may have any value after it, by their bits in [`State::flags`].
    pub const fn undefined_flags(&self) -> u64 {
        self.undefined_flags
    }

    /// Gives every register and flag that is not read another value, a word at a time.
    pub fn randomise_unread(&self, state: &mut State, mut random: impl FnMut() -> u64) {
        combine(state, &self.read, |word, read| {
            word & read | random() & !read
        });
        let flag_bits = Flag::ARITHMETIC | Flag::Direction.mask();
        let is_random = flag_bits & !self.read.flags;
        state.flags = state.flags & !is_random | random() & is_random;
    }

    /// The registers after the instruction, if they were `before`, and it has once left `results`
    /// behind when what it reads was the same.
    pub fn expected(&self, before: &State, results: &State) -> State {
        let mut kept = self.written.clone();
        let mut state = before.clone();
        // Bits of `kept`: those of the results, where they are written.
        combine(&mut kept, results, |written, result| written & result);
        combine(&mut state, &self.written, |word, written| word & !written);
        combine(&mut state, &kept, |word, result| word | result);
        let written = self.written.flags;
        state.flags = before.flags & !written | results.flags & written;
        state.mxcsr = results.mxcsr;
        state
    }
}

/// Replaces each word of the general registers, vectors and masks of `state` by what `of` makes of
/// it and the same word of `other`.
fn combine(state: &mut State, other: &State, mut of: impl FnMut(u64, u64) -> u64) {
    for (Vector(bytes), Vector(others)) in state.vectors.iter_mut().zip(&other.vectors) {
        let words = bytes.as_chunks_mut::<8>().0.iter_mut();
        for (word, other) in words.zip(others.as_chunks::<8>().0) {
            let combined = of(u64::from_le_bytes(*word), u64::from_le_bytes(*other));
            *word = combined.to_le_bytes();
        }
    }
    let words = state.general.iter_mut().zip(&other.general);
    for (word, other) in words.chain(state.masks.iter_mut().zip(&other.masks)) {
        *word = of(*word, *other);
    }
}

fn is_shift(mnemonic: Mnemonic) -> bool {
    use Mnemonic as M;
    matches!(
        mnemonic,
        M::Rcl | M::Rcr | M::Rol | M::Ror | M::Sal | M::Sar | M::Shl | M::Shr | M::Shld | M::Shrd
    )
}

/// Sets the bits of a register.
fn mark(state: &mut State, register: Register) {
    if register.is_gpr() {
        let bits = match register {
            Register::AH | Register::BH | Register::CH | Register::DH => 0xff00,
            _ if register.size() == 8 => u64::MAX,
            _ => (1 << (8 * register.size())) - 1,
        };
        state.general[register.full_register().number()] |= bits;
    } else if register.is_vector_register() {
        state.vectors[register.number()].0[..register.size()].fill(0xff);
    } else if register.is_k() {
        state.masks[register.number()] = u64::MAX;
    }
}

/// The decoder's flags by their bits in RFLAGS.
fn flags(bits: u32) -> u64 {
    let flags = [
        (RflagsBits::CF, Flag::Carry),
        (RflagsBits::PF, Flag::Parity),
        (RflagsBits::AF, Flag::Adjust),
        (RflagsBits::ZF, Flag::Zero),
        (RflagsBits::SF, Flag::Sign),
        (RflagsBits::DF, Flag::Direction),
        (RflagsBits::OF, Flag::Overflow),
    ];
    let set = flags.iter().filter(|(bit, _)| bits & bit != 0);
    set.fold(0, |all, (_, flag)| all | flag.mask())
}
