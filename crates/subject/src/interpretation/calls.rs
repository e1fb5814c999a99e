//! Calls of functions of the C ABI, made by an interpreter.

use super::budget::step_max;
use crcheck_machine::confirmation::{self, Confirmation};
use crcheck_machine::{AccessKind, Call, Cpu, Flag, Machine, Returned, State, Stopped, Vector};
use crcheck_platform::abi_audit::{
    Audit, CANARIES, CANARY, FRAME_CHECKED_BYTES, Left, MXCSR, Paint, X87_CONTROL, X87_EMPTY,
};
use crcheck_platform::raw_entry::{CallBy, PlainCall, RawEntry};
use std::collections::BTreeSet;
use std::io;
use std::ops::Range;
use std::ptr;

/// Makes calls of functions of the C ABI on one machine. What they store is kept from one call to
/// the next, and this process does not see it.
pub struct Calls {
    machine: Machine,
    /// The registers of plain calls.
    registers: Box<State>,
    /// Whether calls may execute a part of the instructions only: one has not returned.
    is_sparing: bool,
    /// The addresses of this process that calls may write besides those of a call itself.
    writable: Option<Range<usize>>,
}

/// The numbers of the registers that a function gives back, in the order of [`CANARIES`].
const KEPT: [usize; 6] = [State::RBX, State::RBP, 12, 13, 14, 15];

/// rax, r10 and r11.
const SCRATCH: [usize; 3] = [State::RAX, 10, 11];

/// The registers of arguments: rdi, rsi, rdx, rcx, r8, r9.
const ARGUMENTS: [usize; 6] = [State::RDI, State::RSI, State::RDX, State::RCX, 8, 9];

/// The vector registers that VZEROUPPER cleans, and the bytes of each that it leaves.
const LEGACY_VECTORS: usize = 16;
const LOWER_BYTES: usize = 16;

impl Calls {
    /// Calls on a machine with this CPU.
    ///
    /// # Errors
    /// If this process cannot read what it has mapped.
    pub fn new(cpu: Cpu) -> io::Result<Self> {
        let mut machine = Machine::new(cpu)?;
        machine.set_frame(CANARY.to_le_bytes().repeat(FRAME_CHECKED_BYTES / 8 - 1));
        Ok(Self {
            machine,
            registers: painted(&Paint::FORGIVING),
            is_sparing: false,
            writable: None,
        })
    }

    /// The machine, to bring code into its memory.
    pub fn machine(&mut self) -> &mut Machine {
        &mut self.machine
    }

    pub fn cpu(&self) -> &Cpu {
        self.machine.cpu()
    }

    /// How many instructions all calls have executed so far.
    pub fn instructions(&self) -> u64 {
        self.machine.steps()
    }

    /// The instructions that were executed and that neither this CPU nor a recording confirms.
    pub(super) fn unconfirmed(&self) -> BTreeSet<String> {
        let forms = self.machine.executed_forms();
        let unconfirmed = forms.filter(|form| confirmation::of(form) == Confirmation::Unconfirmed);
        let names = unconfirmed.map(|form| format!("{:?}", form.mnemonic()).to_uppercase());
        names.collect()
    }

    pub(super) fn is_sparing(&self) -> bool {
        self.is_sparing
    }

    /// Whether calls may execute a part of the instructions only from now on.
    pub(super) fn set_sparing(&mut self, is_sparing: bool) {
        self.is_sparing = is_sparing;
    }

    /// Calls may write these addresses of this process too from now on.
    ///
    /// # Safety
    /// They are valid for writes, and nothing else uses them during a call.
    pub(super) unsafe fn set_writable(&mut self, writable: Option<Range<usize>>) {
        self.writable = writable;
    }

    pub(super) fn machine_ref(&self) -> &Machine {
        &self.machine
    }

    /// Makes one call of `entry`.
    ///
    /// # Errors
    /// What stopped it.
    pub fn call(
        &mut self,
        entry: &RawEntry,
        checksum: u64,
        message: &[u8],
    ) -> Result<u64, Box<Stopped>> {
        let mut plain = Plain {
            calls: self,
            paint: &Paint::FORGIVING,
            len_bytes: message.len(),
            returned: None,
        };
        // SAFETY: a slice is valid for reads.
        unsafe { entry.call_by(&mut plain, checksum, message.as_ptr(), message.len()) }
    }

    /// Makes one call of `entry` with a null pointer and length 0: a call without a message.
    ///
    /// # Errors
    /// What stopped it.
    pub fn call_null(&mut self, entry: &RawEntry, checksum: u64) -> Result<u64, Box<Stopped>> {
        let mut plain = Plain {
            calls: self,
            paint: &Paint::FORGIVING,
            len_bytes: 0,
            returned: None,
        };
        // SAFETY: no byte is read.
        unsafe { entry.call_by(&mut plain, checksum, ptr::null(), 0) }
    }

    /// Makes one [audited](crcheck_platform::abi_audit) call of `entry`. Upper halves of vector
    /// registers are judged by their values.
    ///
    /// # Errors
    /// What stopped it.
    pub fn audit(
        &mut self,
        entry: &RawEntry,
        checksum: u64,
        message: &[u8],
        paint: &Paint,
    ) -> Result<Audit, Box<Stopped>> {
        let mut plain = Plain {
            calls: self,
            paint,
            len_bytes: message.len(),
            returned: None,
        };
        // SAFETY: a slice is valid for reads.
        let value =
            unsafe { entry.call_by(&mut plain, checksum, message.as_ptr(), message.len()) }?;
        let returned = plain.returned.take().expect("the call has returned");
        let left = self.left(&returned);
        Ok(Audit {
            value,
            clobbered: left.clobbered(),
            control: left.control(),
            has_dirty_vectors: !paint.is_upper && is_dirty(&returned.state),
            stack_bytes: returned.stack_bytes as usize,
        })
    }

    /// What a call has left of what it owes its caller.
    fn left(&mut self, returned: &Returned) -> Left {
        let state = &returned.state;
        let mut frame = [0; FRAME_CHECKED_BYTES - 8];
        let start = returned.stack_pointer.wrapping_add(8);
        let is_read = self.machine.memory().read(start, &mut frame).is_ok();
        let mut words = frame.as_chunks().0.iter();
        let is_kept = words.all(|word| *word == CANARY.to_le_bytes());
        Left {
            kept: KEPT.map(|number| state.general[number]),
            has_stack_back: state.general[State::RSP] == start,
            is_frame_kept: is_read && is_kept,
            flags: state.flags & Flag::Direction.mask(),
            mxcsr: state.mxcsr,
            x87_control: X87_CONTROL,
            x87_tags: X87_EMPTY,
        }
    }
}

/// A call under a paint.
struct Plain<'c> {
    calls: &'c mut Calls,
    paint: &'c Paint,
    len_bytes: usize,
    returned: Option<Returned>,
}

impl CallBy for Plain<'_> {
    type Stop = Box<Stopped>;

    fn call(&mut self, call: &PlainCall) -> Result<u64, Box<Stopped>> {
        let paint = self.paint;
        let registers = if *paint == Paint::FORGIVING {
            self.calls.registers.clone()
        } else {
            painted(paint)
        };
        let Calls {
            machine,
            is_sparing,
            writable,
            ..
        } = &mut *self.calls;
        for range in call.writable.iter().chain(&*writable) {
            let range = range.start as u64..range.end as u64;
            let len_bytes = (range.end - range.start) as usize;
            // SAFETY: whoever makes the call vouches that the range is valid for writes until it
            // is over, and that nothing else uses it.
            unsafe { machine.memory().share(range.clone()) };
            let can_write = machine
                .memory()
                .check(range.start, len_bytes, AccessKind::Write);
            if can_write.is_err() {
                // The stack or the heap of this process has grown.
                machine.memory().forget();
            }
        }
        let mut arguments = [0; 6];
        for (index, argument) in arguments.iter_mut().enumerate() {
            *argument = paint.argument(index, call.arguments[index]);
        }
        let outcome = machine.call(&Call {
            address: call.address as u64,
            arguments,
            registers,
            stack_offset_bytes: if paint.is_stack_aligned { 8 } else { 24 },
            stack_fill: stack_fill(paint),
            step_max: step_max(self.len_bytes, *is_sparing),
        });
        machine.memory().unshare();
        let returned = outcome?;
        let value = returned.state.general[State::RAX];
        self.returned = Some(returned);
        Ok(value)
    }

    fn read_text(&mut self, address: u64, into: &mut [u8]) {
        let memory = self.calls.machine.memory();
        for (address, byte) in (address..).zip(into) {
            if memory.read(address, std::slice::from_mut(byte)).is_err() || *byte == 0 {
                break;
            }
        }
    }
}

/// The registers of a caller that leaves `paint` behind.
fn painted(paint: &Paint) -> Box<State> {
    let mut state = Box::new(State {
        mxcsr: MXCSR,
        ..State::default()
    });
    for (number, canary) in KEPT.iter().zip(CANARIES) {
        state.general[*number] = canary;
    }
    for (number, word) in SCRATCH.iter().zip(paint.scratch()) {
        state.general[*number] = word;
    }
    for (index, number) in ARGUMENTS.iter().enumerate() {
        state.general[*number] = paint.argument(index, None);
    }
    let words = paint.vector_words();
    for (index, vector) in state.vectors.iter_mut().enumerate() {
        let mut bytes = [0; 64];
        for (to, word) in bytes.as_chunks_mut().0.iter_mut().zip(&words[index..]) {
            *to = word.to_le_bytes();
        }
        if !paint.is_upper {
            let is_legacy = index < LEGACY_VECTORS;
            bytes[if is_legacy { LOWER_BYTES } else { 0 }..].fill(0);
        }
        *vector = Vector(bytes);
    }
    if paint.is_upper {
        state.masks = [words[0] & 0xffff; 8];
    }
    state
}

/// What the stack holds, each byte.
fn stack_fill(paint: &Paint) -> u8 {
    paint.stack_word() as u8
}

/// Whether the upper half of a vector register that VZEROUPPER cleans is not 0.
fn is_dirty(state: &State) -> bool {
    let mut vectors = state.vectors[..LEGACY_VECTORS].iter();
    vectors.any(|vector| vector.0[LOWER_BYTES..].iter().any(|&byte| byte != 0))
}
