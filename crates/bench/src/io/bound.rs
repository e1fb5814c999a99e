//! Bounds by other programs: `dd` and `fio` read the file and compute nothing.

use crate::io::cache::CacheState;
use crate::io::method::IoMethod;
use crate::io::reader::{Pass, PassError, Watch};
use crate::io::setup::Setup;
use crate::io::test_file::TestFile;
use crcheck_platform::leftovers::RunningGroup;
use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How often a running program is asked whether it has ended.
const GLANCE: Duration = Duration::from_millis(2);

/// Lets another program read the file once.
///
/// # Errors
/// If the program is not installed or fails, and what it says then.
pub fn pass(
    file: &TestFile,
    setup: &Setup,
    state: CacheState,
    watch: Watch<'_>,
) -> Result<Pass, PassError> {
    let (mut command, elapsed): (Command, fn(&str) -> Option<Duration>) = match setup.method {
        IoMethod::Dd | IoMethod::DdDirect => (dd(file, setup), dd_elapsed),
        _ => (fio(file, setup, state), fio_elapsed),
    };
    let text = output(&mut command, watch)?;
    let elapsed = elapsed(&text).filter(|elapsed| !elapsed.is_zero());
    let elapsed = elapsed.ok_or_else(|| {
        let program = command.get_program().display();
        let last = text.lines().last().unwrap_or("nothing");
        PassError::NotHere(format!("{program} gives no time: {last}"))
    })?;
    Ok(Pass {
        len_bytes: file.len_bytes(),
        checksum: None,
        elapsed: Some(elapsed),
    })
}

fn buffer_bytes(setup: &Setup) -> usize {
    setup.buffer_bytes.unwrap_or(1 << 20)
}

fn dd(file: &TestFile, setup: &Setup) -> Command {
    let mut command = Command::new("dd");
    let mut input = std::ffi::OsString::from("if=");
    input.push(file.path());
    command.arg(input).arg("of=/dev/null");
    command.arg(format!("bs={}", buffer_bytes(setup)));
    if setup.method == IoMethod::DdDirect {
        command.arg("iflag=direct");
    }
    command
}

fn fio(file: &TestFile, setup: &Setup, state: CacheState) -> Command {
    let mut command = Command::new("fio");
    // A colon would separate names of files.
    let name = file.path().display().to_string().replace(':', "\\:");
    command
        .arg("--name=bound")
        .arg(format!("--filename={name}"));
    command.args([
        "--rw=read",
        "--readonly",
        "--thread",
        "--output-format=json",
    ]);
    command.arg(format!("--bs={}", buffer_bytes(setup)));
    command.arg(format!("--size={}", file.len_bytes()));
    if setup.method == IoMethod::FioDirect {
        command.args(["--direct=1", "--ioengine=io_uring", "--iodepth=16"]);
    } else {
        command.arg("--ioengine=psync");
    }
    // By default, fio drops the file from the cache.
    if state != CacheState::Cold {
        command.arg("--invalidate=0");
    }
    command
}

/// What the program prints on both streams.
fn output(command: &mut Command, watch: Watch<'_>) -> Result<String, PassError> {
    let program = command.get_program().display().to_string();
    command.env("LC_ALL", "C").stdin(Stdio::null());
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    let started = RunningGroup::start(|| command.spawn());
    let (mut child, _group) = started.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => PassError::NotHere("not installed".to_owned()),
        _ => PassError::NotHere(error.to_string()),
    })?;
    // The texts are shorter than a pipe's buffer, so that no program waits for a reader.
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if watch.cancelled.load(Ordering::Relaxed) {
            child.kill()?;
            child.wait()?;
            return Err(PassError::Cancelled);
        }
        std::thread::sleep(GLANCE);
    };
    let mut text = String::new();
    child
        .stdout
        .take()
        .map(|mut stream| stream.read_to_string(&mut text))
        .transpose()?;
    child
        .stderr
        .take()
        .map(|mut stream| stream.read_to_string(&mut text))
        .transpose()?;
    if status.success() {
        return Ok(text);
    }
    let said = text
        .lines()
        .find(|line| line.contains(&program))
        .unwrap_or("it says nothing");
    Err(PassError::NotHere(format!("{program} failed: {said}")))
}

/// `1000 bytes (1.0 kB, 1000 B) copied, 0.25 s, 4.0 kB/s`.
fn dd_elapsed(text: &str) -> Option<Duration> {
    let (_, rest) = text.rsplit_once("copied, ")?;
    let seconds = rest.split_whitespace().next()?.parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// The time of the reads, in milliseconds.
fn fio_elapsed(text: &str) -> Option<Duration> {
    // Warnings may come first, and stderr's text is last.
    let begin = text.find('{')?;
    let mut values = serde_json::Deserializer::from_str(&text[begin..]).into_iter();
    let report: serde_json::Value = values.next()?.ok()?;
    let read = &report["jobs"][0]["read"];
    let bytes = read["io_bytes"].as_f64().filter(|bytes| *bytes > 0.0)?;
    let rate = read["bw_bytes"].as_f64().filter(|rate| *rate > 0.0)?;
    Duration::try_from_secs_f64(bytes / rate).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicBool;

    #[test]
    fn times_are_read_from_what_the_programs_print() {
        let dd = "1+0 records in\n1+0 records out\n\
                  1000 bytes (1.0 kB, 1000 B) copied, 0.25 s, 4.0 kB/s\n";
        assert_eq!(dd_elapsed(dd), Some(Duration::from_millis(250)));
        let fio = "note: {x\n{\"jobs\":[{\"read\":{\"io_bytes\":500,\"bw_bytes\":1000}}]}\nlast";
        assert_eq!(fio_elapsed(&fio[8..]), Some(Duration::from_millis(500)));
        assert_eq!(
            (dd_elapsed(""), fio_elapsed("{}"), fio_elapsed("")),
            (None, None, None)
        );
    }

    #[test]
    fn a_program_that_is_not_installed_is_called_so() {
        let watch = Watch {
            on_progress: &|_| (),
            cancelled: &AtomicBool::new(false),
        };
        let error = output(&mut Command::new("no-such-program-here"), watch);
        assert_eq!(error, Err(PassError::NotHere("not installed".to_owned())));
        let error = output(Command::new("ls").arg("/no/such/file"), watch);
        let text = error.expect_err("it fails").to_string();
        assert!(text.starts_with("ls failed: ls:"), "{text}");
    }

    #[test]
    fn a_program_that_runs_on_is_ended_by_an_interrupt() {
        let watch = Watch {
            on_progress: &|_| (),
            cancelled: &AtomicBool::new(true),
        };
        let ended = output(Command::new("sleep").arg("100"), watch);
        assert_eq!(ended, Err(PassError::Cancelled));
    }
}
