//! The instructions by which a program asks for its CPU, each of which becomes a breakpoint.

use crcheck_harness::platform::code::elf::Image;
use iced_x86::{Decoder, DecoderOptions, Mnemonic};
use std::collections::BTreeMap;

/// An instruction that the tracer answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Question {
    /// CPUID.
    Cpuid,
    /// XGETBV.
    Xgetbv,
}

impl Question {
    /// The machine code.
    pub(super) const fn bytes(self) -> &'static [u8] {
        match self {
            Self::Cpuid => &[0x0f, 0xa2],
            Self::Xgetbv => &[0x0f, 0x01, 0xd0],
        }
    }
}

/// The questions of a program, by their address in its file.
pub(super) fn find_questions(image: &Image) -> BTreeMap<u64, Question> {
    let mut questions = BTreeMap::new();
    for (first, code) in &image.code {
        for question in [Question::Cpuid, Question::Xgetbv] {
            let bytes = question.bytes();
            let candidates = code.windows(bytes.len()).enumerate();
            for (offset, _) in candidates.filter(|(_, window)| *window == bytes) {
                let address = first + offset as u64;
                if is_instruction(image, (*first, code), address) {
                    questions.insert(address, question);
                }
            }
        }
    }
    questions
}

/// Whether an instruction begins at `address`, so that the bytes are no part of another one. The
/// code is decoded from the start of the function, or of the section where there is no symbol.
fn is_instruction(image: &Image, (first, code): (u64, &[u8]), address: u64) -> bool {
    let start = image
        .function_at(address)
        .map_or(first, |function| function.addresses.start.max(first));
    let code = &code[(start - first) as usize..];
    Decoder::with_ip(64, code, start, DecoderOptions::NONE)
        .into_iter()
        .find(|instruction| instruction.next_ip() > address)
        .is_some_and(|instruction| {
            instruction.ip() == address
                && matches!(instruction.mnemonic(), Mnemonic::Cpuid | Mnemonic::Xgetbv)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crcheck_harness::platform::code::elf::Function;

    #[test]
    fn an_instruction_is_found_and_its_bytes_inside_another_are_not() {
        // mov eax, 0xa20f; cpuid; xgetbv; ret
        let code = [0xb8, 0x0f, 0xa2, 0, 0, 0x0f, 0xa2, 0x0f, 0x01, 0xd0, 0xc3];
        let image = Image {
            entry: 0x1000,
            arch: "x86_64",
            code: vec![(0x1000, code.to_vec())],
            functions: vec![Function {
                addresses: 0x1000..0x1000 + code.len() as u64,
                name: "f".to_owned(),
            }],
            exports: BTreeMap::new(),
            pointers: BTreeMap::new(),
        };
        let expected = [(0x1005, Question::Cpuid), (0x1007, Question::Xgetbv)];
        assert_eq!(find_questions(&image), BTreeMap::from(expected));
    }

    #[test]
    fn this_program_asks_for_its_cpu() {
        let image = Image::read(std::path::Path::new("/proc/self/exe")).expect("an image");
        let questions = find_questions(&image);
        for question in [Question::Cpuid, Question::Xgetbv] {
            assert!(questions.values().any(|found| *found == question));
        }
    }
}
