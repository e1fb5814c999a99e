//! Races of first calls, each in a fresh process.
//!
//! In one batch of three the threads start together. In the others they start at random while the
//! first call is under way: a table that is called ready before it is filled looks right to a
//! thread that comes too early as well as to one that comes too late.

use super::fresh::FreshProcesses;
use super::wrong::{FirstCallsWrong, first_wrong};
use super::{FIRST_THREADS, Work};
use crate::depth::FirstCallsDepth;
use crate::races::{Races, median};
use crcheck_platform::emulation::is_emulated;
use crcheck_platform::rng::SplitMix64;
use crcheck_subject::FirstCall;
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

/// Races first calls until a process has one that is not right, or `stop` says that it is time.
pub(super) fn race_all(
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
