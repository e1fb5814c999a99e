//! Names that stand for something else than a file, and streams that are full or closed.

mod common;

use common::{CRCHECK, code, crcheck, files, folder, stderr, stdout};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// No command of these tests takes a second. One that waits for a FIFO waits for ever.
const DEADLINE: Duration = Duration::from_secs(60);

/// What crcheck may use, in KiB: it would read a device until there is no more.
const MEMORY: &str = "4000000";

const VERIFY: &str = "verify --depth quick --tier portable --check slack --seed 1";

/// Runs a line of a shell, in which `crcheck` is the program.
fn shell(folder: &Path, line: &str) -> Output {
    let line = line.replace("crcheck ", &format!("'{CRCHECK}' "));
    let mut command = Command::new("bash");
    command.args(["-c", &line]).current_dir(folder);
    ends(command, &line)
}

fn ends(mut command: Command, what: &str) -> Output {
    command.stdin(Stdio::null());
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let child = child.expect("it starts");
    let (number, began) = (child.id(), Instant::now());
    let waiting = thread::spawn(move || child.wait_with_output());
    while !waiting.is_finished() {
        if began.elapsed() > DEADLINE {
            let _ = Command::new("kill")
                .args(["-KILL", &number.to_string()])
                .status();
            panic!("{what} hangs");
        }
        thread::sleep(Duration::from_millis(5));
    }
    waiting.join().expect("no panic").expect("it ends")
}

fn make_fifo(path: &Path) {
    let made = Command::new("mkfifo").arg(path).status();
    assert!(made.expect("mkfifo starts").success());
}

/// Everything that is no file, and a link to each, in `folder`; each ends in `ending`.
fn write_others(folder: &Path, ending: &str) -> Vec<(String, &'static str)> {
    fs::create_dir_all(folder).expect("a folder");
    let at = |name: &str| folder.join(format!("{name}{ending}"));
    make_fifo(&at("fifo"));
    // The name stays when the listener is gone.
    drop(UnixListener::bind(at("socket")).expect("a socket"));
    symlink("/dev/zero", at("device")).expect("a link");
    let mut others = vec![
        ("device", "a device"),
        ("fifo", "a FIFO"),
        ("socket", "a socket"),
    ];
    for (name, link) in [("fifo", "fifo-link"), ("socket", "socket-link")] {
        symlink(at(name), at(link)).expect("a link");
        let what = others
            .iter()
            .find(|(known, _)| *known == name)
            .expect("made");
        others.push((link, what.1));
    }
    let named = others.into_iter();
    named
        .map(|(name, what)| (format!("{name}{ending}"), what))
        .collect()
}

/// Runs a line as a user whose memory is limited.
fn limited(folder: &Path, line: &str) -> Output {
    shell(folder, &format!("ulimit -v {MEMORY}; crcheck {line}"))
}

#[test]
fn what_is_no_file_is_refused_as_an_input_of_every_command() {
    let here = folder();
    for (name, what) in write_others(here.path(), ".toml") {
        for (line, expected) in [
            (format!("replay {name}"), 6),
            (format!("diagnose {name}"), 6),
            (format!("minimize {name}"), 6),
            (format!("show {name}"), 6),
            (format!("replay {name} --target artifact_parse"), 6),
            (format!("verify --tier portable --corpus {name}"), 6),
            (format!("certify --again {name}"), 6),
            (format!("bench --compare {name}"), 6),
            (format!("emulate --matrix {name} --list"), 6),
            (format!("emulate --worker {name} --list"), 6),
            (format!("verify --lib ./{name} --symbol crc"), 3),
            (format!("verify --cmd ./{name}"), 3),
            (format!("corpus import --target combine {name}"), 6),
            (format!("corpus keep --name x --story x {name}"), 6),
        ] {
            let output = limited(here.path(), &line);
            let said = stderr(&output);
            assert_eq!(code(&output), expected, "{line}: {said}");
            let is_named = said.contains(what) || said.contains("is not a program");
            // A worker is named by what its link leads to.
            let is_there = said.contains(&name) || line.contains("--worker");
            assert!(is_named && is_there, "{line}: {said}");
        }
    }
}

#[test]
fn what_is_no_file_is_skipped_among_saved_cases_with_a_word() {
    let here = folder();
    assert_eq!(
        code(&crcheck(here.path(), "corpus seed --target combine")),
        0
    );
    let others = write_others(&here.path().join("corpus/combine"), "");
    symlink("..", here.path().join("corpus/combine/up")).expect("a link");
    let list = stdout(&crcheck(here.path(), "corpus list"));
    for line in [
        "replay corpus --tier portable",
        "verify --depth quick --tier portable --check combine --corpus corpus",
        "corpus import --target combine corpus",
    ] {
        let output = limited(here.path(), line);
        assert_eq!(code(&output), 0, "{line}: {}", stderr(&output));
        let said = stdout(&output) + &stderr(&output);
        for (name, what) in &others {
            assert!(
                said.contains(&format!("{name}: it is {what}")),
                "{line}: {said}"
            );
        }
        assert!(said.contains("leads back"), "{line}: {said}");
    }
    assert_eq!(stdout(&crcheck(here.path(), "corpus list")), list);
}

#[test]
fn no_file_is_read_that_is_larger_than_any_of_its_kind() {
    let here = folder();
    for (name, line, expected) in [
        ("large.toml", "replay large.toml", 6),
        ("large", "replay large --target combine", 6),
        ("large.so", "verify --lib ./large.so --symbol crc", 3),
        ("large.json", "certify --again large.json", 6),
        ("large.json", "bench --compare large.json", 6),
    ] {
        let file = fs::File::create(here.path().join(name)).expect("a file");
        file.set_len(1 << 40).expect("a sparse file");
        let output = limited(here.path(), line);
        assert_eq!(code(&output), expected, "{line}: {}", stderr(&output));
        assert!(
            stderr(&output).contains("reads at most"),
            "{}",
            stderr(&output)
        );
    }
}

/// An artifact of a planted fault, which stays in the file `case.toml` of `folder`.
fn write_case(folder: &Path) -> String {
    let found = "verify --depth quick --fault article-polynomial --check agree --artifacts found";
    assert_eq!(code(&crcheck(folder, found)), 1);
    let name = files(&folder.join("found")).remove(0);
    fs::rename(folder.join("found").join(name), folder.join("case.toml")).expect("moved");
    fs::read_to_string(folder.join("case.toml")).expect("the artifact")
}

#[test]
fn an_output_never_replaces_what_the_command_reads() {
    let here = folder();
    let case = write_case(here.path());
    symlink("case.toml", here.path().join("link.toml")).expect("a link");
    fs::hard_link(
        here.path().join("case.toml"),
        here.path().join("other.toml"),
    )
    .expect("a link");
    for (line, input) in [
        ("replay case.toml --output case.toml", "case.toml"),
        ("replay link.toml --output case.toml", "link.toml"),
        ("replay case.toml --output ./link.toml", "case.toml"),
        ("diagnose case.toml --output other.toml", "case.toml"),
        ("minimize case.toml --output case.toml", "case.toml"),
        ("replay . --output other.toml", "case.toml"),
        (
            "verify --tier portable --corpus case.toml --output case.toml",
            "case.toml",
        ),
    ] {
        let output = crcheck(here.path(), line);
        let said = stderr(&output);
        let is_refused = said.contains("which this command reads") && said.contains(input);
        assert!(is_refused, "{line}: {said}");
        assert_eq!(code(&output), 2, "{line}: {said}");
        let now = fs::read_to_string(here.path().join("case.toml")).expect("the artifact");
        assert_eq!(now, case, "{line}");
    }
}

/// A program that answers nothing, which is enough to be one.
fn write_program(path: &Path) {
    fs::write(path, "#!/bin/sh\nexec cat\n").expect("a program");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("executable");
}

#[test]
fn an_output_never_replaces_a_program_or_a_file_of_its_line() {
    let here = folder();
    let at = |name: &str| here.path().join(name);
    write_program(&at("program"));
    let program = fs::read_to_string(at("program")).expect("a program");
    let case = write_case(here.path());
    let named = case.replace("fault:article-polynomial", "cmd:sh ./program");
    assert_ne!(named, case);
    fs::write(at("case.toml"), named).expect("an artifact");
    for line in [
        "verify --budget 1s --output program --cmd ./program",
        "verify --budget 1s --output ./program --cmd 'sh program'",
        "verify --budget 1s --output program --cmd 'sh -c \"exec ./program\"'",
        "verify --budget 1s --output program --cmd 'sh ./program --table=program'",
        "certify --output program --cmd ./program",
        "certify --certificate program --cmd 'sh program'",
        "replay case.toml --output program --cmd 'sh program'",
        "replay case.toml --output program --trust",
        "minimize case.toml --output program --trust",
        "diagnose case.toml --output program --trust",
    ] {
        let output = shell(here.path(), &format!("crcheck {line}"));
        let said = stderr(&output);
        assert_eq!(code(&output), 2, "{line}: {said}");
        assert!(said.contains("which this command reads"), "{line}: {said}");
        let now = fs::read_to_string(at("program")).expect("the program");
        assert_eq!(now, program, "{line}");
    }
}

#[test]
fn a_message_belongs_to_its_artifact_whatever_its_name() {
    let here = folder();
    let case = write_case(here.path());
    let (before, after) = case.split_once("[message]").expect("a message");
    let hex = after.split('"').nth(1).expect("the digits");
    let pairs = (0..hex.len()).step_by(2).map(|at| &hex[at..at + 2]);
    let bytes = pairs.map(|pair| u8::from_str_radix(pair, 16).expect("digits"));
    let message: Vec<u8> = bytes.collect();
    let named = format!("{before}[message]\nfile = \"elsewhere.bin\"\n");
    fs::write(here.path().join("case.toml"), named).expect("an artifact");
    fs::write(here.path().join("elsewhere.bin"), &message).expect("a message");
    fs::remove_dir_all(here.path().join("found")).expect("a folder");
    symlink("nowhere", here.path().join("dangling")).expect("a link");
    let replayed = crcheck(here.path(), "replay . --tier portable");
    assert_eq!(code(&replayed), 0, "{}", stderr(&replayed));
    let said = stdout(&replayed);
    assert!(
        said.contains("dangling: it is a link that leads nowhere"),
        "{said}"
    );
    let alone = crcheck(here.path(), "replay dangling --tier portable");
    assert_eq!(code(&alone), 6, "{}", stderr(&alone));
    let refused = crcheck(here.path(), "replay case.toml --output elsewhere.bin");
    assert_eq!(code(&refused), 2, "{}", stderr(&refused));
    assert_eq!(
        fs::read(here.path().join("elsewhere.bin")).expect("there"),
        message
    );
}

#[test]
fn what_is_no_file_is_no_input_of_an_unknown_target() {
    let here = folder();
    for (name, what) in write_others(here.path(), "") {
        let output = limited(here.path(), &format!("replay {name}"));
        let said = stderr(&output);
        assert_eq!(code(&output), 6, "{name}: {said}");
        assert!(
            said.contains(what) && said.contains(&name),
            "{name}: {said}"
        );
    }
}

#[test]
fn an_output_that_cannot_be_written_is_named_as_the_user_named_it() {
    let here = folder();
    for (line, says) in [
        (
            format!("crcheck {VERIFY} --output nodir/x"),
            "there is no folder nodir",
        ),
        (
            format!("ulimit -f 0; crcheck {VERIFY} --list --output x"),
            "cannot write x: File too large",
        ),
    ] {
        let output = shell(here.path(), &line);
        let said = stderr(&output);
        assert_eq!(code(&output), 6, "{line}: {said}");
        assert!(
            said.contains(says) && !said.contains(".partial"),
            "{line}: {said}"
        );
    }
    assert_eq!(files(here.path()), [] as [&str; 0]);
}

#[test]
fn a_link_as_output_is_followed_and_stays() {
    let here = folder();
    fs::create_dir(here.path().join("elsewhere")).expect("a folder");
    symlink("elsewhere/report", here.path().join("link")).expect("a link");
    // The first time it leads nowhere, the second time to the old report.
    for _ in 0..2 {
        let output = crcheck(here.path(), &format!("{VERIFY} --output link"));
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        let report = fs::read_to_string(here.path().join("elsewhere/report")).expect("a report");
        assert!(report.contains("pass: "), "{report}");
        assert!(here.path().join("link").is_symlink());
        assert_eq!(files(&here.path().join("elsewhere")), ["report"]);
    }
    assert_eq!(files(here.path()), ["elsewhere", "link"]);
}

#[test]
fn pipes_and_devices_are_written_to_as_they_are() {
    let here = folder();
    for (line, expected) in [
        (
            format!("crcheck {VERIFY} --output /dev/stdout | grep -c pass:"),
            "1\n",
        ),
        (
            format!("crcheck {VERIFY} --output /dev/stdout >out; grep -c pass: out"),
            "1\n",
        ),
        (
            format!("crcheck {VERIFY} --output /dev/stdout >>out; grep -c pass: out"),
            "2\n",
        ),
        (
            format!("crcheck {VERIFY} -q --output /dev/stderr 2>err; grep -c pass: err"),
            "1\n",
        ),
        (
            format!("crcheck {VERIFY} --output >(cat >got) >/dev/null; sleep 1; cat got"),
            "pass: ",
        ),
        (
            format!("crcheck {VERIFY} --output /dev/null; test -c /dev/null && echo yes"),
            "yes\n",
        ),
        (
            "crcheck certify --tier emu:x86-pclmul --certificate /dev/null -q >out; \
          test -c /dev/null && echo yes"
                .to_owned(),
            "yes\n",
        ),
    ] {
        let output = shell(here.path(), &line);
        assert!(stdout(&output).contains(expected), "{line}: {output:?}");
    }
    make_fifo(&here.path().join("fifo"));
    let nobody = shell(here.path(), &format!("crcheck {VERIFY} --output fifo"));
    assert_eq!(code(&nobody), 6);
    assert!(stderr(&nobody).contains("start its reader first"));
    let line = format!("cat fifo & sleep 0.5; crcheck {VERIFY} --output fifo >/dev/null; wait");
    assert!(stdout(&shell(here.path(), &line)).contains("pass: "));
    let folder = shell(here.path(), &format!("crcheck {VERIFY} --output ."));
    assert_eq!(code(&folder), 6, "{}", stderr(&folder));
}

#[test]
fn a_report_that_goes_nowhere_is_an_error_and_a_full_stderr_is_none() {
    let here = folder();
    assert_eq!(
        code(&crcheck(here.path(), "corpus seed --target combine")),
        0
    );
    for line in [
        "tiers",
        "models",
        "--help",
        "man",
        "completions bash",
        "corpus list",
        VERIFY,
    ] {
        for (streams, expected) in [
            (">&-", 6),
            (">&- 2>&-", 6),
            (">/dev/full", 6),
            (">/dev/full 2>/dev/full", 6),
            ("2>&-", 0),
            ("2>/dev/full", 0),
            ("<&-", 0),
            // Programs hand on what is like a closed stream after Rust's library has opened it.
            ("1<>/dev/null", 0),
            (">/dev/null", 0),
        ] {
            let output = shell(here.path(), &format!("crcheck {line} {streams}"));
            assert_eq!(
                code(&output),
                expected,
                "{line} {streams}: {}",
                stderr(&output)
            );
        }
    }
    let whole = shell(
        here.path(),
        &format!("crcheck {VERIFY} --output report >&-"),
    );
    assert_eq!(code(&whole), 0, "stdout is not needed: {}", stderr(&whole));
    let closed = shell(here.path(), &format!("crcheck {VERIFY} >&-"));
    assert!(
        stderr(&closed).contains("stdout: it is closed"),
        "{}",
        stderr(&closed)
    );
    let usage = shell(here.path(), "crcheck verify --no-such-option 2>/dev/full");
    assert_eq!(code(&usage), 2);
}
