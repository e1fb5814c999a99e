//! `combine` that is wrong for lengths that no message of a test has.

use crate::crc32;
use crate::right_diagnosis::RightDiagnosis;
use crate::spec::FaultSpec;
use crate::test_kernel::TestKernel;
use crcheck_harness::check::CheckId;
use crcheck_harness::finding::Kind;

pub(super) const FAULTS: &[FaultSpec] = &[
    FaultSpec::drawn(
        "combine-length-negative",
        "takes a second part that is long enough for one of no bytes",
        "zlib 904, cpython 156180: a length that is negative in a signed type",
        |draw| {
            let bits = draw.one(&[31, 32, 63]);
            let combine = move |a, b, len_b: u64| {
                crc32::combine(a, b, if len_b >> bits == 0 { len_b } else { 0 })
            };
            let kernel = TestKernel::right().with_combine(combine);
            (kernel, RightDiagnosis::Said("combines wrongly".to_owned()))
        },
    )
    .caught_only_by(CheckId::Combine, &[Kind::Combine]),
    FaultSpec::drawn(
        "combine-length-cut",
        "takes the length modulo a power of two when it combines",
        "sabctools 80: exponents above 32 bits",
        |draw| {
            let bits = draw.number(20, 60) as u32;
            let combine = move |a, b, len_b: u64| crc32::combine(a, b, len_b % (1 << bits));
            let kernel = TestKernel::right().with_combine(combine);
            (kernel, RightDiagnosis::CombineLength { bits })
        },
    )
    .caught_only_by(CheckId::Combine, &[Kind::Combine]),
];
