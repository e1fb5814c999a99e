//! Races of first calls, each in a fresh process.
//!
//! In one batch of three the threads start together. In the others they start at random while the
//! first call is under way: a table that is called ready before it is filled looks right to a
//! thread that comes too early as well as to one that comes too late.

use super::Work;
use super::fresh::FreshProcesses;
use super::steady::{explain_wrong, report_loss};
use super::stopped::stop_first_calls;
use super::{FIRST_THREADS, ID};
use crate::checks::history;
use crate::depth::FirstCallsDepth;
use crate::examiner::Examiner;
use crate::finding::Finding;
use crate::races::{Races, median};
use crcheck_platform::emulation::is_emulated;
use crcheck_platform::rng::SplitMix64;
use crcheck_subject::{FILLS, FirstCall, FirstCallsMade, Kind, Stop, Subject, Until};
use std::time::{Duration, Instant};

/// The lengths of first calls, in bytes: short ones, those of tables, and long ones.
const LENGTHS: [&[usize]; 3] = [
    &[0, 1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64],
    &[255, 256, 257, 512, 1023, 1024, 1025, 2048],
    &[3001, 4095, 4096, 4097, 5000, 6144, 8191, 8192],
];

/// The most processes of one batch, and about how long it takes.
const BATCH: (usize, Duration) = (6, Duration::from_millis(250));

/// Threads start together in one batch of this number.
const TOGETHER_ONE_IN: u32 = 3;

/// A new worker costs as much as this number of copies of one.
const COPIES_PER_WORKER: usize = 6;

/// The most processes of each number of threads on an emulated CPU, where a copy takes long.
const EMULATED: usize = 2;

/// In how many fresh processes a call that was wrong in a race is made alone.
const ALONE: usize = 8;

/// The indices of each class of lengths, the last of all lengths, and the lengths.
pub(super) fn classes() -> (Vec<Vec<usize>>, Vec<usize>) {
    let lengths = LENGTHS.concat();
    let mut first = 0;
    let mut classes: Vec<Vec<usize>> = LENGTHS
        .iter()
        .map(|of| {
            first += of.len();
            (first - of.len()..first).collect()
        })
        .collect();
    classes.push((0..lengths.len()).collect());
    (classes, lengths)
}

/// What the races of a plan are.
pub(super) struct Heats<'a> {
    /// The calls that threads may make first.
    pub works: &'a [Work],
    /// The indices of calls whose lengths are alike. All threads of a process have one class.
    pub classes: Vec<Vec<usize>>,
    /// The calls that are stopped in the middle, and those that others make meanwhile.
    pub stopped: Vec<(usize, Vec<usize>)>,
    /// How many processes there are, and how long they may take.
    pub depth: FirstCallsDepth,
}

/// Makes first calls until a process has one that is not right, or `stop` says that it is time.
pub(super) fn race_first_calls(
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

fn race_all(
    fresh: &mut FreshProcesses<'_>,
    heats: &Heats<'_>,
    rng: &mut SplitMix64,
    stop: &mut impl FnMut() -> bool,
) -> (Races, Option<FirstCallsWrong>) {
    let began = Instant::now();
    let (mut races, mut first_call_ns) = (Races::default(), Vec::new());
    let mut batch = 1;
    for round in 0_u32.. {
        let mut is_over = true;
        for threads in FIRST_THREADS {
            let so_far = races.by_threads.get(&threads);
            let so_far = so_far.map_or(0, |of| of.processes);
            let left = planned(heats, fresh, threads).saturating_sub(so_far);
            if left == 0 {
                continue;
            }
            races.is_cut_short = stop() || began.elapsed() >= heats.depth.time;
            if races.is_cut_short {
                return (races, None);
            }
            is_over = false;
            let calls = draw_heats(heats, rng, threads, batch.min(left));
            let are_together = round % TOGETHER_ONE_IN == 0;
            let window_ns = median(first_call_ns.clone()).filter(|_| !are_together);
            let window = Duration::from_nanos(window_ns.unwrap_or(0));
            let start = Instant::now();
            let made = fresh.race(threads, window, &calls);
            for process in &made.processes {
                races.add(threads, process, are_together);
                first_call_ns.extend(time_of_first(process));
            }
            if let Some(wrong) = first_wrong(fresh, heats.works, (threads, &calls), made) {
                races.wrong_processes += 1;
                return (races, Some(wrong));
            }
            let each = start.elapsed() / batch.min(left) as u32;
            let fitting = BATCH.1.as_nanos() / each.as_nanos().max(1);
            batch = (fitting as usize).clamp(1, BATCH.0);
        }
        if is_over {
            break;
        }
    }
    (races, None)
}

/// How many processes race for a number of threads.
fn planned(heats: &Heats<'_>, fresh: &FreshProcesses<'_>, threads: usize) -> usize {
    let processes = heats.depth.each.div_ceil(threads);
    if !fresh.are_copies {
        processes.div_ceil(COPIES_PER_WORKER)
    } else if is_emulated() {
        processes.min(EMULATED)
    } else {
        processes
    }
}

/// The calls of these processes, by their index: of each process those of one class.
fn draw_heats(
    heats: &Heats<'_>,
    rng: &mut SplitMix64,
    threads: usize,
    processes: usize,
) -> Vec<usize> {
    let mut calls = Vec::with_capacity(threads * processes);
    for _ in 0..processes {
        let class = &heats.classes[rng.index(heats.classes.len())];
        let first = rng.index(class.len());
        // Neighbours, so that the threads of a process have different calls.
        calls.extend((0..threads).map(|thread| class[(first + thread) % class.len()]));
    }
    calls
}

/// How long the call took that began first, in nanoseconds.
fn time_of_first(process: &[Option<FirstCall>]) -> Option<u64> {
    let times = process.iter().flatten().map(|call| &call.time_ns);
    let first = times.min_by_key(|time| time.start)?;
    Some(first.end - first.start)
}

/// The first call of a batch that is not right. If a copy's call is wrong without a race, but that
/// of a new process is right, then the library does not survive a copy, and nothing is wrong.
pub(super) fn first_wrong(
    fresh: &mut FreshProcesses<'_>,
    works: &[Work],
    (threads, calls): (usize, &[usize]),
    made: FirstCallsMade,
) -> Option<FirstCallsWrong> {
    let (index, seen) = wrong_in(works, calls, &made).or_else(|| {
        // It is not known which of the calls it was.
        let at = made.processes.len() * threads;
        let lost = made.lost.clone()?;
        Some((calls[at.min(calls.len() - 1)], Seen::Lost(lost)))
    })?;
    let suspects: Vec<usize> = match &seen {
        Seen::Lost(_) => {
            let at = made.processes.len() * threads;
            calls.iter().skip(at).take(threads).copied().collect()
        }
        Seen::Value(_) | Seen::Stopped(_) => vec![index; ALONE],
    };
    let mut alone = seen_alone(fresh, works, &suspects);
    if alone.is_some() && fresh.are_copies {
        fresh.are_copies = false;
        let again: Vec<usize> = alone.iter().map(|(index, _)| *index).collect();
        let in_new = seen_alone(fresh, works, &again);
        // Subjects of this process have no new one.
        if fresh.has_new_processes() {
            in_new.as_ref()?;
            alone = in_new;
        }
    }
    let (index, alone) = match alone {
        Some((index, alone)) => (index, Some(alone)),
        None => (index, None),
    };
    Some(FirstCallsWrong {
        index,
        threads,
        seen,
        alone,
        was_stopped: false,
    })
}

fn seen_alone(
    fresh: &mut FreshProcesses<'_>,
    works: &[Work],
    indices: &[usize],
) -> Option<(usize, Seen)> {
    let made = fresh.race(1, Duration::ZERO, indices);
    wrong_in(works, indices, &made).or_else(|| {
        let index = *indices.get(made.processes.len())?;
        Some((index, Seen::Lost(made.lost.clone()?)))
    })
}

/// The first wrong value, or else the first call that was stopped.
fn wrong_in(works: &[Work], calls: &[usize], made: &FirstCallsMade) -> Option<(usize, Seen)> {
    let all = || {
        let made = made.processes.iter().flatten();
        let all = calls.iter().zip(made);
        all.filter_map(|(&index, call)| Some((index, &call.as_ref()?.outcome)))
    };
    let value = all().find_map(|(index, outcome)| match outcome {
        Ok(got) if *got != works[index].expected => Some((index, Seen::Value(*got))),
        _ => None,
    });
    value.or_else(|| {
        all().find_map(|(index, outcome)| {
            let stop = outcome.as_ref().err()?;
            Some((index, Seen::Stopped(stop.clone())))
        })
    })
}

/// What was seen of a call that was not right.
enum Seen {
    /// It gave this checksum.
    Value(u64),
    /// A signal stopped it.
    Stopped(Stop),
    /// It, or another call of its process, ended the process or did not return.
    Lost(Stop),
}

/// A first call that was not right in a race.
pub(super) struct FirstCallsWrong {
    /// The index of the call.
    index: usize,
    /// The number of threads.
    threads: usize,
    seen: Seen,
    /// What was seen of it alone in a fresh process, if it was not right there either.
    alone: Option<Seen>,
    /// Whether another thread was stopped in its first call meanwhile.
    was_stopped: bool,
}

/// The end of a summary about a call that needs others to be wrong.
const RIGHT_ALONE: &str = "the same call alone in a fresh process is right";

impl FirstCallsWrong {
    /// The same, seen while another thread was stopped in its first call.
    pub(super) fn while_stopped(self) -> Self {
        Self {
            was_stopped: true,
            ..self
        }
    }

    pub(super) fn report(
        self,
        examiner: &mut Examiner<'_>,
        works: &[Work],
        found: &mut dyn FnMut(Finding),
    ) {
        let work = &works[self.index];
        let Work {
            case,
            checksum,
            expected,
        } = work;
        let threads = self.threads;
        let when = if self.was_stopped {
            "while another thread is in the middle of its first call".to_owned()
        } else {
            format!("when its first calls are made by {threads} threads at once")
        };
        let of_race = |what: &str| format!("{what} {when}; {RIGHT_ALONE}");
        match (self.alone, self.seen) {
            (Some(Seen::Value(got)), _) => {
                let finding = explain_wrong(examiner, case, [*expected, got], "");
                if finding.kind != Kind::DataRace {
                    return found(finding);
                }
                let finding = examiner.wrong(history::ID, Kind::HistoryDependent, case);
                let summary = "gives another checksum in the first call of a process";
                found(finding.values(*expected, got).says(summary));
            }
            (Some(Seen::Stopped(stop) | Seen::Lost(stop)), _) => {
                found(examiner.stopped(case, stop));
            }
            (None, Seen::Value(got)) => {
                let summary = of_race("gives another checksum");
                found(explain_wrong(examiner, case, [*expected, got], &summary));
            }
            (None, Seen::Stopped(_)) => {
                let caller = &mut examiner.caller;
                if let Err(stop) = caller.call(case.placement, *checksum, &case.message, FILLS[0]) {
                    return found(examiner.stopped(case, stop));
                }
                let finding = examiner.wrong(ID, Kind::DataRace, case);
                found(finding.says(of_race("is stopped")));
            }
            (None, Seen::Lost(stop)) if examiner.subject().foreign().is_some() => {
                let what = (stop.kind, stop.summary.as_str());
                report_loss(examiner, what, &[work], &when, found);
            }
            // A call alone would end this process.
            (None, Seen::Lost(stop)) => {
                let finding = examiner.wrong(ID, stop.kind, case);
                found(finding.says(of_race(&stop.summary)));
            }
        }
    }
}
