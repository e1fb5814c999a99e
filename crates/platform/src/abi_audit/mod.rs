//! Audited calls: what a function does to its caller.
//!
//! A function of the System V ABI owes its caller rbx, rbp and r12 to r15, the stack above its
//! return address, a clear direction flag, the control bits of MXCSR and of the x87, an empty x87
//! stack, and clean upper halves of the vector registers (AMD64 ABI, 3.2.1 and 3.2.3; Intel SDM 1,
//! 15.3 on VZEROUPPER). It may not count on the other registers, on the stack below, on the upper
//! half of a 32-bit argument, or on a stack that is aligned to more than 16. An audited call goes
//! through an assembly trampoline, on a stack of its own. The trampoline puts a [`Paint`] on all of
//! the latter and compares all of the former.

mod left;
#[cfg_attr(target_arch = "x86_64", path = "x86_64.rs")]
#[cfg_attr(not(target_arch = "x86_64"), path = "other.rs")]
mod machine;
#[cfg_attr(
    not(target_arch = "x86_64"),
    expect(dead_code, reason = "no call is audited there")
)]
mod paint;
#[cfg_attr(
    not(target_arch = "x86_64"),
    expect(dead_code, reason = "no call is audited there")
)]
mod stack;

pub use left::{CANARIES, CANARY, FRAME_CHECKED_BYTES, Left, MXCSR, X87_CONTROL, X87_EMPTY};
pub use paint::{Fill, Paint};
pub use stack::{PAINTED_BYTES, PAINTED_BYTES_MAX};

use crate::asan;
use crate::raw_entry::{Argument, IntegerBits, RawEntry};
use serde::{Deserialize, Serialize};
use std::any::Any;
use std::borrow::Cow;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// What one audited call did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audit {
    /// The result, without the bits that its type does not have.
    pub value: u64,
    /// The registers and the parts of its stack frame that the caller did not get back.
    pub clobbered: Vec<Cow<'static, str>>,
    /// The control state that the function changed, a phrase each.
    pub control: Vec<Cow<'static, str>>,
    /// Whether the function left upper halves of vector registers in use. `false` where the paint
    /// covers them, since nothing is known then.
    pub has_dirty_vectors: bool,
    /// How far below the return address the function wrote, in bytes, as far as the paint reaches.
    pub stack_bytes: usize,
}

impl Audit {
    /// Whether the caller got back all that the ABI owes it.
    pub fn is_clean(&self) -> bool {
        self.clobbered.is_empty() && self.control.is_empty() && !self.has_dirty_vectors
    }
}

/// Whether this process can audit calls of any code.
///
/// # Errors
/// The reason why it cannot.
pub fn available() -> Result<(), &'static str> {
    available_at_entries()?;
    if asan::is_active() {
        return Err("AddressSanitizer keeps marks of its own on the stack, which paint would ruin");
    }
    Ok(())
}

/// Whether this process can audit calls that go directly to a function of the C ABI, without
/// compiled code of ours between.
///
/// # Errors
/// The reason why it cannot.
pub fn available_at_entries() -> Result<(), &'static str> {
    if machine::IS_AUDITED {
        Ok(())
    } else {
        Err("audited calls are written for x86-64 and its System V ABI")
    }
}

/// Whether XGETBV with ECX = 1, the CPU's own account of its vector state, can be trusted. Calls of
/// functions that leave the state clean, and of functions that do not, decide that.
///
/// # Errors
/// The reason why it cannot. Audits then judge upper halves by their values, and miss those that
/// are in use and 0.
pub fn vector_state_known() -> Result<(), &'static str> {
    machine::vector_state_known()
}

/// Makes one call of `entry`, a function of the zlib convention.
///
/// Make it under [`signal::catch`](crate::signal::catch): what the function does, it does to this
/// process.
///
/// # Panics
/// If calls cannot be audited on this architecture.
pub fn call(entry: &RawEntry, checksum: u64, message: &[u8], paint: &Paint) -> Audit {
    stack::with(|stack| machine::call(stack, entry, checksum, message, paint))
}

/// Makes the call of a caller that has zeros in every other register and below its stack. Such a
/// caller misses most violations of the ABI; audited calls with another paint find them.
pub fn call_forgiving(entry: &RawEntry, checksum: u64, message: &[u8]) -> u64 {
    call(entry, checksum, message, &Paint::FORGIVING).value
}

/// Makes an audited call of `function`, through a function of the C ABI that calls it. It shows
/// what compiled code can do to its caller.
///
/// # Panics
/// If `function` does, or if calls cannot be audited on this architecture.
pub fn call_function(
    function: &dyn Fn(u64, &[u8]) -> u64,
    checksum: u64,
    message: &[u8],
    paint: &Paint,
) -> Audit {
    let border = Border {
        function,
        panic: Cell::new(None),
    };
    let audit = call(&border.entry(), checksum, message, paint);
    if let Some(panic) = border.panic.take() {
        resume_unwind(panic);
    }
    audit
}

/// The stack that [`call_function`] itself takes on the way to its function, in bytes.
pub fn stack_of_the_way_bytes() -> usize {
    let paint = Paint::filled(Fill::Noise(1));
    call_function(&|checksum, _| checksum, 0, &[], &paint).stack_bytes
}

/// A function of Rust behind one of the C ABI.
struct Border<'a> {
    function: &'a dyn Fn(u64, &[u8]) -> u64,
    /// A panic that cannot cross the trampoline, so it waits here.
    panic: Cell<Option<Box<dyn Any + Send>>>,
}

impl Border<'_> {
    fn entry(&self) -> RawEntry {
        let arguments = [
            Argument::Checksum(IntegerBits::B64),
            Argument::Message,
            Argument::Length(IntegerBits::B64),
            Argument::Word(std::ptr::from_ref(self) as u64),
        ];
        // SAFETY: `update` below has these arguments, and the context is the border that it
        // expects, alive as long as the entry is used: by `call_function` alone.
        unsafe { RawEntry::new(update as *const () as usize, &arguments, 64) }
    }
}

unsafe extern "C" fn update(
    checksum: u64,
    message: *const u8,
    len_bytes: usize,
    border: *const Border<'_>,
) -> u64 {
    // SAFETY: the trampoline passes the message and the context that `call_function` gave it.
    let (message, border) = unsafe { (std::slice::from_raw_parts(message, len_bytes), &*border) };
    let outcome = catch_unwind(AssertUnwindSafe(|| (border.function)(checksum, message)));
    outcome.unwrap_or_else(|panic| {
        border.panic.set(Some(panic));
        0
    })
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests;
