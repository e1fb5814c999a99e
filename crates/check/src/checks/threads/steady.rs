//! Steady races: threads make their calls again and again.

use super::{ID, Work};
use crate::case::Case;
use crate::examiner::Examiner;
use crate::finding::{Finding, VALUE_CHECK};
use crcheck_platform::mapping::page_bytes;
use crcheck_platform::race::{MEETINGS, Track};
use crcheck_subject::{Apart, Caller, FILLS, Foreign, Kind, Race, Raced, Stop, Subject, Until};
use std::io;
use std::time::{Duration, Instant};

/// Starts all threads together, and runs each thread's works again and again, at least once, until
/// the time is over and the threads have met often enough. Returns how often they met; at least
/// [`MEETINGS`] if one of them has a finding.
pub(super) fn race(
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
    let steady = Race { threads, time };
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
    // A steady race does not judge the first call of a process.
    there.apart(&calls[..1]);
    if let Some(stop) = there.last_stop() {
        return Ok(Err(stop.clone()));
    }
    let raced = there.race(race, &calls, &expected);
    Ok(if there.is_cut() {
        Ok(Raced::default())
    } else {
        raced
    })
}

/// What a message takes in memory besides its bytes and its place in a page: slack on both sides.
pub(super) const AROUND_BYTES: usize = 256;

/// Reports that a race ended its process, or the call that ends it alone.
pub(super) fn report_loss(
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
pub(super) fn explain_wrong(
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
