//! Which polynomial the article means.

use crate::claims::answer::Verdict;
use crate::claims::claim::{Claim, Judge};
use crate::claims::figures::{CALLED_REFLECTED, EXPONENTS};
use crcheck_oracle::catalogue;
use crcheck_oracle::model::Model;

pub(super) const CLAIMS: &[Claim] = &[
    Claim {
        id: "polynomial-terms",
        says: "x^32 + x^28 + x^27 + ... + x^6 + 1 is the polynomial of this CRC",
        judge: Judge::Arithmetic(terms),
    },
    Claim {
        id: "polynomial-fault",
        says: "a kernel with that polynomial computes this CRC",
        judge: Judge::PlantedFault("article-polynomial"),
    },
    Claim {
        id: "polynomial-reflected",
        says: "0x04C11DB7 is the reflected form of the polynomial",
        judge: Judge::Arithmetic(reflected),
    },
];

fn terms() -> Verdict {
    let poly = EXPONENTS.iter().fold(0_u64, |sum, &power| sum | 1 << power);
    let own = Model::CRC_32_ISO_HDLC.poly;
    let is_that = |model: &&Model| model.width == 32 && model.poly == poly && model.refin;
    let name = catalogue::all().iter().find(is_that);
    let name = name.map_or("no CRC of the catalogue", |model| model.name.as_ref());
    let found = format!("the terms are {poly:#010x}, of {name}; that of this CRC is {own:#010x}");
    if poly == own {
        Verdict::reproduced(found)
    } else {
        Verdict::refuted(found)
    }
}

fn reflected() -> Verdict {
    let poly = Model::CRC_32_ISO_HDLC.poly as u32;
    let reflected = poly.reverse_bits();
    let found = format!(
        "{CALLED_REFLECTED:#010x} has the highest power in its highest bit; \
         the reflected form of {poly:#010x} is {reflected:#010x}"
    );
    if reflected == CALLED_REFLECTED {
        Verdict::reproduced(found)
    } else {
        Verdict::refuted(found)
    }
}
