//! Kernels that take a length from 2 GiB on for a shorter one.

use crate::crc32;
use crate::need::Need;
use crate::right_diagnosis::RightDiagnosis;
use crate::spec::FaultSpec;
use crate::test_kernel::TestKernel;
use crcheck_harness::check::CheckId;
use crcheck_harness::finding::Kind;

const ADDRESSES_OF_64_BITS: Need =
    || (!cfg!(target_pointer_width = "64")).then_some("addresses of 64 bits");

pub(super) const FAULTS: &[FaultSpec] = &[
    FaultSpec::fixed(
        "length-of-32-bits",
        "takes the length modulo 2^32",
        "dlang/phobos 2476: a size_t cast to uint",
        || {
            TestKernel::new(|checksum, message| {
                let length = message.len() as u32 as usize;
                crc32::update(checksum, &message[..length])
            })
        },
    )
    .caught_only_by(CheckId::Huge, &[Kind::WrongValue])
    .needing(ADDRESSES_OF_64_BITS)
    .diagnosed_as(|| RightDiagnosis::Said("its length modulo 2^32 was taken".to_owned())),
    FaultSpec::fixed(
        "length-of-31-bits",
        "keeps the length in 31 bits, beside a flag",
        "flate2-rs 31, 330: counters too small for what is counted",
        || {
            TestKernel::new(|checksum, message| {
                let length = message.len() & 0x7fff_ffff;
                crc32::update(checksum, &message[..length])
            })
        },
    )
    .caught_only_by(CheckId::Huge, &[Kind::WrongValue])
    .needing(ADDRESSES_OF_64_BITS)
    .diagnosed_as(|| RightDiagnosis::Said("its length modulo 2^31 was taken".to_owned())),
    FaultSpec::fixed(
        "length-with-a-sign",
        "counts bytes down in an int, and has none left of 2^31",
        "zlib 904: a length that is negative",
        || {
            TestKernel::new(|checksum, message| {
                let length = usize::try_from(message.len() as i32).unwrap_or(0);
                crc32::update(checksum, &message[..length])
            })
        },
    )
    .caught_only_by(CheckId::Huge, &[Kind::WrongValue])
    .needing(ADDRESSES_OF_64_BITS)
    .diagnosed_as(|| RightDiagnosis::Said("it was taken for empty".to_owned())),
];
