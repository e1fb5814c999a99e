//! An instruction where there is no disassembler: its word.

use super::super::Signal;

/// The instruction's bytes in the order of memory, in hexadecimal.
pub(in super::super) fn bytes(signal: &Signal) -> String {
    let len_bytes = len_bytes(&signal.instruction[..signal.instruction_len]);
    let digits = signal.instruction[..len_bytes].iter();
    let digits: Vec<String> = digits.map(|byte| format!("{byte:02x}")).collect();
    digits.join(" ")
}

/// The instruction as a number, which is how the architecture's manual writes it, and its address.
pub(in super::super) fn disassembly(signal: &Signal) -> String {
    let len_bytes = len_bytes(&signal.instruction[..signal.instruction_len]);
    let mut bytes = signal.instruction[..len_bytes].to_vec();
    if cfg!(target_endian = "little") {
        bytes.reverse();
    }
    if bytes.is_empty() {
        return format!("(no code at {:#x})", signal.instruction_pointer);
    }
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!(
        "instruction 0x{digits} at {:#x}",
        signal.instruction_pointer
    )
}

/// Which extension an instruction belongs to is not known without a disassembler.
pub(in super::super) fn needs(_: &Signal) -> Vec<String> {
    Vec::new()
}

/// How many bytes the instruction at the start of `code` has, at most those that there are.
fn len_bytes(code: &[u8]) -> usize {
    let Some(&first) = code.first() else {
        return 0;
    };
    let len_bytes = if cfg!(target_arch = "riscv64") && first & 0b11 != 0b11 {
        2
    } else if cfg!(target_arch = "s390x") {
        // The two highest bits tell (Principles of Operation, chapter 5).
        match first >> 6 {
            0 => 2,
            1 | 2 => 4,
            _ => 6,
        }
    } else {
        4
    };
    len_bytes.min(code.len())
}
