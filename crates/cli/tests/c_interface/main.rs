//! The kernel by its C interface: programs in C, Python with zlib's `crc32` replaced, and every
//! command of docs/c-interface.md.
//!
//! `scripts/capi` builds and installs what is tested. A test whose tool is missing is ignored;
//! `CRCHECK_REQUIRE=cargo,cc,c++,pkg-config,cmake,python,zlib-dev` makes that a failure.

#[path = "../common/mod.rs"]
mod common;
mod document;
mod installed;
mod preloaded;
mod programs;
#[path = "../common/sections.rs"]
mod sections;

use common::trial;
use installed::has;
use libtest_mimic::{Arguments, Trial};

fn main() {
    // Under an emulator there is no cargo for this CPU.
    let has_cargo = std::env::var_os("CRCHECK_RUNNER").is_none() && has("cargo");
    let groups = [document::trials(), programs::trials(), preloaded::trials()];
    let trials = groups.into_iter().flatten().map(|(name, test, has_tools)| {
        trial(name, test).with_ignored_flag(!(has_cargo && has_tools))
    });
    let trials: Vec<Trial> = trials.collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}
