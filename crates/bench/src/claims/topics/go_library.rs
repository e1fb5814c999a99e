//! What is said of Go's library and of its assembler.

use crate::claims::answer::Verdict;
use crate::claims::claim::{Claim, Judge, Need};
use crate::claims::measured::{Go, Ymm};
use crate::claims::words::{NEAR_TIMES, by_sameness, digits, rate};

pub(super) const CLAIMS: &[Claim] = &[
    Claim {
        id: "go-three-optimisations",
        says: "hash/crc32 has three optimisations: assembly for blocks of 8 and 4 bytes, a table \
               of 256, aligned words",
        judge: Judge::Measured {
            needs: &[Need::Go],
            judge: |measured| Ok(Go::joined(measured.go()?, without_features)),
        },
    },
    Claim {
        id: "go-one-table",
        says: "hash/crc32 has one table of 256 entries",
        judge: Judge::Measured {
            needs: &[Need::Go],
            judge: |measured| Ok(Go::joined(measured.go()?, one_table)),
        },
    },
    Claim {
        id: "go-aligned-words",
        says: "hash/crc32 is faster on aligned words",
        judge: Judge::Measured {
            needs: &[Need::Go],
            judge: |measured| Ok(Go::joined(measured.go()?, aligned)),
        },
    },
    Claim {
        id: "go-zero-padded-rest",
        says: "hash/crc32 pads a rest shorter than 8 bytes with zeros",
        judge: Judge::Measured {
            needs: &[Need::Go],
            judge: |measured| Ok(Go::joined(measured.go()?, padded)),
        },
    },
    Claim {
        id: "go-no-ymm",
        says: "Go's assembler knows no YMM registers",
        judge: Judge::Measured {
            needs: &[Need::Go],
            judge: |measured| Ok(Go::joined(measured.go()?, ymm)),
        },
    },
    Claim {
        id: "go-needs-cgo",
        says: "AVX2 in Go needs cgo",
        judge: Judge::Measured {
            needs: &[Need::Go],
            judge: |measured| Ok(Go::joined(measured.go()?, cgo)),
        },
    },
];

/// The list has no multiplication without carry: if the library is as fast without the CPU's
/// optional features, the list is complete.
fn without_features(go: &Go) -> Verdict {
    let times = go.hash / go.without_features;
    let found = format!(
        "{} does {}, and {} without the CPU's optional features ({} times)",
        go.version,
        rate(go.hash),
        rate(go.without_features),
        digits(times)
    );
    by_sameness(
        times.max(1.0),
        found,
        ": an instruction that the list lacks does it",
    )
}

fn one_table(go: &Go) -> Verdict {
    let times = go.without_features / go.byte_table;
    let found = format!(
        "{} without the CPU's optional features does {} times what one table gives in Go",
        go.version,
        digits(times)
    );
    by_sameness(times, found, ": more tables than one")
}

fn aligned(go: &Go) -> Verdict {
    let times = go.hash / go.hash_unaligned;
    let found = format!(
        "{} does {} aligned and {} one byte further ({} times)",
        go.version,
        rate(go.hash),
        rate(go.hash_unaligned),
        digits(times)
    );
    if times > NEAR_TIMES {
        Verdict::reproduced(found)
    } else {
        Verdict::refuted(found)
    }
}

fn padded(go: &Go) -> Verdict {
    let wrong = go.wrong_lengths;
    if wrong == 0 {
        Verdict::refuted(format!(
            "{} gives the checksums of the judges at every length from 0 to 64: \
             zeros would change them",
            go.version
        ))
    } else {
        Verdict::reproduced(format!(
            "{} gives other checksums than the judges at {wrong} lengths of 0 to 64",
            go.version
        ))
    }
}

fn ymm(go: &Go) -> Verdict {
    let version = &go.version;
    match &go.ymm {
        Ymm::Ran => Verdict::refuted(format!(
            "{version} builds a function with YMM registers, which computes what it should"
        )),
        Ymm::Built => Verdict::refuted(format!(
            "{version} builds a function with YMM registers; this CPU has no AVX2 to run it"
        )),
        Ymm::Refused(reason) => {
            Verdict::reproduced(format!("{version} does not take it: {reason}"))
        }
        Ymm::Foreign => foreign(),
    }
}

fn cgo(go: &Go) -> Verdict {
    let version = &go.version;
    match &go.ymm {
        Ymm::Ran => Verdict::refuted(format!("{version} builds and runs it with CGO_ENABLED=0")),
        Ymm::Built => Verdict::refuted(format!("{version} builds it with CGO_ENABLED=0")),
        Ymm::Refused(reason) => {
            Verdict::reproduced(format!("{version} does not take it: {reason}"))
        }
        Ymm::Foreign => foreign(),
    }
}

fn foreign() -> Verdict {
    let answer = crate::claims::answer::Answer::NotMeasurableHere;
    Verdict::new(answer, "this architecture has no YMM registers")
}
