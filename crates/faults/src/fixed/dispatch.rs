//! Dispatchers that choose what they should not.

use super::ANYWHERE;
use crate::exhibit::{Exhibit, Fault, Necessity};
use crcheck_harness::check::CheckId;
use crcheck_harness::finding::Kind;
use crcheck_harness::kernel::Tier;
use crcheck_harness::kernel::cpu::{Feature, Features};

const fn dispatch(
    name: &'static str,
    summary: &'static str,
    source: &'static str,
    make: fn() -> Exhibit,
) -> Fault {
    Fault {
        name,
        summary,
        source,
        caught_by: CheckId::Dispatch,
        kinds: &[Kind::WrongDispatch],
        necessity: Necessity::Alone,
        unavailable: ANYWHERE,
        make,
    }
}

fn below_avx2(features: Features) -> Tier {
    if features.contains(Feature::Pclmulqdq) && features.contains(Feature::Sse41) {
        Tier::X86Pclmul
    } else {
        Tier::Portable
    }
}

pub(super) const FAULTS: &[Fault] = &[
    dispatch(
        "article-dispatch-avx2",
        "takes AVX2 for enough to run VPCLMULQDQ on 256 bits",
        "the article, its dispatch",
        || Exhibit {
            select: Some(Box::new(|features| {
                if features.contains(Feature::Avx2) {
                    Tier::X86Avx2Vpclmul
                } else {
                    below_avx2(features)
                }
            })),
            ..Exhibit::right()
        },
    ),
    dispatch(
        "dispatch-never-avx512",
        "never chooses its best tier",
        "isa-l 402: the AVX-512 variant was never selected",
        || Exhibit {
            select: Some(Box::new(|features| {
                let best = Tier::select(&features);
                if best == Tier::X86Avx512Vpclmul {
                    Tier::X86Avx2Vpclmul
                } else {
                    best
                }
            })),
            ..Exhibit::right()
        },
    ),
    dispatch(
        "dispatch-without-xcr0",
        "takes VPCLMULQDQ for AVX-512, whose state the system may not save",
        "MariaDB 3430: AVX-512 used without a look at XCR0",
        || Exhibit {
            select: Some(Box::new(|features| {
                if features.contains(Feature::Vpclmulqdq) {
                    Tier::X86Avx512Vpclmul
                } else {
                    Tier::select(&features)
                }
            })),
            ..Exhibit::right()
        },
    ),
];
