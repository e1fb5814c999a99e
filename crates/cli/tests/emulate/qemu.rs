//! Legs by a real QEMU.

use crate::common::{crcheck, folder, report};
use crate::setup::{NamedTest, assert_ends, folder_with_corpus, write_matrix};
use serde_json::json;

pub(crate) const TRIALS: &[NamedTest] = &[
    (
        "QEMU: an illegal instruction is attributed",
        illegal_instruction_is_attributed,
    ),
    (
        "QEMU: without AVX2 and with AVX2 the legs are green",
        legs_are_green,
    ),
    (
        "QEMU: a kernel that executes what the CPU lacks fails",
        command_is_illegal,
    ),
    ("QEMU: an unknown model has a hint", unknown_model),
];

fn illegal_instruction_is_attributed() {
    let here = folder_with_corpus();
    let line = "emulate --cpu haswell --emulator qemu --require --format json";
    let output = crcheck(here.path(), line);
    assert_ends(&output, 0, &[]);
    let report = report(&output);
    let planted = report["legs"][0]["planted"].as_array().expect("planted");
    let dispatcher = &planted[1];
    assert_eq!(dispatcher["fault"], "dispatch-avx2-runs-vpclmul");
    let illegal = &dispatcher["illegal"];
    assert!(
        illegal["bytes"]
            .as_str()
            .is_some_and(|bytes| bytes.starts_with("c4 e3 "))
    );
    assert!(
        illegal["instruction"]
            .as_str()
            .is_some_and(|text| text.starts_with("vpclmul") && text.contains("ymm"))
    );
    assert!(
        illegal["needs"]
            .as_array()
            .is_some_and(|needs| needs.contains(&"vpclmulqdq".into()))
    );
    assert_eq!(
        illegal["absent"],
        json!(["vpclmulqdq: CPUID leaf 0x7 ECX bit 10 is 0"])
    );
    assert_eq!(illegal["tier"], "x86-avx2-vpclmul");
    assert!(
        illegal["function"]
            .as_str()
            .is_some_and(|name| name.ends_with("vpclmulqdq::run"))
    );
}

fn legs_are_green() {
    let here = folder_with_corpus();
    let line = "emulate --cpu nehalem,westmere --emulator qemu --require";
    let part = "2 legs passed, 0 did not, 0 skipped";
    assert_ends(&crcheck(here.path(), line), 0, &[part]);
    let line = "emulate --cpu zen4 --emulator qemu --require";
    let reason = "qemu: no version has a model with its features, required";
    assert_ends(&crcheck(here.path(), line), 3, &[reason]);
}

fn command_is_illegal() {
    let here = folder();
    let fault = "dispatch-avx2-runs-vpclmul";
    let line = format!(
        "emulate --cpu haswell --emulator qemu -- \
         verify --depth quick --check agree --fault {fault}"
    );
    let output = crcheck(here.path(), &line);
    let found = format!(
        "FINDING illegal-instruction: fault:{fault} executes an instruction that needs vpclmulqdq"
    );
    assert_ends(&output, 1, &[&found, "CPUID leaf 0x7 ECX bit 10 is 0"]);
}

fn unknown_model() {
    let here = folder_with_corpus();
    write_matrix(here.path(), "tier = 'portable'\nqemu = 'NoSuchModel'");
    let line = "emulate --matrix matrix.toml --emulator qemu";
    let output = crcheck(here.path(), line);
    assert_ends(&output, 6, &["-cpu help` lists what QEMU"]);
}
