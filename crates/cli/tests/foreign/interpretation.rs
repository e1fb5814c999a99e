//! Functions whose machine code is interpreted: on this CPU or another, without running natively.

use crate::common::{assert_follows, code, folder, report as json_of, stderr, stdout};
use crate::kernels::{NamedTest, crcheck, finding};
use serde_json::json;
use std::process::Output;

pub(crate) const TRIALS_ON_AMD64: &[NamedTest] = &[
    ("a right function passes interpreted", right),
    ("an interpreted over-read is found", over_read),
    ("an interpreted dispatcher sees the chosen CPU", chosen),
    ("an interpreted CPU lacks what it lacks", lacking),
    ("what is not modelled has no verdict", not_modelled),
    ("a tier that is lacking is offered", offered),
    ("what cannot be interpreted is refused", refused),
];

/// A quick run on a function of `interpreted.c`, by checks of short messages.
fn verify(symbol: &str, options: &str) -> Output {
    let here = folder();
    let line = "verify --depth quick --seed 1 --messages 1 --check guard --check split --lib";
    let line = format!("{line} @/interpreted.so --symbol {symbol} {options}");
    crcheck(here.path(), &line)
}

fn right() {
    let output = verify("right", "--interpret --require-confirmed --format json");
    let report = json_of(&output);
    assert_eq!(code(&output), 0, "{report:#}");
    assert_follows("report", None, &report);
    for check in report["checks"].as_array().expect("checks") {
        assert_eq!(check["executed_by"], "interpretation");
        assert!(
            check["instructions"].as_u64() > check["calls"].as_u64(),
            "{check}"
        );
    }
    let interpreted = &report["interpreted"][0];
    assert_eq!(interpreted["cpu"], "any");
    assert_eq!(interpreted["unconfirmed"], json!([]));
}

fn over_read() {
    let output = verify("reads_on", "--interpret --format json");
    let report = json_of(&output);
    assert_eq!(code(&output), 1);
    let found = finding(&report, "over-read");
    assert_eq!(found["distance_bytes"], 2, "{found:#}");
    let output = verify("reads_on", "--interpret");
    let next = "--symbol reads_on --interpret=any";
    assert!(stdout(&output).contains(next), "{}", stdout(&output));
}

fn chosen() {
    for (cpu, expected) in [("haswell", 0), ("skylake-x", 1)] {
        let output = verify("chosen", &format!("--interpret={cpu}"));
        assert_eq!(code(&output), expected, "{}", stdout(&output));
        assert!(stdout(&output).contains("interpreted, not hardware: lib:"));
    }
}

fn lacking() {
    let passes = verify("never_asks", "--interpret=skylake-x");
    assert_eq!(code(&passes), 0, "{}", stdout(&passes));
    let fails = verify("never_asks", "--interpret=haswell --format json");
    assert_eq!(code(&fails), 1);
    let report = json_of(&fails);
    let found = finding(&report, "illegal-instruction");
    let text = found.to_string();
    assert!(
        text.contains("avx512f: CPUID leaf 0x7 EBX bit 16 is 0"),
        "{text}"
    );
}

fn not_modelled() {
    let output = verify("asks_the_system", "--interpret");
    assert_eq!(code(&output), 3, "{}", stdout(&output));
    let text = stdout(&output);
    assert!(text.contains("not modelled: SYSCALL at "), "{text}");
    assert!(!text.contains("FINDING"), "{text}");
}

/// `CRCHECK_DISABLE` makes any CPU one that lacks the tier.
fn offered() {
    let here = folder();
    let tier = "x86-avx2-vpclmul";
    let run = |options: &str| {
        let line = "verify --depth quick --seed 1 --messages 1 --check guard --tier portable";
        let mut command = crate::common::command(here.path(), &format!("{line} {options}"));
        command.env("CRCHECK_DISABLE", "vpclmulqdq");
        command.output().expect("crcheck starts")
    };
    let output = run(&format!("--require-tier {tier}"));
    assert_eq!(code(&output), 3);
    assert!(
        stdout(&output).contains("--interpret"),
        "{}",
        stdout(&output)
    );
    let output = run(&format!("--require-tier {tier} --interpret"));
    assert_eq!(code(&output), 0, "{}", stdout(&output));
    let end = format!("interpreted, not hardware: tier:{tier}");
    assert!(
        stdout(&output).trim_end().ends_with(&end),
        "{}",
        stdout(&output)
    );
}

fn refused() {
    let here = folder();
    for (options, expected, part) in [
        ("--cmd cat --interpret", 2, "a program makes system calls"),
        (
            "--tier portable --interpret=hasvell",
            2,
            "did you mean `haswell`?",
        ),
        ("--tier portable --interpret=neoverse-v1", 2, "aarch64"),
        (
            "--check guard --messages 1 --tier x86-pclmul --require-tier x86-avx512-vpclmul \
             --interpret=haswell",
            3,
            "avx512f",
        ),
    ] {
        let output = crcheck(here.path(), &format!("verify --depth quick {options}"));
        let text = stdout(&output) + &stderr(&output);
        assert_eq!(code(&output), expected, "{options}: {text}");
        assert!(text.contains(part), "{options}: {text}");
    }
}
