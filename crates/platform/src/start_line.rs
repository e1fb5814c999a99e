//! How threads begin together, and the moments at which they begin and end.
//!
//! A wake-up costs microseconds, so nobody sleeps at the line: threads spin, and each writes down
//! when it was last seen to. Once all have come, and as many of them run at this moment as there
//! are CPUs, the start is set a little ahead, and each thread waits for it by the clock. So threads
//! begin within the time that it takes to read the clock. With more threads than CPUs a thread that
//! spins keeps others from coming, so it gives way now and then.

use crate::clock::monotonic_time;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread::{self, Builder};
use std::time::Duration;

/// How long a thread spins before it gives way to others once.
const SPINS_NS: u64 = 50_000;

/// A thread that was seen within this time runs at this moment.
const RUNS_NS: u64 = 1_000;

/// How far ahead the start is: more than it takes a thread that spins to see it.
const AHEAD_NS: u64 = 1_000;

/// How long threads that have all come wait until enough of them run: other programs may have the
/// CPUs.
const PATIENCE_NS: u64 = 10_000_000;

/// Where threads wait for each other before their first calls.
pub struct StartLine {
    /// How many threads have not come yet.
    missing: AtomicUsize,
    /// When each thread that has come was last seen to spin, in nanoseconds of the clock.
    seen_ns: Box<[AtomicU64]>,
    /// How many threads should run when they begin.
    running: usize,
    /// When the threads begin; 0 until that is known.
    start_ns: AtomicU64,
}

impl StartLine {
    /// A line for this number of threads.
    pub fn new(threads: usize) -> Self {
        let cpus = cpus().len().max(1);
        Self {
            missing: AtomicUsize::new(threads),
            seen_ns: (0..threads).map(|_| AtomicU64::new(0)).collect(),
            running: threads.min(cpus),
            start_ns: AtomicU64::new(0),
        }
    }

    /// Returns when all threads have come.
    pub fn cross(&self) {
        self.cross_later(Duration::ZERO);
    }

    /// Returns when all threads have come, `later` than those that wait for nothing else.
    pub fn cross_later(&self, later: Duration) {
        let place = self.missing.fetch_sub(1, Ordering::AcqRel) - 1;
        let start_ns = self.wait(&self.seen_ns[place]) + later.as_nanos() as u64;
        while now_ns() < start_ns {
            std::hint::spin_loop();
        }
    }

    /// Stops the others from waiting for a thread that does not come.
    pub fn leave(&self) {
        self.missing.fetch_sub(1, Ordering::AcqRel);
    }

    /// Spins until the start is known.
    fn wait(&self, seen_ns: &AtomicU64) -> u64 {
        let (mut since, mut all_came) = (now_ns(), None);
        loop {
            let now = now_ns();
            seen_ns.store(now, Ordering::Relaxed);
            if self.missing.load(Ordering::Acquire) == 0 {
                let all_came = *all_came.get_or_insert(now);
                if self.do_enough_run(now) || now - all_came >= PATIENCE_NS {
                    // The first one to see it sets the start.
                    let (start, order) = (now + AHEAD_NS, Ordering::AcqRel);
                    let _ = (self.start_ns).compare_exchange(0, start, order, Ordering::Acquire);
                }
            }
            let start_ns = self.start_ns.load(Ordering::Acquire);
            if start_ns != 0 {
                return start_ns;
            }
            let is_crowded = self.running < self.seen_ns.len();
            if is_crowded && now - since >= SPINS_NS {
                thread::yield_now();
                since = now_ns();
            }
        }
    }

    fn do_enough_run(&self, now_ns: u64) -> bool {
        let runs = |seen_ns: &&AtomicU64| seen_ns.load(Ordering::Relaxed) + RUNS_NS >= now_ns;
        self.seen_ns.iter().filter(runs).count() >= self.running
    }
}

/// The CPUs on which this thread may run.
fn cpus() -> Vec<usize> {
    let set = sched_getaffinity(None).unwrap_or_default();
    (0..CpuSet::MAX_CPU)
        .filter(|&cpu| set.is_set(cpu))
        .collect()
}

/// Keeps this thread on one CPU: a thread that has just begun stays where the one runs that began
/// it, and so they take turns. Nothing can be done about an error.
fn stay_on(cpu: usize) {
    let mut set = CpuSet::new();
    set.set(cpu);
    let _ = sched_setaffinity(None, &set);
}

/// The clock that all threads and processes share, in nanoseconds; not 0.
fn now_ns() -> u64 {
    monotonic_time().as_nanos() as u64 | 1
}

/// What a thread did, and when: in nanoseconds of a clock that all threads share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timed<T> {
    pub outcome: T,
    pub began_ns: u64,
    pub ended_ns: u64,
}

/// The place of one thread at the line.
pub struct Lane<'l> {
    line: &'l StartLine,
    later: Duration,
    began_ns: Cell<u64>,
}

impl Lane<'_> {
    /// Returns when the thread is to begin. Call it once, right before what is timed.
    pub fn start(&self) {
        self.line.cross_later(self.later);
        self.began_ns.set(now_ns());
    }
}

/// Runs `act` once on each of this number of threads, which share the CPUs evenly and begin
/// together: thread i `later(i)` than the start. `act` calls [`Lane::start`] first or after what
/// prepares it. `None` stands for a thread that the operating system refuses.
///
/// # Panics
/// If `act` panics. If it does so before it starts, the other threads wait for ever.
pub fn run_together<T: Send>(
    threads: usize,
    later: impl Fn(usize) -> Duration + Sync,
    act: impl Fn(usize, &Lane<'_>) -> T + Sync,
) -> Vec<Option<Timed<T>>> {
    let (line, cpus) = (&StartLine::new(threads), &cpus());
    let (later, act) = (&later, &act);
    let run = move |thread| {
        if let Some(&cpu) = cpus.get(thread % cpus.len().max(1)) {
            stay_on(cpu);
        }
        let lane = Lane {
            line,
            later: later(thread),
            began_ns: Cell::new(0),
        };
        let outcome = act(thread, &lane);
        Timed {
            outcome,
            began_ns: lane.began_ns.get(),
            ended_ns: now_ns(),
        }
    };
    thread::scope(|scope| {
        let begun: Vec<_> = (0..threads)
            .map(|thread| Builder::new().spawn_scoped(scope, move || run(thread)))
            .inspect(|begun| {
                if begun.is_err() {
                    line.leave();
                }
            })
            .collect();
        let joined = begun.into_iter().map(|thread| {
            let joined = thread.ok()?.join();
            Some(joined.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        });
        joined.collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn together(threads: usize) -> Vec<Timed<usize>> {
        let arrived = AtomicUsize::new(0);
        let act = |_, lane: &Lane<'_>| {
            arrived.fetch_add(1, Ordering::Relaxed);
            lane.start();
            arrived.load(Ordering::Relaxed)
        };
        let timed = run_together(threads, |_| Duration::ZERO, act);
        timed.into_iter().flatten().collect()
    }

    #[test]
    fn no_thread_crosses_the_line_before_all_have_come_even_with_more_threads_than_cpus() {
        for threads in [1, 2, 3, 8, 32] {
            for _ in 0..20 {
                let timed = together(threads);
                let seen: Vec<usize> = timed.iter().map(|of| of.outcome).collect();
                assert_eq!(seen, vec![threads; threads]);
                assert!(timed.iter().all(|of| of.began_ns <= of.ended_ns));
            }
        }
    }

    #[test]
    fn a_thread_that_does_not_come_keeps_nobody_waiting() {
        let line = StartLine::new(3);
        thread::scope(|scope| {
            scope.spawn(|| line.cross());
            scope.spawn(|| line.cross());
            line.leave();
        });
    }

    #[test]
    fn a_thread_that_begins_later_does_so_after_the_start() {
        let later = |thread: usize| Duration::from_millis(thread as u64);
        let before = now_ns();
        let act = |thread, lane: &Lane<'_>| {
            lane.start();
            thread
        };
        let timed = run_together(3, later, act);
        for Timed {
            outcome, began_ns, ..
        } in timed.into_iter().flatten()
        {
            assert!(began_ns - before >= outcome as u64 * 1_000_000);
        }
    }
}
