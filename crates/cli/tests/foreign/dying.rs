//! A family of libraries that end their process, or a call, in a drawn way at a drawn point of a
//! drawn check. Whatever they do, `verify` ends, and is never green.
//!
//! `CRCHECK_DYING_DRAWS` draws another number of them, `CRCHECK_DYING_SEED` others.

use crate::common::{code, command, command_of_words, folder, interrupt, report, stderr, stdout};
use crate::kernels::{NamedTest, built, crcheck, finding, summary};
use crcheck_harness::platform::rng::SplitMix64;
use serde_json::Value;
use std::fmt;
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

pub(crate) const TRIALS: &[NamedTest] = &[
    (
        "whatever a library dies of, wherever, verify ends and is red",
        dying,
    ),
    (
        "a budget and an interrupt end a request of many slow calls",
        slow,
    ),
    ("a stack overflow is called one", overflowing),
    ("a hang is found at its case, in one finding", hanging),
    (
        "a length that hangs hides no fault at others, and is left out of the other calls",
        hangs_and_errs,
    ),
    (
        "a call that is slower than a thousand others is not taken for one that hangs",
        hangs_and_is_slow,
    ),
    (
        "a frame that a first thread's stack has room for is right",
        large_frame,
    ),
    (
        "a subject that takes memory from its message reads its message, and no stack",
        closes_message,
    ),
    (
        "only a stop that depends on the stack's alignment is said to",
        stops_by_alignment,
    ),
];

const WAYS: [&str; 16] = [
    "abort",
    "segv",
    "exit",
    "killed",
    "stopped",
    "hangs",
    "stack",
    "jumps",
    "closes",
    "ends-thread",
    "ends-later",
    "heap",
    "heap-later",
    "scribbles",
    "floods",
    "forks",
];

/// Those after which the library goes on, and may be right all the same.
const GOES_ON: [&str; 3] = ["scribbles", "floods", "forks"];

/// Those that take the time limit of a call.
const TAKES_TIME: [&str; 3] = ["hangs", "stopped", "scribbles"];

/// Points, each with the numbers from 0 on that it is drawn with.
const POINTS: [(&str, usize); 7] = [
    ("call", 2000),
    ("length", 64),
    ("from-length", 64),
    ("alignment", 64),
    ("register", 64),
    ("chained", 500),
    ("thread", 1),
];

/// The checks that a library suits, and all of them in a row.
const CHECKS: [&str; 11] = [
    "threads", "agree", "guard", "slack", "split", "history", "abi", "paint", "affine", "basis", "",
];

/// A pipe without a byte is an error for who reads it, and nobody waits.
const O_NONBLOCK: i32 = 0o4000;

/// A command that is killed if it takes more than three minutes.
fn limited(crcheck: &Command) -> Command {
    let mut command = Command::new("timeout");
    command.args(["--foreground", "-s", "KILL", "180"]);
    command.arg(crcheck.get_program()).args(crcheck.get_args());
    if let Some(folder) = crcheck.get_current_dir() {
        command.current_dir(folder);
    }
    command
}

struct Death {
    way: &'static str,
    point: (&'static str, usize),
    check: &'static str,
}

/// Two that are always among them. Nothing shows the first before the end of a request whose calls
/// go on from each other. The second has gone by when the call is made again alone.
const FIXED: [Death; 2] = [
    Death {
        way: "heap-later",
        point: ("chained", 0),
        check: "split",
    },
    Death {
        way: "segv",
        point: ("call", 1000),
        check: "slack",
    },
];

impl Death {
    fn draw(rng: &mut SplitMix64, way: &'static str) -> Self {
        let (point, numbers) = POINTS[rng.index(POINTS.len())];
        let mut check = CHECKS[rng.index(CHECKS.len())];
        // Only this check calls on several threads.
        if point == "thread" {
            check = "threads";
        }
        // Each thread has a heap of its own, whose end nobody looks at.
        if check == "threads" && way == "heap-later" {
            check = "split";
        }
        Self {
            way,
            point: (point, rng.index(numbers)),
            check,
        }
    }

    /// `verify` of the library, and whether it has come to a death.
    fn verify(&self, folder: &Path) -> (Output, bool) {
        let pipe = folder.join("reached");
        let made = Command::new("mkfifo").arg(&pipe).status();
        assert!(made.expect("mkfifo starts").success());
        // This end keeps the byte in the pipe.
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).custom_flags(O_NONBLOCK);
        let mut reached = options.open(&pipe).expect("a pipe");
        reached.write_all(b"x").expect("there is room");
        let library = built().join("dying.so").display().to_string();
        let mut words = vec!["verify", "--depth", "quick", "--seed", "1", "-q", "--lib"];
        words.extend([&library, "--symbol", "crc32_dies"]);
        if TAKES_TIME.contains(&self.way) {
            words.extend(["--call-timeout", "500ms"]);
        }
        if !self.check.is_empty() {
            words.extend(["--check", self.check]);
        }
        let mut command = limited(&command_of_words(folder, &words));
        command.env("CRCHECK_TEST_REACHED", &pipe);
        command.env("CRCHECK_TEST_DEATH", self.to_string());
        let output = command.output().expect("it starts");
        let is_reached = reached.read(&mut [0]).is_err();
        (output, is_reached)
    }
}

impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (point, number) = self.point;
        write!(f, "{} {point} {number} {}", self.way, self.check)
    }
}

fn number(variable: &str, otherwise: u64) -> u64 {
    let value = std::env::var(variable).ok();
    value.map_or(otherwise, |value| value.parse().expect("a number"))
}

fn dying() {
    let draws = number("CRCHECK_DYING_DRAWS", WAYS.len() as u64);
    let mut rng = SplitMix64::new(number("CRCHECK_DYING_SEED", 1));
    let total = FIXED.len() as u64 + draws;
    let (mut died, mut failures) = (0, Vec::new());
    let drawn = (0..draws).map(|draw| Death::draw(&mut rng, WAYS[draw as usize % WAYS.len()]));
    for death in FIXED.into_iter().chain(drawn) {
        let here = folder();
        let (output, is_reached) = death.verify(here.path());
        died += u64::from(is_reached);
        let is_right = match output.status.code() {
            Some(1) => is_reached,
            // All is right, or the library suits none of the checks.
            Some(0 | 4) => !is_reached || GOES_ON.contains(&death.way),
            // The copy of a worker answers for it, or leaves the run without an answer.
            Some(5) => death.way == "forks",
            _ => false,
        };
        if !is_right {
            let status = output.status;
            let (out, err) = (stdout(&output), stderr(&output));
            failures.push(format!(
                "{death} (reached: {is_reached}): {status}\n{out}{err}"
            ));
        }
    }
    println!(
        "{total} tried, {died} died, {} not judged right",
        failures.len()
    );
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(
        died * 2 > total,
        "most deaths are reached: {died} of {total}"
    );
}

/// Each call takes a second, and a request has hundreds.
fn slow() {
    let here = folder();
    let library = built().join("dying.so").display().to_string();
    let words = ["verify", "--depth", "quick", "--lib", &library];
    let words = [&words[..], &["--symbol", "crc32_slow", "--check", "agree"]].concat();
    let verify = |more: &[&str]| {
        let crcheck = command_of_words(here.path(), &[&words[..], more].concat());
        limited(&crcheck)
    };
    let cut = verify(&["--budget", "2s"]).output().expect("it starts");
    assert_eq!(code(&cut), 5, "{}{}", stdout(&cut), stderr(&cut));
    let mut command = verify(&[]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines();
    let begun = lines.next().expect("a line").expect("text");
    assert!(begun.starts_with("crcheck verify: seed"), "{begun}");
    std::thread::sleep(Duration::from_secs(1));
    interrupt(child.id());
    let interrupted = child.wait_with_output().expect("it ends");
    let ending = interrupted.status.code();
    assert!(
        matches!(ending, Some(5 | 130)),
        "{ending:?}{}",
        stdout(&interrupted)
    );
}

fn overflowing() {
    let here = folder();
    // Plain calls have the stack of their thread, audited ones a stack of their own.
    for check in ["agree", "abi"] {
        let line = "verify --depth quick --format json --lib @/dying.so --symbol";
        let line = format!("{line} crc32_overflows_stack --check {check}");
        let output = crcheck(here.path(), &line);
        assert_eq!(code(&output), 1);
        let report = report(&output);
        let finding = finding(&report, "crash");
        assert_eq!(finding["cell"]["length"], 50, "{finding:#}");
        assert!(
            summary(finding).starts_with("overflows its stack"),
            "{finding:#}"
        );
    }
}

/// The report on a function at these checks, and the exit code.
fn judged(rest: &str, death: &str) -> (Value, i32) {
    let here = folder();
    let line = "verify --depth quick --seed 1 --format json --lib @/dying.so --symbol";
    let line = format!("{line} {rest}").replace('@', &built().display().to_string());
    let mut command = command(here.path(), &line);
    let output = command.env("CRCHECK_TEST_DEATH", death).output();
    let output = output.expect("the program starts");
    (report(&output), code(&output))
}

fn large_frame() {
    let (report, code) = judged(
        "crc32_large_frame --check agree --check abi --check paint",
        "",
    );
    let expected = if cfg!(target_arch = "x86_64") { 0 } else { 3 };
    assert_eq!(code, expected, "{report:#}");
}

fn hanging() {
    for (death, length) in [
        ("length 37", Some(37)),
        ("from-length 60", Some(60)),
        ("alignment 5", None),
        ("register 7", None),
        ("call 300", None),
    ] {
        let options = "crc32_dies --check agree --check slack --call-timeout 500ms";
        let (report, code) = judged(options, &format!("hangs {death}"));
        assert_eq!(code, 1, "{death}: {report:#}");
        let finding = finding(&report, "hang");
        let said = summary(finding);
        assert!(
            said.starts_with("does not return within 0.5 s"),
            "{death}: {said}"
        );
        assert_eq!(
            report["findings"].as_array().map(Vec::len),
            Some(1),
            "{report:#}"
        );
        if let Some(length) = length {
            assert_eq!(finding["cell"]["length"], length, "{finding:#}");
            // No length that hangs counts as visited.
            let visited = &report["checks"][0]["visited"];
            assert_eq!(visited["every_length_to"], length - 1, "{visited:#}");
            assert_eq!(visited["dense"]["to"], length - 1, "{visited:#}");
        }
    }
}

fn hangs_and_errs() {
    let options = "crc32_hangs_and_errs --check agree --call-timeout 500ms";
    let (report, code) = judged(options, "");
    assert_eq!(code, 1, "{report:#}");
    let wrong = finding(&report, "wrong-value");
    assert_eq!(wrong["cell"]["length"], 100, "{wrong:#}");
    let hang = finding(&report, "hang");
    assert_eq!(hang["cell"]["length"], 37, "{hang:#}");
    // At two alignments it is called, and the first of them is called again to minimize.
    assert!(hang["count"].as_u64() <= Some(4), "{hang:#}");
}

fn hangs_and_is_slow() {
    let options = "crc32_hangs_and_is_slow --check agree --call-timeout 1s";
    let (report, code) = judged(options, "");
    assert_eq!(code, 1, "{report:#}");
    let hang = finding(&report, "hang");
    assert_eq!(hang["cell"]["length"], 90, "{hang:#}");
    assert!(
        summary(hang).starts_with("does not return within 1 s"),
        "{hang:#}"
    );
}

fn closes_message() {
    for (symbol, kind, words) in [
        (
            "crc32_unmaps",
            "crash",
            "reads its message, whose memory it has unmapped",
        ),
        (
            "crc32_reads_closed",
            "over-read",
            "reads 4096 bytes past the end",
        ),
    ] {
        let (report, code) = judged(&format!("{symbol} --check agree --check abi"), "");
        assert_eq!(code, 1, "{report:#}");
        let said = summary(finding(&report, kind));
        assert!(said.starts_with(words), "{said}");
        let text = report["findings"].to_string();
        assert!(
            !text.contains("its stack") && !text.contains("reads 0 bytes"),
            "{text}"
        );
    }
}

fn stops_by_alignment() {
    const CLAUSE: &str = "when the stack is aligned to 16 and no better";
    let is_audited = cfg!(target_arch = "x86_64");
    for (symbol, death, is_so) in [
        ("crc32_aligned_stack", "", true),
        ("crc32_dies", "abort call 16", false),
        ("crc32_dies", "abort call 1", false),
    ] {
        let (report, code) = judged(&format!("{symbol} --check abi"), death);
        if is_audited {
            assert_eq!(code, 1, "{report:#}");
            let said = summary(finding(&report, "crash"));
            assert_eq!(said.contains(CLAUSE), is_so, "{said}");
        }
    }
}
