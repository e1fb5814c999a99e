//! Dispatchers that choose a wrong tier.

use crate::spec::FaultSpec;
use crate::test_kernel::TestKernel;
use crcheck_harness::check::checks;
use crcheck_harness::kernel::Tier;
use crcheck_harness::kernel::cpu::{CpuidWords, Feature, Features};
use crcheck_harness::subject::{CpuidAnswers, Kind, MachineAnswers, kernel_features};

/// The features by CPUID words that `ask` asks for in a way of its own; right on machines of other
/// architectures.
fn with_cpuid(ask: fn(&CpuidAnswers) -> CpuidWords) -> TestKernel {
    TestKernel::right()
        .with_detect(move |answers| match answers {
            MachineAnswers::X86_64(cpuid) => Features::from_cpuid(&ask(cpuid)),
            other => kernel_features(other),
        })
        .with_select(|features| Tier::select(&features))
}

fn right_words(cpuid: &CpuidAnswers) -> CpuidWords {
    CpuidWords::ask(|leaf| cpuid.leaf(leaf), || cpuid.xcr0())
}

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
    FaultSpec::fixed(
        "detect-ymm-state-unasked",
        "looks at OSXSAVE, and not at the YMM state in XCR0",
        "Intel SDM 1, 14.3: AVX needs both bits of XCR0",
        || {
            with_cpuid(|cpuid| {
                let words = right_words(cpuid);
                let state = if words.xcr0 & 0b10 != 0 { 0b110 } else { 0 };
                CpuidWords {
                    xcr0: words.xcr0 | state,
                    ..words
                }
            })
        },
    )
    .caught_only_by(checks::dispatch::ID, &[Kind::WrongDispatch]),
    FaultSpec::fixed(
        "detect-zmm-state-unasked",
        "takes the YMM state in XCR0 for that of AVX-512",
        "MariaDB 3430: AVX-512 used without a look at its state",
        || {
            with_cpuid(|cpuid| {
                let words = right_words(cpuid);
                let state = if words.xcr0 & 0b100 != 0 { 0xe6 } else { 0 };
                CpuidWords {
                    xcr0: words.xcr0 | state,
                    ..words
                }
            })
        },
    )
    .caught_only_by(checks::dispatch::ID, &[Kind::WrongDispatch]),
    FaultSpec::fixed(
        "detect-leaf-above-highest",
        "reads leaf 7 of CPUID where there is none",
        "Intel SDM 2A, CPUID: a leaf above the highest has the words of the highest",
        || {
            with_cpuid(|cpuid| {
                let [_, leaf_7_ebx, leaf_7_ecx, _] = cpuid.leaf(7);
                CpuidWords {
                    leaf_7_ebx,
                    leaf_7_ecx,
                    ..right_words(cpuid)
                }
            })
        },
    )
    .caught_only_by(checks::dispatch::ID, &[Kind::WrongDispatch]),
    FaultSpec::fixed(
        "detect-xgetbv-without-osxsave",
        "executes XGETBV without a look at OSXSAVE",
        "MariaDB 3471: the first fix crashed under `noxsave`",
        || {
            with_cpuid(|cpuid| CpuidWords {
                xcr0: cpuid.xcr0(),
                ..right_words(cpuid)
            })
        },
    )
    .caught_only_by(checks::dispatch::ID, &[Kind::WrongDispatch]),
];
