//! CPUs, emulators, programs and matrices that do not exist or do not fit.

use crate::common::{CRCHECK, crcheck, folder};
use crate::setup::{NamedTest, assert_ends, write_matrix};
use std::fs;

pub(crate) const TRIALS: &[NamedTest] = &[
    (
        "an unknown CPU is a usage error with the nearest",
        unknown_cpu,
    ),
    (
        "a program for another architecture is refused",
        another_architecture,
    ),
    ("a malformed matrix is an input error", malformed_matrix),
];

fn unknown_cpu() {
    let here = folder();
    for (line, hint) in [
        ("emulate --cpu nehalm", "did you mean `nehalem`?"),
        ("emulate --require zen9", "no CPU is called `zen9`"),
        ("emulate --emulator bochs", "auto, sde, qemu, mask"),
        ("emulate --arch vax", "no CPU of the architecture `vax`"),
    ] {
        assert_ends(&crcheck(here.path(), line), 2, &[hint]);
    }
}

fn another_architecture() {
    let here = folder();
    let mut program = fs::read(CRCHECK).expect("the program");
    // e_machine: EM_AARCH64.
    program[18..20].copy_from_slice(&183_u16.to_le_bytes());
    let path = here.path().join("crcheck-aarch64");
    fs::write(&path, program).expect("a file");
    let line = format!("emulate --cpu nehalem --worker {}", path.display());
    let output = crcheck(here.path(), &line);
    let parts = ["nehalem is a CPU of x86_64", "is for aarch64"];
    assert_ends(&output, 2, &parts);
    fs::write(&path, "no program").expect("a file");
    assert_ends(&crcheck(here.path(), &line), 6, &["cannot run"]);
}

fn malformed_matrix() {
    let here = folder();
    write_matrix(here.path(), "tier = 'x86-pclmull'");
    let output = crcheck(here.path(), "emulate --matrix matrix.toml");
    let parts = ["CPU `small`", "did you mean `x86-pclmul`?"];
    assert_ends(&output, 6, &parts);
    let output = crcheck(here.path(), "emulate --matrix nowhere.toml");
    assert_ends(&output, 6, &["cannot read nowhere.toml"]);
}
