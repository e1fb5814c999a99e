//! Instructions that depend on a condition.

use super::computation::{Computation, Inputs, Outcome};
use super::form::{Form, Role};
use super::op::Op;
use super::operand::Operand;
use crate::condition::Condition;
use iced_x86::{Instruction, Mnemonic};

pub(super) fn prepare(instruction: &Instruction) -> Option<Op> {
    use Mnemonic::{
        Cmova, Cmovae, Cmovb, Cmovbe, Cmove, Cmovg, Cmovge, Cmovl, Cmovle, Cmovne, Cmovno, Cmovnp,
        Cmovns, Cmovo, Cmovp, Cmovs, Seta, Setae, Setb, Setbe, Sete, Setg, Setge, Setl, Setle,
        Setne, Setno, Setnp, Setns, Seto, Setp, Sets,
    };
    let (first, computation): (_, Computation) = match instruction.mnemonic() {
        Seta | Setae | Setb | Setbe | Sete | Setg | Setge | Setl | Setle | Setne | Setno
        | Setnp | Setns | Seto | Setp | Sets => (Role::Written, |i| i.value(holds(i).into())),
        Cmova | Cmovae | Cmovb | Cmovbe | Cmove | Cmovg | Cmovge | Cmovl | Cmovle | Cmovne
        | Cmovno | Cmovnp | Cmovns | Cmovo | Cmovp | Cmovs => (Role::Modified, select),
        _ => return None,
    };
    let condition = Condition::new(instruction.condition_code())?;
    let mut form = Form::new(first, instruction)?;
    form.from[2] = Operand::Immediate(condition.number().into());
    Some(Op::computing(form, computation))
}

fn holds(inputs: &Inputs) -> bool {
    Condition::of_number(inputs.c as u8).holds(inputs.flags)
}

fn select(inputs: &Inputs) -> Outcome {
    inputs.value(if holds(inputs) { inputs.b } else { inputs.a })
}
