//! `threads`: concurrent calls, first calls included, give what single ones give.
//!
//! Threads can race a subject's first call only while there has been none, so plans run this check
//! first. Two to eight threads race first calls, each time in another process: a copy of this one,
//! or another worker.

use super::check::{Check, Fuzzing, Minimize};
use super::history;
use super::phrases::unless_program;
use crate::case::Case;
use crate::check_result::Skip;
use crate::examiner::Examiner;
use crate::finding::{Finding, VALUE_CHECK};
use crate::session::Session;
use crcheck_platform::forked_call::{self, ForkOutcome};
use crcheck_platform::mapping::page_bytes;
use crcheck_platform::message_memory::Placement;
use crcheck_platform::race::{MEETINGS, StartLine, Track};
use crcheck_platform::{abi_audit, signal};
use crcheck_subject::{
    Apart, Caller, CheckId, FILLS, Foreign, Kind, Race, Raced, Stop, Subject, Until,
};
use std::io;
use std::time::{Duration, Instant};

pub const ID: CheckId = CheckId::new("threads");

pub static CHECK: Check = Check {
    kinds: &[Kind::DataRace],
    unsuited: |of| {
        // Copies of this process make the first calls, and Go's other threads are missing there.
        let of_go = || {
            of.has_go_runtime
                .then(|| "Go's runtime does not survive a fork".to_owned())
        };
        unless_program(of, "a program answers one request after another").or_else(of_go)
    },
    // It shows by chance.
    minimize: Minimize::Never,
    fuzzing: Fuzzing::Once,
    ..Check::new(
        ID,
        "concurrent calls, first calls included, give what single ones give",
        6,
        run,
        examine,
    )
};

/// How many threads make concurrent calls.
const THREADS: usize = 4;

/// How long the threads race on a single case.
const RACE_OF_A_CASE: Duration = Duration::from_millis(100);

/// One call of a thread.
struct Work {
    case: Case,
    checksum: u64,
    expected: u64,
}

/// Judges concurrent calls on the case and on shortened ones, each thread on memory of its own.
pub(crate) fn examine(
    examiner: &mut Examiner<'_>,
    case: &Case,
    expected: u64,
    found: &mut dyn FnMut(Finding),
) {
    // Each thread has another register: a state that threads share shows only if its values differ.
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
    let works: Vec<Vec<Work>> = works.collect();
    if examiner.subject().foreign().is_some() {
        // In a new process no call has been made yet.
        let firsts: Vec<&Work> = works.iter().flatten().collect();
        if let Some(wrong) = race_first_calls(examiner.subject(), &firsts, &examiner.caller.until())
        {
            return wrong.report(examiner, &firsts, found);
        }
    }
    race(examiner, works, RACE_OF_A_CASE, found);
}

/// Starts all threads together, and runs each thread's works again and again, at least once, until
/// the time is over and the threads have met often enough. Returns how often they met; at least
/// [`MEETINGS`] if one of them has a finding.
fn race(
    examiner: &mut Examiner<'_>,
    works: Vec<Vec<Work>>,
    time: Duration,
    found: &mut dyn FnMut(Finding),
) -> usize {
    let subject = examiner.subject();
    if let Some(foreign) = subject.foreign() {
        return race_elsewhere(examiner, foreign, works, time, found);
    }
    let capacity = works
        .iter()
        .flatten()
        .map(|work| work.case.message.len())
        .max()
        .unwrap_or(0);
    let track = Track::new(works.len(), time);
    let wrong: Vec<Wrong> = std::thread::scope(|scope| {
        let threads: Vec<_> = works
            .iter()
            .map(|works| scope.spawn(|| run_works(subject, works, capacity, &track)))
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
                let race = (ID, Kind::DataRace);
                found(examiner.differs(race, &case, [expected, got], OTHERS.to_owned()));
            }
            Err(stop) => found(examiner.stopped(&case, stop)),
        }
    }
    track.meetings()
}

/// The summary of a call that is wrong only in a race.
const OTHERS: &str = "gives another checksum while other threads call it";

/// The first call of a thread that was not right.
struct Wrong {
    case: Case,
    expected: u64,
    outcome: Result<u64, Stop>,
}

fn run_works(
    subject: &dyn Subject,
    works: &[Work],
    capacity_bytes: usize,
    track: &Track,
) -> Option<Wrong> {
    let caller = crcheck_subject::open(subject, capacity_bytes);
    // The thread crosses the line before it looks at the error: without memory it must not leave
    // the others waiting.
    track.line().cross();
    let mut caller = caller.unwrap_or_else(|error| panic!("cannot map message memory: {error}"));
    let began = Instant::now();
    loop {
        for Work {
            case,
            checksum,
            expected,
        } in works
        {
            // This process makes the calls: a foreign subject races elsewhere.
            let mut got = *expected;
            let mut lap = |message: &[u8]| {
                got = track.lap(*expected, || subject.update(*checksum, message));
            };
            let outcome = caller.with_message(case.placement, &case.message, FILLS[0], &mut lap);
            let outcome = outcome.map(|_| got);
            if outcome.as_ref() != Ok(expected) {
                track.settle();
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

/// Does the same as [`race`] in a new process, where no other call has been made.
fn race_elsewhere(
    examiner: &mut Examiner<'_>,
    foreign: &dyn Foreign,
    works: Vec<Vec<Work>>,
    time: Duration,
    found: &mut dyn FnMut(Finding),
) -> usize {
    let threads = works.len();
    let rounds = works.iter().map(Vec::len).max().unwrap_or(0);
    // Thread i makes every call whose index is i modulo the threads.
    let works: Vec<&Work> = (0..rounds)
        .flat_map(|round| {
            works
                .iter()
                .map(move |of_thread| &of_thread[round % of_thread.len()])
        })
        .collect();
    let steady = Race::Steady { threads, time };
    let raced = match run_race_elsewhere(foreign, steady, &works, &examiner.caller.until()) {
        Ok(Ok(raced)) => raced,
        Ok(Err(stop)) => {
            let when = "while several threads call it";
            report_loss(examiner, (stop.kind, &stop.summary), &works, when, found);
            return MEETINGS;
        }
        Err(error) => panic!("cannot start a process: {error}"),
    };
    for (index, got) in raced.wrong {
        let values = [works[index].expected, got];
        found(explain_wrong(examiner, &works[index].case, values, OTHERS));
    }
    for (index, stop) in raced.stops {
        found(examiner.stopped(&works[index].case, stop));
    }
    raced.meetings
}

/// Races calls in a new process, which ends at `until`. Then nothing is wrong.
fn run_race_elsewhere(
    foreign: &dyn Foreign,
    race: Race,
    works: &[&Work],
    until: &Until,
) -> io::Result<Result<Raced, Stop>> {
    let messages = works
        .iter()
        .map(|work| work.case.message.len() + AROUND_BYTES + page_bytes());
    let mut there = foreign.open(messages.sum())?;
    there.renew(until);
    let calls: Vec<Apart<'_>> = works
        .iter()
        .map(|work| Apart {
            alignment: work.case.placement.offset,
            checksum: work.checksum,
            message: &work.case.message,
            fill: FILLS[0],
        })
        .collect();
    let expected: Vec<u64> = works.iter().map(|work| work.expected).collect();
    if race != Race::Once {
        // A steady race does not judge the first call of a process.
        there.apart(&calls[..1]);
        if let Some(stop) = there.last_stop() {
            return Ok(Err(stop.clone()));
        }
    }
    let raced = there.race(race, &calls, &expected);
    Ok(if there.is_cut() {
        Ok(Raced::default())
    } else {
        raced
    })
}

/// What a message takes in memory besides its bytes and its place in a page: slack on both sides.
const AROUND_BYTES: usize = 256;

/// Reports that a race ended its process, or the call that ends it alone.
fn report_loss(
    examiner: &mut Examiner<'_>,
    (kind, what): (Kind, &str),
    works: &[&Work],
    when: &str,
    found: &mut dyn FnMut(Finding),
) {
    for work in works {
        let (case, caller) = (&work.case, &mut examiner.caller);
        if let Err(stop) = caller.call(case.placement, work.checksum, &case.message, FILLS[0]) {
            return found(examiner.stopped(case, stop));
        }
    }
    let finding = examiner.wrong(ID, kind, &works[0].case);
    found(finding.says(format!("{what} {when}")));
}

/// The finding of a call of another process that was wrong in a race. If the call is also wrong or
/// stopped alone, in whatever way, that is the finding.
fn explain_wrong(
    examiner: &mut Examiner<'_>,
    case: &Case,
    [expected, got]: [u64; 2],
    summary: &str,
) -> Finding {
    let checksum = examiner.checksum_in(case);
    let caller = &mut examiner.caller;
    // The first call of that process is not judged here.
    let _ = caller.call(case.placement, checksum, &case.message, FILLS[0]);
    match caller.call(case.placement, checksum, &case.message, FILLS[0]) {
        Err(stop) => examiner.stopped(case, stop),
        Ok(alone) if alone != expected => examiner
            .wrong(VALUE_CHECK, Kind::WrongValue, case)
            .values(expected, alone)
            .says("gives another checksum than the oracles"),
        Ok(_) => examiner
            .wrong(ID, Kind::DataRace, case)
            .values(expected, got)
            .says(summary),
    }
}

/// How many messages each thread has.
const MESSAGES: usize = 48;

/// The numbers of threads that race first calls.
const FIRST_THREADS: std::ops::RangeInclusive<usize> = 2..=8;

/// How long a process may take for a few short calls, even on a busy machine.
const FIRST_PATIENCE: Duration = Duration::from_secs(30);

/// Races first calls in a new process, with one thread for each work. Each thread makes the call of
/// its work once.
fn race_first_calls(
    subject: &dyn Subject,
    works: &[&Work],
    until: &Until,
) -> Option<FirstCallsWrong> {
    match subject.foreign() {
        Some(foreign) => race_first_calls_elsewhere(foreign, works, until),
        None => race_first_calls_in_a_copy(subject, works),
    }
}

fn race_first_calls_elsewhere(
    foreign: &dyn Foreign,
    works: &[&Work],
    until: &Until,
) -> Option<FirstCallsWrong> {
    let raced = match run_race_elsewhere(foreign, Race::Once, works, until) {
        Ok(Ok(raced)) => raced,
        Ok(Err(stop)) => return Some(FirstCallsWrong::Lost(stop.kind, stop.summary)),
        Err(error) => {
            let text = format!("does not load again ({error})");
            return Some(FirstCallsWrong::Lost(Kind::Crash, text));
        }
    };
    if let Some(&(index, got)) = raced.wrong.first() {
        // One more process, in which the call is alone, shows whether it needs others to be wrong.
        let alone = run_race_elsewhere(foreign, Race::Once, &works[index..=index], until);
        let is_so_alone = alone.is_ok_and(|alone| alone.is_ok_and(|alone| !alone.wrong.is_empty()));
        return Some(FirstCallsWrong::Wrong {
            index,
            got,
            is_so_alone,
        });
    }
    let (index, _) = raced.stops.first()?;
    Some(FirstCallsWrong::Stopped { index: *index })
}

fn race_first_calls_in_a_copy(subject: &dyn Subject, works: &[&Work]) -> Option<FirstCallsWrong> {
    // Audited calls share a lock on what is known about the vector state. If another thread held it
    // when the copy is made, the copy would wait for that thread, which it does not have.
    let _ = abi_audit::vector_state_known();
    let outcome = forked_call::run(FIRST_PATIENCE, || {
        let line = StartLine::new(works.len());
        let call = |work: &Work| {
            line.cross();
            signal::catch(|| subject.update(work.checksum, &work.case.message))
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
        Ok(ForkOutcome::Answered(text)) => {
            serde_json::from_slice(&text).expect("the answer that was written above")
        }
        Ok(ForkOutcome::Late) => {
            let text = "does not return".to_owned();
            return Some(FirstCallsWrong::Lost(Kind::Hang, text));
        }
        Ok(ForkOutcome::Died(status)) => {
            let text = format!("ends its process (wait status {status:#x})");
            return Some(FirstCallsWrong::Lost(Kind::Crash, text));
        }
        Err(error) => panic!("cannot start a process: {error}"),
    };
    let mut calls = works.iter().zip(got).enumerate();
    calls.find_map(|(index, (work, got))| match got {
        Some(got) if got == work.expected => None,
        Some(got) => Some(FirstCallsWrong::Wrong {
            index,
            got,
            is_so_alone: false,
        }),
        None => Some(FirstCallsWrong::Stopped { index }),
    })
}

/// What went wrong in a race of first calls.
enum FirstCallsWrong {
    /// A call gave a wrong checksum.
    Wrong {
        /// The index of the call.
        index: usize,
        /// Its checksum.
        got: u64,
        /// Whether the first call of a process is known to be wrong without a race.
        is_so_alone: bool,
    },
    /// A call did not return.
    Stopped {
        /// The index of the call.
        index: usize,
    },
    /// The process ended, or the calls did not return.
    Lost(Kind, String),
}

impl FirstCallsWrong {
    fn report(self, examiner: &mut Examiner<'_>, works: &[&Work], found: &mut dyn FnMut(Finding)) {
        let when = format!(
            "when its first calls are made by {} threads at once",
            works.len()
        );
        match self {
            Self::Lost(kind, what) if examiner.subject().foreign().is_some() => {
                report_loss(examiner, (kind, &what), works, &when, found);
            }
            // A call alone would end this process.
            Self::Lost(kind, what) => {
                let finding = examiner.wrong(ID, kind, &works[0].case);
                found(finding.says(format!("{what} {when}")));
            }
            Self::Stopped { index } => {
                let Work { case, checksum, .. } = works[index];
                let caller = &mut examiner.caller;
                if let Err(stop) = caller.call(case.placement, *checksum, &case.message, FILLS[0]) {
                    return found(examiner.stopped(case, stop));
                }
                let finding = examiner.wrong(ID, Kind::DataRace, case);
                found(finding.says(format!("is stopped {when}")));
            }
            Self::Wrong {
                index,
                got,
                is_so_alone,
            } => {
                let Work { case, expected, .. } = works[index];
                let values = [*expected, got];
                let race = (ID, Kind::DataRace);
                let summary = format!("gives another checksum {when}");
                if examiner.subject().foreign().is_none() {
                    return found(examiner.differs(race, case, values, summary));
                }
                let finding = explain_wrong(examiner, case, values, &summary);
                if finding.kind == Kind::DataRace && is_so_alone {
                    let history = (history::ID, Kind::HistoryDependent);
                    let finding = examiner.wrong(history.0, history.1, case);
                    let summary = "gives another checksum in the first call of a process";
                    return found(finding.values(*expected, got).says(summary));
                }
                found(finding);
            }
        }
    }
}

fn run(session: &mut Session<'_>) {
    let depth = session.depth();
    let mut rng = session.rng(0);
    let works: Vec<Vec<Work>> = (0..THREADS)
        .map(|_| {
            let messages = (0..MESSAGES).map(|index| {
                // The first call of each thread is short, so that they meet.
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
                    expected: session.expected_checksum(&case),
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
    let (subject, until) = (session.subject(), session.control().until());
    let mut first_wrong = Vec::new();
    'races: for _ in 0..depth.first_calls {
        for threads in FIRST_THREADS {
            if session.should_stop() {
                return;
            }
            let works = &firsts[..threads];
            // The races come before the first call in this process, the report after the last race.
            if let Some(wrong) = race_first_calls(subject, works, &until) {
                first_wrong.push((wrong, threads));
                break 'races;
            }
        }
    }
    session.collect(|examiner, found| {
        for (wrong, threads) in first_wrong {
            wrong.report(examiner, &firsts[..threads], found);
        }
    });
    let mut meetings = 0;
    session.collect(|examiner, found| meetings = race(examiner, works, depth.race, found));
    if meetings < MEETINGS && !session.should_stop() {
        session.skip(Skip::here(format!(
            "the threads met {meetings} times, too rarely to judge: is the machine busy?"
        )));
    }
}
