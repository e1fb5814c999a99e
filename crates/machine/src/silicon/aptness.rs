//! Which instructions can be executed alone on the CPU, without harm and with a repeatable result.

use crcheck_platform::extension;
use iced_x86::{Code, CpuidFeature, FlowControl, Instruction, Mnemonic, OpKind};
use std::collections::BTreeSet;

/// Whether `instruction` depends on nothing but the registers of [`State`](crate::State) and one
/// operand in memory, changes nothing else, goes on to the next one, and needs only `extensions`.
pub(super) fn is_apt(instruction: &Instruction, extensions: &BTreeSet<&'static str>) -> bool {
    let has_all = || {
        let needed = extension::needed(instruction);
        needed.iter().all(|name| extensions.contains(&**name))
    };
    instruction.code() != Code::INVALID
        && instruction.flow_control() == FlowControl::Next
        && !instruction.is_privileged()
        && !instruction.is_stack_instruction()
        && !instruction.is_string_instruction()
        && !instruction.is_save_restore_instruction()
        && !instruction.is_vsib()
        && !is_of_the_system(instruction)
        && !has_state_of_its_own(instruction)
        && has_known_operands(instruction)
        && has_all()
}

/// Whether the result depends on the system or on time, or the instruction changes what the
/// system or this process relies on. Those that no extension of the table has are refused anyway,
/// as WRFSBASE.
fn is_of_the_system(instruction: &Instruction) -> bool {
    use Mnemonic as M;
    let features = instruction.cpuid_features();
    features.contains(&CpuidFeature::CET_SS)
        || matches!(
            instruction.mnemonic(),
            M::Cpuid
                | M::Rdtsc
                | M::Rdpmc
                | M::Xgetbv
                | M::Xsetbv
                | M::Rdrand
                | M::Rdseed
                | M::Sgdt
                | M::Sidt
                | M::Sldt
                | M::Smsw
                | M::Str
                | M::Lar
                | M::Lsl
                | M::Verr
                | M::Verw
                | M::Lfs
                | M::Lgs
                | M::Lss
                | M::Hlt
        )
}

/// Whether it uses registers that [`State`](crate::State) does not have: those of x87 and MMX.
fn has_state_of_its_own(instruction: &Instruction) -> bool {
    use CpuidFeature as F;
    let features = instruction.cpuid_features();
    features
        .iter()
        .any(|feature| matches!(feature, F::FPU | F::FPU287 | F::FPU387 | F::MMX | F::D3NOW))
}

/// Whether every operand is a register of [`State`](crate::State), a constant, or in memory at the
/// address that ModRM states, of at most 64 bytes.
fn has_known_operands(instruction: &Instruction) -> bool {
    use Mnemonic as M;
    let is_in_memory =
        (0..instruction.op_count()).any(|i| instruction.op_kind(i) == OpKind::Memory);
    // Their register says how far from the operand's address they access.
    let is_far = matches!(instruction.mnemonic(), M::Bt | M::Btc | M::Btr | M::Bts)
        && is_in_memory
        && instruction.op1_kind() == OpKind::Register;
    !is_far && (0..instruction.op_count()).all(|i| is_known_operand(instruction, i))
}

fn is_known_operand(instruction: &Instruction, index: u32) -> bool {
    match instruction.op_kind(index) {
        OpKind::Register => {
            let register = instruction.op_register(index);
            register.is_gpr() || register.is_vector_register() || register.is_k()
        }
        OpKind::Memory => instruction.memory_size().size() <= 64,
        OpKind::Immediate8
        | OpKind::Immediate8_2nd
        | OpKind::Immediate16
        | OpKind::Immediate32
        | OpKind::Immediate64
        | OpKind::Immediate8to16
        | OpKind::Immediate8to32
        | OpKind::Immediate8to64
        | OpKind::Immediate32to64 => true,
        _ => false,
    }
}
