//! Draws the operands of an instruction.

use super::form::Form;
use super::place::{self, CODE};
use super::values::immediate;
use crcheck_platform::rng::SplitMix64;
use iced_x86::{Decoder, DecoderOptions, Encoder, EncodingKind, Instruction, MemorySize, OpKind};
use iced_x86::{OpCodeOperandKind as Kind, Register};

/// An instruction as its bytes say it, and where its operand in memory is to lie.
pub(super) struct Drawn {
    pub(super) instruction: Instruction,
    pub(super) code: Vec<u8>,
    pub(super) address: Option<u64>,
}

/// Draws the operands of the case `number` of `form`; `None` if there is no such instruction, or
/// none that this file can build.
pub(super) fn draw(form: Form, number: u32, rng: &mut SplitMix64) -> Option<Drawn> {
    // Some combinations do not exist, as AH beside R8B.
    const ATTEMPTS: usize = 4;
    (0..ATTEMPTS).find_map(|_| {
        let mut draft = Draft::new(form, number, rng);
        draft.draw_all()?;
        let (instruction, code) = encoded(&draft.instruction)?;
        let address = draft.address;
        Some(Drawn {
            instruction,
            code,
            address,
        })
    })
}

/// The instruction as the decoder reads its bytes, and those.
fn encoded(draft: &Instruction) -> Option<(Instruction, Vec<u8>)> {
    let mut encoder = Encoder::new(64);
    encoder.encode(draft, CODE).ok()?;
    let bytes = encoder.take_buffer();
    let decoded = Decoder::with_ip(64, &bytes, CODE, DecoderOptions::NONE).decode();
    let is_whole = !decoded.is_invalid() && decoded.len() == bytes.len();
    (is_whole && decoded.code() == draft.code()).then_some((decoded, bytes))
}

struct Draft<'a> {
    instruction: Instruction,
    form: Form,
    number: u32,
    rng: &'a mut SplitMix64,
    address: Option<u64>,
    /// The numbers of the registers so far.
    used: Vec<u32>,
}

impl<'a> Draft<'a> {
    fn new(form: Form, number: u32, rng: &'a mut SplitMix64) -> Self {
        let mut instruction = Instruction::default();
        instruction.set_code(form.code());
        Self {
            instruction,
            form,
            number,
            rng,
            address: None,
            used: Vec::new(),
        }
    }

    fn draw_all(&mut self) -> Option<()> {
        let opcode = self.form.code().op_code();
        for (operand, kind) in (0..).zip(opcode.op_kinds()) {
            self.draw_one(operand, *kind)?;
        }
        let is_memory = self.address.is_some();
        let needs_mask = opcode.require_op_mask_register();
        if needs_mask || (opcode.can_use_op_mask_register() && self.one_in(2)) {
            let mask = Register::K1 + self.rng.below(7) as u32;
            self.instruction.set_op_mask(mask);
            let stores = self.instruction.op0_kind() == OpKind::Memory;
            if opcode.can_use_zeroing_masking() && !stores && self.one_in(2) {
                self.instruction.set_zeroing_masking(true);
            }
        }
        if opcode.can_use_lock_prefix() && is_memory && self.one_in(8) {
            let stores = self.instruction.op0_kind() == OpKind::Memory;
            self.instruction.set_has_lock_prefix(stores);
        }
        Some(())
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.rng.below(count) == 0
    }

    fn draw_one(&mut self, operand: u32, kind: Kind) -> Option<()> {
        if let Some((register, is_or_memory)) = first_register(kind) {
            if is_or_memory && self.one_in(2) {
                return self.draw_memory(operand);
            }
            let register = self.register(register, kind);
            return self.set_register(operand, register);
        }
        match kind {
            Kind::mem => self.draw_memory(operand),
            Kind::mem_offs => self.draw_far_address(operand),
            Kind::al => self.set_register(operand, Register::AL),
            Kind::cl => self.set_register(operand, Register::CL),
            Kind::ax => self.set_register(operand, Register::AX),
            Kind::dx => self.set_register(operand, Register::DX),
            Kind::eax => self.set_register(operand, Register::EAX),
            Kind::rax => self.set_register(operand, Register::RAX),
            _ => self.draw_immediate(operand, kind),
        }
    }

    fn set_register(&mut self, operand: u32, register: Register) -> Option<()> {
        self.instruction.set_op_kind(operand, OpKind::Register);
        self.instruction.set_op_register(operand, register);
        Some(())
    }

    fn register(&mut self, first: Register, kind: Kind) -> Register {
        let is_evex = self.form.code().encoding() == EncodingKind::EVEX;
        let count = match first {
            Register::K0 => 8,
            // 16 to 19 are AH to BH; the encoder refuses those where there is none.
            Register::AL => 20,
            _ if first.is_vector_register() && is_evex && kind != Kind::xmm_is4 => 32,
            _ => 16,
        };
        let again = self.used.first().copied().filter(|used| *used < count);
        let number = match again {
            Some(number) if self.one_in(4) => number,
            _ => self.rng.below(count.into()) as u32,
        };
        self.used.push(number);
        match (first, number) {
            (Register::AL, 16..) => Register::AH + (number - 16),
            (Register::AL, 4..) => Register::SPL + (number - 4),
            _ => first + number,
        }
    }

    fn draw_immediate(&mut self, operand: u32, kind: Kind) -> Option<()> {
        let short = immediate(self.rng.clone().next_u64(), self.number);
        let random = self.rng.next_u64();
        let wide = match random % 4 {
            0 => [0, 1, 0x7f, 0x80, u64::MAX, 0x8000_0000, i64::MAX as u64][self.rng.index(7)],
            1 => i64::from(short as i8) as u64,
            _ => random.rotate_right(2),
        };
        let instruction = &mut self.instruction;
        let extended = i64::from(short as i8);
        let op_kind = match kind {
            Kind::imm8 => OpKind::Immediate8,
            Kind::imm8_const_1 => OpKind::Immediate8,
            Kind::imm8sex16 => OpKind::Immediate8to16,
            Kind::imm8sex32 => OpKind::Immediate8to32,
            Kind::imm8sex64 => OpKind::Immediate8to64,
            Kind::imm16 => OpKind::Immediate16,
            Kind::imm32 => OpKind::Immediate32,
            Kind::imm32sex64 => OpKind::Immediate32to64,
            Kind::imm64 => OpKind::Immediate64,
            _ => return None,
        };
        instruction.set_op_kind(operand, op_kind);
        match kind {
            Kind::imm8 => instruction.set_immediate8(short),
            Kind::imm8_const_1 => instruction.set_immediate8(1),
            Kind::imm8sex16 => instruction.set_immediate8to16(extended as i16),
            Kind::imm8sex32 => instruction.set_immediate8to32(extended as i32),
            Kind::imm8sex64 => instruction.set_immediate8to64(extended),
            Kind::imm16 => instruction.set_immediate16(wide as u16),
            Kind::imm32 => instruction.set_immediate32(wide as u32),
            Kind::imm32sex64 => instruction.set_immediate32to64((wide as i32).into()),
            _ => instruction.set_immediate64(wide),
        }
        Some(())
    }

    fn draw_memory(&mut self, operand: u32) -> Option<()> {
        self.instruction.set_op_kind(operand, OpKind::Memory);
        if self.form.code().op_code().can_broadcast() && self.one_in(2) {
            self.instruction.set_is_broadcast(true);
        }
        let address = place::address(self.rng, len_bytes(&self.instruction));
        self.address = Some(address);
        let (base, index) = (self.rng.below(16) as u32, self.rng.below(16) as u32);
        let scale = 1 << self.rng.below(4);
        let displacement = self.rng.below(0x200) as i64 - 0x100;
        let shape = self.rng.below(10);
        let first = if shape == 7 {
            Register::EAX
        } else {
            Register::RAX
        };
        let instruction = &mut self.instruction;
        match shape {
            8 => instruction.set_memory_base(Register::RIP),
            9 => {}
            _ => instruction.set_memory_base(first + base),
        }
        let has_index = matches!(shape, 4 | 6 | 7) && index != base && index != 4;
        if has_index {
            instruction.set_memory_index(first + index);
            instruction.set_memory_index_scale(scale);
        }
        // `EffectiveAddress` takes the rest from the registers.
        let (size, displacement) = match shape {
            8 => (8, address),
            9 => (4, address),
            0 | 1 => (0, 0),
            // One byte, if it fits.
            2..=4 => (1, displacement as u64),
            7 => (4, u64::from(displacement as u32)),
            _ => (8, displacement as u64),
        };
        instruction.set_memory_displ_size(size);
        instruction.set_memory_displacement64(displacement);
        if shape == 6 {
            instruction.set_segment_prefix(Register::FS + (base & 1));
        }
        Some(())
    }

    fn draw_far_address(&mut self, operand: u32) -> Option<()> {
        self.instruction.set_op_kind(operand, OpKind::Memory);
        let address = place::address(self.rng, len_bytes(&self.instruction));
        self.address = Some(address);
        self.instruction.set_memory_displ_size(8);
        self.instruction.set_memory_displacement64(address);
        Some(())
    }
}

/// The bytes of the operand in memory; the most that there are if the decoder does not know them.
pub(super) fn len_bytes(instruction: &Instruction) -> u64 {
    match instruction.memory_size() {
        MemorySize::Unknown => 64,
        size => size.size() as u64,
    }
}

/// The first register of the class, and whether memory may stand instead.
fn first_register(kind: Kind) -> Option<(Register, bool)> {
    use Register::{AL, AX, EAX, K0, RAX, XMM0, YMM0, ZMM0};
    Some(match kind {
        Kind::r8_or_mem => (AL, true),
        Kind::r16_or_mem => (AX, true),
        Kind::r32_or_mem => (EAX, true),
        Kind::r64_or_mem => (RAX, true),
        Kind::xmm_or_mem => (XMM0, true),
        Kind::ymm_or_mem => (YMM0, true),
        Kind::zmm_or_mem => (ZMM0, true),
        Kind::k_or_mem => (K0, true),
        Kind::r8_reg | Kind::r8_opcode => (AL, false),
        Kind::r16_reg | Kind::r16_rm | Kind::r16_opcode => (AX, false),
        Kind::r32_reg | Kind::r32_rm | Kind::r32_opcode | Kind::r32_vvvv => (EAX, false),
        Kind::r64_reg | Kind::r64_rm | Kind::r64_opcode | Kind::r64_vvvv => (RAX, false),
        Kind::k_reg | Kind::k_rm | Kind::k_vvvv => (K0, false),
        Kind::xmm_reg | Kind::xmm_rm | Kind::xmm_vvvv | Kind::xmm_is4 => (XMM0, false),
        Kind::ymm_reg | Kind::ymm_rm | Kind::ymm_vvvv | Kind::ymm_is4 => (YMM0, false),
        Kind::zmm_reg | Kind::zmm_rm | Kind::zmm_vvvv => (ZMM0, false),
        _ => return None,
    })
}
