//! Calls that a debug trap follows instruction by instruction: how many instructions a first call
//! takes, and what another thread sees while it is stopped in the middle.
//!
//! A thread that is stopped between two instructions is a thread that the scheduler has stopped
//! there. So whatever another thread then computes, it may compute in any program. A right kernel
//! gives the right result, or waits until the stopped thread goes on.
//!
//! The trap's handler stays, and its state is one for the process: this is for copies, which end.

use crate::start_line::{Lane, Timed, run_together};
use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long a stopped thread waits for another one to end its call.
const STOPPED: Duration = Duration::from_millis(20);

/// How long a thread waits for another one to come to the instruction at which it stops.
const COMING: Duration = Duration::from_secs(10);

/// The instructions of the call so far.
static STEPS: AtomicU64 = AtomicU64::new(0);
/// After how many of them the thread stops; 0 for never.
static STOP_AT: AtomicU64 = AtomicU64::new(0);
/// After how many of them the trap is off.
static LIMIT: AtomicU64 = AtomicU64::new(0);
static IS_STOPPED: AtomicBool = AtomicBool::new(false);
static MAY_GO_ON: AtomicBool = AtomicBool::new(false);
static HAS_ENDED: AtomicBool = AtomicBool::new(false);

/// Whether this machine can follow a call.
pub fn is_available() -> bool {
    cfg!(target_arch = "x86_64") && !crate::emulation::is_emulated()
}

/// Calls `act`, and returns how many instructions that took: `limit` if it took more.
pub fn count<T>(limit: u64, act: impl FnOnce() -> T) -> (T, u64) {
    let outcome = follow(0, limit, act);
    (outcome, STEPS.load(Ordering::Relaxed).min(limit))
}

/// What stops the first of two threads, and lets the second one call meanwhile.
pub struct Gate {
    thread: usize,
    at: u64,
}

impl Gate {
    /// Makes the call of this thread.
    pub fn call<T>(&self, call: impl FnOnce() -> T) -> T {
        if self.thread == 0 {
            return follow(self.at, self.at, call);
        }
        let began = Instant::now();
        let comes = || !IS_STOPPED.load(Ordering::Acquire) && !HAS_ENDED.load(Ordering::Acquire);
        while comes() && began.elapsed() < COMING {
            std::thread::yield_now();
        }
        let outcome = call();
        MAY_GO_ON.store(true, Ordering::Release);
        outcome
    }
}

/// Runs `act` on two threads. The first one stops when the call that it makes through its gate has
/// taken `at` instructions, until the second one has made its own. If the second waits for the
/// first, that goes on after some milliseconds. Returns what they gave, and whether the first was
/// stopped.
pub fn call_while_stopped<T: Send>(
    at: u64,
    act: impl Fn(usize, &Gate) -> T + Sync,
) -> (Vec<Option<Timed<T>>>, bool) {
    for flag in [&IS_STOPPED, &MAY_GO_ON, &HAS_ENDED] {
        flag.store(false, Ordering::Relaxed);
    }
    let run = |thread: usize, lane: &Lane<'_>| {
        lane.start();
        let outcome = act(thread, &Gate { thread, at });
        if thread == 0 {
            HAS_ENDED.store(true, Ordering::Release);
        }
        outcome
    };
    let made = run_together(2, |_| Duration::ZERO, run);
    (made, IS_STOPPED.load(Ordering::Relaxed))
}

/// Calls `act` with the trap on for `limit` instructions, and stops at one of them.
fn follow<T>(stop_at: u64, limit: u64, act: impl FnOnce() -> T) -> T {
    STEPS.store(0, Ordering::Relaxed);
    STOP_AT.store(stop_at, Ordering::Relaxed);
    LIMIT.store(limit, Ordering::Relaxed);
    if !install() {
        return act();
    }
    set_trap(true);
    let outcome = act();
    set_trap(false);
    outcome
}

/// Makes the trap's handler that of this process. Returns whether it is.
fn install() -> bool {
    // SAFETY: zeros are a valid action; the handler has the type that SA_SIGINFO asks for, and only
    // uses atomics and requests that are safe in handlers.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = on_trap as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        libc::sigaction(libc::SIGTRAP, &raw const action, std::ptr::null_mut()) == 0
    }
}

extern "C" fn on_trap(_: c_int, _: *mut libc::siginfo_t, context: *mut c_void) {
    let step = STEPS.fetch_add(1, Ordering::Relaxed) + 1;
    if step == STOP_AT.load(Ordering::Relaxed) {
        IS_STOPPED.store(true, Ordering::Release);
        wait_to_go_on();
    }
    if step >= LIMIT.load(Ordering::Relaxed) {
        turn_off_in(context);
    }
}

fn wait_to_go_on() {
    let began = Instant::now();
    while !MAY_GO_ON.load(Ordering::Acquire) && began.elapsed() < STOPPED {
        std::thread::yield_now();
    }
}

/// The trap flag of the CPU's flags.
#[cfg(target_arch = "x86_64")]
const TRAP_FLAG: i64 = 1 << 8;

/// Turns the trap off for the code to which the handler returns.
#[cfg(target_arch = "x86_64")]
fn turn_off_in(context: *mut c_void) {
    // SAFETY: the system hands a handler of SA_SIGINFO this context, which is writable.
    let context = unsafe { &mut *context.cast::<libc::ucontext_t>() };
    context.uc_mcontext.gregs[libc::REG_EFL as usize] &= !TRAP_FLAG;
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn set_trap(is_on: bool) {
    let flag = if is_on { TRAP_FLAG } else { 0 };
    // SAFETY: it changes the trap flag alone, and the stack is as before. The handler is installed.
    unsafe {
        std::arch::asm!(
            "pushfq",
            "and qword ptr [rsp], {others}",
            "or qword ptr [rsp], {flag}",
            "popfq",
            others = const !TRAP_FLAG,
            flag = in(reg) flag,
        );
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn turn_off_in(_: *mut c_void) {}

#[cfg(not(target_arch = "x86_64"))]
fn set_trap(_: bool) {}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;
    use crate::forked_call::{self, ForkOutcome};
    use std::sync::Once;

    /// Adds the numbers to `rounds`, by as many instructions.
    fn work(rounds: u64) -> u64 {
        (0..rounds).fold(0, |sum, round| std::hint::black_box(sum + round))
    }

    fn in_a_copy(body: impl FnOnce() -> bool) -> bool {
        let outcome = forked_call::run(Duration::from_secs(60), || vec![u8::from(body())]);
        outcome.expect("a copy") == ForkOutcome::Answered(vec![1])
    }

    #[test]
    fn a_longer_call_takes_more_instructions_and_the_limit_ends_the_count() {
        assert!(in_a_copy(|| {
            let (_, short) = count(10_000, || work(10));
            let (sum, long) = count(10_000, || work(500));
            let (_, limited) = count(100, || work(500));
            sum == 124_750 && short > 10 && long > short + 490 && limited == 100
        }));
    }

    #[test]
    fn a_second_call_sees_what_a_stopped_one_has_done_so_far() {
        assert!(in_a_copy(|| {
            let done = AtomicU64::new(0);
            let call = |thread: usize| match thread {
                0 => (0..500).fold(0, |_, _| done.fetch_add(1, Ordering::Relaxed) + 1),
                _ => done.load(Ordering::Relaxed),
            };
            let act = |thread: usize, gate: &Gate| gate.call(|| call(thread));
            let (made, was_stopped) = call_while_stopped(600, act);
            let made: Vec<u64> = made.iter().flatten().map(|of| of.outcome).collect();
            was_stopped && made[0] == 500 && (1..500).contains(&made[1])
        }));
    }

    #[test]
    fn a_call_that_waits_for_the_stopped_one_is_not_kept_waiting() {
        assert!(in_a_copy(|| {
            let (once, sum) = (Once::new(), AtomicU64::new(0));
            let call = || {
                once.call_once(|| sum.store(work(500), Ordering::Relaxed));
                sum.load(Ordering::Relaxed)
            };
            let act = |_, gate: &Gate| gate.call(call);
            let (made, was_stopped) = call_while_stopped(700, act);
            let made: Vec<u64> = made.iter().flatten().map(|of| of.outcome).collect();
            was_stopped && made == [124_750, 124_750]
        }));
    }
}
