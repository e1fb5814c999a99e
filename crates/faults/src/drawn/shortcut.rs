//! Shortcuts for messages that are nearly zero, with one mistake each. Random messages never take
//! them.

use crate::crc32;
use crate::parts::shortcut;
use crate::right_diagnosis::RightDiagnosis;
use crate::spec::FaultSpec;
use crate::test_kernel::TestKernel;
use crcheck_harness::check::CheckId;
use crcheck_harness::finding::Kind;

pub(super) const FAULTS: &[FaultSpec] = &[
    FaultSpec::drawn(
        "shortcut-bit",
        "takes a shortcut for a message of one bit, and has one bit of a byte wrong",
        "known-answer tests of one bit, answered by a table of powers of x",
        |draw| {
            let (wrong, instead) = (draw.number(0, 7), draw.number(1, 7));
            let instead = 1_u8 << ((wrong + instead) % 8);
            let kernel = TestKernel::new(move |checksum, message| {
                let bytes = shortcut::few(message);
                match bytes.as_deref() {
                    Some(&[(place, byte)]) if byte == 1 << wrong => {
                        shortcut::checksum(checksum, message.len(), &[(place, instead)])
                    }
                    Some(bytes) => shortcut::checksum(checksum, message.len(), bytes),
                    None => crc32::update(checksum, message),
                }
            });
            (kernel, RightDiagnosis::Unexplained)
        },
    )
    .caught_only_by(CheckId::Basis, &[Kind::WrongValue]),
    FaultSpec::drawn(
        "shortcut-byte",
        "takes a shortcut for a message of zeros and two bytes, and loses one of the two",
        "sparse-file checksums that skip holes",
        |draw| {
            let lost = draw.number(0, 1);
            let kernel = TestKernel::new(move |checksum, message| match shortcut::few(message) {
                Some(mut bytes) => {
                    if bytes.len() == 2 {
                        bytes.remove(lost);
                    }
                    shortcut::checksum(checksum, message.len(), &bytes)
                }
                None => crc32::update(checksum, message),
            });
            (kernel, RightDiagnosis::Observed)
        },
    )
    .caught_only_by(CheckId::Affine, &[Kind::NotAffine]),
];
