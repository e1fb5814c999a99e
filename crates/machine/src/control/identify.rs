//! CPUID and XGETBV, which the CPU of the machine answers.

use crate::cpu::Cpu;
use crate::fault::Fault;
use crate::state::State;
use iced_x86::{Instruction, Mnemonic};

#[derive(Clone, Copy, Debug)]
pub(crate) enum Op {
    Cpuid,
    Xgetbv,
}

pub(super) fn prepare(instruction: &Instruction) -> Option<Op> {
    match instruction.mnemonic() {
        Mnemonic::Cpuid => Some(Op::Cpuid),
        Mnemonic::Xgetbv => Some(Op::Xgetbv),
        _ => None,
    }
}

pub(super) fn execute(op: Op, state: &mut State, cpu: &Cpu) -> Result<(), Fault> {
    let leaf = state.general[State::RAX] as u32;
    let subleaf = state.general[State::RCX] as u32;
    match op {
        Op::Cpuid => {
            let registers = [State::RAX, State::RBX, State::RCX, State::RDX];
            for (register, value) in registers.into_iter().zip(cpu.cpuid.cpuid(leaf, subleaf)) {
                state.general[register] = value.into();
            }
        }
        Op::Xgetbv => {
            let enabled = cpu.cpuid.xcr0().ok_or(Fault::Undefined)?;
            if subleaf != 0 {
                return Err(Fault::NotModelled);
            }
            state.general[State::RAX] = enabled & 0xffff_ffff;
            state.general[State::RDX] = enabled >> 32;
        }
    }
    Ok(())
}
