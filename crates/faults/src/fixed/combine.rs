//! `combine` that goes wrong at lengths that no message of a test has.

use super::ANYWHERE;
use crate::base;
use crate::exhibit::{Exhibit, Fault, Necessity};
use crcheck_harness::check::CheckId;
use crcheck_harness::finding::Kind;

const fn combine(
    name: &'static str,
    summary: &'static str,
    source: &'static str,
    make: fn() -> Exhibit,
) -> Fault {
    Fault {
        name,
        summary,
        source,
        caught_by: CheckId::Combine,
        kinds: &[Kind::Combine],
        necessity: Necessity::Alone,
        unavailable: ANYWHERE,
        make,
    }
}

pub(super) const FAULTS: &[Fault] = &[
    combine(
        "combine-zero-length",
        "combines with nothing to the checksum of nothing",
        "madler/zlib 659: combine with a length of 0 changed its meaning",
        || Exhibit {
            combine: Some(Box::new(|a, b, len_b| {
                if len_b == 0 {
                    b
                } else {
                    base::combine(a, b, len_b)
                }
            })),
            ..Exhibit::right()
        },
    ),
    combine(
        "combine-32-bit-length",
        "takes the length modulo 2^32",
        "sabctools 80: exponents above 32 bits",
        || Exhibit {
            combine: Some(Box::new(|a, b, len_b| {
                base::combine(a, b, u64::from(len_b as u32))
            })),
            ..Exhibit::right()
        },
    ),
    combine(
        "combine-bits-overflow",
        "loses the upper bits of the length when it counts bits",
        "sabctools 80: `<< 3` loses bits from 2^61 on",
        || Exhibit {
            combine: Some(Box::new(|a, b, len_b| {
                base::multiply(base::power(u128::from(len_b.wrapping_shl(3))), a) ^ b
            })),
            ..Exhibit::right()
        },
    ),
];
