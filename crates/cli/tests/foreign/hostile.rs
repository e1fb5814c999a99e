//! What a subject tries against the outside is refused, and what a right one needs is not. What it
//! leaves behind ends with crcheck, and what is the user's goes on.

use crate::common::{CRCHECK, code, folder, stderr, stdout};
use crate::kernels::{NamedTest, built, crcheck};
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

pub(crate) const TRIALS: &[NamedTest] = &[
    ("what a hostile library tries is refused", hostile_library),
    ("what a runtime needs is not refused", runtime),
    (
        "a process that nobody waits for ends with the run",
        lingering_process,
    ),
    (
        "the children of whoever became crcheck go on",
        children_of_the_user,
    ),
];

/// Attempts that every system takes up outside of a sandbox, whoever makes them.
const TAKEN_ANYWHERE: &[&str] = &[
    "prlimit",
    "setpriority",
    "ioprio_set",
    "kill",
    "f_setown",
    "setsid",
    "setpgid",
    "socket_unix",
    "socketpair_datagram",
    "shmget",
    "semget",
    "msgget",
    "fs_ioc_setflags",
    "tiocsti",
    "inherited_descriptor",
];

fn hostile_library() {
    let here = folder();
    let victim = here.path().join("victim");
    // The shell opens it, and crcheck inherits it.
    let run = |words: &[&str]| {
        let mut command = Command::new("sh");
        command.args(["-c", "exec 9>>victim; exec \"$@\"", "sh"]);
        command.args(words).current_dir(here.path());
        let output = command.env("CRCHECK_TEST_VICTIM", &victim).output();
        output.expect("the shell starts")
    };
    let [program, library] = ["hostile", "hostile.so"].map(|name| built().join(name));
    let outside = stdout(&run(&[&program.display().to_string()]));
    let (taken, refused): (Vec<_>, Vec<_>) =
        outside.lines().partition(|line| line.ends_with(" taken"));
    for name in TAKEN_ANYWHERE {
        let is_taken = taken
            .iter()
            .any(|line| line.split(' ').next() == Some(name));
        assert!(
            is_taken,
            "{name} is refused outside of the sandbox: {outside}"
        );
    }
    eprintln!(
        "{} attempts; {} say nothing, since they are refused here anyway: {refused:?}",
        taken.len() + refused.len(),
        refused.len()
    );
    let library = library.display().to_string();
    let words = [CRCHECK, "verify", "--depth", "quick", "--check", "agree"];
    let of_library = ["--lib", &library, "--symbol", "crc32_hostile"];
    let inside = run(&[&words[..], &of_library].concat());
    let text = stdout(&inside);
    if !text.contains(", seccomp") {
        eprintln!("no seccomp here: {text}");
        return;
    }
    assert_eq!(code(&inside), 0, "{text}{}", stderr(&inside));
}

fn runtime() {
    let here = folder();
    let line = "verify --depth quick --check agree --lib @/runtime.so --symbol crc32_runtime";
    let output = crcheck(here.path(), line);
    assert_eq!(code(&output), 0, "{}", stdout(&output));
}

/// The processes whose command line has this text.
fn processes(text: &str) -> Vec<PathBuf> {
    let all = fs::read_dir("/proc").expect("a folder").flatten();
    let paths = all.map(|process| process.path());
    let named = paths.filter(|path| {
        let line = fs::read(path.join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains(text)
    });
    named.collect()
}

fn lingering_process() {
    let here = folder();
    let library = here.path().join("lingering.so");
    fs::copy(built().join("hostile.so"), &library).expect("a copy");
    let library = library.display().to_string();
    for subject in [
        format!("--lib {library} --symbol crc32_lingers"),
        // It does not answer. Its children are orphans.
        format!("--cmd \"sh -c '(sleep 1000 &) ; exec sleep 1000' {library}\""),
    ] {
        let options = "--depth quick --check agree --call-timeout 300ms";
        crcheck(here.path(), &format!("verify {options} {subject}"));
        assert_eq!(processes(&library), Vec::<PathBuf>::new(), "{subject}");
    }
}

/// A shell starts a process in the background and then becomes crcheck.
fn children_of_the_user() {
    let here = folder();
    let sleep = here.path().join("sleeps-for-the-user");
    fs::copy("/bin/sleep", &sleep).expect("a copy");
    let line = "./sleeps-for-the-user 1000 & exec \"$0\" verify --depth quick --tier portable";
    let output = Command::new("sh")
        .args(["-c", line, CRCHECK])
        .current_dir(here.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    let left = processes("sleeps-for-the-user");
    for process in &left {
        let number = process.file_name().expect("a number");
        let killed = Command::new("kill").arg(number).status();
        assert!(killed.expect("kill runs").success());
    }
    assert!(output.expect("the shell starts").success());
    assert_eq!(left.len(), 1);
}
