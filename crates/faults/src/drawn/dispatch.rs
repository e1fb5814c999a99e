//! Dispatchers that take a feature for another one, for there, or for absent.

use super::{Family, alone};
use crate::exhibit::Exhibit;
use crate::expect::Expect;
use crcheck_harness::check::CheckId;
use crcheck_harness::finding::Kind;
use crcheck_harness::kernel::Tier;
use crcheck_harness::kernel::cpu::{Feature, Features};

const WRONG: (CheckId, &[Kind]) = (CheckId::Dispatch, &[Kind::WrongDispatch]);

/// The right choice for a CPU that has what `seen` makes of its features.
fn choosing(seen: impl Fn(Features) -> Features + Send + Sync + 'static) -> (Exhibit, Expect) {
    let exhibit = Exhibit {
        select: Some(Box::new(move |features| Tier::select(&seen(features)))),
        ..Exhibit::right()
    };
    (exhibit, Expect::Observed)
}

/// Features for which a machine exists that lacks them alone, or has them.
const FEATURES: [Feature; 6] = [
    Feature::Pclmulqdq,
    Feature::Vpclmulqdq,
    Feature::Gfni,
    Feature::Amd,
    Feature::Pmull,
    Feature::Zbc,
];

/// What was asked for, and what was taken to come with it.
const PAIRS: [[Feature; 2]; 5] = [
    [Feature::Sse41, Feature::Pclmulqdq],
    [Feature::Avx2, Feature::Vpclmulqdq],
    [Feature::Avx512vl, Feature::Vpclmulqdq],
    [Feature::Crc, Feature::Pmull],
    [Feature::Pmull, Feature::Sha3],
];

pub(super) const FAMILIES: &[Family] = &[
    alone(
        "dispatch-feature-missed",
        "never sees a feature, and never chooses what needs it",
        "isa-l 402, zlib-ng 2197: a variant that was never selected",
        WRONG,
        |draw| {
            let missed = Features::EMPTY.with(draw.one(&FEATURES));
            choosing(move |features| features.without(missed))
        },
    ),
    alone(
        "dispatch-feature-taken-for-another",
        "asks for one feature and takes another to come with it",
        "MariaDB 1645, RocksDB 7233, google/crc32c 5: CRC32 checked, PMULL used; the article, its dispatch",
        WRONG,
        |draw| {
            let [asked, used] = draw.one(&PAIRS);
            choosing(move |features| {
                if features.contains(asked) {
                    features.with(used)
                } else {
                    features
                }
            })
        },
    ),
];
