//! "47 times faster": 8.2 s and 0.17 s for one gigabyte.

use crate::claims::answer::{Missing, Verdict};
use crate::claims::claim::{Claim, Judge, Need};
use crate::claims::figures::{
    GIGABYTE_BYTES, GO_MB_PER_S, GO_SECONDS, HEADLINE_CPU, HEADLINE_TIMES, OWN_GB_PER_S,
    OWN_SECONDS,
};
use crate::claims::measured::{Go, Loops, Measured};
use crate::claims::words::{
    Printed, by_distance, by_figure, by_gain, by_quotient, by_reach, by_rounding, by_sameness,
    digits, rate,
};

pub(super) const CLAIMS: &[Claim] = &[
    Claim {
        id: "headline-ratio",
        says: "8.2 s against 0.17 s is 47 times as fast",
        judge: Judge::Arithmetic(|| {
            let (times, slow) = (Printed(HEADLINE_TIMES, 0), Printed(GO_SECONDS, 1));
            by_quotient(times, slow, Printed(OWN_SECONDS, 2))
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
                if is_the_cpu(measured) {
                    return on_the_cpu(measured);
                }
                let verdict = |go: &Go| {
                    by_figure(GO_SECONDS, go.gigabyte_seconds, "on the machine", time(go))
                };
                Ok(Go::joined(measured.go()?, verdict))
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
                Ok(by_figure(GO_MB_PER_S / 1e3, table, "on the machine", found))
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
                let (claimed, reached) = (1.0 / OWN_SECONDS, 1.0 / seconds);
                Ok(by_reach(claimed, reached, "on the machine", found))
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
            judge: over_table,
        },
    },
];

fn time(go: &Go) -> String {
    let gb_per_s = GIGABYTE_BYTES / 1e9 / go.gigabyte_seconds;
    format!(
        "{} takes {} s from memory ({})",
        go.version,
        digits(go.gigabyte_seconds),
        rate(gb_per_s)
    )
}

fn is_the_cpu(measured: &Measured) -> bool {
    measured.machine.cpu.contains(HEADLINE_CPU)
}

fn on_the_cpu(measured: &Measured) -> Result<Verdict, Missing> {
    if !is_the_cpu(measured) {
        let cpu = &measured.machine.cpu;
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
    by_sameness(times, found, "")
}

/// The fastest tier of the kind that the article's code is: AVX2, and no wider registers.
fn best_with_avx2(loops: &Loops) -> Option<(&str, f64)> {
    let tiers = loops.tiers_of_256_bits.iter();
    let best = tiers.max_by(|one, other| one.1.total_cmp(&other.1));
    best.map(|(name, rate)| (name.as_str(), *rate))
}

fn own_rate(measured: &Measured) -> Result<Verdict, Missing> {
    let best = best_with_avx2(measured.loops()?);
    let (name, best) = best.ok_or_else(|| Missing::not_here("no tier with AVX2 runs here"))?;
    let found = format!("our {name} does {} in the cache", rate(best));
    Ok(by_reach(OWN_GB_PER_S, best, "on the machine", found))
}

/// The claim is of code with AVX2, so a machine without it says nothing of it.
fn without_avx2() -> Verdict {
    Verdict::depends("no tier with AVX2 runs here: it depends on the CPU")
}

fn over_table(measured: &Measured) -> Result<Verdict, Missing> {
    let loops = measured.loops()?;
    let Some((name, best)) = best_with_avx2(loops) else {
        return Ok(without_avx2());
    };
    let times = best / loops.byte_table;
    let found = format!(
        "our {name} is {} times as fast as a byte table; the number itself is that of this CPU \
         and this tier",
        digits(times)
    );
    let condition = "on the CPU and the tier";
    Ok(by_reach(HEADLINE_TIMES, times, condition, found))
}

fn over_go(measured: &Measured) -> Result<Verdict, Missing> {
    let Some((name, best)) = best_with_avx2(measured.loops()?) else {
        return Ok(without_avx2());
    };
    let verdict = |go: &Go| {
        let found = format!(
            "our {name} is {} times as fast as {}; {HEADLINE_TIMES} times would be {}",
            digits(best / go.hash),
            go.version,
            rate(HEADLINE_TIMES * go.hash)
        );
        by_gain(HEADLINE_TIMES, best / go.hash, found)
    };
    Ok(Go::joined(measured.go()?, verdict))
}
