//! `threads`: concurrent calls, first calls included, give what single ones give.
//!
//! A subject's first call can be raced only while there has been none, so plans run this check first, and
//! first calls are raced in copies of this process, by two threads to eight.

use super::CheckId;
use crate::case::Case;
use crate::child::{self, Outcome};
use crate::examine::Examiner;
use crate::finding::{Finding, Kind};
use crate::memory::Placement;
use crate::probe::{FILLS, Probe, Stop};
use crate::run::Session;
use crate::subject::Subject;
use crate::{audit, fault};
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Threads that call at once.
const THREADS: usize = 4;

/// How long the threads race on a single case.
const RACE_OF_A_CASE: Duration = Duration::from_millis(100);

/// How often threads must have met before a race may end: on a busy machine they take turns, and
/// time alone does not bring them together.
const MEETINGS: usize = 64;

/// How much longer a race may take when the threads do not meet.
const PATIENCE: Duration = Duration::from_secs(3);

/// Calls on a message before the next is laid out: nearly all of the time is spent in the subject,
/// where another thread can meet it.
const CALLS: usize = 32;

/// What one thread's calls are.
struct Work {
    case: Case,
    checksum: u64,
    expected: u64,
}

/// Concurrent calls on the case and on shortened ones, each thread on memory of its own.
pub(crate) fn examine(
    examiner: &mut Examiner<'_>,
    case: &Case,
    expected: u64,
    found: &mut dyn FnMut(Finding),
) {
    // Others have other registers: what threads share shows only where it differs.
    let works = (0..*FIRST_THREADS.end()).map(|thread| {
        let mut own = case.clone();
        if thread > 0 {
            own.message
                .truncate(case.message.len() - case.message.len() * thread / 9);
            own.register ^= 0x9e37_79b9_7f4a_7c15 >> thread & examiner.model().mask();
        }
        let checksum = examiner.checksum_in(&own);
        let expected = if thread == 0 {
            expected
        } else {
            examiner.panel().judges()[0].update(checksum, &own.message)
        };
        vec![Work {
            case: own,
            checksum,
            expected,
        }]
    });
    let works = works.collect();
    race(examiner, works, RACE_OF_A_CASE, found);
}

/// Runs each thread's works again and again for a time and until they have met often enough, at least
/// once, all threads starting together. Answers how often they have met, at least [`MEETINGS`] if one
/// found a fault.
fn race(
    examiner: &mut Examiner<'_>,
    works: Vec<Vec<Work>>,
    time: Duration,
    found: &mut dyn FnMut(Finding),
) -> usize {
    let subject = examiner.subject();
    let capacity = works
        .iter()
        .flatten()
        .map(|work| work.case.message.len())
        .max()
        .unwrap_or(0);
    let track = Track {
        barrier: Barrier::new(works.len()),
        time,
        laps: AtomicUsize::new(0),
        meetings: AtomicUsize::new(0),
    };
    let wrong: Vec<Wrong> = std::thread::scope(|scope| {
        let threads: Vec<_> = works
            .iter()
            .map(|works| scope.spawn(|| work(subject, works, capacity, &track)))
            .collect();
        threads
            .into_iter()
            .filter_map(|thread| thread.join().expect("a caught call"))
            .collect()
    });
    for Wrong {
        case,
        expected,
        outcome,
    } in wrong
    {
        match outcome {
            Ok(got) => {
                let summary = "gives another checksum while other threads call it".to_owned();
                let race = (CheckId::Threads, Kind::DataRace);
                found(examiner.differs(race, &case, [expected, got], summary));
            }
            Err(stop) => found(examiner.stopped(&case, stop)),
        }
    }
    track.meetings.into_inner()
}

/// What the threads of a race share.
struct Track {
    barrier: Barrier,
    time: Duration,
    /// Rounds of calls that any thread has ended.
    laps: AtomicUsize,
    /// Rounds in which another thread ended one: the calls of both were under way at once.
    meetings: AtomicUsize,
}

impl Track {
    fn lap<T>(&self, calls: impl FnOnce() -> T) -> T {
        let before = self.laps.load(Ordering::Relaxed);
        let outcome = calls();
        if self.laps.fetch_add(1, Ordering::Relaxed) != before {
            self.meetings.fetch_add(1, Ordering::Relaxed);
        }
        outcome
    }

    fn is_over(&self, began: Instant) -> bool {
        let so_far = began.elapsed();
        let met = self.meetings.load(Ordering::Relaxed) >= MEETINGS;
        so_far >= self.time && (met || so_far >= self.time + PATIENCE)
    }
}

/// The first call of a thread that did not give what it should.
struct Wrong {
    case: Case,
    expected: u64,
    outcome: Result<u64, Stop>,
}

fn work(
    subject: &dyn Subject,
    works: &[Work],
    capacity_bytes: usize,
    track: &Track,
) -> Option<Wrong> {
    let probe = Probe::new(subject, capacity_bytes);
    // Waited for before the error is looked at: a thread without memory must not leave the others
    // waiting.
    track.barrier.wait();
    let mut probe = probe.unwrap_or_else(|error| panic!("cannot map message memory: {error}"));
    let began = Instant::now();
    loop {
        for Work {
            case,
            checksum,
            expected,
        } in works
        {
            let outcome = probe.with_message(case.placement, &case.message, FILLS[0], |message| {
                track.lap(|| {
                    let mut calls = (0..CALLS).map(|_| subject.update(*checksum, message));
                    calls.find(|got| got != expected).unwrap_or(*expected)
                })
            });
            // Those of another process are not raced: plans leave this check out.
            let outcome = outcome.map(|got| got.unwrap_or(*expected));
            if outcome.as_ref() != Ok(expected) {
                // The others need not wait for more.
                track.meetings.fetch_add(MEETINGS, Ordering::Relaxed);
                return Some(Wrong {
                    case: case.clone(),
                    expected: *expected,
                    outcome,
                });
            }
        }
        if track.is_over(began) {
            return None;
        }
    }
}

/// Messages of each thread.
const MESSAGES: usize = 48;

/// Threads that race first calls.
const FIRST_THREADS: std::ops::RangeInclusive<usize> = 2..=8;

/// What a process may take for a few short calls, on the busiest machine.
const FIRST_PATIENCE: Duration = Duration::from_secs(30);

/// Races first calls by as many threads as there are works, in a process of their own. Each thread makes
/// the call of its work once.
fn first_calls(subject: &dyn Subject, works: &[&Work]) -> Option<FirstFault> {
    // Audited calls share what is known of the vector state: if another thread were finding it out when the
    // copy is made, the copy would wait for that thread, which it does not have.
    let _ = audit::vector_state_known();
    let outcome = child::run(FIRST_PATIENCE, || {
        let waiting = AtomicUsize::new(works.len());
        let call = |work: &Work| {
            waiting.fetch_sub(1, Ordering::Relaxed);
            // All of them spin to the start; on few cores they take turns at it.
            while waiting.load(Ordering::Relaxed) != 0 {
                std::thread::yield_now();
            }
            fault::catch(|| subject.update(work.checksum, &work.case.message))
        };
        let got: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = works
                .iter()
                .map(|work| scope.spawn(move || call(work).ok()))
                .collect();
            let joined = threads.into_iter().map(|thread| thread.join());
            joined.map(Result::ok).map(Option::flatten).collect()
        });
        serde_json::to_vec(&got).expect("plain data is always JSON")
    });
    let got: Vec<Option<u64>> = match outcome {
        Ok(Outcome::Answered(text)) => {
            serde_json::from_slice(&text).expect("the answer that was written above")
        }
        Ok(Outcome::Late) => return Some(FirstFault::Hang),
        Ok(Outcome::Died(status)) => return Some(FirstFault::Died(status)),
        Err(error) => panic!("cannot start a process: {error}"),
    };
    let mut calls = works.iter().zip(got).enumerate();
    calls.find_map(|(index, (work, got))| match got {
        Some(got) if got == work.expected => None,
        Some(got) => Some(FirstFault::Wrong { index, got }),
        None => Some(FirstFault::Stopped { index }),
    })
}

/// What went wrong when first calls were raced.
#[derive(Clone, Copy)]
enum FirstFault {
    /// A call gave another checksum.
    Wrong {
        /// Whose call.
        index: usize,
        /// What it gave.
        got: u64,
    },
    /// A call did not return, which it does alone.
    Stopped {
        /// Whose call.
        index: usize,
    },
    /// The calls did not end.
    Hang,
    /// The process ended.
    Died(libc::c_int),
}

impl FirstFault {
    fn finding(self, examiner: &mut Examiner<'_>, works: &[&Work], found: &mut dyn FnMut(Finding)) {
        let threads = works.len();
        let (index, kind, what) = match self {
            Self::Wrong { index, .. } => {
                (index, Kind::DataRace, "gives another checksum".to_owned())
            }
            Self::Stopped { index } => (index, Kind::DataRace, "faults".to_owned()),
            Self::Hang => (0, Kind::Hang, "does not return".to_owned()),
            Self::Died(status) => (
                0,
                Kind::Crash,
                format!("ends its process (wait status {status:#x})"),
            ),
        };
        let work = works[index];
        let (case, checksum) = (&work.case, work.checksum);
        if let Self::Stopped { .. } = self {
            let probe = &mut examiner.probe;
            if let Err(stop) = probe.call(case.placement, checksum, &case.message, FILLS[0]) {
                return found(examiner.stopped(case, stop));
            }
        }
        let summary = format!("{what} when its first calls are made by {threads} threads at once");
        if let Self::Wrong { got, .. } = self {
            let race = (CheckId::Threads, kind);
            let values = [work.expected, got];
            return found(examiner.differs(race, case, values, summary));
        }
        found(examiner.wrong(CheckId::Threads, kind, case).says(summary));
    }
}

pub(crate) fn run(session: &mut Session<'_>) {
    let depth = session.depth();
    let mut rng = session.rng(CheckId::Threads, 0);
    let works: Vec<Vec<Work>> = (0..THREADS)
        .map(|_| {
            let messages = (0..MESSAGES).map(|index| {
                // The first call of each thread is a short one, so that they meet.
                let length = if index == 0 { 64 } else { rng.index(1500) };
                let mut message = vec![0; length];
                rng.fill(&mut message);
                let register = session.register(rng.next_u64());
                let placement = Placement::aligned(rng.index(64));
                let case = Case {
                    register,
                    placement,
                    message,
                    ..Case::default()
                };
                let checksum = session.model().checksum_of(register);
                Work {
                    checksum,
                    expected: session.verdict(&case),
                    case,
                }
            });
            messages.collect()
        })
        .collect();
    let cases: Vec<Case> = works
        .iter()
        .flatten()
        .map(|work| work.case.clone())
        .collect();
    for case in &cases {
        session.visit(case);
    }
    let firsts: Vec<&Work> = works.iter().flatten().take(*FIRST_THREADS.end()).collect();
    let subject = session.subject();
    let mut first_faults = Vec::new();
    'races: for _ in 0..depth.first_calls {
        for threads in FIRST_THREADS {
            if session.should_stop() {
                return;
            }
            let works = &firsts[..threads];
            // Found before the first call in this process, told after the last race.
            if let Some(fault) = first_calls(subject, works) {
                first_faults.push((fault, threads));
                break 'races;
            }
        }
    }
    session.collect(|examiner, found| {
        for (fault, threads) in first_faults {
            fault.finding(examiner, &firsts[..threads], found);
        }
    });
    let mut meetings = 0;
    session.collect(|examiner, found| meetings = race(examiner, works, depth.race, found));
    if meetings < MEETINGS {
        session.skip(&format!(
            "the threads met {meetings} times, too rarely to judge: is the machine busy?"
        ));
    }
}
