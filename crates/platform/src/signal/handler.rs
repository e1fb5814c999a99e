//! The signal handler. It notes the signal of an armed thread and resumes the thread's trampoline.
//! Other signals go to the handler that was there before.

use super::{Signal, armed, machine, trampoline, watched};
use crate::asan;
use crate::readable::is_readable;
use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::Once;

/// The signals that the handlers take.
pub(super) const SIGNALS: [libc::c_int; 4] =
    [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE];

/// `si_code` of a signal that the operating system reports without an address (`SI_KERNEL`).
const WITHOUT_ADDRESS: libc::c_int = 0x80;

/// The handlers that were there before ours, in the order of `SIGNALS`.
struct Previous(UnsafeCell<[MaybeUninit<libc::sigaction>; SIGNALS.len()]>);

// SAFETY: written once under `INSTALL` before the handlers can run, and only read afterwards.
unsafe impl Sync for Previous {}

static PREVIOUS: Previous = Previous(UnsafeCell::new([MaybeUninit::uninit(); SIGNALS.len()]));
static INSTALL: Once = Once::new();

/// Installs the handlers, once in a process.
pub(super) fn install() {
    INSTALL.call_once(|| {
        for (index, &signal) in SIGNALS.iter().enumerate() {
            // SAFETY: `PREVIOUS` is written by this closure alone.
            let previous = unsafe { (*PREVIOUS.0.get())[index].as_mut_ptr() };
            install_for(signal, previous);
        }
    });
}

/// Installs the handlers again, over those that others have installed since. Other signals still go
/// to the handlers before [`install`].
pub(super) fn reinstall() {
    for signal in SIGNALS {
        install_for(signal, ptr::null_mut());
    }
}

/// Whether `signal` still has the handler that [`install`] gave it.
pub(super) fn is_in_place(signal: libc::c_int) -> bool {
    let mut now = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: without a new action, the call only writes the present one, for which there is room;
    // all-zero bytes are a valid one.
    let now = unsafe {
        libc::sigaction(signal, ptr::null(), now.as_mut_ptr());
        now.assume_init()
    };
    now.sa_sigaction == crcheck_handle_signal as *const () as usize && now.sa_flags & FLAGS == FLAGS
}

/// Lets these signals through on this thread.
pub(super) fn unblock() {
    let mut set = MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: the set has room, and the signals exist.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        for signal in SIGNALS {
            libc::sigaddset(set.as_mut_ptr(), signal);
        }
        libc::pthread_sigmask(libc::SIG_UNBLOCK, set.as_ptr(), ptr::null_mut());
    }
}

/// The name of one of the signals.
pub(super) fn name(signal: libc::c_int) -> &'static str {
    match signal {
        libc::SIGSEGV => "SIGSEGV",
        libc::SIGBUS => "SIGBUS",
        libc::SIGILL => "SIGILL",
        _ => "SIGFPE",
    }
}

/// How the handlers are installed.
const FLAGS: libc::c_int = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER;

fn install_for(signal: libc::c_int, previous: *mut libc::sigaction) {
    let entry = crcheck_handle_signal as *const () as usize;
    install_entry(signal, entry, FLAGS, previous);
}

/// Installs the handler of the signal of the [watch](super::watch), which none of the above is.
/// More of these signals wait until it has returned: the stack of handlers has room for few at a
/// time.
pub(super) fn install_watch(entry: usize) {
    let flags = FLAGS & !libc::SA_NODEFER;
    install_entry(watched::signal_number(), entry, flags, ptr::null_mut());
}

/// Installs the function at `entry`, which a `signal_entry` has declared.
fn install_entry(
    signal: libc::c_int,
    entry: usize,
    flags: libc::c_int,
    previous: *mut libc::sigaction,
) {
    // SAFETY: all-zero bytes are a valid `sigaction`; the handler has the signature that SA_SIGINFO
    // asks for; `previous` is null or has room for what was there.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = entry;
        action.sa_flags = flags;
        libc::sigemptyset(&raw mut action.sa_mask);
        libc::sigaddset(&raw mut action.sa_mask, watched::signal_number());
        assert_eq!(libc::sigaction(signal, &raw const action, previous), 0);
    }
}

/// Declares `$entry`, which the operating system may call in the place of the signal handler
/// `$handle`. QEMU 7.2 leaves the stack of x86-64 misaligned by 8 bytes, and compiled code needs it
/// aligned.
macro_rules! signal_entry {
    ($entry:ident, $handle:path) => {
        #[cfg(target_arch = "x86_64")]
        std::arch::global_asm!(
            concat!(".pushsection .text.", stringify!($entry), ",\"ax\",@progbits"),
            concat!(".globl ", stringify!($entry)),
            concat!(stringify!($entry), ":"),
            "push rbp",
            "mov rbp, rsp",
            "and rsp, -16",
            "call {handle}",
            "mov rsp, rbp",
            "pop rbp",
            "ret",
            ".popsection",
            handle = sym $handle,
        );

        #[cfg(target_arch = "x86_64")]
        unsafe extern "C" {
            fn $entry(number: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void);
        }

        #[cfg(not(target_arch = "x86_64"))]
        use $handle as $entry;
    };
}
pub(crate) use signal_entry;

signal_entry!(crcheck_handle_signal, handle);

unsafe extern "C" fn handle(
    number: libc::c_int,
    info: *mut libc::siginfo_t,
    context: *mut libc::c_void,
) {
    // SAFETY: the arguments are those of this handler. An armed thread is stopped inside the call
    // that its frame belongs to.
    unsafe {
        if armed::current().is_null() {
            chain(number, info, context);
        } else {
            note_and_resume(number, info, context);
        }
    }
}

/// Notes the signal in the thread's frame and resumes the thread's trampoline.
///
/// # Safety
/// The arguments are those of a handler, and its thread is armed.
pub(super) unsafe fn note_and_resume(
    number: libc::c_int,
    info: *mut libc::siginfo_t,
    context: *mut libc::c_void,
) {
    // Another signal must not leave the call once more: its stack is in use again by then.
    watched::leave();
    let frame = armed::current();
    // SAFETY: the operating system passes a valid `siginfo_t` and `ucontext_t`; the frame of an
    // armed thread is alive.
    unsafe {
        let context = &mut *context.cast::<libc::ucontext_t>();
        if machine::SURVIVES {
            (*frame).signal = note(number, &*info, context);
        }
        let (address, stack_pointer) = (trampoline::resume_address(), (*frame).stack_pointer);
        machine::resume(context, address, stack_pointer);
    }
    // The abandoned frames lie on the interrupted stack.
    asan::handle_no_return();
}

/// What the machine knows at a signal.
///
/// # Safety
/// `info` and `context` are those that the operating system handed to a handler.
pub unsafe fn note(
    number: libc::c_int,
    info: &libc::siginfo_t,
    context: &libc::ucontext_t,
) -> Signal {
    let has_address =
        matches!(number, libc::SIGSEGV | libc::SIGBUS) && info.si_code != WITHOUT_ADDRESS;
    // SAFETY: `si_addr` is set for the signals of `has_address`.
    let address = has_address.then(|| unsafe { info.si_addr() } as usize);
    let instruction_pointer = machine::instruction_pointer(info, context);
    let mut instruction = [0; 15];
    // A jump to nowhere raises its signal at the target, where there is no code to copy.
    let was_fetched = number == libc::SIGILL || address != Some(instruction_pointer);
    let instruction_len = if was_fetched {
        // SAFETY: the instruction that raised the signal was fetched from there.
        unsafe { copy_code(instruction_pointer, &mut instruction) }
    } else {
        0
    };
    let mut signal = Signal {
        number,
        address,
        is_write: has_address && machine::is_write(context, &instruction[..instruction_len]),
        instruction_pointer,
        instruction,
        instruction_len,
        registers: machine::registers(context),
        is_stack_overflow: false,
        stack_word: 0,
    };
    signal.address = machine::address(&signal);
    // Signals that instructions raise have one. Those of other threads may come again and again,
    // and leave no time for it.
    if matches!(
        number,
        libc::SIGSEGV | libc::SIGBUS | libc::SIGILL | libc::SIGFPE
    ) {
        signal.stack_word = word_at(machine::stack_pointer(&signal));
    }
    signal
}

/// Copies the code at `address` and returns how many bytes could be read.
///
/// # Safety
/// An instruction was fetched from `address`, so its bytes up to the end of the page are
/// readable.
unsafe fn copy_code(address: usize, bytes: &mut [u8; 15]) -> usize {
    let in_page = (4096 - address % 4096).min(bytes.len());
    for (index, byte) in bytes[..in_page].iter_mut().enumerate() {
        // SAFETY: the byte is in the page that the caller vouches for.
        *byte = unsafe { ptr::read_volatile((address + index) as *const u8) };
    }
    let rest = &mut bytes[in_page..];
    let local = libc::iovec {
        iov_base: rest.as_mut_ptr().cast(),
        iov_len: rest.len(),
    };
    let remote = libc::iovec {
        iov_base: (address + in_page) as *mut _,
        iov_len: rest.len(),
    };
    // SAFETY: the local buffer is ours and long enough. For an unmapped page on the remote side,
    // which a load could not survive, the operating system returns an error.
    let copied = unsafe {
        libc::process_vm_readv(libc::getpid(), &raw const local, 1, &raw const remote, 1, 0)
    };
    in_page + copied.max(0) as usize
}

/// The word at `address`; 0 if it is not a multiple of 8, or cannot be read.
fn word_at(address: usize) -> u64 {
    if !address.is_multiple_of(8) || !is_readable(address) {
        return 0;
    }
    // SAFETY: the word is readable, and this thread, whose stack it is on, waits here.
    unsafe { ptr::read_volatile(ptr::with_exposed_provenance(address)) }
}

/// Hands the signal to the handler that was there before.
///
/// # Safety
/// The arguments are those of the handler.
unsafe fn chain(number: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    let Some(index) = SIGNALS.iter().position(|&signal| signal == number) else {
        return;
    };
    // SAFETY: `install` has filled every slot before the handler could run.
    let previous = unsafe { (*PREVIOUS.0.get())[index].assume_init_ref() };
    match previous.sa_sigaction {
        libc::SIG_DFL | libc::SIG_IGN => {
            // SAFETY: the old action comes back, and the instruction raises its signal again under
            // it.
            unsafe { libc::sigaction(number, previous, ptr::null_mut()) };
        }
        handler if previous.sa_flags & libc::SA_SIGINFO != 0 => {
            type Action =
                unsafe extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void);
            // SAFETY: SA_SIGINFO says that the handler has this signature.
            let action = unsafe { std::mem::transmute::<usize, Action>(handler) };
            // SAFETY: the operating system would call it with these arguments.
            unsafe { action(number, info, context) };
        }
        handler => {
            type Action = unsafe extern "C" fn(libc::c_int);
            // SAFETY: without SA_SIGINFO a handler has this signature.
            let action = unsafe { std::mem::transmute::<usize, Action>(handler) };
            // SAFETY: as above.
            unsafe { action(number) };
        }
    }
}
