//! What a diagnosis says of registers and results, for models of several widths, of subjects that
//! are given a register and of those that are not.
#![allow(missing_docs)]

use crcheck_diagnose::{Call, Confidence, Diagnosis, Experiment, diagnose};
use crcheck_oracle::judge::Judge;
use crcheck_oracle::model::Model;
use crcheck_oracle::slicing_16::Slicing16;
use crcheck_platform::message_memory::Placement;
use crcheck_subject::FILLS;

/// Whether the subject is given the checksum before the message.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Is {
    Given,
    OneShot,
}

use Is::{Given, OneShot};

/// What a subject answers to a call. The judge gives right answers.
type Answer<'a> = &'a dyn Fn(&Kernel, &Call) -> u64;

struct Kernel {
    model: Model,
    judge: Slicing16,
}

impl Kernel {
    fn register(&self, call: &Call) -> u64 {
        self.model.register_of(call.checksum)
    }

    /// The checksum after the message, from this register before it.
    fn from(&self, register: u64, call: &Call) -> u64 {
        let checksum = self.model.checksum_of(register);
        self.judge.update(checksum, &call.message)
    }

    fn right(&self, call: &Call) -> u64 {
        self.judge.update(call.checksum, &call.message)
    }

    fn bytes_reversed(&self, word: u64) -> u64 {
        word.swap_bytes() >> (64 - self.model.width)
    }
}

fn diagnosed(name: &str, is: Is, answer: Answer<'_>) -> Diagnosis {
    let model = Model::find(name).expect("an entry");
    let kernel = Kernel {
        judge: Slicing16::new(&model),
        model: model.clone(),
    };
    let made = |call: &Call| match is {
        Given => call.clone(),
        OneShot => Call {
            checksum: model.initial_checksum(),
            ..call.clone()
        },
    };
    let mut call = |calls: &[Call]| {
        let answers = calls.iter().map(|call| Ok(answer(&kernel, &made(call))));
        answers.collect()
    };
    let mut experiment = Experiment::new(&mut call, &model, 1 << 20, 1);
    if is == OneShot {
        experiment = experiment.from_the_initial_checksum();
    }
    let known = Call {
        placement: Placement::aligned(3),
        checksum: model.initial_checksum() ^ 0x35,
        message: (0..300).map(|index| (index * 37 + 11) as u8).collect(),
        fill: FILLS[0],
    };
    let diagnosis = diagnose(&mut experiment, &[known]);
    diagnosis.unwrap_or_else(|| panic!("{name}: no wrong answer"))
}

/// The sentence, which every answer bears out.
fn said(name: &str, is: Is, answer: Answer<'_>) -> String {
    let diagnosis = diagnosed(name, is, answer);
    assert_eq!(
        diagnosis.confidence,
        Confidence::Explained,
        "{name}: {diagnosis:?}"
    );
    diagnosis.summary
}

const WITH_BYTES: [&str; 6] = [
    "CRC-16/KERMIT",
    "CRC-16/IBM-3740",
    "CRC-32/ISO-HDLC",
    "CRC-32/BZIP2",
    "CRC-64/XZ",
    "CRC-64/ECMA-182",
];

#[test]
fn bytes_in_reverse_order_at_both_ends_are_named() {
    for name in WITH_BYTES {
        let summary = said(name, Given, &|kernel, call| match call.length() {
            0..40 => kernel.right(call),
            _ => {
                let register = kernel.bytes_reversed(kernel.register(call));
                kernel.bytes_reversed(kernel.from(register, call))
            }
        });
        let expected = "takes the register that it is given, and gives its result, with the bytes \
                        in reverse order, from length 40 on";
        assert_eq!(summary, expected, "{name}");
    }
    let summary = said("CRC-16/RIELLO", OneShot, &|kernel, call| {
        let register = kernel.bytes_reversed(kernel.register(call));
        kernel.bytes_reversed(kernel.from(register, call))
    });
    let expected = "starts from the initial register, and gives its result, with the bytes in \
                    reverse order";
    assert_eq!(summary, expected);
}

#[test]
fn bytes_in_reverse_order_at_one_end_are_named() {
    for name in WITH_BYTES {
        let summary = said(name, Given, &|kernel, call| {
            kernel.from(kernel.bytes_reversed(kernel.register(call)), call)
        });
        let expected = "takes the register that it is given with its bytes in reverse order";
        assert_eq!(summary, expected, "{name}");
        for is in [Given, OneShot] {
            let summary = said(name, is, &|kernel, call| {
                kernel.bytes_reversed(kernel.right(call))
            });
            let expected = "gives its result with the bytes in reverse order";
            assert_eq!(summary, expected, "{name}");
        }
    }
}

/// A start that is no palindrome shows in one call; another one in a call that goes on.
#[test]
fn a_start_whose_bits_are_in_reverse_order_is_named() {
    let reversed: Answer<'_> = &|kernel, call| {
        let register = kernel.model.reflect(kernel.register(call));
        kernel.from(register, call)
    };
    for name in [
        "CRC-16/RIELLO",
        "CRC-16/TMS37157",
        "CRC-32/ISO-HDLC",
        "CRC-8/SMBUS",
    ] {
        let expected = "takes the register that it is given with its bits in reverse order";
        assert_eq!(said(name, Given, reversed), expected, "{name}");
    }
    for name in ["CRC-16/RIELLO", "CRC-16/TMS37157", "CRC-16/SPI-FUJITSU"] {
        let expected = "starts from the initial register with its bits in reverse order";
        assert_eq!(said(name, OneShot, reversed), expected, "{name}");
    }
}

#[test]
fn another_start_of_a_subject_that_is_given_none_is_named_without_it() {
    let summary = said("CRC-32/ISO-HDLC", OneShot, &|kernel, call| {
        kernel.from(0x1234_5678, call)
    });
    assert_eq!(summary, "starts from 0x12345678, not 0xffffffff");
    let summary = said("CRC-16/IBM-3740", OneShot, &|kernel, call| {
        kernel.from(0x1d0f, call)
    });
    let expected = "starts from 0x1d0f, not 0xffff, as CRC-16/SPI-FUJITSU does";
    assert_eq!(summary, expected);
    let other = Slicing16::new(&Model::find("CRC-32/ISCSI").expect("an entry"));
    let summary = said("CRC-32/ISO-HDLC", OneShot, &|_, call| {
        other.update(0, &call.message)
    });
    assert_eq!(summary, "computes CRC-32/ISCSI");
}

/// A caller that has no checksum yet gives 0 to some libraries.
#[test]
fn a_checksum_of_zero_that_stands_for_none_is_named() {
    for name in ["CRC-16/IBM-3740", "CRC-16/MODBUS", "CRC-8/NRSC-5"] {
        let sentence = "takes a checksum of 0 for none, and starts from the initial register";
        for (from, conditions) in [(0, ""), (20, ", from length 20 on")] {
            let summary = said(name, Given, &|kernel, call| {
                let is_none = call.checksum == 0 && call.length() >= from;
                let checksum = match is_none {
                    true => kernel.model.initial_checksum(),
                    false => call.checksum,
                };
                kernel.judge.update(checksum, &call.message)
            });
            assert_eq!(summary, format!("{sentence}{conditions}"), "{name}");
        }
    }
}

#[test]
fn what_holds_sometimes_is_no_other_algorithm() {
    let summary = said("CRC-16/IBM-3740", OneShot, &|kernel, call| {
        let is_hit = call.length() >= 40;
        kernel.from(if is_hit { 0x1d0f } else { 0xffff }, call)
    });
    assert_eq!(summary, "starts from 0x1d0f, not 0xffff, from length 40 on");
}

/// At one length other words at both ends give the same answers.
#[test]
fn a_start_keeps_the_xorout_of_the_model() {
    for length in [20, 64, 300] {
        let summary = said("CRC-32/ISCSI", Given, &|kernel, call| {
            let is_hit = call.length() == length;
            let register = if is_hit {
                0xedcb_a987
            } else {
                kernel.register(call)
            };
            kernel.from(register, call)
        });
        let start = "ignores the register that it is given and starts from 0x12345678 \
                     (register 0xedcba987)";
        assert_eq!(summary, format!("{start}, at length {length} alone"));
    }
}

#[test]
fn kept_bits_of_a_register_are_named() {
    for (name, kept, words) in [
        ("CRC-32/ISO-HDLC", 0xffff_ff00, "bits 8 to 31"),
        ("CRC-32/BZIP2", 0x0000_ffff, "bits 0 to 15"),
        ("CRC-16/IBM-3740", 0xff00, "bits 8 to 15"),
        ("CRC-64/XZ", 0xffff_ffff, "bits 0 to 31"),
        ("CRC-8/SMBUS", 0x0f, "bits 0 to 3"),
    ] {
        for (rest, behind) in [(0, ""), (u64::MAX, ", and sets the others")] {
            let summary = said(name, Given, &|kernel, call| {
                let kept = match call.length() {
                    0..=15 => kept,
                    _ => u64::MAX,
                };
                kernel.from((kernel.register(call) & kept) | (rest & !kept), call)
            });
            let expected = format!(
                "keeps only {words} of the register that it is given{behind}, to length 15"
            );
            assert_eq!(summary, expected, "{name}");
        }
    }
    let summary = said("CRC-32/ISO-HDLC", Given, &|kernel, call| {
        kernel.from((kernel.register(call) & 0xffff) | 0x1234_0000, call)
    });
    let expected = "keeps only bits 0 to 15 of the register that it is given, and takes the others \
                    from 0x12340000";
    assert_eq!(summary, expected);
}

#[test]
fn a_register_with_the_length_of_the_message_is_named() {
    for (name, is_low) in [("CRC-32/ISO-HDLC", true), ("CRC-32/BZIP2", false)] {
        for (rest, behind) in [(0, ""), (0xffff_ffff, ", and sets the others")] {
            let summary = said(name, Given, &|kernel, call| {
                let kept = match call.length() {
                    length @ 1..4 if is_low => (1 << (8 * length)) - 1,
                    length @ 1..4 => 0xffff_ffff << (32 - 8 * length),
                    _ => u64::MAX,
                };
                kernel.from((kernel.register(call) & kept) | (rest & !kept), call)
            });
            let expected = format!(
                "keeps no more bits of the register that it is given than the message has{behind}, \
                 from length 1 on"
            );
            assert_eq!(summary, expected, "{name}");
        }
    }
}

#[test]
fn a_register_that_short_messages_miss_is_named() {
    for (name, is_low) in [("CRC-32/ISO-HDLC", true), ("CRC-64/ECMA-182", false)] {
        let summary = said(name, Given, &|kernel, call| {
            let Model { width, .. } = kernel.model;
            let behind = 8 * call.length().min(8) as u32;
            let kept = match (behind, is_low) {
                (0, _) => u64::MAX,
                (64.., _) => u64::MAX,
                (_, true) if behind >= width.into() => u64::MAX,
                (_, true) => u64::MAX << behind,
                (_, false) => u64::MAX >> behind,
            };
            kernel.from(kernel.register(call) & kept, call)
        });
        let last = if is_low { 3 } else { 7 };
        let expected = format!(
            "keeps only those bits of the register that it is given that meet no byte of the \
             message, to length {last}"
        );
        assert_eq!(summary, expected, "{name}");
    }
}

#[test]
fn a_register_of_a_narrow_signed_type_is_named() {
    let summary = said("CRC-64/XZ", Given, &|kernel, call| {
        kernel.from(
            i64::from(kernel.register(call) as i32).cast_unsigned(),
            call,
        )
    });
    let expected = "keeps only bits 0 to 31 of the register that it is given: those above are \
                    copies of bit 31";
    assert_eq!(summary, expected);
}

#[test]
fn the_sign_of_a_result_is_named() {
    let signed = |word: u64, from: u32, to: u32| {
        let above = 64 - from;
        ((word << above).cast_signed() >> above).cast_unsigned() & (u64::MAX >> (64 - to))
    };
    for is in [Given, OneShot] {
        for (name, from, to, bits, sign) in [
            ("CRC-8/SMBUS", 8, 32, "bits 8 to 31", 7),
            ("CRC-16/KERMIT", 16, 32, "bits 16 to 31", 15),
            ("CRC-16/IBM-3740", 16, 64, "bits 16 to 63", 15),
            ("CRC-32/ISO-HDLC", 32, 64, "bits 32 to 63", 31),
            ("CRC-32/BZIP2", 16, 32, "bits 16 to 31", 15),
            ("CRC-64/XZ", 32, 64, "bits 32 to 63", 31),
            ("CRC-12/UMTS", 12, 16, "bits 12 to 15", 11),
        ] {
            let summary = said(name, is, &|kernel, call| {
                signed(kernel.right(call), from, to)
            });
            let expected = format!("takes its result as signed: {bits} are copies of bit {sign}");
            assert_eq!(summary, expected, "{name}");
        }
    }
}

#[test]
fn a_register_that_nobody_cuts_is_named() {
    for is in [Given, OneShot] {
        for (name, bits) in [
            ("CRC-8/SMBUS", 32),
            ("CRC-16/IBM-3740", 32),
            ("CRC-16/GENIBUS", 32),
            ("CRC-32/BZIP2", 64),
        ] {
            let summary = said(name, is, &|kernel, call| {
                let Model { width, poly, .. } = kernel.model;
                let first = kernel.register(call);
                let register = call.message.iter().fold(first, |register, &byte| {
                    (0..8).fold(register ^ u64::from(byte) << (width - 8), |register, _| {
                        (register << 1) ^ (poly * (register >> (width - 1) & 1))
                    })
                });
                (register ^ kernel.model.xorout) & (u64::MAX >> (64 - bits))
            });
            let expected = format!(
                "gives the right low {} bits, and other bits above them: what its register of \
                 {bits} bits has shifted out",
                Model::find(name).expect("an entry").width
            );
            assert_eq!(summary, expected, "{name}");
        }
    }
}

#[test]
fn right_low_bits_alone_are_named() {
    for is in [Given, OneShot] {
        for (name, width) in [
            ("CRC-16/KERMIT", 16),
            ("CRC-8/SMBUS", 8),
            ("CRC-32/BZIP2", 32),
        ] {
            let diagnosis = diagnosed(name, is, &|kernel, call| {
                let sum = call
                    .message
                    .iter()
                    .map(|&byte| u64::from(byte))
                    .sum::<u64>();
                kernel.right(call) | (sum * sum) << width
            });
            let expected = format!("gives the right low {width} bits, and other bits above them");
            assert!(diagnosis.summary.starts_with(&expected), "{diagnosis:?}");
            assert_eq!(diagnosis.confidence, Confidence::Observed);
        }
    }
}

/// The register after a byte that has a sign, lowest bit first.
fn step_signed(kernel: &Kernel, register: u64, byte: u8) -> u64 {
    let sign = i64::from(byte as i8).cast_unsigned() & kernel.model.mask() & !0xff;
    let checksum = kernel.model.checksum_of(register ^ sign);
    kernel
        .model
        .register_of(kernel.judge.update(checksum, &[byte]))
}

#[test]
fn the_sign_of_a_byte_is_named() {
    for is in [Given, OneShot] {
        for name in [
            "CRC-16/KERMIT",
            "CRC-32/ISO-HDLC",
            "CRC-32/ISCSI",
            "CRC-64/XZ",
        ] {
            let summary = said(name, is, &|kernel, call| {
                let step = |register, byte: &u8| step_signed(kernel, register, *byte);
                let register = call.message.iter().fold(kernel.register(call), step);
                kernel.model.checksum_of(register)
            });
            let expected = "takes all bytes as signed: one of 0x80 or more flips the bits of the \
                            register above it too";
            assert_eq!(summary, expected, "{name}");
        }
    }
}

/// A loop that reads as many zero bits at its end as its register has.
#[test]
fn the_sign_of_a_byte_is_named_where_it_enters_below() {
    let table = Slicing16::new(&Model::find("CRC-16/XMODEM").expect("an entry"));
    let summary = said("CRC-16/XMODEM", OneShot, &|kernel, call| {
        let step = |register: u64, byte: i8| {
            let moved = table.update(register & 0xff00, &[0]);
            let shifted = (register & 0xff) << 8;
            (moved ^ shifted ^ i64::from(byte).cast_unsigned()) & kernel.model.mask()
        };
        let bytes = call.message.iter().map(|&byte| byte as i8);
        bytes.chain([0, 0]).fold(0, step)
    });
    let expected = "takes all bytes as signed: one of 0x80 or more flips the bits of the register \
                    above it too";
    assert_eq!(summary, expected);
}

#[test]
fn the_sign_of_a_byte_in_a_word_is_named() {
    for is in [Given, OneShot] {
        for name in [
            "CRC-32/ISO-HDLC",
            "CRC-64/ECMA-182",
            "CRC-16/KERMIT",
            "CRC-8/SMBUS",
        ] {
            let summary = said(name, is, &|kernel, call| {
                let mut message = call.message.clone();
                for word in message.chunks_exact_mut(8) {
                    if word[3] >= 0x80 {
                        word[4..].fill(0xff);
                    }
                }
                kernel.judge.update(call.checksum, &message)
            });
            let expected = "reads words of 8 bytes from bytes with a sign: byte 3, if it is 0x80 \
                            or more, sets all bytes after it in its word";
            assert_eq!(summary, expected, "{name}");
        }
    }
    let summary = said("CRC-32/BZIP2", Given, &|kernel, call| {
        let mut message = call.message.clone();
        for word in message.chunks_exact_mut(4) {
            let parts = [(0, 24), (1, 16), (2, 8), (3, 0)];
            let joined = parts.map(|(at, by)| (word[at] as i8 as i32) << by);
            let joined = joined.into_iter().fold(0, |all, part| all | part);
            word.copy_from_slice(&joined.to_be_bytes());
        }
        kernel.judge.update(call.checksum, &message)
    });
    let expected = "reads words of 4 bytes from bytes with a sign: a byte of 0x80 or more sets all \
                    bytes before it in its word";
    assert_eq!(summary, expected);
}

/// A loop lowest bit first whose register has a sign.
fn shift_signed(kernel: &Kernel, call: &Call, by: u32) -> u64 {
    let Model { width, poly, .. } = kernel.model;
    let poly = kernel.model.reflect(poly);
    let entry = |index: u64| (0..by).fold(index, |word, _| (word >> 1) ^ (poly * (word & 1)));
    let above = 64 - u32::from(width);
    let shifted = |register: u64| {
        let signed = (register << above).cast_signed() >> above;
        (signed >> by).cast_unsigned() & kernel.model.mask()
    };
    let first = kernel.register(call);
    let last = call.message.iter().fold(first, |register, &byte| {
        (0..8 / by).fold(register ^ u64::from(byte), |register, _| {
            shifted(register) ^ entry(register & ((1 << by) - 1))
        })
    });
    kernel.model.checksum_of(last)
}

#[test]
fn the_sign_of_a_shift_is_named() {
    for is in [Given, OneShot] {
        for name in [
            "CRC-8/ROHC",
            "CRC-16/KERMIT",
            "CRC-32/ISO-HDLC",
            "CRC-64/XZ",
        ] {
            for (by, bits) in [(1, "1 bit"), (4, "4 bits"), (8, "8 bits")] {
                let summary = said(name, is, &|kernel, call| shift_signed(kernel, call, by));
                let expected = format!(
                    "shifts its register by {bits} at a time as a signed number: copies of the \
                     highest bit come in above"
                );
                assert_eq!(summary, expected, "{name}");
            }
        }
    }
}
