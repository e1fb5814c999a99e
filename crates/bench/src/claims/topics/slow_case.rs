//! The slow case: a loop and a forced garbage collection.

use crate::claims::answer::Verdict;
use crate::claims::claim::{Claim, Judge, Need};
use crate::claims::figures::{PERF_HZ, PERF_SECONDS, SLOW_MEGACYCLES, SLOW_MS, SLOW_PAUSE_MS};
use crate::claims::measured::Go;
use crate::claims::words::{by_reach, digits};

/// A clock that is slow for a core at work. What takes longer than its cycles at this clock waits.
const CLOCK_LEAST_GHZ: f64 = 0.4;

pub(super) const CLAIMS: &[Claim] = &[
    Claim {
        id: "slow-cycles",
        says: "41.6 M cycles are what 217 ms are spent on",
        judge: Judge::Arithmetic(|| {
            let ghz = SLOW_MEGACYCLES.1 / 1e3 / (SLOW_MS.1 / 1e3);
            let before = SLOW_MEGACYCLES.0 / 1e3 / (SLOW_MS.0 / 1e3);
            let found = format!(
                "41.6 M cycles in 217 ms are {} GHz, and {} GHz before",
                digits(ghz),
                digits(before)
            );
            if ghz >= CLOCK_LEAST_GHZ {
                Verdict::reproduced(found)
            } else {
                Verdict::refuted(format!(
                    "{found}; even at {CLOCK_LEAST_GHZ} GHz, which is slow for a core at work, \
                     the cycles take {} ms, so most likely the thread waits for the rest",
                    digits(SLOW_MEGACYCLES.1 / CLOCK_LEAST_GHZ)
                ))
            }
        }),
    },
    Claim {
        id: "slow-pause",
        says: "the pause that grows from 0.3 to 18.7 ms explains 12 to 217 ms",
        judge: Judge::Arithmetic(|| {
            let part = (SLOW_PAUSE_MS.1 - SLOW_PAUSE_MS.0) / (SLOW_MS.1 - SLOW_MS.0);
            let found = format!(
                "the pause grows by {} ms, the quantile by {} ms: {} % of it",
                digits(SLOW_PAUSE_MS.1 - SLOW_PAUSE_MS.0),
                digits(SLOW_MS.1 - SLOW_MS.0),
                digits(part * 100.0)
            );
            if part >= 0.5 {
                Verdict::reproduced(found)
            } else {
                Verdict::refuted(found)
            }
        }),
    },
    Claim {
        id: "slow-quantile",
        says: "the 95 % quantile grows from 12 to 217 ms, the cycles from 8.2 M to 41.6 M",
        judge: Judge::NotMeasurable(
            "the article gives neither the message nor the heap nor what else runs",
        ),
    },
    Claim {
        id: "slow-forced-pause",
        says: "a forced garbage collection pauses for 18.7 ms",
        judge: Judge::Measured {
            needs: &[Need::Go],
            judge: |measured| {
                let verdict = |go: &Go| {
                    let found = format!(
                        "{} pauses for {} ms at most, with a million pointers on the heap",
                        go.version,
                        digits(go.pause_ms)
                    );
                    let condition = "on the heap, which the article does not give";
                    by_reach(SLOW_PAUSE_MS.1, go.pause_ms, condition, found)
                };
                Ok(Go::joined(measured.go()?, verdict))
            },
        },
    },
    Claim {
        id: "slow-flame-graph",
        says: "perf record -F 99 -g for 30 s shows the pauses",
        judge: Judge::Arithmetic(|| {
            let samples = PERF_HZ * PERF_SECONDS;
            let every_ms = 1e3 / PERF_HZ;
            let seen = (SLOW_PAUSE_MS.0 / every_ms, SLOW_PAUSE_MS.1 / every_ms);
            let found = format!(
                "{samples:.0} samples on a core, one in {} ms: a pause of {} ms has {} of a \
                 sample, one of {} ms has {}",
                digits(every_ms),
                SLOW_PAUSE_MS.0,
                digits(seen.0),
                SLOW_PAUSE_MS.1,
                digits(seen.1)
            );
            if seen.0 >= 1.0 {
                Verdict::reproduced(found)
            } else if seen.1 >= 1.0 {
                Verdict::depends(format!("{found}: it depends on the pause"))
            } else {
                Verdict::refuted(found)
            }
        }),
    },
];
