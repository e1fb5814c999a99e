//! An interrupt: what was done stands, also if the next file never ends or never begins.

use crate::common::{CRCHECK, folder, interrupt};
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Nothing here takes a second.
const DEADLINE: Duration = Duration::from_secs(60);

fn start(folder: &Path, line: &str) -> Child {
    let mut command = Command::new(CRCHECK);
    command.args(line.split(' ')).current_dir(folder);
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    command.stderr(Stdio::piped()).spawn().expect("it starts")
}

fn end(child: &mut Child) -> Option<i32> {
    let began = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("a child") {
            return status.code();
        }
        assert!(began.elapsed() < DEADLINE, "it hangs");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
#[cfg_attr(not(target_arch = "x86_64"), ignore = "the emulator gets the signal")]
fn what_was_printed_before_an_endless_file_stands() {
    let here = folder();
    fs::write(here.path().join("nine"), "123456789").expect("a file");
    for endless in ["/dev/zero", "-"] {
        let mut child = start(here.path(), &format!("sum nine {endless} nine"));
        let mut lines = BufReader::new(child.stdout.take().expect("piped"));
        let mut line = String::new();
        lines.read_line(&mut line).expect("a line");
        assert_eq!(line, "cbf43926  nine\n");
        std::thread::sleep(Duration::from_millis(100));
        interrupt(child.id());
        assert_eq!(end(&mut child), Some(5), "{endless}");
        let mut rest = String::new();
        lines.read_to_string(&mut rest).expect("text");
        assert_eq!(rest, "");
    }
}

#[test]
#[cfg_attr(not(target_arch = "x86_64"), ignore = "the emulator gets the signal")]
fn an_interrupt_before_any_result_is_130_and_leaves_an_old_output_as_it_was() {
    let here = folder();
    fs::write(here.path().join("sums"), "old").expect("a file");
    let fifo = Command::new("mkfifo")
        .arg(here.path().join("fifo"))
        .status();
    assert!(fifo.expect("mkfifo starts").success());
    for line in [
        "sum",
        "sum /dev/zero --output sums",
        "sum fifo --output sums",
        "sum --check",
        "identify 0x1 --file /dev/zero --output sums",
        "identify 0x1 -",
    ] {
        let mut child = start(here.path(), line);
        std::thread::sleep(Duration::from_millis(300));
        interrupt(child.id());
        assert_eq!(end(&mut child), Some(130), "{line}");
    }
    let old = fs::read_to_string(here.path().join("sums")).expect("the file");
    assert_eq!(old, "old");
    assert_eq!(crate::common::files(here.path()), ["fifo", "sums"]);
}

#[test]
#[cfg_attr(not(target_arch = "x86_64"), ignore = "the emulator gets the signal")]
fn an_interrupted_list_replaces_no_whole_one() {
    let here = folder();
    fs::write(here.path().join("nine"), "123456789").expect("a file");
    fs::write(here.path().join("sums"), "old").expect("a file");
    for line in [
        "sum nine /dev/zero --output sums",
        // An error is a result too, and 5 comes before 6.
        "sum gone /dev/zero --output sums",
    ] {
        let mut child = start(here.path(), line);
        std::thread::sleep(Duration::from_millis(500));
        interrupt(child.id());
        assert_eq!(end(&mut child), Some(5), "{line}");
        let mut err = String::new();
        let mut stderr = child.stderr.take().expect("piped");
        stderr.read_to_string(&mut err).expect("text");
        assert!(err.contains("sums is not written"), "{err}");
        let old = fs::read_to_string(here.path().join("sums")).expect("the file");
        assert_eq!(old, "old");
    }
    assert_eq!(crate::common::files(here.path()), ["nine", "sums"]);
}

#[test]
#[cfg_attr(not(target_arch = "x86_64"), ignore = "the emulator gets the signal")]
fn a_document_has_what_was_done() {
    let here = folder();
    fs::write(here.path().join("nine"), "123456789").expect("a file");
    let mut child = start(here.path(), "sum --json nine /dev/zero");
    std::thread::sleep(Duration::from_millis(500));
    interrupt(child.id());
    assert_eq!(end(&mut child), Some(5));
    let mut text = String::new();
    let mut stdout = child.stdout.take().expect("piped");
    stdout.read_to_string(&mut text).expect("text");
    let document: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(document["files"][0]["checksum"], "0xcbf43926");
    assert_eq!(document["exit_code"], 5);
    crate::common::assert_follows("sum", None, &document);
}
