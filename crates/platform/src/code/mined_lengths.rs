//! The lengths that machine code compares with: at these a subject takes another path.
//!
//! The reader starts at a function's first instruction. It follows every path that it can see
//! without running the code: jumps, calls, and functions whose address the code takes or the loader
//! writes into a pointer. It reads the nearest functions first.

use crate::code::elf;
use crate::code::elf::Image;
use crate::message_memory::LENGTH_MAX;
use crate::raw_entry::RawEntry;
use iced_x86::{Decoder, DecoderOptions, FlowControl, Instruction, Mnemonic, OpKind, Register};
use serde::Serialize;
use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::fmt;
use std::sync::Mutex;

/// The lengths found in a subject's machine code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mined {
    /// The lengths, in bytes, ascending.
    pub lengths: Vec<usize>,
    /// How many more there are, in code that is further away.
    pub left_out: usize,
    /// Why no code was read; `None` if code was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The most lengths to keep. Further ones are most likely no lengths, and each costs about twenty
/// messages.
const LENGTHS_MAX: usize = 32;

/// The most instructions to read. What is further away belongs to a runtime.
const INSTRUCTIONS_MAX: usize = 1 << 16;

impl Mined {
    pub fn nothing(reason: impl Into<String>) -> Self {
        Self {
            lengths: Vec::new(),
            left_out: 0,
            reason: Some(reason.into()),
        }
    }

    /// Reads the code that begins at `address` of the file.
    pub fn read(image: &Image, address: u64) -> Self {
        if image.arch != "x86_64" {
            return Self::nothing(format!("machine code of {} is not read", image.arch));
        }
        let mut reader = Reader {
            image,
            seen: HashSet::new(),
            functions: VecDeque::from([address]),
            blocks: Vec::new(),
            lengths: Vec::new(),
        };
        reader.read();
        if reader.seen.is_empty() {
            return Self::nothing("its code is not in the file");
        }
        let mut lengths = reader.lengths;
        let left_out = lengths.len().saturating_sub(LENGTHS_MAX);
        lengths.truncate(LENGTHS_MAX);
        lengths.sort_unstable();
        Self {
            lengths,
            left_out,
            reason: None,
        }
    }

    /// Reads an exported function of a file.
    pub fn of_export(image: &Image, symbol: &str) -> Self {
        match image.exports.get(symbol) {
            Some(address) => Self::read(image, *address),
            None => Self::nothing(format!("the file does not say where {symbol} is")),
        }
    }

    /// Reads a function of this program, and remembers the result.
    pub fn in_this_process(entry: &RawEntry) -> Self {
        static KNOWN: Mutex<Option<HashMap<usize, Mined>>> = Mutex::new(None);
        let mut known = KNOWN
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let known = known.get_or_insert_default();
        let read = || match elf::this_program() {
            Some((image, bias)) => Self::read(image, (entry.address() as u64).wrapping_sub(*bias)),
            None => Self::nothing("this program cannot be read"),
        };
        known.entry(entry.address()).or_insert_with(read).clone()
    }
}

impl fmt::Display for Mined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(reason) = &self.reason {
            return write!(f, "none mined: {reason}");
        }
        write!(f, "{} mined", self.lengths.len())?;
        let separators = [": "].into_iter().chain(std::iter::repeat(", "));
        for (length, separator) in self.lengths.iter().zip(separators) {
            write!(f, "{separator}{length}")?;
        }
        match self.left_out {
            0 => Ok(()),
            more => write!(f, "; {more} more left out"),
        }
    }
}

/// The state of a walk through the code.
struct Reader<'i> {
    image: &'i Image,
    /// The instructions that were read.
    seen: HashSet<u64>,
    /// The functions to read after this one.
    functions: VecDeque<u64>,
    /// The starts of paths to read in this function.
    blocks: Vec<u64>,
    /// In the order of the walk, each once.
    lengths: Vec<usize>,
}

impl Reader<'_> {
    fn read(&mut self) {
        let mut known = BTreeSet::new();
        while let Some(function) = self.functions.pop_front() {
            self.blocks.push(function);
            while let Some(block) = self.blocks.pop() {
                self.read_block(block, &mut known);
            }
        }
    }

    /// Reads until the path ends, joins one that was read, or leaves the function.
    fn read_block(&mut self, start: u64, known: &mut BTreeSet<usize>) {
        let image = self.image;
        let Some(code) = image.code_from(start) else {
            return;
        };
        let function = image.function_at(start).map(|function| &function.addresses);
        let within = |address: u64| function.is_none_or(|function| function.contains(&address));
        for instruction in Decoder::with_ip(64, code, start, DecoderOptions::NONE) {
            if self.seen.len() >= INSTRUCTIONS_MAX
                || instruction.is_invalid()
                || !within(instruction.ip())
                || !self.seen.insert(instruction.ip())
            {
                return;
            }
            let length = length_of(&instruction).filter(|length| known.insert(*length));
            self.lengths.extend(length);
            self.functions.extend(self.pointed_at(&instruction));
            match instruction.flow_control() {
                FlowControl::ConditionalBranch => {
                    self.blocks.push(instruction.near_branch_target())
                }
                FlowControl::UnconditionalBranch => {
                    self.blocks.push(instruction.near_branch_target());
                    return;
                }
                FlowControl::Call => self.functions.push_back(instruction.near_branch_target()),
                // A jump through a table: its targets are taken to follow it in the function.
                FlowControl::IndirectBranch if function.is_some() => {}
                FlowControl::IndirectBranch | FlowControl::Return | FlowControl::Exception => {
                    return;
                }
                _ => {}
            }
        }
    }

    /// The code whose address an instruction takes, directly or from a pointer.
    fn pointed_at(&self, instruction: &Instruction) -> Option<u64> {
        if !instruction.is_ip_rel_memory_operand() {
            return None;
        }
        let address = instruction.ip_rel_memory_address();
        let target = match instruction.mnemonic() {
            Mnemonic::Lea => address,
            _ => *self.image.pointers.get(&address)?,
        };
        self.image.code_from(target).map(|_| target)
    }
}

/// The length that an instruction compares with. Code that compares with both ends of a range
/// subtracts the lower one.
fn length_of(instruction: &Instruction) -> Option<usize> {
    let value = match instruction.mnemonic() {
        Mnemonic::Cmp => immediate(instruction)?,
        Mnemonic::Sub => immediate(instruction)?,
        Mnemonic::Add => -immediate(instruction)?,
        Mnemonic::Lea
            if instruction.memory_index() == Register::None
                && !is_frame(instruction.memory_base()) =>
        {
            -(instruction.memory_displacement64() as i64)
        }
        _ => return None,
    };
    let value = usize::try_from(value).ok()?;
    (2..=LENGTH_MAX).contains(&value).then_some(value)
}

/// The signed immediate operand of an instruction on 32 or 64 bits. An instruction that moves the
/// stack pointer has none here.
fn immediate(instruction: &Instruction) -> Option<i64> {
    let bytes = match instruction.op0_kind() {
        OpKind::Register if instruction.op0_register() == Register::RSP => return None,
        OpKind::Register => instruction.op0_register().size(),
        OpKind::Memory => instruction.memory_size().size(),
        _ => return None,
    };
    let value = instruction.try_immediate(1).ok()?;
    match bytes {
        4 => Some((value as i32).into()),
        8 => Some(value as i64),
        _ => None,
    }
}

fn is_frame(register: Register) -> bool {
    use Register::{EIP, None, RBP, RIP, RSP};
    [RSP, RBP, RIP, EIP, None].contains(&register)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A function at 0x1000 that compares, takes a range, and calls one at 0x2000 through a
    /// pointer.
    fn image() -> Image {
        let first = [
            &[0x48, 0x81, 0xec, 0x98, 0, 0, 0][..],      // sub rsp, 0x98
            &[0x48, 0x81, 0xfe, 0xa3, 0x86, 1, 0],       // cmp rsi, 100003
            &[0x73, 0x01],                               // jae over the return
            &[0xc3],                                     // ret
            &[0x3c, 0x7f],                               // cmp al, 0x7f
            &[0x48, 0x8d, 0x86, 0xd4, 0xfe, 0xff, 0xff], // lea rax, [rsi - 300]
            &[0xff, 0x25, 0xe0, 0x1f, 0, 0],             // jmp [0x3000]
        ];
        let second = [
            &[0x81, 0xfa, 0xa3, 0x86, 1, 0][..], // cmp edx, 100003
            &[0x83, 0xc2, 0xf0],                 // add edx, -16
            &[0x81, 0xfa, 0, 0, 0, 0x40],        // cmp edx, 2^30
            &[0xc3],                             // ret
        ];
        Image {
            entry: 0,
            arch: "x86_64",
            code: vec![(0x1000, first.concat()), (0x2000, second.concat())],
            functions: Vec::new(),
            exports: [("f".to_owned(), 0x1000)].into(),
            pointers: [(0x3000, 0x2000)].into(),
        }
    }

    #[test]
    fn comparisons_and_ranges_are_mined_and_nothing_else() {
        let mined = Mined::of_export(&image(), "f");
        assert_eq!(mined.lengths, [16, 300, 100_003], "{mined}");
        assert_eq!((mined.left_out, &mined.reason), (0, &None));
        let without = Image {
            pointers: Default::default(),
            ..image()
        };
        assert_eq!(Mined::of_export(&without, "f").lengths, [300, 100_003]);
    }

    #[test]
    fn the_reason_says_why_no_code_is_read() {
        let other = Image {
            arch: "aarch64",
            ..image()
        };
        let mined = Mined::of_export(&other, "f");
        assert_eq!(
            mined.to_string(),
            "none mined: machine code of aarch64 is not read"
        );
        assert!(Mined::of_export(&image(), "g").reason.is_some());
        assert!(Mined::read(&image(), 0x5000).reason.is_some());
    }

    #[test]
    fn lengths_beyond_the_limit_are_counted() {
        let compares = (0..40_u32).map(|index| {
            let mut bytes = vec![0x48, 0x3d]; // cmp rax, 1000 + index
            bytes.extend((1000 + index).to_le_bytes());
            bytes
        });
        let mut code: Vec<u8> = compares.flatten().collect();
        code.push(0xc3);
        let image = Image {
            code: vec![(0, code)],
            ..image()
        };
        let mined = Mined::read(&image, 0);
        assert_eq!(
            (mined.lengths.len(), mined.left_out),
            (LENGTHS_MAX, 40 - LENGTHS_MAX)
        );
    }
}
