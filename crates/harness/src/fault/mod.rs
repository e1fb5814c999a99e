//! Faults of the code under test, survived.
//!
//! [`catch`] calls a closure through an assembly trampoline that has saved the callee-saved
//! registers. If the closure's code raises SIGSEGV, SIGBUS, SIGILL or SIGFPE on this thread, the
//! handler notes what happened and resumes at the trampoline's end, as if the call had returned.
//! The frames in between are abandoned: what they owned is leaked, which is why only kernels, which
//! own nothing, are called this way.

mod decode;
mod handler;
mod trampoline;

#[cfg(target_arch = "x86_64")]
pub(crate) use handler::note;

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};

/// What stopped a call.
#[derive(Clone, Debug)]
pub enum Fault {
    /// A signal raised by an instruction of the call.
    Signal(Box<Signal>),
    /// A panic, with its message.
    Panic(String),
}

/// A signal, with what the machine knew when it came.
#[derive(Clone, Copy, Debug, Default)]
pub struct Signal {
    /// `SIGSEGV`, `SIGBUS`, `SIGILL` or `SIGFPE`.
    pub number: i32,
    /// The address that the access was refused at; `None` for a fault without an address.
    pub address: Option<usize>,
    /// Whether the refused access was a write.
    pub is_write: bool,
    /// The address of the instruction.
    pub instruction_pointer: usize,
    /// The instruction's first bytes.
    pub instruction: [u8; 15],
    /// How many of them could be read.
    pub instruction_len: usize,
    /// rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8 to r15, in the order of their encodings.
    pub registers: [u64; 16],
}

/// A memory access, as the faulting instruction states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// The first byte.
    pub address: usize,
    /// How many bytes.
    pub len_bytes: usize,
    /// The alignment that the instruction demands, in bytes (1 if any will do).
    pub alignment: usize,
}

impl Signal {
    /// The instruction, disassembled; its bytes where the decoder does not know it.
    pub fn disassembly(&self) -> String {
        decode::disassembly(self)
    }

    /// The memory access of the instruction, if it has one that the decoder understands.
    pub fn access(&self) -> Option<Access> {
        decode::access(self)
    }

    /// The instruction's bytes, in hexadecimal; all that could be read where the decoder does not
    /// know it.
    pub fn bytes(&self) -> String {
        decode::bytes(self)
    }

    /// The extensions that the instruction needs beyond what every CPU has.
    pub fn needs(&self) -> Vec<String> {
        decode::needs(self)
    }
}

thread_local! {
    /// Calls of [`catch`] in progress on this thread.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// Whether a panic on this thread, now, would be caught by [`catch`]: a hook that prints or aborts
/// should let it pass.
pub fn is_caught_here() -> bool {
    DEPTH.get() > 0
}

/// Leaves panics that are caught to those who catch them: no message, no abort by an older hook.
pub fn silence_caught_panics() {
    let before = take_hook();
    set_hook(Box::new(move |info| {
        if !is_caught_here() {
            before(info);
        }
    }));
}

/// Calls `call` and returns its value, or what stopped it.
///
/// Everything that `call` changes and that is read after a fault must live in memory that outlives
/// it (an atomic, a slice), not in its own variables.
///
/// # Errors
/// The signal or panic that ended the call.
pub fn catch<T>(call: impl FnOnce() -> T) -> Result<T, Fault> {
    handler::install();
    let mut outcome = None;
    let mut call = Some(call);
    DEPTH.set(DEPTH.get() + 1);
    let signal = trampoline::run(&mut || {
        let call = call.take().expect("called once");
        outcome = Some(catch_unwind(AssertUnwindSafe(call)));
    });
    DEPTH.set(DEPTH.get() - 1);
    if let Some(signal) = signal {
        return Err(Fault::Signal(Box::new(signal)));
    }
    match outcome.expect("the trampoline returned without a signal") {
        Ok(value) => Ok(value),
        Err(payload) => Err(Fault::Panic(panic_message(payload.as_ref()))),
    }
}

fn panic_message(payload: &(dyn std::any::Any + Send)) -> String {
    let text = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a message".to_owned())
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;
    use crate::memory::{GuardSide, MessageMemory, Placement};
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn read(address: usize) -> u8 {
        // SAFETY: the address is wrong on purpose; the fault is what the test asks for, and
        // `catch` survives it.
        unsafe { std::ptr::read_volatile(std::ptr::without_provenance::<u8>(address)) }
    }

    #[test]
    fn a_call_that_is_right_returns_its_value() {
        assert_eq!(catch(|| 7).expect("no fault"), 7);
    }

    #[test]
    fn a_read_behind_the_end_is_named_with_its_address() {
        let mut memory = MessageMemory::new(64).expect("memory");
        let view = memory.place(Placement::flush(GuardSide::End), &[1; 10], 0);
        let end = view.addresses().end;
        let Err(Fault::Signal(signal)) = catch(|| read(end)) else {
            panic!("no fault")
        };
        assert_eq!(signal.number, libc::SIGSEGV);
        assert_eq!(signal.address, Some(end));
        assert!(!signal.is_write);
        let access = signal.access().expect("an access");
        assert_eq!((access.address, access.len_bytes), (end, 1));
    }

    #[test]
    fn a_write_is_told_from_a_read() {
        let mut memory = MessageMemory::new(64).expect("memory");
        let view = memory.place(Placement::aligned(0), &[1; 10], 0);
        let start = view.addresses().start;
        let outcome = catch(|| {
            // SAFETY: a store to a read-only page, which `catch` survives.
            unsafe { std::ptr::write_volatile(std::ptr::without_provenance_mut(start), 1_u8) };
        });
        let Err(Fault::Signal(signal)) = outcome else {
            panic!("no fault")
        };
        assert!(signal.is_write);
        assert_eq!(signal.address, Some(start));
    }

    #[test]
    fn an_illegal_instruction_is_survived() {
        let outcome = catch(|| {
            // SAFETY: `ud2` raises SIGILL, which `catch` survives.
            unsafe { std::arch::asm!("ud2") };
        });
        let Err(Fault::Signal(signal)) = outcome else {
            panic!("no fault")
        };
        assert_eq!(signal.number, libc::SIGILL);
        assert_eq!(&signal.instruction[..2], &[0x0f, 0x0b]);
    }

    #[test]
    fn a_misaligned_access_shows_operand_and_alignment() {
        let words = [0_u64; 8];
        let address = words.as_ptr() as usize / 16 * 16 + 17;
        let outcome = catch(|| {
            // SAFETY: an aligned load from an address that is not: a fault, which `catch` survives.
            unsafe {
                std::arch::asm!("movdqa xmm0, [{a}]", a = in(reg) address, out("xmm0") _);
            }
        });
        let Err(Fault::Signal(signal)) = outcome else {
            panic!("no fault")
        };
        assert_eq!(signal.address, None);
        let access = signal.access().expect("an access");
        assert_eq!(
            access,
            Access {
                address,
                len_bytes: 16,
                alignment: 16
            }
        );
    }

    #[test]
    fn a_panic_is_a_fault_with_its_message() {
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {}));
        let outcome = catch(|| panic!("index out of range"));
        std::panic::set_hook(hook);
        let Err(Fault::Panic(message)) = outcome else {
            panic!("no fault")
        };
        assert_eq!(message, "index out of range");
    }

    /// The handler leaves nothing behind: not a signal mask, not a stack, not poisoned memory.
    #[test]
    fn a_hundred_thousand_faults_are_survived() {
        let survived = AtomicUsize::new(0);
        for _ in 0..100_000 {
            if catch(|| read(8)).is_err() {
                survived.fetch_add(1, Ordering::Relaxed);
            }
        }
        assert_eq!(survived.into_inner(), 100_000);
        assert_eq!(catch(|| 7).expect("no fault"), 7);
    }

    #[test]
    fn threads_survive_their_own_faults() {
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..1000 {
                        assert!(catch(|| read(16)).is_err());
                        assert_eq!(catch(|| 1).expect("no fault"), 1);
                    }
                });
            }
        });
    }
}
