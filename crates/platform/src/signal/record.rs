//! A signal as words, so that one process can hand it to another.

use super::{Signal, machine};

/// Words before the registers: number, address and whether there is one, is_write,
/// instruction_pointer, instruction_len, the instruction's bytes in two, is_stack_overflow, and
/// stack_word.
const HEADER_WORDS: usize = 10;

impl Signal {
    /// How many words a signal is.
    pub const WORDS: usize = HEADER_WORDS + machine::REGISTER_COUNT;

    /// The signal as words.
    pub fn to_words(self) -> [u64; Self::WORDS] {
        let mut bytes = [0; 16];
        bytes[..15].copy_from_slice(&self.instruction);
        let word = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| bytes[at + i]));
        let header: [u64; HEADER_WORDS] = [
            self.number as u64,
            u64::from(self.address.is_some()),
            self.address.unwrap_or(0) as u64,
            u64::from(self.is_write),
            self.instruction_pointer as u64,
            self.instruction_len as u64,
            word(0),
            word(8),
            u64::from(self.is_stack_overflow),
            self.stack_word,
        ];
        let mut words = [0; Self::WORDS];
        words[..HEADER_WORDS].copy_from_slice(&header);
        words[HEADER_WORDS..].copy_from_slice(&self.registers);
        words
    }

    /// The signal of these words. Any words are allowed: the process that wrote them may be broken.
    pub fn from_words(words: &[u64; Self::WORDS]) -> Self {
        let mut instruction = [0; 15];
        let bytes = words[6].to_le_bytes().into_iter();
        let bytes = bytes.chain(words[7].to_le_bytes());
        instruction
            .iter_mut()
            .zip(bytes)
            .for_each(|(to, from)| *to = from);
        Self {
            number: words[0] as i32,
            address: (words[1] != 0).then_some(words[2] as usize),
            is_write: words[3] != 0,
            instruction_pointer: words[4] as usize,
            instruction,
            instruction_len: (words[5] as usize).min(instruction.len()),
            registers: std::array::from_fn(|index| words[HEADER_WORDS + index]),
            is_stack_overflow: words[8] != 0,
            stack_word: words[9],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_is_read_back_as_it_was_written() {
        let signal = Signal {
            number: libc::SIGSEGV,
            address: Some(usize::MAX - 3),
            is_write: true,
            instruction_pointer: 0x1234_5678,
            instruction: std::array::from_fn(|index| index as u8 + 1),
            instruction_len: 7,
            registers: std::array::from_fn(|index| index as u64 * 0x0101_0101_0101),
            is_stack_overflow: true,
            stack_word: 0x7fff_1234_5678,
        };
        let read_back = Signal::from_words(&signal.to_words());
        assert_eq!(format!("{read_back:?}"), format!("{signal:?}"));
        let without = Signal {
            address: None,
            ..signal
        };
        assert_eq!(Signal::from_words(&without.to_words()).address, None);
    }

    #[test]
    fn any_words_are_a_signal() {
        let signal = Signal::from_words(&[u64::MAX; Signal::WORDS]);
        assert_eq!(signal.instruction_len, 15);
        assert!(!signal.disassembly().is_empty());
    }
}
