//! Calls that are watched: one that takes far too long ends as one does that raises a signal.
//!
//! A call only counts up a number, so watching costs it nothing that can be measured. A thread of
//! its own looks at the number. If it stays where it is for too long, that thread sends a signal,
//! whose handler leaves the call.

pub use super::watched::{Patience, during};

use super::handler::{note_and_resume, signal_entry};
use super::watched::{WATCHED, Watched, signal_number};
use super::{armed, handler};
use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

/// A call that sleeps takes no processor time. It may take this many times as long.
const TIMES_ASLEEP: u32 = 10;

/// How often the watching thread looks.
const LOOK: Duration = Duration::from_millis(20);

/// Watches the calls that this thread makes by [`during`] from now on. If it is watched already, it
/// only gets another patience.
///
/// # Errors
/// If the operating system refuses the watching thread.
pub fn begin(patience: Patience) -> io::Result<()> {
    if let Some(watched) = WATCHED.get() {
        *watched.patience.lock().expect("no panic while held") = patience;
        return Ok(());
    }
    handler::install_watch(crcheck_handle_late as *const () as usize);
    let watched: &'static Watched = Box::leak(Box::new(Watched {
        // SAFETY: the call has no precondition.
        thread: unsafe { libc::gettid() },
        number: AtomicU64::new(0),
        len_bytes: AtomicUsize::new(0),
        late: AtomicU64::new(0),
        allowed_ns: AtomicU64::new(0),
        patience: Mutex::new(patience),
    }));
    let thread = std::thread::Builder::new().name("crcheck watch".to_owned());
    thread.spawn(|| watch(watched))?;
    WATCHED.set(Some(watched));
    Ok(())
}

fn watch(watched: &Watched) {
    // The call that is under way, the processor time at which it was first seen, and how often it
    // has been seen since. Looks do not go on while the process is stopped, as time does.
    let mut seen = (0, Duration::ZERO, 0);
    loop {
        std::thread::sleep(LOOK);
        let number = watched.number.load(Ordering::Acquire);
        // The thread has ended.
        let Some(time) = thread_time(watched.thread) else {
            return;
        };
        if number.is_multiple_of(2) || number != seen.0 {
            seen = (number, time, 0);
            continue;
        }
        seen.2 += 1;
        let patience = *watched.patience.lock().expect("no panic while held");
        let allowed = patience.of(watched.len_bytes.load(Ordering::Relaxed));
        let asleep = allowed.saturating_mul(TIMES_ASLEEP);
        if time.saturating_sub(seen.1) < allowed && LOOK.saturating_mul(seen.2) < asleep {
            continue;
        }
        let allowed_ns = u64::try_from(allowed.as_nanos()).unwrap_or(u64::MAX);
        watched.allowed_ns.store(allowed_ns, Ordering::Relaxed);
        watched.late.store(number, Ordering::Release);
        // SAFETY: the call takes any numbers. If the thread has ended since, it fails.
        unsafe {
            libc::syscall(
                libc::SYS_tgkill,
                libc::getpid(),
                watched.thread,
                signal_number(),
            )
        };
    }
}

/// The processor time of a thread of this process; `None` if there is no such thread any more.
fn thread_time(thread: libc::pid_t) -> Option<Duration> {
    // The clock of a thread by its number (linux/posix-timers_types.h: CPUCLOCK_PERTHREAD and
    // CPUCLOCK_SCHED).
    let clock = (!thread << 3) | 4 | 2;
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: there is room for the time; the call fails for a clock that does not exist.
    let outcome = unsafe { libc::clock_gettime(clock, &raw mut time) };
    (outcome == 0).then(|| Duration::new(time.tv_sec as u64, time.tv_nsec as u32))
}

signal_entry!(crcheck_handle_late, handle_late);

unsafe extern "C" fn handle_late(
    number: libc::c_int,
    info: *mut libc::siginfo_t,
    context: *mut libc::c_void,
) {
    let is_under_way = WATCHED.get().is_some_and(|watched| {
        watched.late.load(Ordering::Acquire) == watched.number.load(Ordering::Acquire)
    });
    // The call may have returned since the signal was sent.
    if is_under_way && !armed::current().is_null() {
        // SAFETY: the arguments are those of this handler, and this thread is stopped inside the
        // call of its frame.
        unsafe { note_and_resume(number, info, context) };
    }
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
    use super::super::{Caught, catch};
    use super::*;
    use std::hint::black_box;

    const SHORT: Patience = Patience {
        least: Duration::from_millis(100),
        call: Duration::ZERO,
        ns_per_byte: 0.0,
    };

    /// Runs `test` on a new thread whose calls are watched.
    fn watched(test: impl FnOnce() + Send) {
        std::thread::scope(|scope| {
            scope.spawn(|| {
                begin(SHORT).expect("a thread");
                test();
            });
        });
    }

    fn never_ends() {
        while black_box(true) {
            black_box(());
        }
    }

    #[test]
    fn an_endless_call_ends_late_and_the_next_one_returns() {
        watched(|| {
            for _ in 0..2 {
                let outcome = catch(|| during(0, never_ends));
                assert!(
                    matches!(outcome, Err(Caught::Late(allowed)) if allowed == SHORT.least),
                    "{outcome:?}"
                );
                assert_eq!(catch(|| during(0, || 7)).expect("a value"), 7);
            }
        });
    }

    /// Real-time signals queue, so more of them may come while the first one is handled.
    #[test]
    fn a_call_is_left_once_however_many_signals_come() {
        watched(|| {
            // SAFETY: the call has no precondition.
            let thread = unsafe { libc::gettid() };
            let is_over = AtomicU64::new(0);
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    while is_over.load(Ordering::Relaxed) == 0 {
                        for _ in 0..8 {
                            // SAFETY: the call takes any numbers.
                            unsafe {
                                let number = signal_number();
                                libc::syscall(libc::SYS_tgkill, libc::getpid(), thread, number)
                            };
                        }
                        // Without a pause the thread would do nothing but handle signals.
                        std::thread::sleep(Duration::from_micros(20));
                    }
                });
                let outcome = catch(|| during(0, never_ends));
                assert!(matches!(outcome, Err(Caught::Late(_))), "{outcome:?}");
                is_over.store(1, Ordering::Relaxed);
            });
        });
    }

    #[test]
    fn a_call_that_sleeps_for_ever_ends_late_too() {
        watched(|| {
            let sleeps = || std::thread::sleep(Duration::from_secs(1 << 20));
            let outcome = catch(|| during(0, sleeps));
            assert!(matches!(outcome, Err(Caught::Late(_))), "{outcome:?}");
        });
    }

    /// Busy for longer than a call may be.
    fn work() -> usize {
        let began = crate::clock::thread_time();
        let mut rounds = 0;
        while crate::clock::thread_time() - began < 3 * SHORT.least {
            rounds += 1;
        }
        rounds
    }

    #[test]
    fn what_is_no_watched_call_takes_its_time() {
        // Of a thread that is not watched.
        assert!(catch(|| during(0, work)).is_ok());
        watched(|| {
            assert!(catch(work).is_ok());
            // Nor does a call that was left count on.
            assert!(catch(|| during(0, panic_quietly)).is_err());
            assert!(catch(work).is_ok());
        });
    }

    fn panic_quietly() {
        super::super::throw(());
    }

    #[test]
    fn a_long_message_may_take_its_time() {
        watched(|| {
            begin(Patience {
                ns_per_byte: 1.0,
                ..SHORT
            })
            .expect("watched already");
            assert!(catch(|| during(1 << 20, work)).is_ok());
            assert!(catch(|| during(1, work)).is_err());
        });
    }

    #[test]
    fn patience_is_a_thousand_normal_calls_and_not_too_short() {
        let patience = Patience {
            least: Duration::from_millis(100),
            call: Duration::from_micros(10),
            ns_per_byte: 2.0,
        };
        assert_eq!(patience.of(0), Duration::from_millis(100));
        assert_eq!(patience.of(1_000_000), Duration::from_millis(2100));
    }
}
