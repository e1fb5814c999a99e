//! What judged code has executed.

use crcheck_platform::extension;
use iced_x86::{Code, Instruction, Mnemonic, Register};
use std::collections::{BTreeSet, HashMap};

/// The extensions and the forms of instructions that judged code has executed.
#[derive(Debug, Default)]
pub(crate) struct Account {
    extensions: BTreeSet<String>,
    forms: HashMap<Form, Instruction>,
}

/// What tells the forms of an instruction apart.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Form {
    code: Code,
    has_memory: bool,
    is_masked: bool,
    zeroes: bool,
    broadcasts: bool,
}

impl Form {
    fn new(instruction: &Instruction) -> Self {
        Self {
            code: instruction.code(),
            has_memory: instruction
                .op_kinds()
                .any(|kind| kind == iced_x86::OpKind::Memory),
            is_masked: instruction.op_mask() != Register::None,
            zeroes: instruction.zeroing_masking(),
            broadcasts: instruction.is_broadcast(),
        }
    }
}

impl Account {
    /// Counts `instruction`. What asks for the CPU's extensions uses none.
    pub(crate) fn count_extensions(&mut self, instruction: &Instruction) {
        if !matches!(instruction.mnemonic(), Mnemonic::Cpuid | Mnemonic::Xgetbv) {
            self.extensions.extend(extension::needed(instruction));
        }
    }

    /// Counts the form of `instruction`, which an executor has executed.
    pub(crate) fn count_form(&mut self, instruction: &Instruction) {
        let form = Form::new(instruction);
        self.forms.entry(form).or_insert(*instruction);
    }

    pub(crate) fn extensions(&self) -> &BTreeSet<String> {
        &self.extensions
    }

    pub(crate) fn forms(&self) -> impl Iterator<Item = &Instruction> {
        self.forms.values()
    }
}
