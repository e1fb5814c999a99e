//! What an instruction that raised a signal accesses and needs, by its bytes and the registers.

use super::{Access, Signal};
use crate::extension;
use iced_x86::{
    Code, Decoder, DecoderOptions, FastFormatter, Instruction, Mnemonic, OpKind, Register,
};

fn instruction(signal: &Signal) -> Option<Instruction> {
    let bytes = &signal.instruction[..signal.instruction_len];
    let ip = signal.instruction_pointer as u64;
    let decoded = Decoder::with_ip(64, bytes, ip, DecoderOptions::NONE).decode();
    (decoded.code() != Code::INVALID).then_some(decoded)
}

pub(super) fn disassembly(signal: &Signal) -> String {
    match instruction(signal) {
        Some(instruction) => {
            let mut text = String::new();
            FastFormatter::new().format(&instruction, &mut text);
            text
        }
        None => format!("(no known instruction) {}", bytes(signal)),
    }
}

pub(super) fn bytes(signal: &Signal) -> String {
    let len_bytes = instruction(signal).map_or(signal.instruction_len, |decoded| decoded.len());
    let hex: Vec<String> = signal.instruction[..len_bytes]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    hex.join(" ")
}

pub(super) fn needs(signal: &Signal) -> Vec<String> {
    instruction(signal).map_or(Vec::new(), |decoded| extension::needed(&decoded))
}

/// The access that explains the signal: the operand in memory that covers the refused address, or
/// the first operand in memory if none does.
pub(super) fn access(signal: &Signal) -> Option<Access> {
    let decoded = instruction(signal)?;
    let len_bytes = decoded.memory_size().size();
    let mut found: Vec<Access> = (0..decoded.op_count())
        .filter(|&operand| is_memory(decoded.op_kind(operand)))
        .filter_map(|operand| {
            let address = decoded.virtual_address(operand, 0, |register, _, _| {
                Some(register_value(signal, register))
            })? as usize;
            Some(Access {
                address,
                len_bytes,
                alignment: alignment(&decoded, len_bytes),
            })
        })
        .collect();
    let covering = found.iter().position(|access| {
        let range = access.address..access.address.saturating_add(access.len_bytes);
        signal
            .address
            .is_some_and(|address| range.contains(&address))
    });
    (!found.is_empty()).then(|| found.swap_remove(covering.unwrap_or(0)))
}

/// Whether an operand of this kind lies in memory, those of string instructions included.
fn is_memory(kind: OpKind) -> bool {
    (OpKind::MemorySegSI..=OpKind::Memory).contains(&kind)
}

fn register_value(signal: &Signal, register: Register) -> u64 {
    let full = register.full_register();
    if (Register::RAX..=Register::R15).contains(&full) {
        let index = full as usize - Register::RAX as usize;
        let value = signal.registers[index];
        return if register.size() == 4 {
            value & 0xffff_ffff
        } else {
            value
        };
    }
    // Segment bases are 0 in 64-bit user code, except for fs and gs, through which no kernel reads
    // data.
    0
}

/// The alignment that the instruction demands, in bytes: the size of its operand if it is an
/// aligned move or a legacy SSE instruction with a 16-byte operand (Intel SDM 1, 4.1.1), else 1.
fn alignment(decoded: &Instruction, len_bytes: usize) -> usize {
    use Mnemonic as M;
    let unaligned_move = matches!(
        decoded.mnemonic(),
        M::Movdqu | M::Movups | M::Movupd | M::Lddqu | M::Movlps | M::Movhps | M::Movq | M::Movd
    );
    let aligned_move = matches!(
        decoded.mnemonic(),
        M::Vmovdqa
            | M::Vmovdqa32
            | M::Vmovdqa64
            | M::Vmovaps
            | M::Vmovapd
            | M::Vmovntdq
            | M::Vmovntdqa
            | M::Vmovntps
            | M::Vmovntpd
    );
    let legacy = decoded.encoding() == iced_x86::EncodingKind::Legacy;
    if aligned_move || (legacy && len_bytes == 16 && !unaligned_move) {
        len_bytes
    } else {
        1
    }
}
