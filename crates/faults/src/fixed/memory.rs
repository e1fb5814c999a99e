//! Reads outside the message whose value does not enter the checksum.

use super::ANYWHERE;
use crate::base;
use crate::exhibit::{Exhibit, Fault, Necessity};
use crcheck_harness::check::CheckId;
use crcheck_harness::finding::Kind;

/// Reads a byte that lies `distance` bytes from `start`, wherever that is.
fn touch(start: *const u8, distance: isize) -> u8 {
    // SAFETY: none: this reads outside the message on purpose. It is called under the harness's
    // fault handler only, which survives an address that is not mapped.
    unsafe { start.wrapping_offset(distance).read_volatile() }
}

/// An over-read or under-read that `guard` alone can see: the value stays right.
const fn outside(
    name: &'static str,
    summary: &'static str,
    source: &'static str,
    kinds: &'static [Kind],
    make: fn() -> Exhibit,
) -> Fault {
    Fault {
        name,
        summary,
        source,
        caught_by: CheckId::Guard,
        kinds,
        necessity: Necessity::Alone,
        unavailable: ANYWHERE,
        make,
    }
}

pub(super) const FAULTS: &[Fault] = &[
    outside(
        "preload",
        "loads the next 64 bytes before it knows that there are any",
        "rsync 3.5.0, AVX2: a software-pipelined load of the next block",
        &[Kind::OverRead],
        || {
            Exhibit::of(|checksum, message| {
                let blocks = message.len() / 64;
                for block in 1..=blocks {
                    touch(message.as_ptr(), 64 * block as isize + 63);
                }
                base::update(checksum, message)
            })
        },
    ),
    outside(
        "short-loads-sixteen",
        "loads 16 bytes for messages of 4 to 15",
        "borgbackup/borg 10149: inputs of 4 to 15 bytes load 16",
        &[Kind::OverRead],
        || {
            Exhibit::of(|checksum, message| {
                if (4..16).contains(&message.len()) {
                    touch(message.as_ptr(), 15);
                }
                base::update(checksum, message)
            })
        },
    ),
    outside(
        "one-more-at-seven",
        "reads one byte too many when length % 8 = 7",
        "klauspost/compress 20: the assembly reads an extra byte when len & 7 == 7",
        &[Kind::OverRead],
        || {
            Exhibit::of(|checksum, message| {
                if message.len() % 8 == 7 {
                    touch(message.as_ptr(), message.len() as isize);
                }
                base::update(checksum, message)
            })
        },
    ),
    outside(
        "word-for-three",
        "loads a word of 4 bytes for a tail of 1 to 3",
        "CTSRD-CHERI/cheribsd 2293: a 4-byte load for less than 4 bytes",
        &[Kind::OverRead],
        || {
            Exhibit::of(|checksum, message| {
                let tail = message.len() % 4;
                if tail != 0 {
                    touch(message.as_ptr(), (message.len() - tail + 3) as isize);
                }
                base::update(checksum, message)
            })
        },
    ),
    outside(
        "word-before",
        "loads the vector that ends with a short message, from before its start",
        "tails loaded from their end: right only behind a whole vector",
        &[Kind::UnderRead],
        || {
            Exhibit::of(|checksum, message| {
                if (1..16).contains(&message.len()) {
                    touch(message.as_ptr(), message.len() as isize - 16);
                }
                base::update(checksum, message)
            })
        },
    ),
    Fault {
        name: "slack-sentinel",
        summary: "skips a message between erased words (all ones before and behind it)",
        source: "pgmoneta 730 and its kin: the 8 bytes around a buffer taken for part of it",
        caught_by: CheckId::Slack,
        kinds: &[Kind::SlackDependent],
        necessity: Necessity::Alone,
        unavailable: ANYWHERE,
        make: || {
            Exhibit::of(|checksum, message| {
                let start = message.as_ptr();
                let (first, end) = (start.addr() % 4096, (start.addr() + message.len()) % 4096);
                // Inside the page: an access of this kind never faults.
                let in_page = first >= 8 && (1..=4088).contains(&end);
                let around = (-8..0).chain(message.len() as isize..message.len() as isize + 8);
                let erased = in_page && around.into_iter().all(|at| touch(start, at) == 0xff);
                if erased {
                    checksum
                } else {
                    base::update(checksum, message)
                }
            })
        },
    },
];
