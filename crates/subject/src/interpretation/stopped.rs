//! What stops an interpreted call, in terms of its message. The kinds and the sentences are those
//! of calls on hardware.

use crate::account::Unmodelled;
use crate::kind::Kind;
use crate::stop::{Stop, explain_here};
use crcheck_machine::{AccessKind, Cpu, Fault, State, Stopped};
use crcheck_platform::code::illegal_instruction::Illegal;
use crcheck_platform::code::place::Place;
use crcheck_platform::code::source_location;
use crcheck_platform::extension::{Asked, Extension};
use crcheck_platform::signal::{Caught, Signal};
use std::ops::Range;

/// Why an interpreted call did not return.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Halt {
    /// As a call on hardware would be stopped.
    Stop(Stop),
    /// The interpreter does not know the instruction: nothing is known of the call.
    Unmodelled(Unmodelled),
}

/// How far below its lowest address a stack's overflow may reach: the largest frame.
const FRAME_BYTES: u64 = 1 << 23;

/// What is known around a call that stopped.
pub(super) struct Circumstances<'c> {
    pub(super) cpu: &'c Cpu,
    /// Where the call's stack lies.
    pub(super) stack: Range<u64>,
    /// The addresses of its message.
    pub(super) message: &'c Range<usize>,
    /// Where code comes from.
    pub(super) place: &'c dyn Fn(u64) -> Option<Place>,
}

/// Explains what stopped a call.
pub(super) fn explain(stopped: &Stopped, around: &Circumstances<'_>) -> Halt {
    let signal = match &stopped.fault {
        Fault::NotModelled | Fault::SystemCall | Fault::WrittenCode => {
            return Halt::Unmodelled(unmodelled(stopped, around));
        }
        Fault::OutOfSteps => {
            let within = stopped.steps;
            let summary = format!("does not return within {within} instructions");
            return Halt::Stop(Stop::without_place(Kind::Hang, summary));
        }
        Fault::Page { address, access } => {
            let below = around.stack.start.saturating_sub(FRAME_BYTES)..around.stack.start;
            Signal {
                address: Some(*address as usize),
                is_write: *access == AccessKind::Write,
                is_stack_overflow: below.contains(address),
                ..signal(stopped, libc::SIGSEGV)
            }
        }
        Fault::Misaligned { .. } | Fault::NotCanonical { .. } => signal(stopped, libc::SIGSEGV),
        Fault::Lacks(_) | Fault::Undefined => signal(stopped, libc::SIGILL),
        Fault::Divide => signal(stopped, libc::SIGFPE),
        Fault::Interrupt => signal(stopped, libc::SIGTRAP),
    };
    let mut stop = explain_here(Caught::Signal(Box::new(signal)), around.message);
    stop.place.code = (around.place)(stopped.state.ip);
    if let Some(illegal) = &mut stop.illegal {
        let lacked = match &stopped.fault {
            Fault::Lacks(names) => names.as_slice(),
            _ => &[],
        };
        attribute(illegal, lacked, around.cpu);
    }
    Halt::Stop(stop)
}

/// The signal that the CPU would raise.
fn signal(stopped: &Stopped, number: i32) -> Signal {
    let state = &stopped.state;
    let mut instruction = [0; 15];
    let len_bytes = stopped.bytes.len().min(instruction.len());
    instruction[..len_bytes].copy_from_slice(&stopped.bytes[..len_bytes]);
    let mut signal = Signal {
        number,
        instruction_pointer: state.ip as usize,
        instruction,
        instruction_len: len_bytes,
        ..Signal::default()
    };
    for (to, from) in signal.registers.iter_mut().zip(state.general) {
        *to = from;
    }
    signal
}

/// States what the interpreted CPU lacks, and not what this one does.
fn attribute(illegal: &mut Illegal, lacked: &[String], cpu: &Cpu) {
    let asked = Asked {
        cpuid: &|leaf, subleaf| cpu.cpuid.cpuid(leaf, subleaf),
        xcr0: &|| cpu.cpuid.xcr0(),
    };
    let absence = |name: &String| {
        let known = Extension::named(name).and_then(|extension| extension.absence_on(&asked));
        known.unwrap_or_else(|| format!("{name}: {} does not have it", cpu.name))
    };
    illegal.absent = lacked.iter().map(absence).collect();
}

fn unmodelled(stopped: &Stopped, around: &Circumstances<'_>) -> Unmodelled {
    let ip = stopped.state.ip;
    let signal = signal(stopped, libc::SIGILL);
    let disassembly = signal.disassembly();
    let mnemonic = disassembly.split(' ').next().unwrap_or_default();
    let what = match stopped.fault {
        Fault::WrittenCode => "code that the code itself has written".to_owned(),
        _ => mnemonic.to_uppercase(),
    };
    let place = match (around.place)(ip) {
        Some(place) => source_location::locate(&place).in_words(true),
        None => format!("{ip:#x}"),
    };
    Unmodelled {
        what,
        place,
        bytes: signal.bytes(),
    }
}

/// The stop of a call of which nothing is known.
pub(super) fn not_known() -> Stop {
    Stop::not_made()
}

/// The general registers, which a signal holds in the same order.
const _: () = assert!(State::RSP == 4);
