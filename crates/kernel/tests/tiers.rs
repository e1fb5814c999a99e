//! Compares every tier, in hardware and in software, with the definition of the checksum. The
//! report says `ignored` for a tier that this CPU lacks; `CRCHECK_REQUIRE=tier,...` makes that a
//! failure.
#![allow(missing_docs)]

use crcheck_kernel::{Kernel, Tier};
use libtest_mimic::{Arguments, Failed, Trial};
use quickcheck::{Arbitrary, Gen};

/// The definition: one bit a step.
fn defined(checksum: u32, message: &[u8]) -> u32 {
    !message.iter().fold(!checksum, |register, byte| {
        (0..8).fold(register ^ u32::from(*byte), |word, _| {
            (word >> 1) ^ (0xedb8_8320 * (word & 1))
        })
    })
}

#[derive(Clone, Copy)]
struct Code {
    tier: Tier,
    /// Obtained once: an emulated CPUID takes microseconds.
    kernel: Option<Kernel>,
    is_emulated: bool,
    entered: fn(Tier) -> u64,
    length_max: usize,
}

impl Code {
    fn update(self, checksum: u32, message: &[u8]) -> u32 {
        if self.is_emulated {
            let emulated = self.tier.emulate().expect("has a software version");
            return emulated.update(checksum, message);
        }
        let kernel = self.kernel.expect("available");
        kernel.update(checksum, message)
    }
}

fn native(tier: Tier) -> Code {
    Code {
        tier,
        kernel: tier.kernel(),
        is_emulated: false,
        entered: Tier::entered,
        length_max: 4500,
    }
}

fn emulated(tier: Tier) -> Code {
    Code {
        tier,
        kernel: None,
        is_emulated: true,
        entered: Tier::entered_emulated,
        // The interleaved pieces are long, and their software version, table look-ups, is fast.
        length_max: if tier == Tier::Aarch64Crc { 2100 } else { 640 },
    }
}

fn noise(len_bytes: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    (0..len_bytes).map(|_| next()).collect()
}

fn every_length_and_alignment_equals_the_definition(code: Code) {
    let text = noise(code.length_max + 64);
    for start in 0..64 {
        let mut expected = 0x1357_9bdf;
        for length in 0..=code.length_max {
            let got = code.update(0x1357_9bdf, &text[start..start + length]);
            assert_eq!(got, expected, "{length} bytes at {start}");
            expected = defined(expected, &text[start + length..=start + length]);
        }
    }
}

/// The last threshold and each beyond, from both sides: aligned and not, and with every number of
/// bytes behind the last whole vectors. The definition is too slow for thresholds of megabytes.
fn lengths_around_every_threshold_equal_the_definition(code: Code) {
    let thresholds = code.tier.thresholds();
    let is_beyond =
        |length: &usize| length * 3 + 100 > code.length_max || Some(length) == thresholds.last();
    let thresholds = thresholds.iter().filter(|length| is_beyond(length));
    for &threshold in thresholds.filter(|length| **length < 1 << 20) {
        for (start, length) in (threshold - 3..threshold + 3)
            .chain([
                threshold + 64,
                threshold + 640 + 21,
                threshold + 1921,
                threshold * 2 - 1,
                threshold * 3 + 100,
            ])
            .flat_map(|length| [(0, length), (1, length), (63, length)])
        {
            let text = noise(start + length);
            let message = &text[start..];
            assert_eq!(
                code.update(7, message),
                sliced(7, message),
                "{length} bytes at {start}"
            );
        }
    }
}

/// From 12 MiB on the code takes a message for a stream.
fn streams_equal_the_definition(code: Code) {
    const STREAM_BYTES: usize = 12 << 20;
    let text = noise(STREAM_BYTES + 1000);
    let head = STREAM_BYTES - 2;
    let expected = sliced(7, &text[..head]);
    for length in [head, STREAM_BYTES - 1, STREAM_BYTES, text.len()] {
        let expected = sliced(expected, &text[head..length]);
        assert_eq!(code.update(7, &text[..length]), expected, "{length} bytes");
    }
}

/// Short messages at the end of a page have loads of their own.
fn every_place_in_a_page_equals_the_definition(code: Code) {
    let text = noise(3 * 4096);
    let page = text.as_ptr().addr().wrapping_neg() % 4096 + 4096;
    for start in page - 80..page + 2 {
        let mut expected = 0x1357_9bdf;
        for length in 0..=80 {
            let got = code.update(0x1357_9bdf, &text[start..start + length]);
            assert_eq!(got, expected, "{length} bytes at {start}");
            expected = defined(expected, &text[start + length..=start + length]);
        }
    }
}

/// The definition, eight bits a step: for the long ones.
fn sliced(checksum: u32, message: &[u8]) -> u32 {
    let row: Vec<u32> = (0..=255_u8).map(|byte| !defined(!0, &[byte])).collect();
    !message.iter().fold(!checksum, |register, &byte| {
        (register >> 8) ^ row[usize::from(register as u8 ^ byte)]
    })
}

fn the_check_value_is_the_published_one(code: Code) {
    assert_eq!(code.update(0, b"123456789"), 0xcbf4_3926);
    assert_eq!(code.update(0x1234_5678, b""), 0x1234_5678);
}

/// Tries the law on random messages, also beyond the thresholds of short ones: the widest tier's
/// stride is 256 bytes. Answers the length of the longest, in bytes.
fn try_random(law: impl Fn(u32, &[u8], usize)) -> usize {
    let mut longest = 0;
    for _ in 0..300 {
        let mut source = Gen::new(4000);
        let message: Vec<u8> = Arbitrary::arbitrary(&mut source);
        law(
            Arbitrary::arbitrary(&mut source),
            &message,
            Arbitrary::arbitrary(&mut source),
        );
        longest = longest.max(message.len());
    }
    longest
}

fn split_anywhere_equals_whole(code: Code) {
    try_random(|checksum, message, cut| {
        let (head, tail) = message.split_at(cut % (message.len() + 1));
        let pieces = code.update(code.update(checksum, head), tail);
        assert_eq!(pieces, code.update(checksum, message));
    });
}

fn random_messages_equal_the_definition(code: Code) {
    let longest = try_random(|checksum, message, _| {
        assert_eq!(code.update(checksum, message), defined(checksum, message));
    });
    let thresholds = code.tier.thresholds().iter();
    let beyond = thresholds.filter(|length| **length < 1000).max();
    assert!(
        longest > beyond.expect("thresholds") * 2,
        "the longest message had {longest} bytes only"
    );
}

type Law = (&'static str, fn(Code));

const LAWS: [Law; 7] = [
    (
        "every_length_and_alignment_equals_the_definition",
        every_length_and_alignment_equals_the_definition,
    ),
    (
        "lengths_around_every_threshold_equal_the_definition",
        lengths_around_every_threshold_equal_the_definition,
    ),
    ("streams_equal_the_definition", streams_equal_the_definition),
    (
        "every_place_in_a_page_equals_the_definition",
        every_place_in_a_page_equals_the_definition,
    ),
    (
        "the_check_value_is_the_published_one",
        the_check_value_is_the_published_one,
    ),
    ("split_anywhere_equals_whole", split_anywhere_equals_whole),
    (
        "random_messages_equal_the_definition",
        random_messages_equal_the_definition,
    ),
];

/// Runs a law and asserts that it has entered the tier's own code.
fn trial((name, law): Law, kind: &str, code: Code) -> Trial {
    Trial::test(format!("{name}::{kind}{}", code.tier), move || {
        let before = (code.entered)(code.tier);
        law(code);
        let after = (code.entered)(code.tier);
        if after == before {
            Err(Failed::from("the tier was never entered"))
        } else {
            Ok(())
        }
    })
}

fn is_required(tier: Tier) -> bool {
    let required = std::env::var("CRCHECK_REQUIRE").unwrap_or_default();
    required.split(',').any(|name| name.trim() == tier.name())
}

fn main() {
    let mut trials = Vec::new();
    for &tier in Tier::ALL {
        for law in LAWS {
            let is_available = tier.is_available();
            let name = law.0;
            trials.push(if is_available || is_required(tier) {
                trial(law, "", native(tier))
            } else {
                let reason = "this CPU does not have the tier";
                Trial::test(format!("{name}::{tier} ({reason})"), || Ok(())).with_ignored_flag(true)
            });
            // A stream would take a software version seconds.
            if tier.emulate().is_some() && name != "streams_equal_the_definition" {
                trials.push(trial(law, "emu:", emulated(tier)));
            }
        }
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}
