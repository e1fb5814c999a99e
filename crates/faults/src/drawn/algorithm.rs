//! Other algorithms, and wrong registers.

use crate::crc32;
use crate::right_diagnosis::RightDiagnosis;
use crate::spec::FaultSpec;
use crate::test_kernel::TestKernel;
use crcheck_harness::diagnose::{ChangedMessage, ChangedResult};
use crcheck_harness::oracle::catalogue;

const ONES: u32 = u32::MAX;

/// The register after `message`, bit by bit, for any polynomial of 32 bits.
fn update_bits(poly: u32, refin: bool, register: u32, message: &[u8]) -> u32 {
    message.iter().fold(register, |register, &byte| {
        let byte = if refin { byte.reverse_bits() } else { byte };
        (0..8).fold(register ^ u32::from(byte) << 24, |word, _| {
            (word << 1) ^ (poly * (word >> 31))
        })
    })
}

/// Computes any algorithm of 32 bits, in the zlib convention.
fn compute(poly: u32, refin: bool, refout: bool, xorout: u32) -> TestKernel {
    let turn = move |word: u32| if refout { word.reverse_bits() } else { word };
    TestKernel::new(move |checksum, message| {
        turn(update_bits(poly, refin, turn(checksum ^ xorout), message)) ^ xorout
    })
}

/// XORs with other words at its ends, from `from` bytes on.
fn xor_at_ends(from: usize, xor_in: u32, xor_out: u32) -> TestKernel {
    TestKernel::new(move |checksum, message| {
        if message.len() < from {
            crc32::update(checksum, message)
        } else {
            crc32::update_register(checksum ^ xor_in, message) ^ xor_out
        }
    })
}

pub(super) const FAULTS: &[FaultSpec] = &[
    FaultSpec::drawn(
        "polynomial",
        "computes with a polynomial of no catalogue",
        "the article, its introduction: the polynomial of another algorithm",
        |draw| {
            let poly = draw.word() | 1;
            let diagnosis = RightDiagnosis::Parameters {
                poly: poly.into(),
                refin: true,
                refout: true,
            };
            (compute(poly, true, true, ONES), diagnosis)
        },
    ),
    FaultSpec::drawn(
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
            let kernel = compute(
                chosen.poly as u32,
                chosen.refin,
                chosen.refout,
                chosen.xorout as u32,
            );
            (kernel, RightDiagnosis::Catalogue(chosen.name.to_string()))
        },
    ),
    FaultSpec::drawn(
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
            let kernel = TestKernel::new(move |checksum, message| {
                if message.len() < from {
                    return crc32::update(checksum, message);
                }
                let register = (checksum ^ xorout).reverse_bits();
                update_bits(poly, true, register, message).reverse_bits() ^ xorout
            });
            (kernel, RightDiagnosis::Catalogue(chosen.name.to_string()))
        },
    ),
    FaultSpec::drawn(
        "register-ignored-to",
        "starts from the initial register if the message is short, whatever it is given",
        "zlib-ng 215: wrong for one byte when the register is not the initial one",
        |draw| {
            let to = draw.number(1, 64);
            let kernel = TestKernel::new(move |checksum, message| {
                let is_hit = (1..=to).contains(&message.len());
                crc32::update(if is_hit { 0 } else { checksum }, message)
            });
            // The diagnosis knows an algorithm by messages of several bytes only.
            let diagnosis = RightDiagnosis::AnyOf(vec![
                RightDiagnosis::Ends {
                    xor_in: None,
                    xor_out: ONES.into(),
                },
                RightDiagnosis::RegisterInitial,
            ]);
            (kernel, diagnosis)
        },
    ),
    FaultSpec::drawn(
        "bit-order",
        "reads or gives its bits in the other order",
        "the article, its reference table: two bit orders in one kernel",
        |draw| {
            let (refin, refout) = draw.one(&[(false, false), (true, false), (false, true)]);
            // Some of these are in the catalogue.
            let diagnosis = RightDiagnosis::Parameters {
                poly: 0x04c1_1db7,
                refin,
                refout,
            };
            (compute(0x04c1_1db7, refin, refout, ONES), diagnosis)
        },
    ),
    FaultSpec::drawn(
        "xor-in",
        "XORs with a wrong word at its start",
        "awslabs/aws-checksums 88: inverted once more than it should be",
        |draw| {
            let (from, word) = (draw.threshold(), draw.word());
            let diagnosis = RightDiagnosis::Ends {
                xor_in: Some(word.into()),
                xor_out: ONES.into(),
            };
            (xor_at_ends(from, word, ONES), diagnosis)
        },
    ),
    FaultSpec::drawn(
        "xor-missing",
        "lacks an XOR at its start, at its end or at both",
        "awslabs/aws-checksums 88, and every kernel that was called in the other convention",
        |draw| {
            let from = draw.threshold();
            let (xor_in, xor_out) = draw.one(&[(0, ONES), (ONES, 0), (0, 0)]);
            let diagnosis = RightDiagnosis::Ends {
                xor_in: Some(xor_in.into()),
                xor_out: xor_out.into(),
            };
            (xor_at_ends(from, xor_in, xor_out), diagnosis)
        },
    ),
    FaultSpec::drawn(
        "register-replaced",
        "starts from a word of its own, whatever it is given",
        "zlib-ng 1161: a new entry ignored the initial CRC",
        |draw| {
            let (from, word) = (draw.threshold(), draw.word());
            let kernel = TestKernel::new(move |checksum, message| {
                let checksum = if message.len() < from {
                    checksum
                } else {
                    !word
                };
                crc32::update(checksum, message)
            });
            let register = word.into();
            (kernel, RightDiagnosis::Start { register })
        },
    ),
    FaultSpec::drawn(
        "register-cut",
        "keeps some bits of the register only",
        "borgbackup/borg 10150: upper bytes of the initial CRC lost",
        |draw| {
            let from = draw.threshold();
            let width = draw.number(1, 31) as u32;
            let kept = ((1_u32 << width) - 1) << draw.number(0, 32 - width as usize);
            let kernel = TestKernel::new(move |checksum, message| {
                let kept = if message.len() < from { ONES } else { kept };
                !crc32::update_register(!checksum & kept, message)
            });
            let kept = vec![kept.into()];
            (kernel, RightDiagnosis::RegisterMasked { kept })
        },
    ),
    FaultSpec::drawn(
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
            // Of two starts, the diagnosis gives the one that keeps all as a condition.
            let said = if modulus == 2 { &kept[1..] } else { &kept[..] };
            let diagnosis = RightDiagnosis::RegisterMasked {
                kept: said.iter().map(|&kept| kept.into()).collect(),
            };
            let kernel = TestKernel::new(move |checksum, message| {
                let kept = kept[message.as_ptr().addr() % modulus];
                !crc32::update_register(!checksum & kept, message)
            });
            (kernel, diagnosis)
        },
    ),
    FaultSpec::drawn(
        "register-swapped",
        "takes the register in the byte order of the other kind of machine",
        "zlib-ng 1891: wrong on a big-endian CPU when the register is not the initial one",
        |draw| {
            let from = draw.threshold();
            let kernel = TestKernel::new(move |checksum, message| {
                let register = !checksum;
                let is_hit = message.len() >= from;
                let register = if is_hit {
                    register.swap_bytes()
                } else {
                    register
                };
                !crc32::update_register(register, message)
            });
            (kernel, RightDiagnosis::RegisterSwapped)
        },
    ),
    FaultSpec::drawn(
        "register-starts-over",
        "starts over from the initial register at each block",
        "streams that reset their register when a buffer is flushed",
        |draw| {
            let modulus = draw.number(3, 200);
            let kernel = TestKernel::new(move |checksum, message| {
                if message.len() <= modulus {
                    return crc32::update(checksum, message);
                }
                let last = message.chunks(modulus).next_back().unwrap_or_default();
                crc32::update(0, last)
            });
            (
                kernel,
                RightDiagnosis::Message(ChangedMessage::StartOver { modulus }),
            )
        },
    ),
    FaultSpec::drawn(
        "nothing-read",
        "gives the checksum that it was given, from some length on",
        "the article, its skeleton loop; OSRM 1140: a stub",
        |draw| {
            let from = draw.number(8, 500);
            let kernel = TestKernel::new(move |checksum, message| {
                if message.len() < from {
                    crc32::update(checksum, message)
                } else {
                    checksum
                }
            });
            (kernel, RightDiagnosis::Result(ChangedResult::Given))
        },
    ),
];
