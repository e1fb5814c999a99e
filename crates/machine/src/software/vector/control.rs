//! MXCSR, and the upper parts of all vectors.

use crate::effective_address::EffectiveAddress;
use crate::fault::Fault;
use crate::memory::Memory;
use crate::state::State;
use iced_x86::{Instruction, Mnemonic};

#[derive(Debug)]
pub(super) enum Control {
    LoadMxcsr(EffectiveAddress),
    StoreMxcsr(EffectiveAddress),
    /// Clears zmm0 to zmm15 from this byte on.
    Clear {
        from_byte: usize,
    },
}

pub(super) fn prepare(instruction: &Instruction) -> Option<Control> {
    use Mnemonic::*;
    let control = match instruction.mnemonic() {
        Vzeroupper => Control::Clear { from_byte: 16 },
        Vzeroall => Control::Clear { from_byte: 0 },
        Ldmxcsr | Vldmxcsr => Control::LoadMxcsr(EffectiveAddress::new(instruction)?),
        Stmxcsr | Vstmxcsr => Control::StoreMxcsr(EffectiveAddress::new(instruction)?),
        _ => return None,
    };
    Some(control)
}

pub(super) fn execute(
    control: &Control,
    state: &mut State,
    memory: &mut Memory,
) -> Result<(), Fault> {
    match control {
        Control::Clear { from_byte } => {
            for vector in &mut state.vectors[..16] {
                vector.0[*from_byte..].fill(0);
            }
        }
        Control::LoadMxcsr(address) => {
            let mxcsr = u32::from_le_bytes(memory.read_array(address.address(state))?);
            // Reserved bits are a general protection fault, for which there is no name here.
            if mxcsr >> 16 != 0 {
                return Err(Fault::NotModelled);
            }
            state.mxcsr = mxcsr;
        }
        Control::StoreMxcsr(address) => {
            memory.write(address.address(state), &state.mxcsr.to_le_bytes())?;
        }
    }
    Ok(())
}
