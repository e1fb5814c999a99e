//! Dispatchers that see a feature which the CPU lacks, or miss one which it has.

use crate::right_diagnosis::RightDiagnosis;
use crate::spec::FaultSpec;
use crate::test_kernel::TestKernel;
use crcheck_harness::check::checks;
use crcheck_harness::kernel::Tier;
use crcheck_harness::kernel::cpu::{Feature, Features};
use crcheck_harness::subject::Kind;

/// Chooses rightly, but for the features that `see` makes of those of the CPU.
fn select_by(
    see: impl Fn(Features) -> Features + Send + Sync + 'static,
) -> (TestKernel, RightDiagnosis) {
    let kernel = TestKernel::right().with_select(move |features| Tier::select(&see(features)));
    (kernel, RightDiagnosis::Observed)
}

/// Features for which one machine exists that lacks them alone, and one that has them.
const FEATURES: [Feature; 6] = [
    Feature::Pclmulqdq,
    Feature::Vpclmulqdq,
    Feature::Gfni,
    Feature::Amd,
    Feature::Pmull,
    Feature::Zbc,
];

/// The feature that a dispatcher asks for, and the one that it takes to come with it.
const PAIRS: [[Feature; 2]; 5] = [
    [Feature::Sse41, Feature::Pclmulqdq],
    [Feature::Avx2, Feature::Vpclmulqdq],
    [Feature::Avx512vl, Feature::Vpclmulqdq],
    [Feature::Crc, Feature::Pmull],
    [Feature::Pmull, Feature::Sha3],
];

pub(super) const FAULTS: &[FaultSpec] = &[
    FaultSpec::drawn(
        "dispatch-feature-missed",
        "never sees a feature, and never chooses what needs it",
        "isa-l 402, zlib-ng 2197: a variant that was never selected",
        |draw| {
            let missed = Features::EMPTY.with(draw.one(&FEATURES));
            select_by(move |features| features.without(missed))
        },
    )
    .caught_only_by(checks::dispatch::ID, &[Kind::WrongDispatch]),
    FaultSpec::drawn(
        "dispatch-feature-taken-for-another",
        "asks for one feature and takes another to come with it",
        "MariaDB 1645, RocksDB 7233, google/crc32c 5: CRC32 checked, PMULL used; the \
            article, its dispatch",
        |draw| {
            let [asked, used] = draw.one(&PAIRS);
            select_by(move |features| {
                if features.contains(asked) {
                    features.with(used)
                } else {
                    features
                }
            })
        },
    )
    .caught_only_by(checks::dispatch::ID, &[Kind::WrongDispatch]),
];
