//! `crcheck emulate` as people and scripts meet it.
//!
//! Scripts stand in for emulators that fail, and for SDE, which is not free to install: such a test
//! says that it uses a stand-in, and no report counts it. Tests that need a QEMU are ignored where
//! there is none; `CRCHECK_REQUIRE=qemu` makes that a failure. All tests are ignored on other
//! hosts than x86-64, where this program cannot run on any CPU of the matrix.

#[path = "../common/mod.rs"]
mod common;
mod depths;
mod failing_emulators;
mod interpretation;
mod masking;
mod qemu;
mod reports;
mod sde;
mod setup;
mod usage;

use common::{is_required, on_path, trial};
use libtest_mimic::{Arguments, Trial};

fn main() {
    let cpu_info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let has_qemu = std::env::var_os("CRCHECK_QEMU").is_some()
        || on_path("qemu-x86_64").is_some()
        || is_required("qemu");
    let groups = [
        (masking::TRIALS, true),
        (failing_emulators::TRIALS, true),
        // A CPU of Penryn's age sees natively what Penryn sees.
        (
            failing_emulators::TRIALS_ON_NEWER_CPUS,
            cpu_info.contains("pclmulqdq"),
        ),
        (depths::TRIALS, true),
        (usage::TRIALS, true),
        (interpretation::TRIALS, true),
        (sde::TRIALS, true),
        (reports::TRIALS, true),
        (qemu::TRIALS, has_qemu),
    ];
    let is_x86_64 = cfg!(target_arch = "x86_64");
    let trials = groups.iter().flat_map(|&(trials, is_possible)| {
        trials.iter().map(move |&(name, test)| {
            trial(name, test).with_ignored_flag(!(is_possible && is_x86_64))
        })
    });
    let trials: Vec<Trial> = trials.collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}
