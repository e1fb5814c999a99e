//! First calls that are stopped in the middle while another thread makes its own.
//!
//! A first call that takes more instructions than the next one makes something that later calls
//! use. If another thread calls meanwhile, it must wait, or make its own. Races show by chance
//! whether it does; here the first thread is stopped after some of its instructions, so a wrong
//! result is certain to show at each of these places.

use super::Work;
use super::first_calls::Heats;
use super::fresh::FreshProcesses;
use super::wrong::{FirstCallsWrong, first_wrong};
use crate::races::Lazy;
use crcheck_platform::rng::SplitMix64;
use crcheck_platform::single_step::is_available;
use crcheck_subject::{FirstCall, FirstCallsMade, Start};
use std::time::Instant;

/// The lengths of the calls that are stopped. The first is the only one of a quick plan.
const LENGTHS: [usize; 2] = [64, 512];

/// The lengths of the calls that other threads make meanwhile: on the path of short messages, and
/// on that of longer ones, which use every row of a table.
const OTHERS: [usize; 2] = [63, 1024];

/// How many processes make one batch.
const BATCH: usize = 2;

/// Which calls are stopped, and which ones others make meanwhile, by their index.
pub(super) fn pairs(works: &[Work], stopped: usize) -> Vec<(usize, Vec<usize>)> {
    let of_length = |&length: &usize| {
        let mut lengths = works.iter().map(|work| work.case.message.len());
        lengths.position(|of| of == length)
    };
    let others: Vec<usize> = OTHERS.iter().filter_map(of_length).collect();
    let stopped = LENGTHS[..stopped.min(LENGTHS.len())].iter();
    let stopped = stopped.filter_map(of_length);
    stopped.map(|index| (index, others.clone())).collect()
}

/// Compares the first call with the next one, and stops it in the middle if it takes longer. `None`
/// if nobody can follow calls here.
pub(super) fn stop_first_calls(
    fresh: &mut FreshProcesses<'_>,
    heats: &Heats<'_>,
    rng: &mut SplitMix64,
    stop: &mut impl FnMut() -> bool,
) -> (Option<Lazy>, Option<FirstCallsWrong>) {
    let began = Instant::now();
    let mut all: Option<Lazy> = None;
    for (index, others) in &heats.stopped {
        if !fresh.are_copies || !is_available() || others.is_empty() {
            break;
        }
        let Some((first, next)) = count(fresh, *index, heats.depth.followed) else {
            continue;
        };
        let lazy = all.get_or_insert_default();
        lazy.extra_instructions = lazy.extra_instructions.max(first.saturating_sub(next));
        if first <= next {
            continue;
        }
        let places = places(first, heats.depth.stops, rng);
        for (batch, places) in places.chunks(BATCH).enumerate() {
            // The count itself may have taken the time, on a busy machine.
            if stop() || batch > 0 && began.elapsed() >= heats.depth.stopping {
                return (all, None);
            }
            let other = others[batch % others.len()];
            let calls = [*index, other].repeat(places.len());
            let made = fresh.make(2, Start::WhileStopped(places.to_vec()), &calls);
            let made = without_stops(made);
            let were_stopped = made.processes.iter().map(|of| of.get(1));
            lazy.stopped += were_stopped
                .filter(|call| matches!(call, Some(Some(_))))
                .count();
            if let Some(wrong) = first_wrong(fresh, heats.works, (2, &calls), made) {
                return (all, Some(wrong.while_stopped()));
            }
        }
    }
    (all, None)
}

/// How many instructions the first call and the next one take, up to `limit`.
fn count(fresh: &mut FreshProcesses<'_>, index: usize, limit: u64) -> Option<(u64, u64)> {
    let made = fresh.make(2, Start::Counted(limit), &[index, index]);
    match made.processes.first()?.as_slice() {
        [Some(first), Some(next)] if is_result(first) && is_result(next) => {
            Some((first.time_ns.end, next.time_ns.end))
        }
        _ => None,
    }
}

fn is_result(call: &FirstCall) -> bool {
    call.outcome.is_ok()
}

/// After how many instructions of a call it is stopped: in the middle, then in the middle of each
/// half, and so on, so that time may end it anywhere. Each place is moved a little at random.
fn places(instructions: u64, count: usize, rng: &mut SplitMix64) -> Vec<u64> {
    let parts = count.next_power_of_two() as u64 * 2;
    let place = |of: u64| {
        // The bits of the number behind the point, the lowest first, are where it lies.
        let at = of.reverse_bits() >> (64 - parts.trailing_zeros());
        let edge = |part: u64| instructions * part / parts;
        edge(at) + 1 + rng.below((edge(at + 1) - edge(at)).max(1))
    };
    let mut places: Vec<u64> = (1..=count as u64).map(place).collect();
    places.dedup();
    places
}

/// Only values count: a trap may disturb what handles signals itself.
fn without_stops(made: FirstCallsMade) -> FirstCallsMade {
    let values = |call: Option<FirstCall>| call.filter(is_result);
    let processes = made.processes.into_iter();
    FirstCallsMade {
        processes: processes
            .map(|calls| calls.into_iter().map(values).collect())
            .collect(),
        lost: None,
        ..made
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_places_are_spread_over_a_call_and_so_are_all() {
        let mut rng = SplitMix64::new(1);
        let eighths = |places: &[u64]| -> Vec<u64> {
            let mut eighths: Vec<u64> = places.iter().map(|place| place / 2000).collect();
            eighths.sort_unstable();
            eighths
        };
        let places_of = places(16_000, 24, &mut rng);
        assert_eq!(eighths(&places_of[..3]), [2, 4, 6]);
        assert_eq!(eighths(&places_of[..7]), [1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(places_of.len(), 24);
        let of_short = places(3, 24, &mut rng);
        assert!(of_short.iter().all(|place| (1..=3).contains(place)));
    }
}
