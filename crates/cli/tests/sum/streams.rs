//! What has no length: pipes, sockets, FIFOs, devices, files of the kernel; sparse and empty files.

use crate::common::{code, command, crcheck, folder, shell, stderr, stdout};
use std::fs::{self, File};
use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::thread;

#[test]
fn stdin_is_summed_whatever_it_is() {
    let here = folder();
    fs::write(here.path().join("nine"), "123456789").expect("a file");
    for (script, sum) in [
        ("printf 123456789 | \"$@\"", "cbf43926"),
        (
            "(printf 1234; sleep 0.3; printf 56789) | \"$@\"",
            "cbf43926",
        ),
        ("\"$@\" < nine", "cbf43926"),
        ("\"$@\" < /dev/null", "00000000"),
        ("(head -c 3 > /dev/null; \"$@\") < /dev/null", "00000000"),
    ] {
        for line in ["sum", "sum -", "sum --verify"] {
            let output = shell(here.path(), script, line).output().expect("a shell");
            assert_eq!(
                stdout(&output),
                format!("{sum}  -\n"),
                "{script}: {}",
                stderr(&output)
            );
        }
    }
    let (ours, mut theirs) = UnixStream::pair().expect("sockets");
    theirs.write_all(b"123456789").expect("room");
    drop(theirs);
    let mut command = command(here.path(), "sum");
    let output = command.stdin(Stdio::from(OwnedFd::from(ours))).output();
    assert_eq!(stdout(&output.expect("it starts")), "cbf43926  -\n");
    let closed = shell(here.path(), "\"$@\" <&-", "sum - nine")
        .output()
        .expect("a shell");
    assert_eq!(code(&closed), 6);
    assert_eq!(stdout(&closed), "cbf43926  nine\n");
    assert!(stderr(&closed).contains("cannot sum stdin: it is closed"));
}

#[test]
fn files_of_the_kernel_and_devices_are_read_to_their_end() {
    let here = folder();
    let version = fs::read("/proc/version").expect("a file of the kernel");
    fs::write(here.path().join("copy"), version).expect("a copy");
    let output = crcheck(here.path(), "sum /proc/version copy /dev/null");
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let text = stdout(&output);
    let sums: Vec<&str> = text.lines().map(|line| &line[..8]).collect();
    assert_eq!(sums[0], sums[1]);
    assert_eq!(sums[2], "00000000");
}

#[test]
fn a_fifo_that_the_command_line_names_is_read() {
    let here = folder();
    let path = here.path().join("fifo");
    let made = Command::new("mkfifo").arg(&path).status();
    assert!(made.expect("mkfifo starts").success());
    let writer = thread::spawn(move || fs::write(path, "123456789"));
    let output = crcheck(here.path(), "sum fifo");
    assert_eq!(stdout(&output), "cbf43926  fifo\n", "{}", stderr(&output));
    writer.join().expect("no panic").expect("written");
}

#[test]
fn sparse_and_empty_files_are_what_they_hold() {
    let here = folder();
    let sparse = File::create(here.path().join("sparse")).expect("a file");
    sparse.set_len(40 << 20).expect("a hole");
    fs::write(here.path().join("full"), vec![0; 40 << 20]).expect("a file");
    File::create(here.path().join("empty")).expect("a file");
    for io in ["auto", "read", "mmap"] {
        let output = crcheck(here.path(), &format!("sum sparse full empty --io {io}"));
        let text = stdout(&output);
        let sums: Vec<&str> = text.lines().map(|line| &line[..8]).collect();
        assert_eq!(sums.len(), 3, "{io}: {}", stderr(&output));
        assert_eq!(sums[0], sums[1], "{io}");
        assert_eq!(sums[2], "00000000");
    }
}
