//! Whether a result depends on what the decoder calls unread.

use super::difference::{Difference, Side};
use super::outcome::Outcome;
use super::undefined::flags;
use crate::forms::Case;
use crate::state::{Flag, State};
use crcheck_platform::rng::SplitMix64;
use iced_x86::{InstructionInfoFactory, OpAccess, Register};

const AS_DRAWN: &str = "as drawn";
const CHANGED: &str = "with other values in what is unread";

/// An execution of one case.
#[derive(Clone, Copy)]
pub(super) struct Execution<'a> {
    pub(super) case: &'a Case,
    pub(super) outcome: &'a Outcome,
}

/// Where the outcome of `one` and that of its [`randomised`] case show that the instruction reads
/// what the decoder calls unread: a byte is neither equal in both nor as it was before in both.
pub(super) fn dependence_on_unread(one: Execution<'_>, other: Execution<'_>) -> Option<Difference> {
    let (case, first) = (one.case, one.outcome);
    let (other, second) = (other.case, other.outcome);
    if second.fault != first.fault {
        return Some(Difference::of(
            other,
            [(AS_DRAWN, first), (CHANGED, second)],
        ));
    }
    let mut first_bytes = (bytes(&case.state), bytes(&first.state));
    let mut second_bytes = (bytes(&other.state), bytes(&second.state));
    first_bytes.0.extend(&case.content);
    first_bytes.1.extend(&first.memory);
    second_bytes.0.extend(&other.content);
    second_bytes.1.extend(&second.memory);
    let one = first_bytes.0.iter().zip(&first_bytes.1);
    let two = second_bytes.0.iter().zip(&second_bytes.1);
    let is_equal = |((a, b), (c, d)): ((&u8, &u8), (&u8, &u8))| b == d || (a == b && c == d);
    let are_flags_equal = {
        let (a, b) = (case.state.flags, first.state.flags);
        let (c, d) = (other.state.flags, second.state.flags);
        (b ^ d) & ((a ^ b) | (c ^ d)) == 0
    };
    if one.zip(two).all(is_equal) && are_flags_equal {
        return None;
    }
    let side = |name: &str, outcome: &Outcome, before: &Case| Side {
        name: name.to_owned(),
        result: outcome.changes(&before.state, &before.content),
    };
    let sides = [side(AS_DRAWN, first, case), side(CHANGED, second, other)];
    Some(Difference::new(case, sides))
}

/// The case with other values in all registers, flags and bytes that the decoder calls unread.
pub(super) fn randomised(case: &Case) -> Case {
    let mut other = case.clone();
    let mut rng = SplitMix64::labelled(case.state.general[0], case.number.into());
    let read = Read::of(case);
    let (state, instruction) = (&mut other.state, &case.instruction);
    for (number, vector) in state.vectors.iter_mut().enumerate() {
        let from = read.vectors[number];
        rng.fill(&mut vector.0[from..]);
    }
    for (number, word) in state.general.iter_mut().enumerate() {
        let random = rng.next_u64() & !read.general[number];
        *word = *word & read.general[number] | random;
    }
    for (number, word) in state.masks.iter_mut().enumerate() {
        let random = rng.next_u64();
        if !read.masks[number] {
            *word = random;
        }
    }
    let unread = Flag::ARITHMETIC & !flags(instruction.rflags_read());
    state.flags ^= rng.next_u64() & unread;
    if !read.is_memory {
        rng.fill(&mut other.content);
    }
    other
}

/// What an instruction reads, by the decoder.
struct Read {
    /// How many bytes of each vector register.
    vectors: [usize; 32],
    /// The bits of each general register.
    general: [u64; 16],
    masks: [bool; 8],
    is_memory: bool,
}

impl Read {
    fn of(case: &Case) -> Self {
        let mut read = Self {
            vectors: [0; 32],
            general: [0; 16],
            masks: [false; 8],
            is_memory: false,
        };
        let mut factory = InstructionInfoFactory::new();
        let info = factory.info(&case.instruction);
        for used in info.used_registers() {
            if reads(used.access()) {
                read.add(used.register());
            }
        }
        read.is_memory = info.used_memory().iter().any(|used| reads(used.access()));
        read
    }

    fn add(&mut self, register: Register) {
        let (size, number) = (register.size(), register.full_register().number());
        if register.is_vector_register() {
            self.vectors[number] = self.vectors[number].max(size);
        } else if register.is_k() {
            self.masks[number] = true;
        } else if register.is_gpr() {
            let mut ones = State::default();
            ones.set_general(register, u64::MAX);
            self.general[number] |= ones.general[number];
        }
    }
}

const fn reads(access: OpAccess) -> bool {
    matches!(
        access,
        OpAccess::Read | OpAccess::CondRead | OpAccess::ReadWrite | OpAccess::ReadCondWrite
    )
}

/// Every register but flags, as bytes.
fn bytes(state: &State) -> Vec<u8> {
    let mut bytes: Vec<u8> = state.vectors.iter().flat_map(|vector| vector.0).collect();
    let words = state.general.iter().chain(&state.masks);
    bytes.extend(words.flat_map(|word| word.to_le_bytes()));
    bytes
}
