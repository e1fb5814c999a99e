//! A prepared instruction: where its operands are, and what it computes.

use super::control::{self, Control};
use super::form::{Form, Masking, Meaning, Semantics, UNMASKED};
use super::masking::{lowest, merge, packed, signs};
use super::operands::{Input, Mask, Output, vector_bytes};
use super::table;
use crate::fault::Fault;
use crate::memory::Memory;
use crate::state::{Flag, State, Vector};
use iced_x86::{EncodingKind, Instruction, OpKind, Register, RoundingControl};

/// A prepared instruction on vectors, masks, or MXCSR.
#[derive(Debug)]
pub struct Op(Kind);

#[derive(Debug)]
enum Kind {
    Control(Control),
    Computation(Box<Computation>),
}

#[derive(Debug)]
struct Computation {
    inputs: [Input; 3],
    arity: usize,
    output: Output,
    semantics: Semantics,
    immediate: u8,
    /// How many bits of the immediate each lane takes.
    immediate_bits: u32,
    /// The bytes of the widest vector.
    len_bytes: usize,
    /// The bytes of an element that the mask enables.
    element: usize,
    mask: Mask,
    /// A bit for each element.
    every_element: u64,
    masking: Masking,
    is_zeroing: bool,
    /// Whether the upper bits of elements are the result.
    is_signs: bool,
}

/// Prepares `instruction`; `None` if it is not known here.
pub(in crate::software) fn prepare(instruction: &Instruction) -> Option<Op> {
    if let Some(control) = control::prepare(instruction) {
        return Some(Op(Kind::Control(control)));
    }
    computation(instruction).map(|computation| Op(Kind::Computation(Box::new(computation))))
}

/// Executes it.
#[inline]
pub(in crate::software) fn execute(
    op: &Op,
    state: &mut State,
    memory: &mut Memory,
) -> Result<(), Fault> {
    match &op.0 {
        Kind::Computation(computation) => computation.execute(state, memory),
        Kind::Control(control) => control::execute(control, state, memory),
    }
}

fn computation(instruction: &Instruction) -> Option<Computation> {
    let form = table::form(instruction)?;
    let is_known_encoding = matches!(
        instruction.encoding(),
        EncodingKind::Legacy | EncodingKind::VEX | EncodingKind::EVEX
    );
    let rounds = instruction.rounding_control() != RoundingControl::None
        || instruction.suppress_all_exceptions();
    let register = instruction.op_mask();
    let is_masked = register != Register::None || form.masking == Masking::Signs;
    if !is_known_encoding || rounds || is_masked && form.element == UNMASKED {
        return None;
    }
    let mask = if form.masking == Masking::Signs {
        let register = instruction.op1_register();
        Mask::Signs {
            number: register.number(),
            len_bytes: vector_bytes(register)?,
            element: form.element,
        }
    } else if register == Register::None {
        Mask::None
    } else {
        Mask::Register(register.number())
    };
    let output = match form.meaning {
        Meaning::Flags => Output::Flags,
        _ => Output::new(instruction, if is_masked { form.element } else { 0 })?,
    };
    let is_vector = matches!(output, Output::Vector { .. });
    let len_bytes = len_bytes(instruction);
    let every_element = match form.element {
        UNMASKED => u64::MAX,
        element => {
            let written = output.len_bytes().unwrap_or(len_bytes) / element;
            lowest(written.min(len_bytes / element.max(form.source_element)))
        }
    };
    let immediate = (0..instruction.op_count())
        .find(|i| instruction.op_kind(*i) == OpKind::Immediate8)
        .map_or(0, |_| instruction.immediate8());
    Some(Computation {
        inputs: inputs(instruction, &form, is_masked)?,
        arity: form.arity,
        output,
        semantics: form.semantics,
        immediate,
        immediate_bits: form.immediate_bits,
        len_bytes,
        element: form.element,
        mask,
        every_element,
        masking: form.masking,
        is_zeroing: instruction.zeroing_masking() || form.masking == Masking::Signs,
        is_signs: form.meaning == Meaning::Signs && !is_vector,
    })
}

/// The bytes of the widest vector register, or of one lane.
fn len_bytes(instruction: &Instruction) -> usize {
    let registers = (0..instruction.op_count()).map(|i| instruction.op_register(i));
    registers.filter_map(vector_bytes).fold(16, usize::max)
}

/// Its sources in the order of the architecture.
fn inputs(instruction: &Instruction, form: &Form, is_masked: bool) -> Option<[Input; 3]> {
    let element = if is_masked && form.is_elementwise {
        form.source_element
    } else {
        0
    };
    let first = match (form.meaning, form.masking) {
        (Meaning::Flags, _) => 0,
        (_, Masking::Signs) => 2,
        _ => 1,
    };
    let mut found = Vec::new();
    for index in first..instruction.op_count() {
        if form.takes_count || instruction.op_kind(index) != OpKind::Immediate8 {
            found.push(Input::new(instruction, index, element)?);
        }
    }
    let has_own_mask = matches!(form.masking, Masking::Compress | Masking::Expand);
    if has_own_mask {
        found.push(Input::OwnMask);
    }
    if found.len() < form.arity {
        let destination = Input::new(instruction, 0, 0)?;
        if !matches!(destination, Input::Vector(_)) {
            return None;
        }
        found.insert(0, destination);
    }
    // The third source of blends in the legacy encoding has no place in the instruction.
    if found.len() < form.arity && instruction.encoding() == EncodingKind::Legacy {
        found.push(Input::Vector(0));
    }
    if found.len() != form.arity {
        return None;
    }
    if form.takes_count {
        let last = found.last_mut()?;
        *last = last.count()?;
    }
    if form.masking == Masking::Expand {
        found[0] = found[0].packed();
    }
    let mut inputs = [Input::None; 3];
    inputs[..found.len()].copy_from_slice(&found);
    Some(inputs)
}

impl Computation {
    #[inline]
    fn execute(&self, state: &mut State, memory: &mut Memory) -> Result<(), Fault> {
        let mask = self.mask.read(state) & self.every_element;
        let mut read = [Vector::ZERO; 3];
        let mut inputs = [&Vector::ZERO; 3];
        for (i, value) in read[..self.arity].iter_mut().enumerate() {
            inputs[i] = match self.inputs[i] {
                Input::Vector(number) => &state.vectors[number],
                input => {
                    input.read(mask, state, memory, value)?;
                    value
                }
            };
        }
        let base = match self.masking {
            _ if self.is_zeroing => Some(Vector::ZERO),
            Masking::Blend => Some(*inputs[0]),
            _ => None,
        };
        let result = self.compute(inputs);
        let mask = match self.masking {
            Masking::Compress => packed(mask),
            _ => mask,
        };
        self.write(result, base, mask, state, memory)
    }

    #[inline]
    fn compute(&self, inputs: [&Vector; 3]) -> Vector {
        let of_lane = match self.semantics {
            Semantics::Vector(of_vector) => {
                return of_vector(inputs, self.len_bytes, self.immediate);
            }
            Semantics::Lane(of_lane) => of_lane,
        };
        let mut result = Vector::ZERO;
        let mut immediate = self.immediate;
        let lanes = result.0[..self.len_bytes].as_chunks_mut().0;
        for (i, to) in lanes.iter_mut().enumerate() {
            *to = of_lane(inputs.map(|input| input.lane(i)), immediate).to_le_bytes();
            immediate >>= self.immediate_bits;
        }
        result
    }

    #[inline]
    fn write(
        &self,
        mut result: Vector,
        base: Option<Vector>,
        mask: u64,
        state: &mut State,
        memory: &mut Memory,
    ) -> Result<(), Fault> {
        let scalar = || {
            if self.is_signs {
                signs(&result, self.len_bytes, self.element) & mask
            } else {
                result.lane(0) as u64
            }
        };
        match self.output {
            Output::Vector {
                number,
                len_bytes,
                keeps_upper,
            } => {
                let old = &mut state.vectors[number];
                if mask != self.every_element {
                    let base = base.as_ref().unwrap_or(old);
                    merge(&mut result, base, !mask & self.every_element, self.element);
                }
                if keeps_upper {
                    old.0[..16].copy_from_slice(&result.0[..16]);
                } else {
                    result.0[len_bytes..].fill(0);
                    *old = result;
                }
            }
            Output::General { number, bits } => state.general[number] = scalar() & bits,
            Output::Mask(number) => state.masks[number] = scalar(),
            Output::Flags => state.flags = state.flags & !Flag::ARITHMETIC | scalar(),
            Output::Memory(access) => access.write(&result, mask, state, memory)?,
        }
        Ok(())
    }
}
