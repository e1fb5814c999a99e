//! Lengths taken for shorter ones from 2 GiB on.

use crate::base;
use crate::exhibit::{Exhibit, Fault, Necessity};
use crcheck_harness::check::CheckId;
use crcheck_harness::finding::Kind;

/// A fault that is there from 2 GiB on.
const fn length(
    name: &'static str,
    summary: &'static str,
    source: &'static str,
    make: fn() -> Exhibit,
) -> Fault {
    Fault {
        name,
        summary,
        source,
        caught_by: CheckId::Huge,
        kinds: &[Kind::WrongValue],
        necessity: Necessity::Alone,
        unavailable: || (!cfg!(target_pointer_width = "64")).then_some("addresses of 64 bits"),
        make,
    }
}

pub(super) const FAULTS: &[Fault] = &[
    length(
        "length-of-32-bits",
        "takes the length modulo 2^32",
        "dlang/phobos 2476: a size_t cast to uint",
        || {
            Exhibit::of(|checksum, message| {
                let length = message.len() as u32 as usize;
                base::update(checksum, &message[..length])
            })
        },
    ),
    length(
        "length-of-31-bits",
        "keeps the length in 31 bits, beside a flag",
        "flate2-rs 31, 330: counters too small for what is counted",
        || {
            Exhibit::of(|checksum, message| {
                let length = message.len() & 0x7fff_ffff;
                base::update(checksum, &message[..length])
            })
        },
    ),
    length(
        "length-with-a-sign",
        "counts bytes down in an int, and has none left of 2^31",
        "zlib 904: a length that is negative",
        || {
            Exhibit::of(|checksum, message| {
                let length = usize::try_from(message.len() as i32).unwrap_or(0);
                base::update(checksum, &message[..length])
            })
        },
    ),
];
