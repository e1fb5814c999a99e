//! What an execution leaves.

use super::undefined::Undefined;
use crate::fault::Fault;
use crate::forms::Case;
use crate::state::State;
use crcheck_platform::rng::SplitMix64;
use iced_x86::{OpKind, Register};
use std::fmt::Write;

/// What an execution leaves. What the architecture leaves undefined is as before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What has stopped the instruction, if anything has.
    pub fault: Option<Fault>,
    pub state: Box<State>,
    /// The bytes at [`Case::content_address`].
    pub memory: Vec<u8>,
}

const GENERAL: [&str; 16] = [
    "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13",
    "r14", "r15",
];

impl Outcome {
    /// The same with what is undefined after `case` as it was before.
    pub(super) fn without_undefined(mut self, case: &Case) -> Self {
        if self.fault.is_some() {
            return self;
        }
        let undefined = Undefined::after(case, self.state.flags);
        self.state.flags &= !undefined.flags;
        self.state.flags |= case.state.flags & undefined.flags;
        if undefined.is_destination {
            let instruction = &case.instruction;
            match instruction.op0_kind() {
                OpKind::Memory => self.memory.clone_from(&case.content),
                _ => self.forget(case, instruction.op0_register()),
            }
        }
        self
    }

    fn forget(&mut self, case: &Case, register: Register) {
        let number = register.full_register().number();
        self.state.general[number] = case.state.general[number];
    }

    /// 32 bits that tell outcomes apart.
    pub fn digest(&self) -> u32 {
        let mut sum = Sum(0);
        sum.add_fault(self.fault.as_ref());
        let state = &self.state;
        state
            .vectors
            .iter()
            .for_each(|vector| sum.add_bytes(&vector.0));
        let words = state.general.iter().chain(&state.masks);
        words.for_each(|word| sum.add(*word));
        sum.add(state.flags);
        sum.add(state.mxcsr.into());
        sum.add_bytes(&self.memory);
        sum.0 as u32
    }

    /// What differs from `before`, such as `rax=0x1 flags=0x202`.
    pub fn changes(&self, before: &State, content: &[u8]) -> String {
        let mut text = match &self.fault {
            Some(fault) => format!("{fault:x?} "),
            None => String::new(),
        };
        let state = &self.state;
        let word = |text: &mut String, name: &str, now: u64, then: u64| {
            if now != then {
                // Writing to a string cannot fail.
                let _ = write!(text, "{name}={now:#x} ");
            }
        };
        for (number, name) in GENERAL.into_iter().enumerate() {
            word(
                &mut text,
                name,
                state.general[number],
                before.general[number],
            );
        }
        for (number, (now, then)) in state.masks.iter().zip(before.masks).enumerate() {
            word(&mut text, &format!("k{number}"), *now, then);
        }
        word(&mut text, "flags", state.flags, before.flags);
        word(&mut text, "mxcsr", state.mxcsr.into(), before.mxcsr.into());
        word(&mut text, "ip", state.ip, before.ip);
        for (number, (now, then)) in state.vectors.iter().zip(&before.vectors).enumerate() {
            if now != then {
                let _ = write!(text, "zmm{number}={} ", hex(&now.0));
            }
        }
        if self.memory != content {
            let _ = write!(text, "memory={} ", hex(&self.memory));
        }
        text.truncate(text.trim_end().len());
        text
    }
}

/// Bytes as one number, the highest first, without the zeros in front.
fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().rev().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    });
    match digits.trim_start_matches('0') {
        "" => "0".to_owned(),
        short => format!("0x{short}"),
    }
}

/// A sum over words, by the mixing function of SplitMix64.
struct Sum(u64);

impl Sum {
    fn add(&mut self, word: u64) {
        self.0 = SplitMix64::new(self.0 ^ word).next_u64();
    }

    fn add_fault(&mut self, fault: Option<&Fault>) {
        let (kind, address) = match fault {
            None => (0, 0),
            Some(Fault::Page { address, .. }) => (1, *address),
            Some(Fault::Misaligned { address, .. }) => (2, *address),
            Some(Fault::NotCanonical { address }) => (3, *address),
            Some(Fault::Divide) => (4, 0),
            Some(Fault::Undefined) => (5, 0),
            Some(_) => (6, 0),
        };
        self.add(kind);
        self.add(address);
    }

    fn add_bytes(&mut self, bytes: &[u8]) {
        self.add(bytes.len() as u64);
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.add(u64::from_le_bytes(word));
        }
    }
}
