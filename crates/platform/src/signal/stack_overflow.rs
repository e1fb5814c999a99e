//! Whether a signal comes from the end of a stack.

use super::{Signal, machine};
use crate::mapping::page_bytes;
use crate::readable::is_readable;

/// How far from the stack pointer an access may lie: the largest frame.
const FRAME_BYTES: usize = 1 << 23;

/// How much memory lies above the end of a stack that has overflowed: less than any stack has.
const STACK_BYTES: usize = 1 << 16;

/// Whether the refused access is that of a frame for which the stack has no room: it lies at the
/// stack pointer, and the memory above it is that of the stack. The stack pointer is then outside
/// readable memory itself, or nothing but readable memory lies between the access and it. That
/// holds for stacks of every kind: of threads, of audited calls, and of a subject's own.
pub(super) fn is_overflow(signal: &Signal) -> bool {
    let Some(address) = signal.address else {
        return false;
    };
    let stack_pointer = machine::stack_pointer(signal);
    if address.abs_diff(stack_pointer) > FRAME_BYTES {
        return false;
    }
    let page = page_bytes();
    let first = address / page * page;
    if is_readable(first) {
        return false;
    }
    let mut above = (first..address.saturating_add(FRAME_BYTES)).step_by(page);
    let Some(end) = above.find(|page| is_readable(*page)) else {
        return false;
    };
    let has_left = !is_readable(stack_pointer / page * page);
    if !has_left && stack_pointer < address {
        return false;
    }
    let top = if has_left { end } else { stack_pointer };
    let mut stack = (end..top.max(end.saturating_add(STACK_BYTES))).step_by(page);
    stack.all(is_readable)
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
    use crate::mapping::Mapping;
    use crate::signal::{Caught, Signal, catch};
    use std::hint::black_box;

    fn recurse(depth: u64) -> u64 {
        let frame = black_box([depth; 100]);
        if depth == u64::MAX {
            return 0;
        }
        recurse(depth + 1) + black_box(&frame)[50]
    }

    fn signal_of(call: impl FnOnce() -> u64) -> Signal {
        match catch(call) {
            Err(Caught::Signal(signal)) => *signal,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_a_stack_that_has_no_room_overflows() {
        assert!(signal_of(|| recurse(0)).is_stack_overflow);
        let reserved = Mapping::reserve(1 << 16).expect("addresses");
        // A page that is refused, with more readable memory above than any stack has, may lie near
        // a stack.
        let mut message = Mapping::reserve(1 << 20).expect("addresses");
        message
            .open(1 << 16, (1 << 20) - (1 << 16))
            .expect("memory");
        for address in [8, reserved.start() as usize, message.start() as usize] {
            let signal = signal_of(|| {
                // SAFETY: the address is wrong on purpose, and `catch` survives the signal.
                unsafe { std::ptr::without_provenance::<u64>(address).read_volatile() }
            });
            assert!(!signal.is_stack_overflow, "{address:#x}");
        }
    }
}
