//! Legs on this CPU, with features hidden.

use crate::common::{CRCHECK, crcheck, files, folder, replay_line, report, stderr, stdout};
use crate::setup::{
    NamedTest, assert_ends, crcheck_with, folder_with_corpus, write_matrix, write_qemu_stand_in,
};
use serde_json::json;

pub(crate) const TRIALS: &[NamedTest] = &[
    ("a masked leg is green", a_masked_leg_is_green),
    (
        "a tier that was not expected turns a leg red",
        an_unexpected_tier,
    ),
    ("a green run leaves nothing behind", leaves_nothing_behind),
    (
        "a planted fault that passes turns a leg red",
        a_planted_fault_that_passes,
    ),
    (
        "a mask reaches threads, forks and programs started",
        a_mask_reaches_children,
    ),
    (
        "a program that may not be traced is not run",
        no_permission_to_trace,
    ),
    ("a program without CPUID is not masked", nothing_to_mask),
    (
        "a command runs on another CPU with its exit code",
        a_command_on_another_cpu,
    ),
    (
        "a case found here is judged again there",
        a_case_is_reproduced,
    ),
];

fn a_masked_leg_is_green() {
    let here = folder_with_corpus();
    let line = "emulate --cpu nehalem --emulator mask --require nehalem --seed 1";
    let output = crcheck(here.path(), line);
    let parts = ["nehalem", "passed *", "1 legs passed, 0 did not, 0 skipped"];
    assert_ends(&output, 0, &parts);
    let line = "emulate --cpu penryn --emulator mask --format json --all-tiers";
    let report = report(&crcheck(here.path(), line));
    let leg = &report["legs"][0];
    assert_eq!(leg["features_seen"], json!(["sse4.1"]));
    assert_eq!(
        (&leg["tier_seen"], &leg["replayed"]),
        (&"portable".into(), &2.into())
    );
    assert!(leg["tiers"][0]["cells"].as_u64() > Some(100_000));
    assert_eq!(
        leg["emulator"]["traps"], false,
        "a mask does not trap, and says so"
    );
    assert_eq!(leg["planted"][0]["is_caught"], true);
}

/// The cases of planted faults are of no use to anybody: a green run leaves nothing behind.
fn leaves_nothing_behind() {
    let here = folder();
    let line = "emulate --cpu nehalem --emulator mask";
    assert_ends(&crcheck(here.path(), line), 0, &["1 legs passed"]);
    assert_eq!(files(here.path()).len(), 0);
}

fn an_unexpected_tier() {
    let here = folder_with_corpus();
    write_matrix(here.path(), "tier = 'x86-pclmul'");
    let line = "emulate --matrix matrix.toml --emulator mask";
    let output = crcheck(here.path(), line);
    let why = "the dispatcher chose portable, where x86-pclmul should run";
    // The leg judges the chosen tier all the same.
    assert_ends(&output, 1, &["small: faulty", why, "passed *"]);
}

fn a_planted_fault_that_passes() {
    let here = folder_with_corpus();
    let line = "emulate --matrix matrix.toml --emulator mask";
    write_matrix(here.path(), "tier = 'portable'\nplant = 'good:slicing'");
    let output = crcheck(here.path(), line);
    assert_ends(&output, 1, &["good:slicing passed: this leg cannot tell"]);
    write_matrix(here.path(), "tier = 'portable'\nplant = 'canary'");
    let output = crcheck(here.path(), line);
    assert_ends(&output, 0, &["1 legs passed"]);
}

/// A program starts others, of which one runs eight threads: all see the hidden features. The first
/// program must execute CPUID, which shells do not: crcheck starts a stand-in for QEMU, a shell.
fn a_mask_reaches_children() {
    let here = folder();
    let verify = "verify --depth quick --check threads --tier x86-pclmul --tier portable";
    let body = format!("{CRCHECK} tiers --json\n{CRCHECK} {verify}");
    let qemu = write_qemu_stand_in(here.path(), "10.0.2", &body);
    let line = format!("mask-cpu nehalem -- {CRCHECK} emulate --cpu penryn --emulator qemu -- -");
    let output = crcheck_with(here.path(), &line, "CRCHECK_QEMU", &qemu);
    assert_ends(
        &output,
        0,
        &[
            "\"tier\": \"portable\"",
            "skipped tier:x86-pclmul: pclmulqdq",
            "pass       threads",
        ],
    );
}

/// The operating system refuses to trace a program that is traced already.
fn no_permission_to_trace() {
    let here = folder();
    let line = format!("mask-cpu nehalem -- {CRCHECK} mask-cpu penryn -- {CRCHECK} tiers");
    let output = crcheck(here.path(), &line);
    let parts = ["does not let programs be traced", "SYS_PTRACE"];
    assert_ends(&output, 3, &parts);
    let text = format!("{}\n{}", stdout(&output), stderr(&output));
    assert!(
        !text.contains("available"),
        "it has not run without the mask"
    );
    let line = format!("mask-cpu nehalem -- {CRCHECK} emulate --cpu penryn --emulator mask");
    let part = "skipped (mask: the operating system";
    assert_ends(&crcheck(here.path(), &line), 4, &[part]);
    let output = crcheck(here.path(), &format!("{line} --require"));
    assert_ends(&output, 3, &[part]);
}

fn nothing_to_mask() {
    let here = folder();
    let output = crcheck(here.path(), "mask-cpu nehalem -- /bin/true");
    assert_ends(&output, 6, &["has no CPUID instruction"]);
    let output = crcheck(here.path(), "mask-cpu nehalem -- /no/such/program");
    assert_ends(&output, 6, &["cannot start /no/such/program"]);
}

fn a_command_on_another_cpu() {
    let here = folder();
    let run = |line: &str| crcheck(here.path(), &format!("emulate --emulator mask {line}"));
    let chosen = "portable                     available, chosen";
    assert_ends(&run("--cpu nehalem -- tiers"), 0, &[chosen]);
    let output = run("--cpu nehalem -- replay nothing-here");
    assert_ends(&output, 6, &["cannot read nothing-here"]);
    let fault = "--cpu nehalem -- verify --depth quick --fault canary --check agree";
    assert_ends(&run(fault), 1, &["FINDING wrong-value: fault:canary"]);
    assert_ends(&run("-- tiers"), 2, &["a command runs on one CPU"]);
}

fn a_case_is_reproduced() {
    let here = folder();
    let line = "verify --depth quick --fault planted-portable --check agree";
    let replay = replay_line(&stdout(&crcheck(here.path(), line)));
    let again = format!("emulate --cpu penryn --emulator mask -- {replay}");
    let part = "FINDING wrong-value: fault:planted-portable";
    assert_ends(&crcheck(here.path(), &again), 1, &[part]);
}
