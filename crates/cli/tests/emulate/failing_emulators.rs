//! Emulators that fail, and programs that say less than a leg needs. Scripts stand in for QEMU.

use crate::common::{command, folder, interrupt};
use crate::setup::{
    NamedTest, assert_ends, crcheck_with, emulate_penryn, folder_with_corpus, write_qemu_stand_in,
    write_script,
};
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

pub(crate) const TRIALS: &[NamedTest] = &[
    (
        "an interrupt ends what runs on the emulated CPU",
        interrupted,
    ),
    (
        "an emulator that is too old is skipped with the reason",
        too_old,
    ),
    ("an emulator that hangs is stopped at the deadline", hangs),
    ("an emulator that crashes is no pass", crashes),
    (
        "what an emulator leaves behind ends with the run",
        leaves_behind,
    ),
    ("an answer that is not a report is no pass", not_a_report),
    ("a leg that visits no cell is no pass", visits_no_cell),
];

pub(crate) const TRIALS_ON_NEWER_CPUS: &[NamedTest] = &[(
    "an emulator that emulates nothing is found out",
    an_emulator_that_emulates_nothing,
)];

/// One signal kills what runs on the emulated CPU, and the run reports it.
fn interrupted() {
    let here = folder_with_corpus();
    let qemu = write_qemu_stand_in(here.path(), "10.0.2", "echo $$ >pid; sleep 1000");
    let mut child = command(here.path(), "emulate --cpu penryn --emulator qemu")
        .env("CRCHECK_QEMU", &qemu)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let pid = here.path().join("pid");
    while !fs::read_to_string(&pid).is_ok_and(|text| text.ends_with('\n')) {
        thread::sleep(Duration::from_millis(10));
        assert!(
            child.try_wait().expect("a child").is_none(),
            "it ended by itself"
        );
    }
    interrupt(child.id());
    let output = child.wait_with_output().expect("it ends");
    let part = "penryn: incomplete: verify was interrupted";
    assert_ends(&output, 130, &[part]);
    let pid = fs::read_to_string(pid).expect("a file");
    let state = fs::read_to_string(format!("/proc/{}/stat", pid.trim()));
    assert!(state.is_err(), "the program is gone");
}

/// This program called `qemu-x86_64` runs its argument natively.
fn an_emulator_that_emulates_nothing() {
    let here = folder_with_corpus();
    let qemu = write_qemu_stand_in(here.path(), "10.0.2", "shift 2\nexec \"$@\"");
    let line = "emulate --cpu penryn --emulator qemu";
    let output = crcheck_with(here.path(), line, "CRCHECK_QEMU", &qemu);
    let parts = ["which this CPU does not have", "the dispatcher chose"];
    assert_ends(&output, 1, &parts);
}

fn too_old() {
    let here = folder();
    let qemu = write_qemu_stand_in(here.path(), "5.2.0", "exit 9");
    let run = |options: &str| emulate_penryn(here.path(), &qemu, options);
    let reason = "is QEMU 5.2.0; 7.2 or newer is needed";
    assert_ends(&run(""), 4, &[reason]);
    assert_ends(&run("--require"), 3, &[reason, "required"]);
    assert_ends(&run("--require penryn"), 3, &[reason]);
    assert_ends(&run("-- tiers"), 3, &[reason]);
    write_script(&qemu, "echo what is that");
    assert_ends(&run("--require"), 3, &["--version is not understood"]);
    let none = "CRCHECK_QEMU names no qemu-x86_64";
    let missing = here.path().join("nowhere");
    let output = emulate_penryn(here.path(), &missing, "--require");
    assert_ends(&output, 3, &[none]);
    let other = here.path().join("qemu-aarch64");
    write_script(&other, "exit 0");
    let output = emulate_penryn(here.path(), &other, "--require");
    assert_ends(&output, 3, &[none]);
}

fn hangs() {
    let here = folder_with_corpus();
    let qemu = write_qemu_stand_in(here.path(), "10.0.2", "echo begun >&2; sleep 1000");
    let output = emulate_penryn(here.path(), &qemu, "--deadline 300ms");
    let parts = ["did not end within 0.3 s", "last said: begun"];
    assert_ends(&output, 5, &parts);
}

fn crashes() {
    let segfault = "qemu: uncaught target signal 11 (Segmentation fault) - core dumped";
    let illegal = "qemu: uncaught target signal 4 (Illegal instruction) - core dumped";
    let here = folder_with_corpus();
    for (body, code, part) in [
        ("kill -SEGV $$", 6, "ended with signal: 11"),
        (
            &format!("echo '{segfault}' >&2; exit 139"),
            6,
            "the program died: qemu: uncaught target signal 11",
        ),
        (
            &format!("echo '{illegal}' >&2; exit 132"),
            1,
            "penryn: illegal instruction",
        ),
    ] {
        let qemu = write_qemu_stand_in(here.path(), "10.0.2", body);
        assert_ends(&emulate_penryn(here.path(), &qemu, ""), code, &[part]);
    }
}

/// A process in a session of its own, which the kill of the emulator's group does not reach.
fn leaves_behind() {
    let here = folder_with_corpus();
    let body = "setsid sh -c 'echo $$ >pid; exec sleep 1000' >out 2>&1 </dev/null & \
                until [ -s pid ]; do sleep 0.01; done";
    let qemu = write_qemu_stand_in(here.path(), "10.0.2", body);
    assert_ends(&emulate_penryn(here.path(), &qemu, ""), 6, &[]);
    let pid = fs::read_to_string(here.path().join("pid")).expect("it began");
    let process = Path::new("/proc").join(pid.trim());
    assert!(!process.exists(), "{}", process.display());
}

fn not_a_report() {
    let here = folder_with_corpus();
    for body in ["echo nonsense", "echo '{\"verdict\": \"pass\"}'", "true"] {
        let qemu = write_qemu_stand_in(here.path(), "10.0.2", body);
        let output = emulate_penryn(here.path(), &qemu, "");
        assert_ends(&output, 6, &["what it printed is not understood"]);
    }
}

/// A program says "pass" and does nothing.
fn visits_no_cell() {
    let here = folder_with_corpus();
    let report = concat!(
        r#"{"verdict":"pass","depth":"quick","findings":[],"#,
        r#""environment":{"features":["sse4.1"],"tier":"portable"},"#,
        r#""checks":[{"subject":"tier:portable","verdict":"pass","cells":0}]}"#
    );
    let run = |report: &str| {
        let body = format!("cat <<'E'\n{report}\nE");
        let qemu = write_qemu_stand_in(here.path(), "10.0.2", &body);
        emulate_penryn(here.path(), &qemu, "")
    };
    assert_ends(&run(report), 4, &["no cell of portable was visited"]);
    let report = report.replace("\"cells\":0", "\"cells\":9");
    assert_ends(&run(&report), 4, &["the corpora were not replayed"]);
}
