//! Signals at drawn times: every command ends, with the exit code of what was found, and leaves
//! nothing behind.
//!
//! `CRCHECK_TEST_INTERRUPTS=COUNT` draws more of them, and `CRCHECK_TEST_SEED` draws others.

mod common;

use common::{code, command, crcheck, files, folder};
use crcheck_harness::platform::rng::SplitMix64;
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// A command that runs for longer than any signal waits, or one that may end before it.
struct Interrupted {
    /// Its arguments. `@` stands for the folder of the inputs.
    line: &'static str,
    /// The exit codes that it may have.
    codes: &'static [i32],
}

const INTERRUPTED: [Interrupted; 17] = [
    Interrupted {
        line: "verify --depth deep --output report",
        codes: &[5, 130],
    },
    Interrupted {
        line: "verify --depth deep --fault article-polynomial --format json --output report",
        codes: &[1, 5, 130],
    },
    Interrupted {
        line: "verify --depth deep --cmd-form one-shot --result le \
               --cmd \"sh -c 'gzip -1 -c | tail -c 8 | head -c 4'\" --output report",
        codes: &[5, 130],
    },
    Interrupted {
        line: "certify --tier portable --certificate certificate --output report",
        codes: &[5, 130],
    },
    Interrupted {
        line: "replay @/corpus --output report",
        codes: &[0, 5, 130],
    },
    Interrupted {
        line: "minimize @/case.toml --output report",
        codes: &[1, 5, 130],
    },
    Interrupted {
        line: "diagnose @/case.toml --output report",
        codes: &[1, 5, 130],
    },
    Interrupted {
        line: "diagnose --tier emu:x86-pclmul --tier portable --output report",
        codes: &[0, 5, 130],
    },
    Interrupted {
        line: "selftest --output report",
        codes: &[5, 130],
    },
    Interrupted {
        line: "emulate --depth deep --output report",
        codes: &[3, 4, 5, 130],
    },
    Interrupted {
        line: "emulate --cpu nehalem --depth deep -- verify --depth deep --output report",
        codes: &[3, 5, 130],
    },
    // Without a compiler, nothing is built.
    Interrupted {
        line: "matrix @/right.c --symbol crc --depth deep --output report",
        codes: &[3, 5, 130],
    },
    Interrupted {
        line: "bench --tier portable --size 64,4096 --budget 10m --output report",
        codes: &[5, 130],
    },
    Interrupted {
        line: "corpus seed",
        codes: &[0, 130],
    },
    Interrupted {
        line: "corpus import --target combine @/corpus/split_points",
        codes: &[0, 130],
    },
    // No part of a list stands for the whole, so this output is not written.
    Interrupted {
        line: "sum -r @/corpus /dev/zero --output list",
        codes: &[5, 130],
    },
    Interrupted {
        line: "identify 0x1 --file /dev/zero --output report",
        codes: &[130],
    },
];

/// How many signals an ordinary run of the tests draws.
const DRAWN: usize = 2 * INTERRUPTED.len();

/// A program that has not ended by then hangs. On an idle machine each takes a tenth of a second.
const DEADLINE: Duration = Duration::from_secs(60);

/// Until then a program may not have begun to handle signals.
const BEGINNING: Duration = Duration::from_millis(500);

fn number(variable: &str, default: usize) -> usize {
    let text = std::env::var(variable).ok();
    text.map_or(default, |text| text.parse().expect(variable))
}

#[test]
#[cfg_attr(
    not(target_arch = "x86_64"),
    ignore = "under an emulator nothing is in time"
)]
fn a_signal_at_any_time_ends_every_command_and_nothing_is_left() {
    let inputs = write_inputs();
    let (seed, count) = (
        number("CRCHECK_TEST_SEED", 1),
        number("CRCHECK_TEST_INTERRUPTS", DRAWN),
    );
    // Up to a second, or up to eight if there is time.
    let longest = if count > DRAWN { 14 } else { 11 };
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= count {
                        return;
                    }
                    let draw = Draw::new(seed as u64, index, longest);
                    draw.judge(inputs.path());
                }
            });
        }
    });
}

/// A corpus, and the artifact of a case that takes long to minimize.
fn write_inputs() -> tempfile::TempDir {
    let inputs = folder();
    assert_eq!(code(&crcheck(inputs.path(), "corpus seed")), 0);
    let right = include_str!("matrix/right.c");
    fs::write(inputs.path().join("right.c"), right).expect("a file");
    let fault = "verify --depth quick --check agree --fault one-alignment --artifacts found";
    assert_eq!(code(&crcheck(inputs.path(), fault)), 1);
    let found = inputs.path().join("found");
    let name = files(&found).remove(0);
    fs::rename(found.join(name), inputs.path().join("case.toml")).expect("moved");
    inputs
}

/// One program, and when which signals come.
#[derive(Debug)]
struct Draw {
    line: &'static str,
    codes: &'static [i32],
    signal: i32,
    wait: Duration,
    /// When the second signal comes after the first, if there is one.
    second: Option<Duration>,
}

impl Draw {
    fn new(seed: u64, index: usize, longest: usize) -> Self {
        let mut rng = SplitMix64::labelled(seed, index as u64);
        let mut signals = vec![Signal::INT, Signal::TERM];
        if !is_hangup_ignored() {
            signals.push(Signal::HUP);
        }
        let Interrupted { line, codes } = INTERRUPTED[index % INTERRUPTED.len()];
        Self {
            line,
            codes,
            signal: signals[rng.index(signals.len())].as_raw(),
            // As many early ones as late ones.
            wait: Duration::from_micros(1000 << rng.index(longest)) + millis(rng.index(50)),
            second: (rng.index(3) == 0).then(|| millis(rng.index(600))),
        }
    }

    fn judge(&self, inputs: &Path) {
        let (here, scratch) = (folder(), folder());
        let line = self.line.replace('@', &inputs.display().to_string());
        let mut command = command(here.path(), &line);
        command.env("TMPDIR", scratch.path()).stdin(Stdio::null());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().expect("the program starts");
        thread::sleep(self.wait);
        send(&child, self.signal);
        if let Some(wait) = self.second {
            thread::sleep(wait);
            send(&child, self.signal);
        }
        let status = self.wait_for(&mut child);
        self.judge_status(status);
        let left = files(here.path());
        assert!(
            !left.iter().any(|name| name.contains("partial")),
            "{self:?}: {left:?}"
        );
        assert_eq!(files(scratch.path()), Vec::<String>::new(), "{self:?}");
        // A program that was killed when its parent ended takes a moment.
        let began = Instant::now();
        while !processes_of(scratch.path()).is_empty() {
            let left = processes_of(scratch.path());
            assert!(began.elapsed() < DEADLINE, "{self:?}: {left:?} run on");
            thread::sleep(millis(10));
        }
        assert!(!left.contains(&"list".to_owned()), "{self:?} wrote a part");
        let has_report = left.contains(&"report".to_owned());
        let is_due = line.contains("report") && matches!(status.code(), Some(0 | 1 | 5));
        assert!(has_report || !is_due, "{self:?}: {status} without a report");
    }

    fn wait_for(&self, child: &mut Child) -> ExitStatus {
        let began = Instant::now();
        loop {
            if let Some(status) = child.try_wait().expect("a child") {
                return status;
            }
            if began.elapsed() > DEADLINE {
                child.kill().expect("a child");
                panic!("{self:?} hangs");
            }
            thread::sleep(millis(5));
        }
    }

    fn judge_status(&self, status: ExitStatus) {
        if status.signal() == Some(self.signal) && self.wait < BEGINNING {
            return;
        }
        let code = status.code();
        let is_right = code.is_some_and(|code| self.codes.contains(&code));
        assert!(is_right, "{self:?} ends with {status}");
    }
}

fn millis(count: usize) -> Duration {
    Duration::from_millis(count as u64)
}

fn send(child: &Child, signal: i32) {
    let signal = Signal::from_named_raw(signal).expect("a signal");
    // It may have ended: nobody has waited for it, so the number is its own.
    let _ = kill_process(Pid::from_child(child), signal);
}

/// Whether this process ignores SIGHUP, as under `nohup`. Then crcheck does as well.
fn is_hangup_ignored() -> bool {
    let status = fs::read_to_string("/proc/self/status").expect("its status");
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = u64::from_str_radix(mask.expect("a line").trim(), 16).expect("a mask");
    mask & 1 == 1
}

/// The processes whose temporary folder is this one: crcheck, and everything that it started.
fn processes_of(scratch: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir("/proc").expect("processes");
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let is_of = |path: &PathBuf| {
        let environment = fs::read(path.join("environ")).unwrap_or_default();
        let own = format!("TMPDIR={}", scratch.display());
        environment
            .split(|byte| *byte == 0)
            .any(|variable| variable == own.as_bytes())
    };
    paths.filter(is_of).collect()
}

/// What `timeout` and a terminal do: the same signal twice, at once.
#[test]
fn one_signal_that_comes_twice_is_one() {
    let here = folder();
    let line = "verify --depth deep --fault article-polynomial --output report";
    let mut command = command(here.path(), line);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().expect("the program starts");
    // Its artifact says that there is a finding.
    while !here.path().join("crcheck-artifacts").exists() {
        thread::sleep(millis(5));
    }
    thread::sleep(millis(100));
    for _ in 0..2 {
        send(&child, Signal::TERM.as_raw());
        thread::sleep(millis(20));
    }
    let status = child.wait().expect("it ends");
    assert_eq!(status.code(), Some(1));
    let report = fs::read_to_string(here.path().join("report")).expect("the report");
    assert!(report.contains("FINDING wrong-value"), "{report}");
}

#[test]
fn what_is_started_without_hangups_goes_on_after_one() {
    let here = folder();
    let mut command = std::process::Command::new("sh");
    let script = format!("trap '' HUP; exec {} verify --depth deep", common::CRCHECK);
    command.args(["-c", &script]).current_dir(here.path());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().expect("a shell starts");
    thread::sleep(millis(700));
    send(&child, Signal::HUP.as_raw());
    thread::sleep(millis(700));
    assert_eq!(child.try_wait().expect("a child"), None, "it goes on");
    send(&child, Signal::TERM.as_raw());
    let ended = child.wait().expect("it ends").code();
    assert!(matches!(ended, Some(5 | 130)), "{ended:?}");
}
