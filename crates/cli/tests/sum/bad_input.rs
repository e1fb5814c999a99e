//! Files that change or vanish, full disks, closed streams: the rest of the work is done.

use crate::common::{code, command, crcheck, files, folder, shell, stderr, stdout};
use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

/// A file of 200 MiB that is mostly a hole, so that it costs nothing.
fn write_long(path: &Path) {
    let file = File::create(path).expect("a file");
    file.set_len(200 << 20).expect("a hole");
}

/// The bytes that process `id` has read so far, if it still runs.
fn read_bytes(id: u32) -> Option<u64> {
    let io = fs::read_to_string(format!("/proc/{id}/io")).ok()?;
    io.lines()
        .find_map(|line| line.strip_prefix("rchar: ")?.parse().ok())
}

/// Stops `child` while it reads `len_bytes` bytes; false if it was faster.
fn stop_while_it_reads(child: &mut Child, len_bytes: u64) -> bool {
    while child.try_wait().expect("a child").is_none() {
        if read_bytes(child.id()).is_some_and(|read| read > 1 << 20) {
            signal(child, rustix::process::Signal::STOP);
            // A stop takes effect when the call that is under way ends.
            thread::sleep(Duration::from_millis(20));
            return read_bytes(child.id()).is_some_and(|read| read < len_bytes);
        }
    }
    false
}

fn signal(child: &Child, signal: rustix::process::Signal) {
    let id = rustix::process::Pid::from_child(child);
    // One that has ended takes no signal.
    let _ = rustix::process::kill_process(id, signal);
}

#[test]
#[cfg_attr(not(target_arch = "x86_64"), ignore = "the emulator gets the signal")]
fn a_file_that_grows_or_shrinks_while_it_is_read_has_no_checksum() {
    const LEN_BYTES: u64 = 64 << 20;
    let here = folder();
    fs::write(here.path().join("nine"), "123456789").expect("a file");
    let path = here.path().join("long");
    for now in [LEN_BYTES + 4096, LEN_BYTES - 4096, 1 << 20] {
        let output = loop {
            fs::write(&path, vec![7; LEN_BYTES as usize]).expect("a file");
            // A table takes longer.
            let line = "sum --model crc-64/xz --threads 1 --io read long nine";
            let mut command = command(here.path(), line);
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
            let mut child = command.spawn().expect("it starts");
            let stopped = stop_while_it_reads(&mut child, LEN_BYTES);
            if stopped {
                let file = File::options().write(true).open(&path).expect("the file");
                file.set_len(now).expect("own");
            }
            signal(&child, rustix::process::Signal::CONT);
            let output = child.wait_with_output().expect("a child");
            if stopped {
                break output;
            }
        };
        assert_eq!(code(&output), 6, "{now}: {}", stdout(&output));
        assert_eq!(stdout(&output), "995dc9bbdf1939fa  nine\n");
        assert!(
            stderr(&output).contains("cannot sum long: "),
            "{}",
            stderr(&output)
        );
    }
}

#[test]
fn results_that_cannot_be_written_are_one_error_and_errors_of_files_still_come() {
    let here = folder();
    fs::write(here.path().join("nine"), "123456789").expect("a file");
    fs::write(here.path().join("list"), "cbf43927  nine\n").expect("a list");
    for (script, line, expected) in [
        ("\"$@\" > /dev/full", "sum nine nowhere nine", 6),
        ("\"$@\"", "sum nine nowhere --output /dev/full", 6),
        ("\"$@\"", "sum nine nowhere --output no/such/list", 6),
        ("\"$@\" >&-", "sum nine nowhere", 6),
        ("\"$@\" > /dev/full", "sum --json nine nowhere", 6),
        ("\"$@\" > /dev/full", "identify cbf43926 nine", 6),
        // What is found outranks it.
        ("\"$@\" > /dev/full", "sum --check list", 1),
    ] {
        let output = shell(here.path(), script, line).output().expect("a shell");
        assert_eq!(code(&output), expected, "{line}: {}", stderr(&output));
        let err = stderr(&output);
        assert_eq!(
            err.matches("error: cannot write").count(),
            1,
            "{line}: {err}"
        );
        if line.contains("nowhere") && !script.contains(">&-") && !line.contains("no/such") {
            assert!(err.contains("cannot sum nowhere"), "{line}: {err}");
        }
    }
    assert_eq!(files(here.path()), ["list", "nine"]);
}

/// Nothing more can be said to a reader that is gone, so nothing more is read.
#[test]
fn a_reader_that_is_gone_ends_the_run() {
    let here = folder();
    fs::write(here.path().join("nine"), "123456789").expect("a file");
    write_long(&here.path().join("long"));
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut command = command(here.path(), "sum nine long long long");
    let output = command.stdout(writer).stderr(Stdio::piped()).output();
    let output = output.expect("it starts");
    assert_eq!(code(&output), 6);
    assert!(stderr(&output).contains("cannot write stdout: Broken pipe"));
}

#[test]
fn an_output_is_whole_and_replaces_no_input() {
    let here = folder();
    fs::write(here.path().join("nine"), "123456789").expect("a file");
    let output = crcheck(here.path(), "sum nine --output sums");
    assert_eq!((code(&output), stdout(&output).as_str()), (0, ""));
    let sums = fs::read_to_string(here.path().join("sums")).expect("the sums");
    assert_eq!(sums, "cbf43926  nine\n");
    for line in [
        "sum nine --output nine",
        "sum --check sums --output sums",
        "identify cbf43926 --file nine --output nine",
    ] {
        assert_eq!(code(&crcheck(here.path(), line)), 2, "{line}");
    }
    assert_eq!(files(here.path()), ["nine", "sums"]);
}

/// Whatever the way to it is.
#[test]
fn a_file_that_is_read_is_never_replaced() {
    let here = folder();
    fs::create_dir(here.path().join("r")).expect("a folder");
    for name in ["nine", "r/a"] {
        fs::write(here.path().join(name), "123456789").expect("a file");
    }
    fs::write(here.path().join("list"), "cbf43926  r/a\ncbf43926  nine\n").expect("a list");
    fs::write(here.path().join("of-stdin"), "cbf43926  -\n").expect("a list");
    symlink("r/a", here.path().join("ln")).expect("a link");
    fs::hard_link(here.path().join("r/a"), here.path().join("hard")).expect("a link");
    for (script, line) in [
        ("\"$@\"", "sum --check --output nine list"),
        ("\"$@\"", "sum --check --output ln list --json"),
        ("\"$@\" < nine", "sum --output nine"),
        ("\"$@\" < nine", "sum - --output nine"),
        ("\"$@\" < nine", "sum --check of-stdin --output nine"),
        ("\"$@\" < nine", "identify 1 - --output nine"),
        ("\"$@\"", "sum -r r --output ln"),
        ("\"$@\"", "sum -r r --output hard"),
        ("\"$@\"", "sum -r r --output r/a --json"),
    ] {
        let output = shell(here.path(), script, line).output().expect("a shell");
        let err = stderr(&output);
        assert_eq!(code(&output), 2, "{line}: {err}");
        assert!(err.contains("would replace"), "{line}: {err}");
        for name in ["nine", "r/a"] {
            let text = fs::read_to_string(here.path().join(name)).expect("a file");
            assert_eq!(text, "123456789", "{line}");
        }
    }
    assert_eq!(files(&here.path().join("r")), ["a"]);
}

#[test]
fn a_run_without_a_result_leaves_the_old_output() {
    let here = folder();
    fs::write(here.path().join("prev"), "old").expect("a file");
    fs::write(here.path().join("nine"), "123456789").expect("a file");
    let prev = || fs::read_to_string(here.path().join("prev")).expect("a file");
    for line in ["sum --output prev gone", "sum --check gone --output prev"] {
        let output = crcheck(here.path(), line);
        assert_eq!(code(&output), 6);
        let err = stderr(&output);
        assert!(
            err.contains("prev is not written, since there is no result"),
            "{err}"
        );
        assert_eq!(prev(), "old");
    }
    // Those that have a checksum are in it.
    let output = crcheck(here.path(), "sum --output prev gone nine");
    assert_eq!(code(&output), 6);
    assert_eq!(prev(), "cbf43926  nine\n");
}
