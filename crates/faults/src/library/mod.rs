//! Faults in C, in a shared library that is built when it is needed. Worker processes call them, so
//! that a fault may end its process.

mod build;

pub(crate) use build::{Build, Function, Library};

use crate::crc32;
use crate::need::X86_64_ASSEMBLY;
use crate::right_diagnosis::RightDiagnosis;
use crate::spec::FaultSpec;
use crcheck_harness::check::checks;
use crcheck_harness::diagnose::{ChangedMessage, ChangedResult};
use crcheck_harness::subject::Kind;

/// Why no check is alone in finding one of these.
const BY_ANY_CHECK: &str = "whatever check makes the call meets what it does";

const OF_PROCESSES: &str =
    "made for worker processes: what a library may do to the process that it is in";

pub(crate) const FAULTS: &[FaultSpec] = &[
    FaultSpec::in_library(
        ("library-wrong", "crc32_wrong"),
        "changes a bit of the register at one length",
        "zlib-ng 215: wrong at one short length only",
        |draw| {
            let length = draw.number(1, 300);
            let ends = RightDiagnosis::Ends {
                xor_in: Some(0xffff_fffe),
                xor_out: 0xffff_ffff,
            };
            // At one length a bit of the register changes the result by one word.
            let word = crc32::update_register(1, &vec![0; length]);
            let result = RightDiagnosis::Result(ChangedResult::Xor(word.into()));
            (
                vec![("WRONG_AT", length)],
                RightDiagnosis::AnyOf(vec![ends, result]),
            )
        },
    )
    .caught_by(checks::agree::ID, &[Kind::WrongValue], BY_ANY_CHECK),
    FaultSpec::in_library(
        ("library-short-length", "crc32_short_length"),
        "takes the length modulo a power of two",
        "dlang/phobos 2476: a size_t cast to a shorter type",
        |draw| {
            let bits = draw.one(&[8, 12, 16]);
            let diagnosis = RightDiagnosis::Message(ChangedMessage::TruncateLength { bits });
            (vec![("LENGTH_BITS", bits as usize)], diagnosis)
        },
    )
    .caught_by(checks::agree::ID, &[Kind::WrongValue], BY_ANY_CHECK),
    FaultSpec::in_library(
        ("library-unsaid", "crc32_unsaid"),
        "has assembly that reads memory without saying so, and reads it before it is written",
        "madler/brotli 5, julia 52326: no memory operand, so stores are reordered",
        |_| {
            // What lies on the stack may be the same in each call, or not.
            let either = vec![RightDiagnosis::Contradiction, RightDiagnosis::Unexplained];
            (Vec::new(), RightDiagnosis::AnyOf(either))
        },
    )
    .caught_by(checks::agree::ID, &[Kind::WrongValue], BY_ANY_CHECK)
    .needing(X86_64_ASSEMBLY),
    FaultSpec::in_library(
        ("library-over-read", "crc32_over_read"),
        "reads behind messages of one residue",
        "pgmoneta 730: eight bytes read of a buffer of six",
        |draw| {
            let (residue, bytes) = (draw.number(1, 15), draw.number(1, 63));
            let macros = vec![("OVER_READ_AT", residue), ("OVER_READ_BYTES", bytes)];
            (macros, RightDiagnosis::Said(format!("reads {bytes} byte")))
        },
    )
    .caught_by(checks::guard::ID, &[Kind::OverRead], BY_ANY_CHECK),
    FaultSpec::in_library(
        ("library-writes", "crc32_writes"),
        "stores what it has loaded back into the message",
        "the article, its skeleton loop (\"optional\")",
        |draw| {
            let from = draw.number(4, 200);
            (
                vec![("WRITES_FROM", from)],
                RightDiagnosis::Said(format!("length {from}")),
            )
        },
    )
    .caught_by(checks::guard::ID, &[Kind::WriteToMessage], BY_ANY_CHECK),
    FaultSpec::in_library(
        ("library-aligned", "crc32_aligned"),
        "loads with movdqa behind a prologue that does not care for the address",
        "comdb2 5541, blazingmq 688: a prologue breaks the alignment that the loop assumes",
        |_| (Vec::new(), RightDiagnosis::Said("aligned".to_owned())),
    )
    .caught_by(checks::agree::ID, &[Kind::MisalignedAccess], BY_ANY_CHECK)
    .needing(X86_64_ASSEMBLY),
    FaultSpec::in_library(
        ("library-crash", "crc32_crash"),
        "reads an address that does not exist",
        OF_PROCESSES,
        |draw| {
            (
                vec![("CRASH_AT", draw.number(1, 300))],
                RightDiagnosis::Observed,
            )
        },
    )
    .caught_by(checks::agree::ID, &[Kind::Crash], BY_ANY_CHECK),
    FaultSpec::in_library(
        ("library-exit", "crc32_exit"),
        "calls exit()",
        OF_PROCESSES,
        |draw| {
            let (length, code) = (draw.number(1, 300), draw.number(0, 99));
            let macros = vec![("EXIT_AT", length), ("EXIT_CODE", code)];
            (macros, RightDiagnosis::Said(format!("exit({code})")))
        },
    )
    .caught_by(checks::agree::ID, &[Kind::Crash], BY_ANY_CHECK),
    FaultSpec::in_library(
        ("library-abort", "crc32_abort"),
        "calls abort()",
        OF_PROCESSES,
        |draw| {
            (
                vec![("ABORT_FROM", draw.number(1, 300))],
                RightDiagnosis::Said("aborts".to_owned()),
            )
        },
    )
    .caught_by(checks::agree::ID, &[Kind::Crash], BY_ANY_CHECK),
    FaultSpec::in_library(
        ("library-closes", "crc32_closes"),
        "closes every file of its process",
        OF_PROCESSES,
        |draw| {
            (
                vec![("CLOSES_AT", draw.number(1, 300))],
                RightDiagnosis::Observed,
            )
        },
    )
    .caught_by(checks::agree::ID, &[Kind::Crash], BY_ANY_CHECK),
    FaultSpec::in_library(
        ("library-heap", "crc32_heap"),
        "writes behind a block of the heap",
        OF_PROCESSES,
        |draw| {
            (
                vec![("HEAP_AT", draw.number(1, 300))],
                RightDiagnosis::Observed,
            )
        },
    )
    .caught_by(checks::agree::ID, &[Kind::Crash], BY_ANY_CHECK),
    FaultSpec::in_library(
        ("library-hang", "crc32_hang"),
        "never returns",
        OF_PROCESSES,
        |draw| {
            (
                vec![("HANG_AT", draw.number(1, 300))],
                RightDiagnosis::Said("does not return".to_owned()),
            )
        },
    )
    .caught_by(checks::agree::ID, &[Kind::Hang], BY_ANY_CHECK),
];
