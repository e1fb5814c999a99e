//! Limits that the operating system sets on crcheck.

mod common;

use common::{folder, shell, stderr};
use std::fs::File;

/// A write beyond the limit of a process on its files sends it a signal, which would end it.
#[test]
fn a_limit_on_files_is_an_error_of_the_write() {
    let here = folder();
    // Shells count in blocks of 512 or 1024 bytes: the limit is 32 or 64 MiB. What is appended to
    // this file lies beyond it.
    let full = File::options()
        .create(true)
        .append(true)
        .open(here.path().join("full"))
        .expect("a file");
    full.set_len(128 << 20).expect("a sparse file");
    let verify = "verify --depth quick --tier portable --check agree";
    let mut shell = shell(here.path(), "ulimit -f 65536; exec \"$@\"", verify);
    let output = shell.stdout(full).output().expect("the shell starts");
    assert_eq!(output.status.code(), Some(6), "{}", stderr(&output));
    assert!(stderr(&output).contains("cannot write stdout: File too large"));
}

#[test]
fn without_memory_for_messages_there_is_no_run() {
    let here = folder();
    let verify = "verify --depth quick --tier portable --check agree";
    let mut shell = shell(here.path(), "ulimit -f 0; exec \"$@\"", verify);
    let output = shell.output().expect("the shell starts");
    assert_eq!(output.status.code(), Some(6), "{}", stderr(&output));
    assert!(stderr(&output).contains("cannot map message memory: File too large"));
}
