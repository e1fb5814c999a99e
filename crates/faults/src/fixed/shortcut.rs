//! Wrong shortcuts for messages that are nearly zero. Random messages never take them.

use crate::crc32;
use crate::parts::shortcut;
use crate::right_diagnosis::RightDiagnosis;
use crate::spec::FaultSpec;
use crate::test_kernel::TestKernel;
use crcheck_harness::check::CheckId;
use crcheck_harness::finding::Kind;

pub(super) const FAULTS: &[FaultSpec] = &[
    FaultSpec::fixed(
        "single-bit-shortcut",
        "takes a shortcut for a message of one bit, with the place of the wrong bit",
        "known-answer tests of one bit, answered by a table of powers of x",
        || {
            TestKernel::new(
                |checksum, message| match shortcut::few(message).as_deref() {
                    Some(&[(place, byte)]) if byte.is_power_of_two() => {
                        shortcut::checksum(checksum, message.len(), &[(place, byte.reverse_bits())])
                    }
                    Some(bytes) => shortcut::checksum(checksum, message.len(), bytes),
                    None => crc32::update(checksum, message),
                },
            )
        },
    )
    .caught_only_by(CheckId::Basis, &[Kind::WrongValue])
    .diagnosed_as(|| RightDiagnosis::Unexplained),
    FaultSpec::fixed(
        "second-byte-lost",
        "takes a shortcut for a message of zeros and one byte, and for one of two bytes as well",
        "sparse-file checksums that skip holes",
        || {
            TestKernel::new(|checksum, message| match shortcut::few(message) {
                Some(bytes) => {
                    let first = bytes.len().min(1);
                    shortcut::checksum(checksum, message.len(), &bytes[..first])
                }
                None => crc32::update(checksum, message),
            })
        },
    )
    .caught_only_by(CheckId::Affine, &[Kind::NotAffine]),
];
