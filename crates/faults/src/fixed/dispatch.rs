//! Dispatchers that choose a wrong tier.

use crate::spec::FaultSpec;
use crate::test_kernel::TestKernel;
use crcheck_harness::check::checks;
use crcheck_harness::kernel::Tier;
use crcheck_harness::kernel::cpu::{Feature, Features};
use crcheck_harness::subject::Kind;

fn below_avx2(features: Features) -> Tier {
    if features.contains(Feature::Pclmulqdq) && features.contains(Feature::Sse41) {
        Tier::X86Pclmul
    } else {
        Tier::Portable
    }
}

pub(super) const FAULTS: &[FaultSpec] = &[
    FaultSpec::fixed(
        "article-dispatch-avx2",
        "takes AVX2 for enough to run VPCLMULQDQ on 256 bits",
        "the article, its dispatch",
        || {
            TestKernel::right().with_select(|features| {
                if features.contains(Feature::Avx2) {
                    Tier::X86Avx2Vpclmul
                } else {
                    below_avx2(features)
                }
            })
        },
    )
    .caught_only_by(checks::dispatch::ID, &[Kind::WrongDispatch]),
    FaultSpec::fixed(
        "dispatch-never-avx512",
        "never chooses its best tier",
        "isa-l 402: the AVX-512 variant was never selected",
        || {
            TestKernel::right().with_select(|features| {
                let best = Tier::select(&features);
                if best == Tier::X86Avx512Vpclmul {
                    Tier::X86Avx2Vpclmul
                } else {
                    best
                }
            })
        },
    )
    .caught_only_by(checks::dispatch::ID, &[Kind::WrongDispatch]),
    FaultSpec::fixed(
        "dispatch-without-xcr0",
        "takes VPCLMULQDQ for AVX-512, whose state the system may not save",
        "MariaDB 3430: AVX-512 used without a look at XCR0",
        || {
            TestKernel::right().with_select(|features| {
                if features.contains(Feature::Vpclmulqdq) {
                    Tier::X86Avx512Vpclmul
                } else {
                    Tier::select(&features)
                }
            })
        },
    )
    .caught_only_by(checks::dispatch::ID, &[Kind::WrongDispatch]),
];
