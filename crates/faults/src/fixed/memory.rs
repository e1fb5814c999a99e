//! Reads outside the message whose value does not enter the checksum.

use crate::crc32;
use crate::parts::access::touch;
use crate::right_diagnosis::RightDiagnosis;
use crate::spec::FaultSpec;
use crate::test_kernel::TestKernel;
use crcheck_harness::check::CheckId;
use crcheck_harness::finding::Kind;

pub(super) const FAULTS: &[FaultSpec] = &[
    FaultSpec::fixed(
        "preload",
        "loads the next 64 bytes before it knows that there are any",
        "rsync 3.5.0, AVX2: a software-pipelined load of the next block",
        || {
            TestKernel::new(|checksum, message| {
                let blocks = message.len() / 64;
                for block in 1..=blocks {
                    touch(message.as_ptr(), 64 * block as isize + 63);
                }
                crc32::update(checksum, message)
            })
        },
    )
    .caught_only_by(CheckId::Guard, &[Kind::OverRead]),
    FaultSpec::fixed(
        "short-loads-sixteen",
        "loads 16 bytes for messages of 4 to 15",
        "borgbackup/borg 10149: inputs of 4 to 15 bytes load 16",
        || {
            TestKernel::new(|checksum, message| {
                if (4..16).contains(&message.len()) {
                    touch(message.as_ptr(), 15);
                }
                crc32::update(checksum, message)
            })
        },
    )
    .caught_only_by(CheckId::Guard, &[Kind::OverRead]),
    FaultSpec::fixed(
        "one-more-at-seven",
        "reads one byte too many when length % 8 = 7",
        "klauspost/compress 20: the assembly reads an extra byte when len & 7 == 7",
        || {
            TestKernel::new(|checksum, message| {
                if message.len() % 8 == 7 {
                    touch(message.as_ptr(), message.len() as isize);
                }
                crc32::update(checksum, message)
            })
        },
    )
    .caught_only_by(CheckId::Guard, &[Kind::OverRead])
    .diagnosed_as(|| RightDiagnosis::Said("reads 1 byte past the end".to_owned())),
    FaultSpec::fixed(
        "word-for-three",
        "loads a word of 4 bytes for a tail of 1 to 3",
        "CTSRD-CHERI/cheribsd 2293: a 4-byte load for less than 4 bytes",
        || {
            TestKernel::new(|checksum, message| {
                let tail = message.len() % 4;
                if tail != 0 {
                    touch(message.as_ptr(), (message.len() - tail + 3) as isize);
                }
                crc32::update(checksum, message)
            })
        },
    )
    .caught_only_by(CheckId::Guard, &[Kind::OverRead]),
    FaultSpec::fixed(
        "word-before",
        "loads the vector that ends with a short message, from before its start",
        "tails loaded from their end: right only behind a whole vector",
        || {
            TestKernel::new(|checksum, message| {
                if (1..16).contains(&message.len()) {
                    touch(message.as_ptr(), message.len() as isize - 16);
                }
                crc32::update(checksum, message)
            })
        },
    )
    .caught_only_by(CheckId::Guard, &[Kind::UnderRead]),
    FaultSpec::fixed(
        "slack-sentinel",
        "skips a message between erased words (all ones before and behind it)",
        "pgmoneta 730 and its kin: the 8 bytes around a buffer taken for part of it",
        || {
            TestKernel::new(|checksum, message| {
                let start = message.as_ptr();
                let (first, end) = (start.addr() % 4096, (start.addr() + message.len()) % 4096);
                // Only inside the page, so that no access raises a signal.
                let is_in_page = first >= 8 && (1..=4088).contains(&end);
                let around = (-8..0).chain(message.len() as isize..message.len() as isize + 8);
                let is_erased = is_in_page && around.into_iter().all(|at| touch(start, at) == 0xff);
                if is_erased {
                    checksum
                } else {
                    crc32::update(checksum, message)
                }
            })
        },
    )
    .caught_only_by(CheckId::Slack, &[Kind::SlackDependent]),
];
