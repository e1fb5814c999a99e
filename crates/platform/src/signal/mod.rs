//! Calls that survive the CPU's signals.
//!
//! [`catch`] calls a closure through an assembly trampoline that saves the callee-saved registers.
//! If the closure's code raises SIGSEGV, SIGBUS, SIGILL or SIGFPE on this thread, the handler notes
//! the signal and resumes at the trampoline's end, as if the call had returned. The frames in
//! between are abandoned, and what they own leaks. So this way is for kernels, which own nothing.
//! On an architecture without a trampoline a signal ends the process, which says so and exits with
//! the code of a finding.

mod armed;
#[cfg(target_arch = "x86_64")]
mod decode;
mod handler;
mod machine;
mod obstacles;
mod record;
mod stack_overflow;
mod trampoline;
pub mod watch;
mod watched;

pub use handler::note;
pub(crate) use handler::signal_entry;
pub use obstacles::Obstacles;

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind, set_hook, take_hook};
use std::time::Duration;

/// Whether [`catch`] survives a signal on this architecture.
pub const SURVIVES: bool = machine::SURVIVES;

/// What ended a call that did not return.
#[derive(Debug)]
pub enum Caught {
    /// A signal raised by an instruction of the call.
    Signal(Box<Signal>),
    /// The end of the time that a [watched](watch) call may take.
    Late(Duration),
    /// A panic, with its message.
    Panic(String),
    /// What the call itself handed to [`throw`].
    Thrown(Box<dyn Any + Send>),
}

/// The payload of [`throw`], which no panic has.
struct Thrown(Box<dyn Any + Send>);

/// Ends the innermost call of [`catch`] without a panic: it returns [`Caught::Thrown`] with
/// `value`.
pub fn throw(value: impl Any + Send) -> ! {
    resume_unwind(Box::new(Thrown(Box::new(value))))
}

/// Puts the handlers in front of those that a library has installed since, and lets their signals
/// through on this thread.
pub fn take_over() {
    handler::install();
    handler::reinstall();
    handler::unblock();
}

/// Makes a file that grows beyond the limit of this process an error of the write, and no signal.
/// That holds for the programs that this process starts, too.
pub fn survive_large_files() {
    // SAFETY: the action exists, and needs no handler.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
}

/// A signal, with what the machine knew when it came.
#[derive(Clone, Copy, Debug, Default)]
pub struct Signal {
    /// `SIGSEGV`, `SIGBUS`, `SIGILL` or `SIGFPE`.
    pub number: i32,
    /// The address at which the access was refused; `None` for a signal without an address.
    pub address: Option<usize>,
    /// Whether the refused access was a write.
    pub is_write: bool,
    /// The address of the instruction.
    pub instruction_pointer: usize,
    /// The instruction's first bytes.
    pub instruction: [u8; 15],
    /// How many of them could be read.
    pub instruction_len: usize,
    /// The general registers in the order of their encodings; on x86-64 rax, rcx, rdx, rbx, rsp,
    /// rbp, rsi, rdi, r8 to r15.
    pub registers: [u64; machine::REGISTER_COUNT],
    /// Whether the access is that of a frame for which the stack has no room.
    pub is_stack_overflow: bool,
    /// The word at the stack pointer; 0 if it cannot be read. Code of x86-64 that has pushed
    /// nothing returns there.
    pub stack_word: u64,
}

/// A memory access, as the instruction that raised the signal states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// The address of the first byte.
    pub address: usize,
    /// The size in bytes.
    pub len_bytes: usize,
    /// The alignment that the instruction demands, in bytes; 1 if it accepts any.
    pub alignment: usize,
}

impl Signal {
    /// The instruction, disassembled; its bytes where the decoder does not know it; its word and
    /// its address on architectures without a disassembler.
    pub fn disassembly(&self) -> String {
        machine::disassembly(self)
    }

    /// The memory access of the instruction, if it has one that the decoder understands.
    pub fn access(&self) -> Option<Access> {
        machine::access(self)
    }

    /// The instruction's bytes, in hexadecimal; all that could be read where the decoder does not
    /// know it.
    pub fn bytes(&self) -> String {
        machine::bytes(self)
    }

    /// The extensions that the instruction needs beyond what every CPU has.
    pub fn needs(&self) -> Vec<String> {
        machine::needs(self)
    }
}

thread_local! {
    /// Calls of [`catch`] in progress on this thread.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// Whether a call of [`catch`] is in progress on this thread. A hook that prints or aborts should
/// let its panics pass.
pub fn is_catching() -> bool {
    DEPTH.get() > 0
}

/// Silences the panics that [`catch`] catches: no message, and no abort by an older hook.
pub fn silence_caught_panics() {
    let before = take_hook();
    set_hook(Box::new(move |info| {
        if !is_catching() {
            before(info);
        }
    }));
}

/// Calls `call` and returns its value, or what ended it.
///
/// What `call` changes and a reader needs after a signal must live in memory that outlives the call
/// (an atomic, a slice), not in the call's own variables.
///
/// # Errors
/// If a signal, a panic or [`throw`] ended the call.
pub fn catch<T>(call: impl FnOnce() -> T) -> Result<T, Caught> {
    handler::install();
    let mut outcome = None;
    let mut call = Some(call);
    DEPTH.set(DEPTH.get() + 1);
    let signal = trampoline::run(&mut || {
        let call = call.take().expect("called once");
        outcome = Some(catch_unwind(AssertUnwindSafe(call)));
    });
    DEPTH.set(DEPTH.get() - 1);
    if let Some(mut signal) = signal {
        if let Some(allowed) = watched::lateness(signal.number) {
            return Err(Caught::Late(allowed));
        }
        signal.is_stack_overflow = stack_overflow::is_overflow(&signal);
        return Err(Caught::Signal(Box::new(signal)));
    }
    match outcome.expect("the trampoline returned without a signal") {
        Ok(value) => Ok(value),
        Err(payload) => {
            watched::leave();
            Err(match payload.downcast::<Thrown>() {
                Ok(thrown) => Caught::Thrown(thrown.0),
                Err(payload) => Caught::Panic(panic_message(payload.as_ref())),
            })
        }
    }
}

fn panic_message(payload: &(dyn Any + Send)) -> String {
    let text = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a message".to_owned())
}

#[cfg(all(
    test,
    any(
        target_arch = "aarch64",
        target_arch = "riscv64",
        target_arch = "s390x",
        target_arch = "x86_64"
    )
))]
mod tests {
    use super::*;
    use crate::message_memory::{GuardSide, MessageMemory, Placement};
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn read(address: usize) -> u8 {
        // SAFETY: the address is wrong on purpose: the test asks for the signal, and `catch`
        // survives it.
        unsafe { std::ptr::read_volatile(std::ptr::without_provenance::<u8>(address)) }
    }

    #[test]
    fn a_call_without_a_signal_returns_its_value() {
        assert_eq!(catch(|| 7).expect("no signal"), 7);
    }

    #[test]
    fn a_read_behind_the_end_is_caught_with_its_address() {
        let mut memory = MessageMemory::new(64).expect("memory");
        let view = memory.place(Placement::flush(GuardSide::End), &[1; 10], 0);
        let end = view.addresses().end;
        let Err(Caught::Signal(signal)) = catch(|| read(end)) else {
            panic!("no signal")
        };
        assert_eq!(signal.number, libc::SIGSEGV);
        assert_eq!(signal.address, Some(end));
        assert!(!signal.is_write);
        #[cfg(target_arch = "x86_64")]
        {
            let access = signal.access().expect("an access");
            assert_eq!((access.address, access.len_bytes), (end, 1));
        }
    }

    #[test]
    fn a_write_is_distinguished_from_a_read() {
        let mut memory = MessageMemory::new(64).expect("memory");
        let view = memory.place(Placement::aligned(0), &[1; 10], 0);
        let start = view.addresses().start;
        let outcome = catch(|| {
            // SAFETY: a store to a read-only page, which `catch` survives.
            unsafe { std::ptr::write_volatile(std::ptr::without_provenance_mut(start), 1_u8) };
        });
        let Err(Caught::Signal(signal)) = outcome else {
            panic!("no signal")
        };
        assert!(signal.is_write);
        assert_eq!(signal.address, Some(start));
    }

    /// An instruction that no CPU has, and its first byte in memory.
    #[cfg(target_arch = "x86_64")]
    const ILLEGAL: u8 = 0x0f;
    #[cfg(not(target_arch = "x86_64"))]
    const ILLEGAL: u8 = 0;

    #[inline(never)]
    fn illegal() {
        // SAFETY: the instruction raises SIGILL, which `catch` survives.
        unsafe {
            #[cfg(target_arch = "x86_64")]
            std::arch::asm!("ud2");
            #[cfg(target_arch = "aarch64")]
            std::arch::asm!("udf #0");
            #[cfg(target_arch = "riscv64")]
            std::arch::asm!(".option push", ".option arch, +c", "c.unimp", ".option pop");
            #[cfg(target_arch = "s390x")]
            std::arch::asm!(".short 0");
        }
    }

    #[test]
    fn an_illegal_instruction_is_survived_and_described() {
        let Err(Caught::Signal(signal)) = catch(illegal) else {
            panic!("no signal")
        };
        assert_eq!(signal.number, libc::SIGILL);
        assert!(signal.instruction_len >= 2);
        assert_eq!(signal.instruction[0], ILLEGAL);
        let function = illegal as *const () as usize;
        assert!(
            (function.saturating_sub(4096)..function + 4096).contains(&signal.instruction_pointer)
        );
        let address = format!("{:#x}", signal.instruction_pointer);
        let text = signal.disassembly();
        assert!(
            cfg!(target_arch = "x86_64") || text.ends_with(&address),
            "{text}"
        );
    }

    // Fills every callee-saved register with ones, and raises a signal.
    #[cfg(target_arch = "x86_64")]
    std::arch::global_asm!(
        ".pushsection .text.crcheck_test_ruin,\"ax\",@progbits",
        ".globl crcheck_test_ruin",
        "crcheck_test_ruin:",
        "mov rbx, -1",
        "mov rbp, -1",
        "mov r12, -1",
        "mov r13, -1",
        "mov r14, -1",
        "mov r15, -1",
        "mov rax, [8]",
        ".popsection",
    );
    #[cfg(target_arch = "aarch64")]
    std::arch::global_asm!(
        ".macro crcheck_test_ones first, rest:vararg",
        "mov \\first, #-1",
        ".ifnb \\rest",
        "crcheck_test_ones \\rest",
        ".endif",
        ".endm",
        ".pushsection .text.crcheck_test_ruin,\"ax\",@progbits",
        ".globl crcheck_test_ruin",
        "crcheck_test_ruin:",
        "crcheck_test_ones x19, x20, x21, x22, x23, x24, x25, x26, x27, x28, x29, x30",
        "fmov d8, x19",
        "fmov d9, x19",
        "fmov d10, x19",
        "fmov d11, x19",
        "fmov d12, x19",
        "fmov d13, x19",
        "fmov d14, x19",
        "fmov d15, x19",
        "mov x0, #8",
        "ldr x0, [x0]",
        ".popsection",
    );
    #[cfg(target_arch = "riscv64")]
    std::arch::global_asm!(
        ".option push",
        ".option arch, +d",
        ".macro crcheck_test_ones first, rest:vararg",
        "li \\first, -1",
        ".ifnb \\rest",
        "crcheck_test_ones \\rest",
        ".endif",
        ".endm",
        ".pushsection .text.crcheck_test_ruin,\"ax\",@progbits",
        ".globl crcheck_test_ruin",
        "crcheck_test_ruin:",
        "crcheck_test_ones ra, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11",
        "fmv.d.x fs0, s0",
        "fmv.d.x fs1, s0",
        "fmv.d.x fs2, s0",
        "fmv.d.x fs11, s0",
        "li a0, 8",
        "ld a0, 0(a0)",
        ".option pop",
        ".popsection",
    );
    #[cfg(target_arch = "s390x")]
    std::arch::global_asm!(
        ".macro crcheck_test_ones first, rest:vararg",
        "lghi \\first, -1",
        ".ifnb \\rest",
        "crcheck_test_ones \\rest",
        ".endif",
        ".endm",
        ".pushsection .text.crcheck_test_ruin,\"ax\",@progbits",
        ".globl crcheck_test_ruin",
        "crcheck_test_ruin:",
        "crcheck_test_ones %r6, %r7, %r8, %r9, %r10, %r11, %r12, %r13, %r14",
        "ldgr %f8, %r6",
        "ldgr %f9, %r6",
        "ldgr %f10, %r6",
        "ldgr %f15, %r6",
        "lghi %r2, 8",
        "lg %r2, 0(%r2)",
        ".popsection",
    );

    unsafe extern "C" {
        fn crcheck_test_ruin();
    }

    /// Code that ruins the registers that it should keep does not ruin its caller's.
    #[test]
    fn the_caller_keeps_its_registers_whatever_the_code_did_before_its_signal() {
        let one = std::hint::black_box(1_u64);
        let half = std::hint::black_box(0.5_f64);
        // More values are in use across the calls than the caller's registers can hold.
        let mut sums = [0_u64; 8];
        let mut floats = [0.0_f64; 6];
        for round in 0..100 {
            // SAFETY: the function ruins the registers, and `catch` restores them: that is what
            // this tests.
            assert!(catch(|| unsafe { crcheck_test_ruin() }).is_err());
            for (index, sum) in sums.iter_mut().enumerate() {
                *sum += one * (round + index as u64);
            }
            for (index, sum) in floats.iter_mut().enumerate() {
                *sum += half * index as f64;
            }
        }
        assert_eq!(sums, std::array::from_fn(|i| 4950 + 100 * i as u64));
        assert_eq!(floats, std::array::from_fn(|i| 50.0 * i as f64));
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn a_misaligned_access_shows_operand_and_alignment() {
        let words = [0_u64; 8];
        let address = words.as_ptr() as usize / 16 * 16 + 17;
        let outcome = catch(|| {
            // SAFETY: an aligned load from a misaligned address raises a signal, which `catch`
            // survives.
            unsafe {
                std::arch::asm!("movdqa xmm0, [{a}]", a = in(reg) address, out("xmm0") _);
            }
        });
        let Err(Caught::Signal(signal)) = outcome else {
            panic!("no signal")
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
    fn a_panic_is_caught_with_its_message() {
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {}));
        let outcome = catch(|| panic!("index out of range"));
        std::panic::set_hook(hook);
        let Err(Caught::Panic(message)) = outcome else {
            panic!("no signal")
        };
        assert_eq!(message, "index out of range");
    }

    /// The handler leaves nothing behind: not a signal mask, not a stack, not poisoned memory.
    #[test]
    fn a_hundred_thousand_signals_are_survived() {
        let survived = AtomicUsize::new(0);
        for _ in 0..100_000 {
            if catch(|| read(8)).is_err() {
                survived.fetch_add(1, Ordering::Relaxed);
            }
        }
        assert_eq!(survived.into_inner(), 100_000);
        assert_eq!(catch(|| 7).expect("no signal"), 7);
    }

    #[test]
    fn threads_survive_their_own_signals() {
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..1000 {
                        assert!(catch(|| read(16)).is_err());
                        assert_eq!(catch(|| 1).expect("no signal"), 1);
                    }
                });
            }
        });
    }
}
