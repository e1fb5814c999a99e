//! `crcheck emulate` as people and scripts meet it.
//!
//! Emulators that fail are played by scripts, and so is SDE, which is not to be had everywhere: a
//! test that does so says that it is a stand-in, and no report counts it. Tests that need a QEMU are
//! ignored where there is none; `CRCHECK_REQUIRE=qemu` makes that a failure. On other hosts than x86-64
//! there is no CPU of the matrix to be played by this program, and all are ignored.
#![allow(missing_docs)]

use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const CRCHECK: &str = env!("CARGO_BIN_EXE_crcheck");

fn main() {
    let always: &[(&str, fn())] = &[
        ("a masked leg is green", a_masked_leg_is_green),
        (
            "a tier that was not expected turns a leg red",
            an_unexpected_tier,
        ),
        ("a green run leaves nothing behind", leaves_nothing_behind),
        ("an interrupt ends what runs on the played CPU", interrupted),
        (
            "a planted fault that passes turns a leg red",
            a_planted_fault_that_passes,
        ),
        (
            "a mask reaches threads, forks and programs started",
            a_mask_reaches_children,
        ),
        (
            "a program that may not be traced is told so",
            no_permission_to_trace,
        ),
        ("a program that asks nothing is not masked", nothing_to_mask),
        (
            "a command runs on another CPU with its exit code",
            a_command_on_another_cpu,
        ),
        (
            "a case found here is judged again there",
            a_case_is_reproduced,
        ),
        (
            "an emulator that is too old is skipped with the reason",
            too_old,
        ),
        ("an emulator that hangs is stopped at the deadline", hangs),
        ("an emulator that crashes is no pass", crashes),
        ("what is not understood is no pass", not_understood),
        ("a leg that visits no cell is no pass", visits_no_cell),
        (
            "the chosen tier goes as far as asked, the others to default",
            how_far_tiers_go,
        ),
        (
            "a leg that goes less deep than asked is no pass",
            goes_less_deep,
        ),
        (
            "an unknown CPU is a usage error with the nearest",
            unknown_cpu,
        ),
        (
            "a program for another architecture is refused",
            another_architecture,
        ),
        ("a malformed matrix is an input error", malformed_matrix),
        ("SDE played by a stand-in: a green leg", sde_stand_in_green),
        (
            "SDE played by a stand-in: its errors, each with a hint",
            sde_stand_in_errors,
        ),
        (
            "SDE played by a stand-in: a definition of CPUID",
            sde_stand_in_definition,
        ),
        ("reports follow their schema", reports_follow_their_schema),
    ];
    let with_qemu: &[(&str, fn())] = &[
        (
            "QEMU: an illegal instruction is attributed",
            qemu_attributes,
        ),
        (
            "QEMU: without AVX2 and with AVX2 the legs are green",
            qemu_legs_are_green,
        ),
        (
            "QEMU: a kernel that executes what the CPU lacks fails",
            qemu_command_is_illegal,
        ),
        (
            "QEMU: an unknown model is told with a hint",
            qemu_unknown_model,
        ),
    ];
    // What a CPU of Penryn's age would see natively is what Penryn sees.
    let newer: (&str, fn()) = (
        "an emulator that emulates nothing is found out",
        an_emulator_that_emulates_nothing,
    );
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let is_x86_64 = cfg!(target_arch = "x86_64");
    let has_qemu = qemu().is_some() || required("qemu");
    let trial = |&(name, test): &(&'static str, fn())| {
        Trial::test(name, move || {
            test();
            Ok::<(), Failed>(())
        })
    };
    let if_any = |test: &(&'static str, fn()), is_possible: bool| {
        trial(test).with_ignored_flag(!(is_possible && is_x86_64))
    };
    let trials = always
        .iter()
        .map(|test| if_any(test, true))
        .chain(with_qemu.iter().map(|test| if_any(test, has_qemu)))
        .chain([if_any(&newer, cpu.contains("pclmulqdq"))]);
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit();
}

fn required(name: &str) -> bool {
    let names = std::env::var("CRCHECK_REQUIRE").unwrap_or_default();
    names.split(',').any(|required| required == name)
}

fn qemu() -> Option<PathBuf> {
    if let Some(given) = std::env::var_os("CRCHECK_QEMU") {
        return Some(given.into());
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join("qemu-x86_64"))
        .find(|file| file.is_file())
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

/// A few saved cases, so that replaying them takes no time.
fn corpus(folder: &Path) {
    let target = folder.join("corpus/kernel_vs_oracle");
    fs::create_dir_all(&target).expect("a folder");
    let seeds = concat!(env!("CARGO_MANIFEST_DIR"), "/../../corpus/kernel_vs_oracle");
    for name in [
        "len-0000000-at-00-none-splits-0-b1195693",
        "len-0000064-at-00-none-splits-0-7b5ee65f",
    ] {
        fs::copy(format!("{seeds}/{name}"), target.join(name)).expect("a copy");
    }
}

fn crcheck(folder: &Path, line: &str, environment: &[(&str, &Path)]) -> Output {
    let mut command = Command::new(CRCHECK);
    command.args(line.split_whitespace()).current_dir(folder);
    for name in ["CRCHECK_DISABLE", "SDE_PATH"] {
        command.env_remove(name);
    }
    command.envs(environment.iter().copied());
    command.output().expect("the program starts")
}

fn text(output: &Output) -> String {
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    format!("{stdout}\n{stderr}")
}

/// Asserts the exit code and what the output says.
fn ends(output: &Output, code: i32, says: &[&str]) {
    let text = text(output);
    assert_eq!(output.status.code(), Some(code), "{text}");
    for part in says {
        assert!(text.contains(part), "`{part}` is not in: {text}");
    }
}

/// An executable script.
fn script(path: &Path, body: &str) {
    fs::write(path, format!("#!/bin/sh\n{body}\n")).expect("a file");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("a mode");
}

fn matrix(folder: &Path, row: &str) {
    let text = format!("[[cpu]]\nname = 'small'\ntitle = 'nothing but the baseline'\n{row}\n");
    fs::write(folder.join("matrix.toml"), text).expect("a file");
}

fn a_masked_leg_is_green() {
    let here = folder();
    corpus(here.path());
    let line = "emulate --cpu nehalem --emulator mask --require nehalem --seed 1";
    let output = crcheck(here.path(), line, &[]);
    ends(
        &output,
        0,
        &["nehalem", "passed *", "1 legs passed, 0 did not, 0 skipped"],
    );
    let line = "emulate --cpu penryn --emulator mask --format json --all-tiers";
    let report: Value =
        serde_json::from_slice(&crcheck(here.path(), line, &[]).stdout).expect("JSON");
    let leg = &report["legs"][0];
    assert_eq!(leg["features_seen"], serde_json::json!(["sse4.1"]));
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

/// The cases of planted faults are nobody's: a green run leaves nothing behind.
fn leaves_nothing_behind() {
    let here = folder();
    let line = "emulate --cpu nehalem --emulator mask";
    ends(&crcheck(here.path(), line, &[]), 0, &["1 legs passed"]);
    assert_eq!(fs::read_dir(here.path()).expect("a folder").count(), 0);
}

/// The one signal kills what runs on the played CPU, and there is a report of it.
fn interrupted() {
    let here = folder();
    corpus(here.path());
    let path = played(here.path(), "10.0.2", "echo $$ >pid; sleep 1000");
    let mut child = Command::new(CRCHECK)
        .args(["emulate", "--cpu", "penryn", "--emulator", "qemu"])
        .current_dir(here.path())
        .env("CRCHECK_QEMU", &path)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("it starts");
    let pid = here.path().join("pid");
    while !fs::read_to_string(&pid).is_ok_and(|text| text.ends_with('\n')) {
        std::thread::sleep(std::time::Duration::from_millis(10));
        assert!(
            child.try_wait().expect("a child").is_none(),
            "it ended by itself"
        );
    }
    let kill = |pid: &str| Command::new("kill").args(["-INT", pid]).status();
    assert!(kill(&child.id().to_string()).expect("kill runs").success());
    let output = child.wait_with_output().expect("it ends");
    ends(
        &output,
        130,
        &["penryn: incomplete: verify was interrupted"],
    );
    let pid = fs::read_to_string(pid).expect("a file");
    let state = fs::read_to_string(format!("/proc/{}/stat", pid.trim()));
    assert!(state.is_err(), "what ran is gone");
}

fn an_unexpected_tier() {
    let here = folder();
    corpus(here.path());
    matrix(here.path(), "tier = 'x86-pclmul'");
    let output = crcheck(
        here.path(),
        "emulate --matrix matrix.toml --emulator mask",
        &[],
    );
    let why = "the dispatcher chose portable, where x86-pclmul should run";
    // What it chose is judged all the same.
    ends(&output, 1, &["small: faulty", why, "passed *"]);
}

fn a_planted_fault_that_passes() {
    let here = folder();
    corpus(here.path());
    matrix(here.path(), "tier = 'portable'\nplant = 'good:slicing'");
    let output = crcheck(
        here.path(),
        "emulate --matrix matrix.toml --emulator mask",
        &[],
    );
    ends(&output, 1, &["good:slicing passed: this leg cannot tell"]);
    matrix(here.path(), "tier = 'portable'\nplant = 'canary'");
    let output = crcheck(
        here.path(),
        "emulate --matrix matrix.toml --emulator mask",
        &[],
    );
    ends(&output, 0, &["1 legs passed"]);
}

/// A program that starts others, of which one runs eight threads: all see the CPU that is played. The
/// first must ask for its CPU, which shells do not: crcheck starts a stand-in for QEMU, which is one.
fn a_mask_reaches_children() {
    let here = folder();
    let verify = "verify --depth quick --check threads --tier x86-pclmul --tier portable";
    let body = format!("{CRCHECK} tiers --json\n{CRCHECK} {verify}");
    let path = played(here.path(), "10.0.2", &body);
    let line = format!("mask-cpu nehalem -- {CRCHECK} emulate --cpu penryn --emulator qemu -- -");
    let output = crcheck(here.path(), &line, &[("CRCHECK_QEMU", &path)]);
    ends(
        &output,
        0,
        &[
            "\"tier\": \"portable\"",
            "skipped tier:x86-pclmul: pclmulqdq",
            "pass       threads",
        ],
    );
}

/// A program that is traced already cannot be traced again: that is how the operating system refuses.
fn no_permission_to_trace() {
    let here = folder();
    let line = format!("mask-cpu nehalem -- {CRCHECK} mask-cpu penryn -- {CRCHECK} tiers");
    let output = crcheck(here.path(), &line, &[]);
    ends(
        &output,
        3,
        &["does not let programs be traced", "SYS_PTRACE"],
    );
    assert!(
        !text(&output).contains("available"),
        "it has not run without the mask"
    );
    let line = format!("mask-cpu nehalem -- {CRCHECK} emulate --cpu penryn --emulator mask");
    let output = crcheck(here.path(), &line, &[]);
    ends(&output, 4, &["skipped (mask: the operating system"]);
    let output = crcheck(here.path(), &format!("{line} --require"), &[]);
    ends(&output, 3, &["skipped (mask: the operating system"]);
}

fn nothing_to_mask() {
    let here = folder();
    let output = crcheck(here.path(), "mask-cpu nehalem -- /bin/true", &[]);
    ends(&output, 6, &["has no CPUID instruction"]);
    let output = crcheck(here.path(), "mask-cpu nehalem -- /no/such/program", &[]);
    ends(&output, 6, &["cannot start /no/such/program"]);
}

fn a_command_on_another_cpu() {
    let here = folder();
    let run = |line: &str| crcheck(here.path(), &format!("emulate --emulator mask {line}"), &[]);
    ends(
        &run("--cpu nehalem -- tiers"),
        0,
        &["portable                     available, chosen"],
    );
    ends(
        &run("--cpu nehalem -- replay nothing-here"),
        6,
        &["cannot read nothing-here"],
    );
    let fault = "--cpu nehalem -- verify --depth quick --fault canary --check agree";
    ends(&run(fault), 1, &["FAULT wrong-value: fault:canary"]);
    ends(&run("-- tiers"), 2, &["a command runs on one CPU"]);
}

fn a_case_is_reproduced() {
    let here = folder();
    let found = crcheck(
        here.path(),
        "verify --depth quick --fault planted-portable --check agree",
        &[],
    );
    let text = text(&found);
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("Reproduce with: crcheck "));
    let again = format!(
        "emulate --cpu penryn --emulator mask -- {}",
        line.expect("the line")
    );
    ends(
        &crcheck(here.path(), &again, &[]),
        1,
        &["FAULT wrong-value: fault:planted-portable"],
    );
}

/// What a program called `qemu-x86_64` does that is no emulator: it runs the program natively.
fn native(folder: &Path) -> PathBuf {
    let path = folder.join("qemu-x86_64");
    let body = "[ \"$1\" = --version ] && exec echo QEMU version 10.0.2\nshift 2\nexec \"$@\"";
    script(&path, body);
    path
}

fn an_emulator_that_emulates_nothing() {
    let here = folder();
    corpus(here.path());
    let path = native(here.path());
    let line = "emulate --cpu penryn --emulator qemu";
    let output = crcheck(here.path(), line, &[("CRCHECK_QEMU", &path)]);
    ends(
        &output,
        1,
        &["which this CPU does not have", "the dispatcher chose"],
    );
}

/// A stand-in for QEMU that says it is of this version, and then does something.
fn played(folder: &Path, version: &str, body: &str) -> PathBuf {
    let path = folder.join("qemu-x86_64");
    script(
        &path,
        &format!("[ \"$1\" = --version ] && exec echo 'QEMU version {version}'\n{body}"),
    );
    path
}

fn emulated(folder: &Path, path: &Path, options: &str) -> Output {
    let line = format!("emulate --cpu penryn --emulator qemu {options}");
    crcheck(folder, &line, &[("CRCHECK_QEMU", path)])
}

fn too_old() {
    let here = folder();
    let path = played(here.path(), "5.2.0", "exit 9");
    let reason = "is QEMU 5.2.0; 7.2 or newer is needed";
    ends(&emulated(here.path(), &path, ""), 4, &[reason]);
    ends(
        &emulated(here.path(), &path, "--require"),
        3,
        &[reason, "required"],
    );
    ends(
        &emulated(here.path(), &path, "--require penryn"),
        3,
        &[reason],
    );
    ends(&emulated(here.path(), &path, "-- tiers"), 3, &[reason]);
    script(&path, "echo what is that");
    ends(
        &emulated(here.path(), &path, "--require"),
        3,
        &["--version is not understood"],
    );
    let missing = here.path().join("nowhere");
    ends(
        &emulated(here.path(), &missing, "--require"),
        3,
        &["CRCHECK_QEMU names no qemu-x86_64"],
    );
    let other = here.path().join("qemu-aarch64");
    script(&other, "exit 0");
    ends(
        &emulated(here.path(), &other, "--require"),
        3,
        &["CRCHECK_QEMU names no qemu-x86_64"],
    );
}

fn hangs() {
    let here = folder();
    corpus(here.path());
    let path = played(here.path(), "10.0.2", "echo begun >&2; sleep 1000");
    let output = emulated(here.path(), &path, "--deadline 300ms");
    ends(
        &output,
        5,
        &["did not end within 0.3 s", "last said: begun"],
    );
}

fn crashes() {
    let here = folder();
    corpus(here.path());
    let path = played(here.path(), "10.0.2", "kill -SEGV $$");
    ends(
        &emulated(here.path(), &path, ""),
        6,
        &["ended with signal: 11"],
    );
    let body =
        "echo 'qemu: uncaught target signal 11 (Segmentation fault) - core dumped' >&2; exit 139";
    let path = played(here.path(), "10.0.2", body);
    ends(
        &emulated(here.path(), &path, ""),
        6,
        &["the program died: qemu: uncaught target signal 11"],
    );
    let body =
        "echo 'qemu: uncaught target signal 4 (Illegal instruction) - core dumped' >&2; exit 132";
    let path = played(here.path(), "10.0.2", body);
    ends(
        &emulated(here.path(), &path, ""),
        1,
        &["penryn: illegal instruction"],
    );
}

fn not_understood() {
    let here = folder();
    corpus(here.path());
    for body in ["echo nonsense", "echo '{\"verdict\": \"pass\"}'", "true"] {
        let path = played(here.path(), "10.0.2", body);
        ends(
            &emulated(here.path(), &path, ""),
            6,
            &["what it printed is not understood"],
        );
    }
}

/// A program that says "pass" and has done nothing.
fn visits_no_cell() {
    let here = folder();
    corpus(here.path());
    let report = r#"{"verdict":"pass","depth":"quick","environment":{"features":["sse4.1"],"tier":"portable"},"checks":[{"subject":"tier:portable","verdict":"pass","cells":0}],"findings":[]}"#;
    let path = played(here.path(), "10.0.2", &format!("cat <<'E'\n{report}\nE"));
    ends(
        &emulated(here.path(), &path, ""),
        4,
        &["no cell of portable was visited"],
    );
    let report = report.replace("\"cells\":0", "\"cells\":9");
    let path = played(here.path(), "10.0.2", &format!("cat <<'E'\n{report}\nE"));
    ends(
        &emulated(here.path(), &path, ""),
        4,
        &["the corpora were not replayed"],
    );
}

/// A stand-in notes what it was asked, and says that it judged one tier: the one that was named, or the chosen one.
fn how_far_tiers_go() {
    let own = "x86-pclmul";
    let report = concat!(
        r#"{"verdict":"pass","depth":"DEPTH","findings":[],"#,
        r#""environment":{"features":["sse4.1","pclmulqdq"],"tier":"x86-pclmul"},"#,
        r#""checks":[{"subject":"tier:TIER","verdict":"pass","cells":9}]}"#
    );
    // What it was asked goes to a file, and its answer names the depth and the tier.
    let body = format!(
        r#"echo "$@" >>asked
tier={own} depth=
case "$*" in *--tier\ portable*) tier=portable;; *\ replay\ *) depth='replay of 2 cases';; esac
for word; do [ "$last" = --depth ] && depth=$word; last=$word; done
sed "s/TIER/$tier/; s/DEPTH/$depth/" <<'E'
{report}
E"#
    );
    // Asked for all tiers, it judges one: the other is missed.
    let missed = "no cell of portable was visited";
    let all = &[][..];
    for (options, expected, replayed, reason) in [
        (
            "--depth quick",
            &[("quick", &[own][..])][..],
            &[&[own][..]][..],
            "the planted fault:planted-x86-pclmul passed",
        ),
        ("--depth default", &[("default", all)], &[], missed),
        (
            "--depth deep",
            &[("deep", &[own]), ("default", &["portable"])],
            &[all],
            "the corpora were not replayed on portable",
        ),
        ("--depth deep --all-tiers", &[("deep", all)], &[], missed),
    ] {
        let here = folder();
        corpus(here.path());
        let path = played(here.path(), "10.0.2", &body);
        let line = format!("emulate --cpu westmere --emulator qemu --format json {options}");
        let output = crcheck(here.path(), &line, &[("CRCHECK_QEMU", path.as_path())]);
        let asked = fs::read_to_string(here.path().join("asked")).expect("what was asked");
        let after = |line: &str, option: &str| -> Vec<String> {
            let words: Vec<&str> = line.split(' ').collect();
            let pairs = words.windows(2).filter(|pair| pair[0] == option);
            pairs.map(|pair| pair[1].to_owned()).collect()
        };
        let lines =
            |command: &'static str| asked.lines().filter(move |line| line.contains(command));
        let verified: Vec<(String, Vec<String>)> = lines(" verify --no-seeds ")
            .map(|line| {
                assert_eq!(after(line, "--messages"), ["2"], "{line}");
                (after(line, "--depth").concat(), after(line, "--tier"))
            })
            .collect();
        let on: Vec<Vec<String>> = lines(" replay ")
            .map(|line| after(line, "--tier"))
            .collect();
        assert_eq!(on, replayed, "{options}");
        let expected: Vec<(String, Vec<String>)> = expected
            .iter()
            .map(|(depth, tiers)| {
                let tiers = tiers.iter().map(ToString::to_string);
                (depth.to_string(), tiers.collect())
            })
            .collect();
        assert_eq!(verified, expected, "{options}");
        let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let told = report["legs"][0]["tiers"].as_array().expect("tiers");
        let depths: Vec<&str> = told
            .iter()
            .filter_map(|tier| tier["depth"].as_str())
            .collect();
        let asked: Vec<&str> = expected.iter().map(|(depth, _)| depth.as_str()).collect();
        assert_eq!(depths, asked, "{options}");
        let reasons = report["legs"][0]["reasons"].to_string();
        assert!(reasons.contains(reason), "{options}: {reasons}");
    }
}

/// A program that goes to depth quick whatever it is asked.
fn goes_less_deep() {
    let here = folder();
    corpus(here.path());
    let report = concat!(
        r#"{"verdict":"pass","depth":"quick","findings":[],"#,
        r#""environment":{"features":["sse4.1"],"tier":"portable"},"#,
        r#""checks":[{"subject":"tier:portable","verdict":"pass","cells":9}]}"#
    );
    let path = played(here.path(), "10.0.2", &format!("cat <<'E'\n{report}\nE"));
    ends(
        &emulated(here.path(), &path, "--depth deep"),
        4,
        &["verify was to go to depth deep and went to `quick`"],
    );
}

fn unknown_cpu() {
    let here = folder();
    ends(
        &crcheck(here.path(), "emulate --cpu nehalm", &[]),
        2,
        &["did you mean `nehalem`?"],
    );
    ends(
        &crcheck(here.path(), "emulate --require zen9", &[]),
        2,
        &["no CPU is called `zen9`"],
    );
    ends(
        &crcheck(here.path(), "emulate --emulator bochs", &[]),
        2,
        &["auto, sde, qemu, mask"],
    );
    ends(
        &crcheck(here.path(), "emulate --arch vax", &[]),
        2,
        &["no CPU of the architecture `vax`"],
    );
}

fn another_architecture() {
    let here = folder();
    let mut program = fs::read(CRCHECK).expect("the program");
    // e_machine: EM_AARCH64.
    program[18..20].copy_from_slice(&183_u16.to_le_bytes());
    let path = here.path().join("crcheck-aarch64");
    fs::write(&path, program).expect("a file");
    let worker = path.display();
    let output = crcheck(
        here.path(),
        &format!("emulate --cpu nehalem --worker {worker}"),
        &[],
    );
    ends(
        &output,
        2,
        &["nehalem is a CPU of x86_64", "is for aarch64"],
    );
    fs::write(&path, "no program").expect("a file");
    let output = crcheck(
        here.path(),
        &format!("emulate --cpu nehalem --worker {worker}"),
        &[],
    );
    ends(&output, 6, &["cannot run"]);
}

fn malformed_matrix() {
    let here = folder();
    matrix(here.path(), "tier = 'x86-pclmull'");
    let output = crcheck(here.path(), "emulate --matrix matrix.toml", &[]);
    ends(&output, 6, &["CPU `small`", "did you mean `x86-pclmul`?"]);
    let output = crcheck(here.path(), "emulate --matrix nowhere.toml", &[]);
    ends(&output, 6, &["cannot read nowhere.toml"]);
}

/// This is no SDE: a script of this name that prints what SDE's documentation says it prints.
fn sde_stand_in(folder: &Path, body: &str) {
    let version = "[ \"$1\" = -version ] && exec echo 'Intel(R) Software Development Emulator.  Version:  9.33.0 external'";
    script(
        &folder.join("sde64"),
        &format!("{version}\necho \"$@\" >>arguments\n{body}"),
    );
}

fn with_sde(folder: &Path, line: &str) -> Output {
    crcheck(folder, line, &[("SDE_PATH", folder)])
}

const REFUSED: &str = "TID 0 SDE-ERROR: Executed instruction not valid for specified chip (PENRYN): 0x40118c pclmullqlqdq xmm2, xmm0
Image: /usr/bin/crcheck+0x118c (in multi-region image, region# 1)
Function: crcheck_faults::parts::instructions::x86_64::update_by_pclmulqdq::run
Instruction bytes are: 66 0f 3a 44 d0 00";

/// The stand-in plays the CPU by masking, and refuses the instruction that a planted fault executes.
fn sde_stand_in_green() {
    let here = folder();
    corpus(here.path());
    sde_stand_in(
        here.path(),
        &format!(
            "case \"$*\" in *dispatch-sse41*) cat >&2 <<'E'\n{REFUSED}\nE\nexit 1;; esac
shift 3
exec {CRCHECK} mask-cpu penryn -- \"$@\""
        ),
    );
    let output = with_sde(here.path(), "emulate --cpu penryn --require");
    ends(
        &output,
        0,
        &[
            "sde 9.33.0",
            "passed *",
            "Instruction bytes are: 66 0f 3a 44 d0 00",
        ],
    );
    let arguments = fs::read_to_string(here.path().join("arguments")).expect("a file");
    assert!(
        arguments.starts_with("-pnr -chip_check_exe_only -- "),
        "{arguments}"
    );
    // The same words for what was not planted are a fault.
    sde_stand_in(here.path(), &format!("cat >&2 <<'E'\n{REFUSED}\nE\nexit 1"));
    let output = with_sde(here.path(), "emulate --cpu penryn");
    ends(
        &output,
        1,
        &["penryn: illegal instruction", "Function: crcheck_faults"],
    );
    let output = with_sde(here.path(), "emulate --cpu penryn -- tiers");
    ends(&output, 1, &["an illegal instruction on penryn"]);
}

fn sde_stand_in_errors() {
    let here = folder();
    corpus(here.path());
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
        sde_stand_in(here.path(), &format!("cat >&2 <<'E'\n{says}\nE\nexit 1"));
        let output = with_sde(here.path(), "emulate --cpu penryn");
        ends(&output, 6, &["penryn: emulator failed", hint]);
        let output = with_sde(here.path(), "emulate --cpu penryn -- tiers");
        ends(&output, 6, &[hint]);
    }
    fs::remove_file(here.path().join("sde64")).expect("a file");
    let output = with_sde(here.path(), "emulate --cpu penryn --emulator sde --require");
    ends(&output, 3, &["SDE_PATH holds no sde64"]);
}

fn sde_stand_in_definition() {
    let here = folder();
    corpus(here.path());
    sde_stand_in(here.path(), "cat \"$4\"; exit 0");
    let output = with_sde(here.path(), "emulate --cpu zen2 -- tiers");
    ends(&output, 0, &["AMD Zen 2", "00000001 ******** => 00830F10"]);
    let arguments = fs::read_to_string(here.path().join("arguments")).expect("a file");
    assert!(
        arguments.starts_with("-skl -chip_check_exe_only -cpuid-in "),
        "{arguments}"
    );
}

fn reports_follow_their_schema() {
    let schema = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/emulate.schema.json"
    );
    let schema = fs::read_to_string(schema).expect("the schema");
    let schema: Value = serde_json::from_str(&schema).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    assert!(!validator.is_valid(&Value::Null));
    let here = folder();
    corpus(here.path());
    let path = played(here.path(), "5.2.0", "exit 9");
    matrix(here.path(), "tier = 'x86-pclmul'");
    for (line, verdict) in [
        (
            "emulate --cpu westmere,penryn --emulator mask --format json",
            "pass",
        ),
        (
            "emulate --matrix matrix.toml --emulator mask --format json",
            "fail",
        ),
        (
            "emulate --cpu penryn --emulator qemu --require --format json",
            "void",
        ),
        ("emulate --purity --format json", "pass"),
    ] {
        let output = crcheck(here.path(), line, &[("CRCHECK_QEMU", &path)]);
        let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let errors: Vec<String> = validator
            .iter_errors(&report)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{line}: {errors:?}");
        assert_eq!(report["verdict"], verdict, "{line}");
    }
    let line = "emulate --cpu penryn --emulator qemu --require --format junit";
    let output = crcheck(here.path(), line, &[("CRCHECK_QEMU", &path)]);
    ends(&output, 3, &["<error", "7.2 or newer"]);
    let line = "emulate --cpu penryn --emulator mask --format jsonl";
    let output = crcheck(here.path(), line, &[]);
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(lines[0]["leg"]["outcome"], "passed");
    assert_eq!(lines[1]["schema"], "crcheck/emulate/1");
}

fn qemu_attributes() {
    let here = folder();
    corpus(here.path());
    let line = "emulate --cpu haswell --emulator qemu --require --format json";
    let output = crcheck(here.path(), line, &[]);
    ends(&output, 0, &[]);
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
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
        serde_json::json!(["vpclmulqdq: CPUID leaf 0x7 ECX bit 10 is 0"])
    );
    assert_eq!(illegal["tier"], "x86-avx2-vpclmul");
    assert!(
        illegal["function"]
            .as_str()
            .is_some_and(|name| name.ends_with("vpclmulqdq::run"))
    );
}

fn qemu_legs_are_green() {
    let here = folder();
    corpus(here.path());
    let line = "emulate --cpu nehalem,westmere --emulator qemu --require";
    ends(
        &crcheck(here.path(), line, &[]),
        0,
        &["2 legs passed, 0 did not, 0 skipped"],
    );
    let line = "emulate --cpu zen4 --emulator qemu --require";
    let reason = "qemu: no version has a model with its features, required";
    ends(&crcheck(here.path(), line, &[]), 3, &[reason]);
}

fn qemu_command_is_illegal() {
    let here = folder();
    let line = "emulate --cpu haswell --emulator qemu -- verify --depth quick --check agree --fault dispatch-avx2-runs-vpclmul";
    let output = crcheck(here.path(), line, &[]);
    ends(
        &output,
        1,
        &[
            "FAULT illegal-instruction: fault:dispatch-avx2-runs-vpclmul executes an instruction that needs vpclmulqdq",
            "CPUID leaf 0x7 ECX bit 10 is 0",
        ],
    );
}

fn qemu_unknown_model() {
    let here = folder();
    corpus(here.path());
    matrix(here.path(), "tier = 'portable'\nqemu = 'NoSuchModel'");
    let output = crcheck(
        here.path(),
        "emulate --matrix matrix.toml --emulator qemu",
        &[],
    );
    ends(&output, 6, &["-cpu help` lists what QEMU"]);
}
