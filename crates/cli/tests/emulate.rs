//! `crcheck emulate`: what it plays are CPUs of x86-64, so these tests are for such hosts.
#![allow(missing_docs)]

#[cfg(target_arch = "x86_64")]
#[path = "emulate/x86_64.rs"]
mod x86_64;

#[cfg(target_arch = "x86_64")]
fn main() {
    x86_64::main();
}

/// Elsewhere there is no test that could pass.
#[cfg(not(target_arch = "x86_64"))]
fn main() {
    let none = libtest_mimic::Trial::test("emulate (needs an x86-64 host)", || Ok(()));
    libtest_mimic::run(
        &libtest_mimic::Arguments::from_args(),
        vec![none.with_ignored_flag(true)],
    )
    .exit();
}
