//! Accesses to memory that the value of the checksum does not show.

use crate::crc32;
use crate::need::ALIGNED_LOADS;
use crate::parts::access::{load_aligned, store_back, touch};
use crate::right_diagnosis::RightDiagnosis;
use crate::spec::{BY_VALUE, FaultSpec};
use crate::test_kernel::TestKernel;
use crcheck_harness::check::CheckId;
use crcheck_harness::finding::Kind;

pub(super) const FAULTS: &[FaultSpec] = &[
    FaultSpec::drawn(
        "reads-behind",
        "reads behind messages of one residue",
        "klauspost/compress 20: the assembly reads an extra byte when len & 7 == 7",
        |draw| {
            let modulus = draw.one(&[2, 4, 8, 16, 32]);
            let (residue, distance) = (draw.number(0, modulus - 1), draw.number(1, 63));
            let kernel = TestKernel::new(move |checksum, message| {
                if !message.is_empty() && message.len() % modulus == residue {
                    touch(message.as_ptr(), (message.len() + distance - 1) as isize);
                }
                crc32::update(checksum, message)
            });
            (kernel, RightDiagnosis::Observed)
        },
    )
    .caught_only_by(CheckId::Guard, &[Kind::OverRead]),
    FaultSpec::drawn(
        "reads-before",
        "reads before messages that are long enough",
        "xz 62 and 112: loads that begin before the buffer",
        |draw| {
            let (from, distance) = (draw.number(1, 300), draw.number(1, 63) as isize);
            let kernel = TestKernel::new(move |checksum, message| {
                if message.len() >= from {
                    touch(message.as_ptr(), -distance);
                }
                crc32::update(checksum, message)
            });
            (kernel, RightDiagnosis::Observed)
        },
    )
    .caught_only_by(CheckId::Guard, &[Kind::UnderRead]),
    FaultSpec::drawn(
        "slack-marker",
        "takes ones on both sides of the message for erased memory",
        "pgmoneta 730 and its kin: bytes around a buffer taken for part of it",
        |draw| {
            let (before, behind) = (draw.number(4, 16), draw.number(4, 16));
            let word = draw.word();
            let kernel = TestKernel::new(move |checksum, message| {
                let right = crc32::update(checksum, message);
                let start = message.as_ptr();
                let (first, end) = (start.addr() % 4096, (start.addr() + message.len()) % 4096);
                // Only inside the page, so that no access raises a signal.
                let is_in_page = first >= before && (1..=4096 - behind).contains(&end);
                let length = message.len() as isize;
                let mut around = (-(before as isize)..0).chain(length..length + behind as isize);
                let is_erased = is_in_page && around.all(|at| touch(start, at) == 0xff);
                if is_erased { right ^ word } else { right }
            });
            (kernel, RightDiagnosis::Observed)
        },
    )
    .caught_only_by(CheckId::Slack, &[Kind::SlackDependent]),
    FaultSpec::drawn(
        "stores-back",
        "stores a byte that it has loaded back into the message",
        "the article, its skeleton loop (\"optional\")",
        |draw| {
            let from = draw.number(1, 300);
            let place = draw.number(0, from - 1);
            let kernel = TestKernel::new(move |checksum, message| {
                if message.len() >= from {
                    store_back(message, place);
                }
                crc32::update(checksum, message)
            });
            (kernel, RightDiagnosis::Observed)
        },
    )
    .caught_by(
        CheckId::Guard,
        &[Kind::WriteToMessage],
        "the message is read-only in every check",
    ),
    FaultSpec::drawn(
        "loads-aligned",
        "loads one vector of the message as if it were aligned",
        "zlib-ng 462: a tail loaded as if it were aligned",
        |draw| {
            let (from, place) = (draw.number(64, 300), draw.number(0, 48));
            let kernel = TestKernel::new(move |checksum, message| {
                if message.len() >= from
                    && let Some((block, _)) = message[place..].split_first_chunk::<16>()
                {
                    load_aligned(block);
                }
                crc32::update(checksum, message)
            });
            (kernel, RightDiagnosis::Said("alignment 16".to_owned()))
        },
    )
    .caught_by(CheckId::Agree, &[Kind::MisalignedAccess], BY_VALUE)
    .needing(ALIGNED_LOADS),
];
