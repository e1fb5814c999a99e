//! "47 times faster": 8.2 s and 0.17 s for one gigabyte.

use crate::claims::answer::{Missing, Verdict};
use crate::claims::claim::{Claim, Judge, Need};
use crate::claims::figures::{
    GIGABYTE_BYTES, GO_MB_PER_S, GO_SECONDS, HEADLINE_CPU, HEADLINE_TIMES, OWN_GB_PER_S,
    OWN_SECONDS,
};
use crate::claims::measured::{Go, Measured};
use crate::claims::words::{NEAR_TIMES, by_distance, by_rounding, digits, rate, times_apart};

pub(super) const CLAIMS: &[Claim] = &[
    Claim {
        id: "headline-ratio",
        says: "8.2 s against 0.17 s is 47 times as fast",
        judge: Judge::Arithmetic(|| {
            by_rounding(HEADLINE_TIMES, GO_SECONDS / OWN_SECONDS, 0, "8.2 / 0.17")
        }),
    },
    Claim {
        id: "headline-slow-rate",
        says: "1 GB in 8.2 s is 122 MB/s",
        judge: Judge::Arithmetic(|| {
            let mb_per_s = GIGABYTE_BYTES / GO_SECONDS / 1e6;
            by_rounding(GO_MB_PER_S, mb_per_s, 0, "1000 MB / 8.2 s")
        }),
    },
    Claim {
        id: "headline-fast-rate",
        says: "1 GB in 0.17 s is 5.9 GB/s",
        judge: Judge::Arithmetic(|| {
            let gb_per_s = GIGABYTE_BYTES / OWN_SECONDS / 1e9;
            by_rounding(OWN_GB_PER_S, gb_per_s, 1, "1 GB / 0.17 s")
        }),
    },
    Claim {
        id: "headline-cpu",
        says: "these are the times of an i7-11800H",
        judge: Judge::Measured {
            needs: &[Need::Go],
            judge: on_the_cpu,
        },
    },
    Claim {
        id: "headline-go-time",
        says: "Go's hash/crc32 takes 8.2 s for 1 GB (122 MB/s)",
        judge: Judge::Measured {
            needs: &[Need::Go],
            judge: |measured| {
                let every = measured.go()?;
                let verdict = |go: &Go| by_distance(GO_SECONDS, go.gigabyte_seconds, time(go));
                Ok(Go::joined(every, verdict))
            },
        },
    },
    Claim {
        id: "headline-byte-table-rate",
        says: "a byte table does 122 MB/s",
        judge: Judge::Measured {
            needs: &[Need::Loops],
            judge: |measured| {
                let table = measured.loops()?.byte_table;
                let found = format!("a byte table does {} here", rate(table));
                Ok(by_distance(GO_MB_PER_S / 1e3, table, found))
            },
        },
    },
    Claim {
        id: "headline-go-is-a-table",
        says: "Go's hash/crc32 is slow because it is a byte table",
        judge: Judge::Measured {
            needs: &[Need::Go],
            judge: |measured| Ok(Go::joined(measured.go()?, is_a_table)),
        },
    },
    Claim {
        id: "headline-own-rate",
        says: "code with AVX2 does 5.9 GB/s (1 GB in 0.17 s)",
        judge: Judge::Measured {
            needs: &[Need::Loops],
            judge: own_rate,
        },
    },
    Claim {
        id: "headline-own-rate-from-memory",
        says: "1 GB that is in no cache takes 0.17 s",
        judge: Judge::Measured {
            needs: &[Need::Memory],
            judge: |measured| {
                let memory = measured.memory()?;
                let seconds = GIGABYTE_BYTES / 1e9 / memory.kernel;
                let found = format!(
                    "our kernel takes {} s from memory ({}); loads alone do {}",
                    digits(seconds),
                    rate(memory.kernel),
                    rate(memory.loads)
                );
                Ok(at_most(OWN_SECONDS, seconds, found))
            },
        },
    },
    Claim {
        id: "headline-over-go",
        says: "the code is 47 times as fast as Go's hash/crc32",
        judge: Judge::Measured {
            needs: &[Need::Loops, Need::Go],
            judge: over_go,
        },
    },
    Claim {
        id: "headline-over-table",
        says: "the code is 47 times as fast as a byte table",
        judge: Judge::Measured {
            needs: &[Need::Loops],
            judge: |measured| {
                let loops = measured.loops()?;
                let times = loops.kernel / loops.byte_table;
                let found = format!(
                    "our kernel is {} times as fast as a byte table",
                    digits(times)
                );
                Ok(by_distance(HEADLINE_TIMES, times, found))
            },
        },
    },
];

/// Judges a time that is claimed to be reached: to be faster is to reach it.
fn at_most(claimed: f64, measured: f64, found: String) -> Verdict {
    if measured <= claimed {
        Verdict::reproduced(found)
    } else {
        by_distance(claimed, measured, found)
    }
}

fn time(go: &Go) -> String {
    let gb_per_s = GIGABYTE_BYTES / 1e9 / go.gigabyte_seconds;
    format!(
        "{} takes {} s from memory ({})",
        go.version,
        digits(go.gigabyte_seconds),
        rate(gb_per_s)
    )
}

fn on_the_cpu(measured: &Measured) -> Result<Verdict, Missing> {
    let cpu = &measured.machine.cpu;
    if !cpu.contains(HEADLINE_CPU) {
        return Err(Missing::not_here(format!("this CPU is another one: {cpu}")));
    }
    let verdict = |go: &Go| by_distance(GO_SECONDS, go.gigabyte_seconds, time(go));
    Ok(Go::joined(measured.go()?, verdict))
}

/// Whether the library is as slow as the loop over one table in the same Go.
fn is_a_table(go: &Go) -> Verdict {
    let times = go.hash / go.byte_table;
    let found = format!(
        "{} does {}, {} times its own byte table; without the CPU's features {}",
        go.version,
        rate(go.hash),
        digits(times),
        rate(go.without_features)
    );
    if times_apart(go.hash, go.byte_table) <= NEAR_TIMES {
        Verdict::reproduced(found)
    } else {
        Verdict::refuted(found)
    }
}

fn own_rate(measured: &Measured) -> Result<Verdict, Missing> {
    let tiers = &measured.loops()?.tiers_of_256_bits;
    let best = tiers.iter().max_by(|one, other| one.1.total_cmp(&other.1));
    let (name, best) = best.ok_or_else(|| Missing::not_here("no tier with AVX2 runs here"))?;
    let found = format!("our {name} does {} in the cache", rate(*best));
    Ok(at_most(1.0 / OWN_GB_PER_S, 1.0 / best, found))
}

fn over_go(measured: &Measured) -> Result<Verdict, Missing> {
    let kernel = measured.loops()?.kernel;
    let verdict = |go: &Go| {
        let times = kernel / go.hash;
        let found = format!("our kernel is {} times {}", digits(times), go.version);
        by_distance(HEADLINE_TIMES, times, found)
    };
    Ok(Go::joined(measured.go()?, verdict))
}
