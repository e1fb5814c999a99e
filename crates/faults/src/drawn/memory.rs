//! What a value does not show: reads outside, memory of calls before, streams, `combine`.

use super::{Family, alone, value};
use crate::base;
use crate::exhibit::{Exhibit, Necessity};
use crate::expect::Expect;
use crcheck_harness::check::CheckId;
use crcheck_harness::finding::Kind;
use std::sync::Mutex;

/// Reads a byte that lies `distance` bytes from `start`, wherever that is.
fn touch(start: *const u8, distance: isize) -> u8 {
    // SAFETY: none: this reads outside the message on purpose. It is called under the harness's
    // fault handler only, which survives an address that is not mapped.
    unsafe { start.wrapping_offset(distance).read_volatile() }
}

const OVER_READ: (CheckId, &[Kind]) = (CheckId::Guard, &[Kind::OverRead]);
const UNDER_READ: (CheckId, &[Kind]) = (CheckId::Guard, &[Kind::UnderRead]);
const SLACK: (CheckId, &[Kind]) = (CheckId::Slack, &[Kind::SlackDependent]);
const HISTORY: (CheckId, &[Kind]) = (CheckId::History, &[Kind::HistoryDependent]);
const COMBINE: (CheckId, &[Kind]) = (CheckId::Combine, &[Kind::Combine]);

pub(super) const FAMILIES: &[Family] = &[
    alone(
        "reads-behind",
        "reads behind messages of one residue",
        "klauspost/compress 20: the assembly reads an extra byte when len & 7 == 7",
        OVER_READ,
        |draw| {
            let modulus = draw.one(&[2, 4, 8, 16, 32]);
            let (residue, distance) = (draw.number(0, modulus - 1), draw.number(1, 63));
            let exhibit = Exhibit::of(move |checksum, message| {
                if !message.is_empty() && message.len() % modulus == residue {
                    touch(message.as_ptr(), (message.len() + distance - 1) as isize);
                }
                base::update(checksum, message)
            });
            (exhibit, Expect::Observed)
        },
    ),
    alone(
        "reads-before",
        "reads before messages that are long enough",
        "xz 62 and 112: loads that begin before the buffer",
        UNDER_READ,
        |draw| {
            let (from, distance) = (draw.number(1, 300), draw.number(1, 63) as isize);
            let exhibit = Exhibit::of(move |checksum, message| {
                if message.len() >= from {
                    touch(message.as_ptr(), -distance);
                }
                base::update(checksum, message)
            });
            (exhibit, Expect::Observed)
        },
    ),
    alone(
        "slack-marker",
        "takes ones on both sides of the message for erased memory",
        "pgmoneta 730 and its kin: bytes around a buffer taken for part of it",
        SLACK,
        |draw| {
            let (before, behind) = (draw.number(4, 16), draw.number(4, 16));
            let word = draw.word();
            let exhibit = Exhibit::of(move |checksum, message| {
                let right = base::update(checksum, message);
                let start = message.as_ptr();
                let (first, end) = (start.addr() % 4096, (start.addr() + message.len()) % 4096);
                // Inside the page: an access of this kind never faults.
                let in_page = first >= before && (1..=4096 - behind).contains(&end);
                let length = message.len() as isize;
                let mut around = (-(before as isize)..0).chain(length..length + behind as isize);
                let is_erased = in_page && around.all(|at| touch(start, at) == 0xff);
                if is_erased { right ^ word } else { right }
            });
            (exhibit, Expect::Observed)
        },
    ),
    Family {
        necessity: Necessity::Shared("basis calls with other bytes at the same address as well"),
        ..alone(
            "cached-length",
            "answers with the checksum before if address, length and register are the same",
            "the article, its cached reader: a cached page is served after it has changed",
            HISTORY,
            |draw| {
                let from = draw.number(1, 200);
                let last = Mutex::new(((0, 0, 0), 0));
                let exhibit = Exhibit::of(move |checksum, message| {
                    if message.len() < from {
                        return base::update(checksum, message);
                    }
                    let key = (message.as_ptr().addr(), message.len(), checksum);
                    let mut last = last
                        .lock()
                        .unwrap_or_else(std::sync::PoisonError::into_inner);
                    if last.0 != key {
                        *last = (key, base::update(checksum, message));
                    }
                    last.1
                });
                (exhibit, Expect::Observed)
            },
        )
    },
    alone(
        "combine-length-negative",
        "takes a second part that is long enough for one of no bytes",
        "zlib 904, cpython 156180: a length that is negative in a signed type",
        COMBINE,
        |draw| {
            let bits = draw.one(&[31, 32, 63]);
            let combine = move |a, b, len_b: u64| {
                base::combine(a, b, if len_b >> bits == 0 { len_b } else { 0 })
            };
            let exhibit = Exhibit {
                combine: Some(Box::new(combine)),
                ..Exhibit::right()
            };
            (exhibit, Expect::Said("combines wrongly".to_owned()))
        },
    ),
    Family {
        caught_by: CheckId::Guard,
        kinds: &[Kind::WriteToMessage],
        necessity: Necessity::Shared("the message is read-only in every check"),
        ..value(
            "stores-back",
            "stores a byte that it has loaded back into the message",
            "the article, its skeleton loop (\"optional\")",
            |draw| {
                let from = draw.number(1, 300);
                let place = draw.number(0, from - 1);
                let exhibit = Exhibit::of(move |checksum, message| {
                    if message.len() >= from {
                        let at = message.as_ptr().wrapping_add(place).cast_mut();
                        // SAFETY: none: the message is not ours to write to, which is the fault. It is
                        // called under the harness's fault handler only.
                        unsafe { at.write_volatile(at.read_volatile()) };
                    }
                    base::update(checksum, message)
                });
                (exhibit, Expect::Observed)
            },
        )
    },
    Family {
        kinds: &[Kind::MisalignedAccess],
        unavailable: || (!cfg!(target_arch = "x86_64")).then_some("loads that demand alignment"),
        ..value(
            "loads-aligned",
            "loads one vector of the message as if it were aligned",
            "zlib-ng 462: a tail loaded as if it were aligned",
            |draw| {
                let (from, place) = (draw.number(64, 300), draw.number(0, 48));
                let exhibit = Exhibit::of(move |checksum, message| {
                    if message.len() >= from
                        && let Some((block, _)) = message[place..].split_first_chunk::<16>()
                    {
                        crate::fault::aligned_load(block);
                    }
                    base::update(checksum, message)
                });
                (exhibit, Expect::Said("alignment 16".to_owned()))
            },
        )
    },
    alone(
        "combine-length-cut",
        "takes the length modulo a power of two when it combines",
        "sabctools 80: exponents above 32 bits",
        COMBINE,
        |draw| {
            let bits = draw.number(20, 60) as u32;
            let combine = move |a, b, len_b: u64| base::combine(a, b, len_b % (1 << bits));
            let exhibit = Exhibit {
                combine: Some(Box::new(combine)),
                ..Exhibit::right()
            };
            (exhibit, Expect::CombineLength { bits })
        },
    ),
];
