//! Legs that are interpreted, on CPUs that this machine need not be.

use crate::common::{assert_follows, crcheck, report};
use crate::setup::{NamedTest, assert_ends, folder_with_corpus};
use serde_json::json;

pub(crate) const TRIALS: &[NamedTest] = &[
    (
        "an interpreted leg is green, and says what executed it",
        an_interpreted_leg_is_green,
    ),
    (
        "a planted dispatcher is caught at its instruction",
        a_planted_dispatcher,
    ),
    ("a command is not interpreted", a_command),
];

/// The leg finds each change of the tier's machine code too.
fn an_interpreted_leg_is_green() {
    let here = folder_with_corpus();
    let line = "emulate --cpu zen4 --emulator interpret --require --seed 1 --format json";
    let report = report(&crcheck(here.path(), line));
    assert_follows("emulate", None, &report);
    let leg = &report["legs"][0];
    assert_eq!(
        (&leg["outcome"], &leg["reasons"]),
        (&json!("passed"), &json!([]))
    );
    assert_eq!(leg["executed_by"], "interpretation");
    assert_eq!(leg["tier_seen"], "x86-avx512-vpclmul-gfni");
    assert!(leg["interpreted"]["instructions"].as_u64() > Some(1_000_000));
    let extensions = leg["interpreted"]["extensions"].to_string();
    assert!(
        extensions.contains("gfni") && extensions.contains("avx512bw"),
        "{extensions}"
    );
    let planted = leg["planted"].as_array().expect("planted faults");
    assert!(planted.len() > 20, "{planted:?}");
    for fault in planted {
        assert_eq!(fault["is_caught"], true, "{fault}");
    }
}

fn a_planted_dispatcher() {
    let here = folder_with_corpus();
    let line = "emulate --cpu nehalem --emulator interpret --require --seed 1";
    let output = crcheck(here.path(), line);
    let parts = [
        "nehalem: fault:dispatch-sse41-runs-pclmul caught at pclmul",
        "CPUID leaf 0x1 ECX bit 1 is 0",
        "passed, interpreted",
        "1 of them interpreted, not hardware",
    ];
    assert_ends(&output, 0, &parts);
}

fn a_command() {
    let here = folder_with_corpus();
    let line = "emulate --cpu nehalem --emulator interpret -- tiers";
    let part = "it interprets the kernel of crcheck, and starts no program";
    assert_ends(&crcheck(here.path(), line), 3, &[part]);
}
