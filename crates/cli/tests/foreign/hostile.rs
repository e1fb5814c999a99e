//! What a subject tries against the outside is refused, and what a right one needs is not. What it
//! leaves behind ends with crcheck, and what is the user's goes on.

use crate::common::{code, folder, shell, stderr, stdout};
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
    // The shell opens it, and what it becomes inherits it.
    let script = "exec 9>>victim; exec \"$@\"";
    let program = built().join("hostile");
    let outside = Command::new("sh")
        .args(["-c", script, "sh"])
        .arg(program)
        .current_dir(here.path())
        .env("CRCHECK_TEST_VICTIM", &victim)
        .output();
    let outside = stdout(&outside.expect("the shell starts"));
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
    let library = built().join("hostile.so");
    let library = format!("--lib {} --symbol crc32_hostile", library.display());
    let line = format!("verify --depth quick --check agree {library}");
    let mut inside = shell(here.path(), script, &line);
    let inside = inside.env("CRCHECK_TEST_VICTIM", &victim).output();
    let inside = inside.expect("the shell starts");
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
    let script = "./sleeps-for-the-user 1000 & exec \"$@\"";
    let mut shell = shell(here.path(), script, "verify --depth quick --tier portable");
    shell.stdout(Stdio::null()).stderr(Stdio::null());
    let status = shell.status();
    let left = processes("sleeps-for-the-user");
    for process in &left {
        let number = process.file_name().expect("a number");
        let killed = Command::new("kill").arg(number).status();
        assert!(killed.expect("kill runs").success());
    }
    assert!(status.expect("the shell starts").success());
    assert_eq!(left.len(), 1);
}
