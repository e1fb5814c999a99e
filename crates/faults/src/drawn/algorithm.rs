//! Other algorithms, and registers that are not what they should be.

use super::{Family, value};
use crate::base;
use crate::exhibit::Exhibit;
use crate::expect::Expect;
use crcheck_harness::diagnose::{Outcome, Rewrite};
use crcheck_harness::oracle::catalogue;

const ONES: u32 = u32::MAX;

/// The register after `message`, bit by bit, of any polynomial of 32 bits.
fn bits(poly: u32, refin: bool, register: u32, message: &[u8]) -> u32 {
    message.iter().fold(register, |register, &byte| {
        let byte = if refin { byte.reverse_bits() } else { byte };
        (0..8).fold(register ^ u32::from(byte) << 24, |word, _| {
            (word << 1) ^ (poly * (word >> 31))
        })
    })
}

/// A kernel of these parameters in the zlib convention.
fn kernel(poly: u32, refin: bool, refout: bool, xorout: u32) -> Exhibit {
    let turn = move |word: u32| if refout { word.reverse_bits() } else { word };
    Exhibit::of(move |checksum, message| {
        turn(bits(poly, refin, turn(checksum ^ xorout), message)) ^ xorout
    })
}

fn ends(from: usize, xor_in: u32, xor_out: u32) -> Exhibit {
    Exhibit::of(move |checksum, message| {
        if message.len() < from {
            base::update(checksum, message)
        } else {
            base::register(checksum ^ xor_in, message) ^ xor_out
        }
    })
}

pub(super) const FAMILIES: &[Family] = &[
    value(
        "polynomial",
        "computes with a polynomial of no catalogue",
        "the article, its introduction: the polynomial of another algorithm",
        |draw| {
            let poly = draw.word() | 1;
            let expect = Expect::Parameters {
                poly: poly.into(),
                refin: true,
                refout: true,
            };
            (kernel(poly, true, true, ONES), expect)
        },
    ),
    value(
        "catalogue",
        "computes another algorithm of 32 bits",
        "komrad36/CRC 2, htot/crc32c 3: an instruction for another polynomial",
        |draw| {
            // In the zlib convention a first checksum of 0 stands for an init that equals xorout.
            let others: Vec<_> = catalogue::all()
                .iter()
                .filter(|model| model.width == 32 && model.name != "CRC-32/ISO-HDLC")
                .filter(|model| model.initial_checksum() == 0)
                .collect();
            let chosen = draw.one(&others);
            let exhibit = kernel(
                chosen.poly as u32,
                chosen.refin,
                chosen.refout,
                chosen.xorout as u32,
            );
            (exhibit, Expect::Catalogue(chosen.name.to_string()))
        },
    ),
    value(
        "wrong-function",
        "computes another algorithm of 32 bits from some length on",
        "awslabs/aws-checksums 90: the function of another algorithm assigned in a dispatcher",
        |draw| {
            let others: Vec<_> = catalogue::all()
                .iter()
                .filter(|model| model.width == 32 && model.name != "CRC-32/ISO-HDLC")
                .filter(|model| model.initial_checksum() == 0 && model.refin && model.refout)
                .collect();
            let (chosen, from) = (draw.one(&others), draw.number(8, 500));
            let (poly, xorout) = (chosen.poly as u32, chosen.xorout as u32);
            let exhibit = Exhibit::of(move |checksum, message| {
                if message.len() < from {
                    return base::update(checksum, message);
                }
                let register = (checksum ^ xorout).reverse_bits();
                bits(poly, true, register, message).reverse_bits() ^ xorout
            });
            (exhibit, Expect::Catalogue(chosen.name.to_string()))
        },
    ),
    value(
        "register-ignored-to",
        "starts from the initial register if the message is short, whatever it is given",
        "zlib-ng 215: wrong for one byte when the register is not the initial one",
        |draw| {
            let to = draw.number(1, 64);
            let exhibit = Exhibit::of(move |checksum, message| {
                let is_hit = (1..=to).contains(&message.len());
                base::update(if is_hit { 0 } else { checksum }, message)
            });
            // An algorithm is known by messages of some bytes.
            let expect = Expect::AnyOf(vec![
                Expect::Ends {
                    xor_in: None,
                    xor_out: ONES.into(),
                },
                Expect::RegisterInitial,
            ]);
            (exhibit, expect)
        },
    ),
    value(
        "bit-order",
        "reads or gives its bits in the other order",
        "the article, its reference table: two bit orders in one kernel",
        |draw| {
            let (refin, refout) = draw.one(&[(false, false), (true, false), (false, true)]);
            // The catalogue has some of these.
            let expect = Expect::Parameters {
                poly: 0x04c1_1db7,
                refin,
                refout,
            };
            (kernel(0x04c1_1db7, refin, refout, ONES), expect)
        },
    ),
    value(
        "xor-in",
        "XORs with a wrong word at its start",
        "awslabs/aws-checksums 88: inverted once more than it should be",
        |draw| {
            let (from, word) = (draw.threshold(), draw.word());
            let expect = Expect::Ends {
                xor_in: Some(word.into()),
                xor_out: ONES.into(),
            };
            (ends(from, word, ONES), expect)
        },
    ),
    value(
        "xor-missing",
        "lacks an XOR at its start, at its end or at both",
        "awslabs/aws-checksums 88, and every kernel that was called in the other convention",
        |draw| {
            let from = draw.threshold();
            let (xor_in, xor_out) = draw.one(&[(0, ONES), (ONES, 0), (0, 0)]);
            let expect = Expect::Ends {
                xor_in: Some(xor_in.into()),
                xor_out: xor_out.into(),
            };
            (ends(from, xor_in, xor_out), expect)
        },
    ),
    value(
        "register-replaced",
        "starts from a word of its own, whatever it is given",
        "zlib-ng 1161: a new entry ignored the initial CRC",
        |draw| {
            let (from, word) = (draw.threshold(), draw.word());
            let exhibit = Exhibit::of(move |checksum, message| {
                let checksum = if message.len() < from {
                    checksum
                } else {
                    !word
                };
                base::update(checksum, message)
            });
            let expect = Expect::Ends {
                xor_in: None,
                xor_out: ONES.into(),
            };
            (exhibit, expect)
        },
    ),
    value(
        "register-cut",
        "keeps some bits of the register only",
        "borgbackup/borg 10150: upper bytes of the initial CRC lost",
        |draw| {
            let from = draw.threshold();
            let width = draw.number(1, 31) as u32;
            let kept = ((1_u32 << width) - 1) << draw.number(0, 32 - width as usize);
            let exhibit = Exhibit::of(move |checksum, message| {
                let kept = if message.len() < from { ONES } else { kept };
                !base::register(!checksum & kept, message)
            });
            let kept = vec![kept.into()];
            (exhibit, Expect::RegisterMasked { kept })
        },
    ),
    value(
        "register-by-start",
        "keeps more or less of the register by the start address",
        "borgbackup/borg 10150: an alignment prologue keeps 1 to 3 bytes of the initial CRC",
        |draw| {
            let modulus = draw.one(&[2, 4]);
            let kept: Vec<u32> = (0..modulus)
                .map(|start| match start {
                    0 => ONES,
                    _ => (1 << (4 * draw.number(2 * start - 1, 2 * start))) - 1,
                })
                .collect();
            // Of two starts the one that keeps all is told as a condition.
            let told = if modulus == 2 { &kept[1..] } else { &kept[..] };
            let expect = Expect::RegisterMasked {
                kept: told.iter().map(|&kept| kept.into()).collect(),
            };
            let exhibit = Exhibit::of(move |checksum, message| {
                let kept = kept[message.as_ptr().addr() % modulus];
                !base::register(!checksum & kept, message)
            });
            (exhibit, expect)
        },
    ),
    value(
        "register-swapped",
        "takes the register in the byte order of the other kind of machine",
        "zlib-ng 1891: wrong on a big-endian CPU when the register is not the initial one",
        |draw| {
            let from = draw.threshold();
            let exhibit = Exhibit::of(move |checksum, message| {
                let register = !checksum;
                let is_hit = message.len() >= from;
                let register = if is_hit {
                    register.swap_bytes()
                } else {
                    register
                };
                !base::register(register, message)
            });
            (exhibit, Expect::RegisterSwapped)
        },
    ),
    value(
        "register-starts-over",
        "starts over from the initial register at each block",
        "streams that reset their register when a buffer is flushed",
        |draw| {
            let modulus = draw.number(3, 200);
            let exhibit = Exhibit::of(move |checksum, message| {
                if message.len() <= modulus {
                    return base::update(checksum, message);
                }
                let last = message.chunks(modulus).next_back().unwrap_or_default();
                base::update(0, last)
            });
            (exhibit, Expect::Message(Rewrite::StartOver { modulus }))
        },
    ),
    value(
        "nothing-read",
        "gives the checksum that it was given, from some length on",
        "the article, its skeleton loop; OSRM 1140: a stub",
        |draw| {
            let from = draw.number(8, 500);
            let exhibit = Exhibit::of(move |checksum, message| {
                if message.len() < from {
                    base::update(checksum, message)
                } else {
                    checksum
                }
            });
            (exhibit, Expect::Outcome(Outcome::Given))
        },
    ),
];
