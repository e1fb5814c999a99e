//! An instruction on an architecture without a disassembler: its word.

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

/// The extension that the instruction belongs to, of those that tiers ask for. That needs no
/// disassembler.
pub(in super::super) fn needs(signal: &Signal) -> Vec<String> {
    let code = signal.instruction[..signal.instruction_len].first_chunk();
    let word = code.map(|code| u32::from_le_bytes(*code));
    let feature = word.and_then(extension);
    feature.map(|name| name.to_owned()).into_iter().collect()
}

/// Arm ARM, C4.1 ("Top-level encodings"): PMULL of words, CRC32, EOR3.
#[cfg(target_arch = "aarch64")]
fn extension(word: u32) -> Option<&'static str> {
    match word {
        word if word & 0xbfe0_fc00 == 0x0ee0_e000 => Some("pmull"),
        word if word & 0x7fe0_e000 == 0x1ac0_4000 => Some("crc"),
        word if word & 0xffe0_8000 == 0xce00_0000 => Some("sha3"),
        _ => None,
    }
}

/// RISC-V bit manipulation, 2.6 to 2.8: clmul, clmulr, clmulh.
#[cfg(target_arch = "riscv64")]
fn extension(word: u32) -> Option<&'static str> {
    let is_register_operation = word & 0xfe00_007f == 0x0a00_0033;
    let function = word >> 12 & 0b111;
    (is_register_operation && (1..=3).contains(&function)).then_some("zbc")
}

#[cfg(not(any(target_arch = "aarch64", target_arch = "riscv64")))]
fn extension(_: u32) -> Option<&'static str> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Encodings as the assembler gives them.
    #[test]
    fn the_instructions_of_the_tiers_are_known() {
        #[cfg(target_arch = "aarch64")]
        let table = [
            ("pmull v0.1q, v1.1d, v2.1d", 0x0ee2_e020, Some("pmull")),
            ("pmull2 v0.1q, v1.2d, v2.2d", 0x4ee2_e020, Some("pmull")),
            ("crc32b w0, w1, w2", 0x1ac2_4020, Some("crc")),
            ("crc32x w0, w1, x2", 0x9ac2_4c20, Some("crc")),
            (
                "eor3 v0.16b, v1.16b, v2.16b, v3.16b",
                0xce02_0c20,
                Some("sha3"),
            ),
            ("add x0, x0, x1", 0x8b01_0000, None),
        ];
        #[cfg(target_arch = "riscv64")]
        let table = [
            ("clmul a0, a1, a2", 0x0ac5_9533, Some("zbc")),
            ("clmulh a0, a1, a2", 0x0ac5_b533, Some("zbc")),
            ("min a0, a1, a2", 0x0ac5_c533, None),
            ("add a0, a1, a2", 0x00c5_8533, None),
        ];
        #[cfg(not(any(target_arch = "aarch64", target_arch = "riscv64")))]
        let table = [("anything", 0x0ee2_e020, None)];
        for (text, word, expected) in table {
            assert_eq!(extension(word), expected, "{text}");
        }
    }
}

/// The size in bytes of the instruction at the start of `code`, as far as `code` goes.
fn len_bytes(code: &[u8]) -> usize {
    let Some(&first) = code.first() else {
        return 0;
    };
    let len_bytes = if cfg!(target_arch = "riscv64") && first & 0b11 != 0b11 {
        2
    } else if cfg!(target_arch = "s390x") {
        // The two highest bits give the size (Principles of Operation, chapter 5).
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
