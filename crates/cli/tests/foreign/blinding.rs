//! Libraries that keep the harness from seeing what they read.

use crate::common::{code, folder, report as json_of};
use crate::kernels::{NamedTest, crcheck, finding};
use serde_json::Value;

pub(crate) const TRIALS: &[NamedTest] = &[
    (
        "a runtime that takes signals in its first call does not hide an over-read",
        taken_once,
    ),
    (
        "guard is skipped, and not passed, where nothing sees accesses",
        taken_for_good,
    ),
];

/// The report on a function at these checks, and the exit code.
fn report(symbol: &str, checks: &str) -> (Value, i32) {
    let here = folder();
    let line = "verify --depth quick --seed 1 --format json --lib @/blinding.so --symbol";
    let output = crcheck(here.path(), &format!("{line} {symbol} {checks}"));
    (json_of(&output), code(&output))
}

fn taken_once() {
    // Alone, the check has the first call of its process.
    for checks in ["", "--check guard"] {
        let (right, code) = report("crc32_takes_signal_once", checks);
        assert_eq!(code, 0, "{right:#}");
        let passed = right["checks"].as_array().expect("an array").iter();
        assert!(
            passed
                .clone()
                .any(|check| check["id"] == "guard" && check["verdict"] == "pass"),
            "{right:#}"
        );
        let (wrong, code) = report("crc32_takes_signal_once_and_reads_on", checks);
        assert_eq!(code, 1, "{wrong:#}");
        assert_eq!(finding(&wrong, "over-read")["distance_bytes"], 1);
    }
}

fn taken_for_good() {
    for (symbol, reason) in [
        ("takes_signal", "has handlers of its own for SIGSEGV"),
        (
            "takes_signal_and_reads_on",
            "has handlers of its own for SIGSEGV",
        ),
        ("blocks_signal", "blocks SIGSEGV"),
        (
            "opens_guard_and_reads_on",
            "makes inaccessible pages beside the message readable",
        ),
    ] {
        let symbol = format!("crc32_{symbol}");
        let (both, code) = report(&symbol, "--check agree --check guard");
        assert_eq!(code, 3, "{both:#}");
        let judged = both["checks"].as_array().expect("an array");
        assert!(
            judged.iter().all(|check| check["id"] == "agree"),
            "{both:#}"
        );
        let skipped = both["skipped"].as_array().expect("an array");
        let said = |skip: &Value| {
            skip["reason"]
                .as_str()
                .is_some_and(|it| it.contains(reason))
        };
        assert!(skipped.iter().any(said), "{both:#}");
        let (alone, code) = report(&symbol, "--check guard");
        assert_eq!(code, 3, "nothing was judged: {alone:#}");
        let (without, code) = report(&symbol, "--check agree");
        assert_eq!(code, 0, "{without:#}");
    }
    let (blocked, code) = report("crc32_blocks_signal_and_reads_on", "--check guard");
    assert_eq!(code, 1, "{blocked:#}");
}
