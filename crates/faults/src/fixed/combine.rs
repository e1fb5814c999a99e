//! `combine` that is wrong for lengths that no message of a test has.

use crate::crc32;
use crate::right_diagnosis::RightDiagnosis;
use crate::spec::FaultSpec;
use crate::test_kernel::TestKernel;
use crcheck_harness::check::CheckId;
use crcheck_harness::finding::Kind;

pub(super) const FAULTS: &[FaultSpec] = &[
    FaultSpec::fixed(
        "combine-zero-length",
        "combines with nothing to the checksum of nothing",
        "madler/zlib 659: combine with a length of 0 changed its meaning",
        || {
            TestKernel::right().with_combine(|a, b, len_b| {
                if len_b == 0 {
                    b
                } else {
                    crc32::combine(a, b, len_b)
                }
            })
        },
    )
    .caught_only_by(CheckId::Combine, &[Kind::Combine])
    .diagnosed_as(|| RightDiagnosis::CombineForgets),
    FaultSpec::fixed(
        "combine-32-bit-length",
        "takes the length modulo 2^32",
        "sabctools 80: exponents above 32 bits",
        || {
            TestKernel::right()
                .with_combine(|a, b, len_b| crc32::combine(a, b, u64::from(len_b as u32)))
        },
    )
    .caught_only_by(CheckId::Combine, &[Kind::Combine])
    .diagnosed_as(|| RightDiagnosis::CombineLength { bits: 32 }),
    FaultSpec::fixed(
        "combine-bits-overflow",
        "loses the upper bits of the length when it counts bits",
        "sabctools 80: `<< 3` loses bits from 2^61 on",
        || {
            TestKernel::right().with_combine(|a, b, len_b| {
                crc32::multiply(crc32::power(u128::from(len_b.wrapping_shl(3))), a) ^ b
            })
        },
    )
    .caught_only_by(CheckId::Combine, &[Kind::Combine])
    .diagnosed_as(|| RightDiagnosis::CombineLength { bits: 61 }),
];
