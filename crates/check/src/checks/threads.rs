//! `threads`: concurrent calls, first calls included, give what single ones give.
//!
//! Threads can race a subject's first call only while there has been none, so plans run this check
//! first. Two, four and eight threads race first calls, each time in a fresh process. Then threads
//! make steady calls. A race shows by chance, so nothing here has a bound.

mod alone;
mod first_calls;
mod fresh;
mod steady;
mod stopped;
mod wrong;

use super::check::{Check, Fuzzing, Minimize};
use super::phrases::{unless_interpreted, unless_program};
use crate::case::Case;
use crate::check_result::Skip;
use crate::depth::FirstCallsDepth;
use crate::examiner::Examiner;
use crate::finding::Finding;
use crate::halt::Why;
use crate::races::Races;
use crate::session::Session;
use crcheck_platform::message_memory::Placement;
use crcheck_platform::race::MEETINGS;
use crcheck_platform::rng::SplitMix64;
use crcheck_subject::{CheckId, Kind, Subject, Until};
use first_calls::{Heats, race_all};
use fresh::FreshProcesses;
use std::time::Duration;
use steady::race;
use stopped::stop_first_calls;
use wrong::FirstCallsWrong;

pub const ID: CheckId = CheckId::new("threads");

pub static CHECK: Check = Check {
    kinds: &[Kind::DataRace],
    unsuited: |of| {
        // Copies of this process make the first calls, and Go's other threads are missing there.
        let of_go = || {
            of.has_go_runtime
                .then(|| "Go's runtime does not survive a fork".to_owned())
        };
        let of_program = unless_program(of, "a program answers one request after another");
        let interpreted = || unless_interpreted(of, "interpreted code has one thread");
        of_program.or_else(interpreted).or_else(of_go)
    },
    // It shows by chance.
    minimize: Minimize::Never,
    fuzzing: Fuzzing::Once,
    no_bound: Some("a race shows by chance"),
    ..Check::new(
        ID,
        "concurrent calls, first calls included, give what single ones give",
        6,
        run,
        examine,
    )
};

/// How many threads make steady calls.
const THREADS: usize = 4;

/// How many messages each of them has.
const MESSAGES: usize = 48;

/// The longest of these messages is shorter than this, in bytes.
const STEADY_TO: usize = 1500;

/// The numbers of threads that race first calls.
const FIRST_THREADS: [usize; 3] = [2, 4, 8];

/// How long the threads race on a single case.
const RACE_OF_A_CASE: Duration = Duration::from_millis(100);

/// How far the first calls on a single case go.
const OF_A_CASE: FirstCallsDepth = FirstCallsDepth {
    each: 64,
    time: Duration::from_secs(2),
    calls: 1,
    followed: 20_000,
    stops: 16,
    stopping: Duration::from_secs(2),
};

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
    let works: Vec<Work> = (0..FIRST_THREADS[2])
        .map(|thread| {
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
            Work {
                case: own,
                checksum,
                expected,
            }
        })
        .collect();
    if examiner.subject().foreign().is_some() {
        // In a new process no call has been made yet.
        let heats = Heats {
            works: &works,
            classes: vec![(0..works.len()).collect()],
            stopped: vec![(0, vec![0, 1])],
            depth: OF_A_CASE,
        };
        let until = examiner.caller.until();
        let stop = || until.is_now();
        let (_, wrong) = race_first_calls(examiner.subject(), &heats, &until, 0, stop);
        if let Some(wrong) = wrong {
            return wrong.report(examiner, &works, found);
        }
    }
    let works = works.into_iter().map(|work| vec![work]).collect();
    race(examiner, works, RACE_OF_A_CASE, found);
}

/// A random call on a message of this length.
fn draw(session: &Session<'_>, rng: &mut SplitMix64, length: usize) -> Work {
    let mut message = vec![0; length.min(session.depth().longest)];
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
}

/// Makes first calls until a process has one that is not right, or `stop` says that it is time.
fn race_first_calls(
    subject: &dyn Subject,
    heats: &Heats<'_>,
    until: &Until,
    seed: u64,
    mut stop: impl FnMut() -> bool,
) -> (Races, Option<FirstCallsWrong>) {
    let mut rng = SplitMix64::new(seed);
    let mut fresh = FreshProcesses::new(subject, heats.works, until, seed);
    let (mut races, wrong) = race_all(&mut fresh, heats, &mut rng, &mut stop);
    if wrong.is_some() || stop() {
        return (races, wrong);
    }
    let (lazy, wrong) = stop_first_calls(&mut fresh, heats, &mut rng, &mut stop);
    races.lazy = lazy;
    (races, wrong)
}

fn run(session: &mut Session<'_>) {
    let depth = session.depth();
    let mut rng = session.rng(0);
    let steady: Vec<Vec<Work>> = (0..THREADS)
        .map(|_| {
            let messages = (0..MESSAGES).map(|index| {
                // The first call of each thread is short, so that they meet.
                let length = if index == 0 { 64 } else { rng.index(STEADY_TO) };
                draw(session, &mut rng, length)
            });
            messages.collect()
        })
        .collect();
    let mut rng = session.rng(1);
    let (classes, lengths) = first_calls::classes();
    let firsts: Vec<Work> = lengths
        .iter()
        .map(|&length| draw(session, &mut rng, length))
        .collect();
    let cases = steady.iter().flatten().chain(&firsts);
    let cases: Vec<Case> = cases.map(|work| work.case.clone()).collect();
    for case in &cases {
        session.visit(case);
    }
    let heats = Heats {
        works: &firsts,
        classes,
        stopped: stopped::pairs(&firsts, depth.first_calls.calls),
        depth: depth.first_calls,
    };
    let (subject, until) = (session.subject(), session.control().until());
    let all = || steady.iter().flatten().chain(&firsts);
    // Whatever ends the races, a wrong value of these calls is known by then.
    let is_elsewhere = subject.foreign().is_some();
    if is_elsewhere {
        alone::judge(session, all());
    }
    // The races come before the first call in this process, the report after the last race.
    let seed = rng.next_u64();
    let (races, wrong) = race_first_calls(subject, &heats, &until, seed, || session.should_stop());
    session.tally().races = Some(races);
    if session.should_stop() && wrong.is_none() {
        if !is_elsewhere {
            alone::judge(session, all());
        }
        return;
    }
    session.collect(|examiner, found| {
        if let Some(wrong) = wrong {
            wrong.report(examiner, &firsts, found);
        }
    });
    if session.knows_hang() {
        // Each race would take the whole time limit again.
        session.tally().give_up(Why::Hang);
        return;
    }
    let mut meetings = 0;
    session.collect(|examiner, found| meetings = race(examiner, steady, depth.race, found));
    if meetings < MEETINGS && !session.should_stop() {
        session.skip(Skip::here(format!(
            "the threads met {meetings} times, too rarely to judge: is the machine busy?"
        )));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::Control;
    use crate::depth::{Depth, DepthName};
    use crate::session::Current;
    use crcheck_oracle::Judge;
    use crcheck_oracle::bitwise::Bitwise;
    use crcheck_oracle::panel::Panel;
    use crcheck_subject::SubjectName;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    /// It is wrong at lengths that no first call has.
    struct WrongAtFive(Bitwise);

    impl Subject for WrongAtFive {
        fn name(&self) -> SubjectName {
            "wrong-at-five".into()
        }

        fn update(&self, checksum: u64, message: &[u8]) -> u64 {
            let is_wrong = message.len() % 8 == 5;
            self.0.update(checksum, message) ^ u64::from(is_wrong)
        }
    }

    #[test]
    fn a_stop_loses_no_wrong_value_of_threads() {
        let cancelled = Arc::new(AtomicBool::new(false));
        let control = Control {
            cancelled: &cancelled,
            ..Control::default()
        };
        let subject = WrongAtFive(Bitwise::new(&crcheck_oracle::model::Model::CRC_32_ISO_HDLC));
        let panel = Panel::qualify(&subject.model()).expect("judges");
        let depth = Depth::of(DepthName::Quick);
        let session = Session::new(&subject, &panel, depth, 1, None, &control);
        let mut session = session.expect("a session");
        session.begin(Current {
            id: ID,
            stream: CHECK.stream,
            defers_to_agree: false,
        });
        // The check has begun, and ends before its first race.
        cancelled.store(true, Ordering::Relaxed);
        run(&mut session);
        let tally = session.end();
        let kinds: Vec<Kind> = tally.groups.iter().map(|of| of.finding.kind).collect();
        assert_eq!(kinds, [Kind::WrongValue]);
        assert_eq!(tally.halted, Some(Why::Interrupt));
    }
}
