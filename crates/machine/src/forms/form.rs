//! One form of an instruction.

use crcheck_platform::extension;
use iced_x86::{Code, EncodingKind, Instruction};
use std::collections::HashMap;
use std::fmt;
use std::sync::OnceLock;

/// A form, by its opcode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Form(Code);

impl Form {
    /// Every form of 64-bit code, whoever knows it.
    pub fn all() -> impl Iterator<Item = Self> {
        let codes = Code::values().filter(|code| {
            let opcode = code.op_code();
            let encoding = opcode.encoding();
            opcode.is_instruction()
                && opcode.mode64()
                && !opcode.is_privileged()
                && [EncodingKind::Legacy, EncodingKind::VEX, EncodingKind::EVEX].contains(&encoding)
        });
        codes.map(Self)
    }

    /// The form of `instruction`.
    pub fn of(instruction: &Instruction) -> Self {
        Self(instruction.code())
    }

    /// That with this name.
    pub fn named(name: &str) -> Option<Self> {
        static NAMES: OnceLock<HashMap<String, Form>> = OnceLock::new();
        let names =
            NAMES.get_or_init(|| Self::all().map(|form| (form.to_string(), form)).collect());
        names.get(name).copied()
    }

    pub(super) const fn code(self) -> Code {
        self.0
    }

    /// The extensions that it needs beyond what every CPU of x86-64 has.
    pub fn extensions(self) -> Vec<String> {
        let mut instruction = Instruction::default();
        instruction.set_code(self.0);
        extension::needed(&instruction)
    }

    /// Whether an immediate of 8 bits is an operand.
    pub fn has_short_immediate(self) -> bool {
        let kinds = self.0.op_code().op_kinds();
        kinds.contains(&iced_x86::OpCodeOperandKind::imm8)
    }
}

/// By the decoder's name for the opcode.
impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}
