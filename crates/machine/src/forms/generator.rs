//! Draws the cases of a form.

use super::case::Case;
use super::form::Form;
use super::operands::{self, Drawn};
use super::place;
use super::values::Style;
use crate::effective_address::EffectiveAddress;
use crate::state::{Flag, State};
use crcheck_platform::rng::SplitMix64;
use iced_x86::{Instruction, Mnemonic, OpKind, Register};

/// Draws cases from a seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Generator {
    pub seed: u64,
}

impl Generator {
    /// Its name in recordings. Whoever changes what a form and a number give changes the name.
    pub const NAME: &'static str = "splitmix64-instruction-cases-1";
}

/// The generator of recordings.
impl Default for Generator {
    fn default() -> Self {
        Self { seed: 0xc2c }
    }
}

impl Generator {
    /// The instruction of a case; `None` if there is none.
    pub fn instruction(&self, form: Form, number: u32) -> Option<Instruction> {
        Some(self.drawn(form, number)?.instruction)
    }

    /// The case `number` of `form`; `None` if there is no such instruction.
    pub fn case(&self, form: Form, number: u32) -> Option<Case> {
        let Drawn {
            instruction,
            code,
            address,
        } = self.drawn(form, number)?;
        let mut rng = self.stream(form, number, Purpose::Values);
        let style = Style::of_case(number);
        let mut state = Box::new(state(style, &mut rng));
        let (mut content_address, mut content) = (0, Vec::new());
        if let Some(address) = address {
            aim(&instruction, address, &mut state);
            let around = place::surroundings(address, operands::len_bytes(&instruction));
            content_address = around.start;
            content = bytes(style, &mut rng, (around.end - around.start) as usize);
        }
        let mut case = Case {
            form,
            number,
            instruction,
            code,
            state,
            content_address,
            content,
        };
        tame(&mut case, rng.next_u64());
        Some(case)
    }

    fn drawn(&self, form: Form, number: u32) -> Option<Drawn> {
        let mut rng = self.stream(form, number, Purpose::Operands);
        operands::draw(form, number, &mut rng)
    }

    fn stream(&self, form: Form, number: u32, purpose: Purpose) -> SplitMix64 {
        let label = u64::from(number) << 8 | purpose as u64;
        SplitMix64::labelled(self.seed ^ hash(&form.to_string()), label)
    }
}

/// Streams that do not shift one another.
#[derive(Clone, Copy)]
enum Purpose {
    Operands,
    Values,
}

/// FNV-1a, of 64 bits.
fn hash(name: &str) -> u64 {
    let start = 0xcbf2_9ce4_8422_2325;
    let step = |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    name.bytes().fold(start, step)
}

fn state(style: Style, rng: &mut SplitMix64) -> State {
    let mut state = State {
        ip: place::CODE,
        ..State::default()
    };
    for vector in &mut state.vectors {
        let style = style.of_value(rng);
        for word in vector.0.as_chunks_mut().0 {
            *word = style.word(rng).to_le_bytes();
        }
    }
    let words = state.general.iter_mut().chain(&mut state.masks);
    words.for_each(|word| *word = style.of_value(rng).word(rng));
    state.flags |= style.of_value(rng).word(rng) & Flag::ARITHMETIC;
    state.fs_base = 0x1000_0000 + rng.below(0x1000_0000);
    state.gs_base = 0x2000_0000 + rng.below(0x1000_0000);
    state
}

fn bytes(style: Style, rng: &mut SplitMix64, count: usize) -> Vec<u8> {
    let style = style.of_value(rng);
    let words = (0..count.div_ceil(8)).flat_map(|_| style.word(rng).to_le_bytes());
    let mut bytes: Vec<u8> = words.collect();
    bytes.truncate(count);
    bytes
}

/// Sets the registers that the address is made of, so that it is `address`.
fn aim(instruction: &Instruction, address: u64, state: &mut State) {
    let (base, index) = (instruction.memory_base(), instruction.memory_index());
    if index != Register::None {
        let number = index.full_register().number();
        state.general[number] &= 0xffff_ffff_0000_03ff;
        if index.is_gpr64() {
            state.general[number] &= 0x3ff;
        }
    }
    if !base.is_gpr() {
        return;
    }
    if let Some(effective) = EffectiveAddress::new(instruction) {
        let number = base.full_register().number();
        let missing = address.wrapping_sub(effective.address(state));
        let sum = state.general[number].wrapping_add(missing);
        state.general[number] = match base.is_gpr64() {
            true => sum,
            false => state.general[number] & !0xffff_ffff | sum & 0xffff_ffff,
        };
    }
}

/// Keeps operands within what is told apart.
fn tame(case: &mut Case, hints: u64) {
    use Mnemonic as M;
    let (instruction, state) = (&case.instruction, &mut *case.state);
    match instruction.mnemonic() {
        M::Bt | M::Btc | M::Btr | M::Bts => tame_bit_offset(instruction, hints, state),
        M::Div | M::Idiv if hints & 3 != 0 => tame_dividend(instruction, hints, state),
        // If no element is enabled, some CPUs do not look at the alignment.
        M::Vmovapd | M::Vmovaps | M::Vmovdqa32 | M::Vmovdqa64 if instruction.has_op_mask() => {
            state.masks[instruction.op_mask().number()] |= 1;
        }
        _ => {}
    }
}

/// Keeps the offsets of bit tests near.
fn tame_bit_offset(instruction: &Instruction, hints: u64, state: &mut State) {
    let (kinds, register) = (instruction.op0_kind(), instruction.op1_register());
    let is_near = kinds != OpKind::Memory || instruction.op1_kind() != OpKind::Register;
    if !is_near && !is_in_address(instruction, register) {
        state.set_general(register, (hints % 512).wrapping_sub(256));
    }
}

/// Keeps quotients small at times.
fn tame_dividend(instruction: &Instruction, hints: u64, state: &mut State) {
    if [Register::RAX, Register::RDX]
        .iter()
        .any(|one| is_in_address(instruction, *one))
    {
        return;
    }
    let bits = 8 * match instruction.op0_kind() {
        OpKind::Memory => instruction.memory_size().size(),
        _ => instruction.op0_register().size(),
    };
    let low = state.general[State::RAX] as i64;
    let is_signed = instruction.mnemonic() == Mnemonic::Idiv && hints & 4 != 0;
    let upper = match is_signed {
        true => (low << (64 - bits) >> 63) as u64,
        false => 0,
    };
    match bits {
        8 => state.set_general(Register::AH, upper),
        _ => state.general[State::RDX] = upper,
    }
}

fn is_in_address(instruction: &Instruction, register: Register) -> bool {
    let parts = [instruction.memory_base(), instruction.memory_index()];
    parts
        .iter()
        .any(|part| part.full_register() == register.full_register())
}
