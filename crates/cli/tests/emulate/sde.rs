//! Legs by a stand-in for Intel SDE: a script that prints what SDE's documentation says it prints.

use crate::common::CRCHECK;
use crate::setup::{NamedTest, assert_ends, crcheck_with, folder_with_corpus, write_script};
use std::fs;
use std::path::Path;
use std::process::Output;

pub(crate) const TRIALS: &[NamedTest] = &[
    ("SDE played by a stand-in: a green leg", green_leg),
    (
        "SDE played by a stand-in: its errors, each with a hint",
        errors,
    ),
    (
        "SDE played by a stand-in: a definition of CPUID",
        definition_of_cpuid,
    ),
];

/// Writes the stand-in, which appends its arguments to `arguments` and runs `body`.
fn write_stand_in(folder: &Path, body: &str) {
    let version = "Intel(R) Software Development Emulator.  Version:  9.33.0 external";
    let version = format!("[ \"$1\" = -version ] && exec echo '{version}'");
    let body = format!("{version}\necho \"$@\" >>arguments\n{body}");
    write_script(&folder.join("sde64"), &body);
}

fn run(folder: &Path, line: &str) -> Output {
    crcheck_with(folder, line, "SDE_PATH", folder)
}

const REFUSED: &str = "TID 0 SDE-ERROR: Executed instruction not valid for specified chip \
    (PENRYN): 0x40118c pclmullqlqdq xmm2, xmm0
Image: /usr/bin/crcheck+0x118c (in multi-region image, region# 1)
Function: crcheck_faults::parts::instructions::x86_64::update_by_pclmulqdq::run
Instruction bytes are: 66 0f 3a 44 d0 00";

/// The stand-in masks the CPU, and refuses the instruction that a planted fault executes.
fn green_leg() {
    let here = folder_with_corpus();
    let refuse = format!("cat >&2 <<'E'\n{REFUSED}\nE\nexit 1");
    write_stand_in(
        here.path(),
        &format!(
            "case \"$*\" in *dispatch-sse41*) {refuse};; esac
shift 3
exec {CRCHECK} mask-cpu penryn -- \"$@\""
        ),
    );
    let output = run(here.path(), "emulate --cpu penryn --require");
    let bytes = "Instruction bytes are: 66 0f 3a 44 d0 00";
    assert_ends(&output, 0, &["sde 9.33.0", "passed *", bytes]);
    let arguments = fs::read_to_string(here.path().join("arguments")).expect("a file");
    assert!(
        arguments.starts_with("-pnr -chip_check_exe_only -- "),
        "{arguments}"
    );
    // The same words where nothing is planted are a finding.
    write_stand_in(here.path(), &refuse);
    let output = run(here.path(), "emulate --cpu penryn");
    let parts = ["penryn: illegal instruction", "Function: crcheck_faults"];
    assert_ends(&output, 1, &parts);
    let output = run(here.path(), "emulate --cpu penryn -- tiers");
    assert_ends(&output, 1, &["an illegal instruction on penryn"]);
}

fn errors() {
    let here = folder_with_corpus();
    for (says, hint) in [
        (
            "E: Attach to pid 20057 failed.\nE:   $ echo 0 > /proc/sys/kernel/yama/ptrace_scope",
            "kernel.yama.ptrace_scope=0",
        ),
        (
            "SDE-ERROR: Unknown chip name: pnr",
            "sde64 -chip-check-list",
        ),
        (
            "C: Tool (or Pin) caused signal 11 at PC 0x7f1c",
            "Pin itself has crashed",
        ),
        ("SDE-ERROR: something else", "SDE cannot go on"),
    ] {
        write_stand_in(here.path(), &format!("cat >&2 <<'E'\n{says}\nE\nexit 1"));
        let output = run(here.path(), "emulate --cpu penryn");
        assert_ends(&output, 6, &["penryn: emulator failed", hint]);
        let output = run(here.path(), "emulate --cpu penryn -- tiers");
        assert_ends(&output, 6, &[hint]);
    }
    fs::remove_file(here.path().join("sde64")).expect("a file");
    let line = "emulate --cpu penryn --emulator sde --require";
    let output = run(here.path(), line);
    assert_ends(&output, 3, &["SDE_PATH holds no sde64"]);
}

fn definition_of_cpuid() {
    let here = folder_with_corpus();
    write_stand_in(here.path(), "cat \"$4\"; exit 0");
    let output = run(here.path(), "emulate --cpu zen2 -- tiers");
    let parts = ["AMD Zen 2", "00000001 ******** => 00830F10"];
    assert_ends(&output, 0, &parts);
    let arguments = fs::read_to_string(here.path().join("arguments")).expect("a file");
    assert!(
        arguments.starts_with("-skl -chip_check_exe_only -cpuid-in "),
        "{arguments}"
    );
}
