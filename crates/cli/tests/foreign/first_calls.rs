//! First calls that race: tables that the first call makes, guarded in right and in wrong ways.

use crate::common::{code, folder, replay_line, report as json_of, stdout};
use crate::kernels::{NamedTest, crcheck, finding, summary};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use serde_json::Value;

pub(crate) const TRIALS: &[NamedTest] = &[
    (
        "a table that others see too early is a data race",
        too_early_is_a_race,
    ),
    (
        "a table that a first call makes under guard is right",
        under_guard_is_right,
    ),
    (
        "a library that does not survive a copy is raced in new processes",
        no_copy_is_right,
    ),
];

/// Where the machine can follow a call instruction by instruction.
pub(crate) const TRIALS_ON_AMD64: &[NamedTest] = &[(
    "a table that others see too early is found on one CPU too",
    too_early_on_one_cpu,
)];

/// The report on a function of `LIBRARY.so`, and the exit code.
fn threads(library: &str, symbol: &str) -> (Value, i32) {
    let here = folder();
    let line = format!("verify --depth quick --check threads --lib @/{library}.so");
    let output = crcheck(
        here.path(),
        &format!("{line} --symbol {symbol} --format json"),
    );
    (json_of(&output), code(&output))
}

fn too_early_is_a_race() {
    for symbol in ["crc32_flag_first", "crc32_pointer_first"] {
        let (report, code) = threads("first_calls", symbol);
        assert_eq!(code, 1, "{symbol}: {report:#}");
        let summary = summary(finding(&report, "data-race"));
        for words in [
            "first call",
            "the same call alone in a fresh process is right",
        ] {
            assert!(summary.contains(words), "{summary}");
        }
    }
    let here = folder();
    let line = "verify --depth quick --check threads --lib @/first_calls.so --symbol";
    let output = crcheck(here.path(), &format!("{line} crc32_flag_first"));
    let replay = replay_line(&stdout(&output));
    assert_eq!(code(&crcheck(here.path(), &replay)), 1, "{replay}");
}

/// Threads that take turns do not race. One that is stopped in its first call shows it even so.
fn too_early_on_one_cpu() {
    let all = sched_getaffinity(None).expect("the CPUs");
    let first = (0..CpuSet::MAX_CPU).find(|&cpu| all.is_set(cpu));
    let mut one = CpuSet::new();
    one.set(first.expect("a CPU"));
    sched_setaffinity(None, &one).expect("a CPU of this thread");
    let (report, code) = threads("first_calls", "crc32_flag_first");
    sched_setaffinity(None, &all).expect("the CPUs of this thread");
    assert_eq!(code, 1, "{report:#}");
    finding(&report, "data-race");
}

fn under_guard_is_right() {
    for symbol in [
        "crc32_once",
        "crc32_mutex",
        "crc32_spin",
        "crc32_flag_last",
        "crc32_exchanged",
        "crc32_of_thread",
        "crc32_constructor",
        "crc32_resolved",
    ] {
        let (report, code) = threads("first_calls", symbol);
        assert_eq!(code, 0, "{symbol}: {report:#}");
        let check = &report["checks"][0];
        assert_eq!(check["no_bound"], "a race shows by chance");
        assert_eq!(check["bound"], Value::Null);
        let races = &check["races"];
        let number = |name: &str| races[name].as_u64().unwrap_or_else(|| panic!("{races:#}"));
        assert!(number("calls") >= 2 * number("processes") && number("processes") > 0);
        assert!(number("median_spread_ns") > 0, "{races:#}");
        if cfg!(target_arch = "x86_64") {
            let is_lazy = symbol != "crc32_constructor";
            assert_eq!(number("extra_instructions") > 1000, is_lazy, "{races:#}");
            assert_eq!(number("stopped") > 0, is_lazy, "{races:#}");
        }
    }
    let here = folder();
    let line = "verify --depth quick --check threads --lib @/first_calls.so --symbol";
    let text = stdout(&crcheck(here.path(), &format!("{line} crc32_once")));
    for words in ["no bound: a race shows by chance", " first calls raced in "] {
        assert!(text.contains(words), "{text}");
    }
}

fn no_copy_is_right() {
    for (library, symbol) in [("first_calls", "crc32_no_copy"), ("helper", "crc32_helper")] {
        let (report, code) = threads(library, symbol);
        assert_eq!(code, 0, "{symbol}: {report:#}");
        let processes = &report["checks"][0]["races"]["processes"];
        assert!(processes.as_u64() > Some(1), "{report:#}");
    }
}
