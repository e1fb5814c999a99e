//! Whether a signal comes from the end of a stack.

use super::{Signal, machine};
use crate::mapping::page_bytes;
use crate::readable::is_readable;

/// How far from the stack pointer an access may lie: the largest frame.
const FRAME_BYTES: usize = 1 << 23;

/// How much memory lies above the end of a stack that has overflowed: less than any stack has.
const STACK_BYTES: usize = 1 << 16;

/// Whether the refused access is that of a frame for which the stack has no room: the memory above
/// it is that of the stack. Either the stack pointer has left readable memory, and the access lies
/// within a frame of it. Or the access is that of a push, at most a page below the stack pointer:
/// longer frames move the stack pointer before anything is written. That holds for stacks of every
/// kind: of threads, of audited calls, and of a subject's own.
pub(super) fn is_overflow(signal: &Signal) -> bool {
    let Some(address) = signal.address else {
        return false;
    };
    let page = page_bytes();
    let stack_pointer = machine::stack_pointer(signal);
    let has_left = !is_readable(stack_pointer / page * page);
    let is_near = if has_left {
        address.abs_diff(stack_pointer) <= FRAME_BYTES
    } else {
        (1..=page).contains(&stack_pointer.wrapping_sub(address))
    };
    let first = address / page * page;
    if !is_near || is_readable(first) {
        return false;
    }
    let mut above = (first..address.saturating_add(FRAME_BYTES)).step_by(page);
    let Some(end) = above.find(|page| is_readable(*page)) else {
        return false;
    };
    let mut stack = (end..end.saturating_add(STACK_BYTES)).step_by(page);
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
    use crate::mapping::{Mapping, page_bytes};
    use crate::readable::is_readable;
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
    fn a_stack_that_has_no_room_overflows() {
        assert!(signal_of(|| recurse(0)).is_stack_overflow);
    }

    /// New memory may lie right below the stack, so that nothing but the distance from the stack
    /// pointer tells an access to it from a push.
    #[test]
    fn an_access_below_the_stack_far_from_its_pointer_is_no_overflow() {
        let here = black_box(0_u64);
        let page = page_bytes();
        let top = std::ptr::from_ref(&here).addr() / page * page;
        let mut below = (1..).map(|pages| top - pages * page);
        let refused = below.find(|page| !is_readable(*page));
        let refused = refused.expect("a stack has an end");
        assert!(top - refused > 4 * page);
        let reserved = Mapping::reserve(1 << 16).expect("addresses");
        let mut message = Mapping::reserve(1 << 20).expect("addresses");
        message
            .open(1 << 16, (1 << 20) - (1 << 16))
            .expect("memory");
        let others = [&reserved, &message].map(|mapping| mapping.start() as usize);
        for address in [8, refused + page - 8, others[0], others[1]] {
            let signal = signal_of(|| {
                // SAFETY: the address is wrong on purpose, and `catch` survives the signal.
                unsafe { std::ptr::without_provenance::<u64>(address).read_volatile() }
            });
            assert!(!signal.is_stack_overflow, "{address:#x}");
        }
    }
}
