//! Several reports of one run, and the end of the log.

use crate::common::{code, crcheck, files, folder, report, shell, stderr, stdout};
use crate::{WRONG, artifact};
use crcheck_harness::report::Format;
use std::fs;
use std::path::Path;

const RIGHT: &str = "verify --depth quick --tier portable --check slack --seed 1";

/// An option for each format, with a file of its name.
pub(crate) fn in_every_format() -> String {
    let options = Format::ALL.map(|format| format!(" --format {format}=in.{format}"));
    options.concat()
}

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap_or_else(|_| panic!("no {name}"))
}

#[test]
fn several_reports_say_the_same() {
    let here = folder();
    let output = crcheck(here.path(), &format!("{WRONG}{}", in_every_format()));
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    assert_eq!(stdout(&output), read(here.path(), "in.human"));
    for format in Format::ALL {
        let text = read(here.path(), &format!("in.{format}"));
        // Some formats escape signs.
        let text = text.replace("%3A", ":").replace("\\_", "_");
        for fact in ["wrong-value", "fault:article-no-tail", "reads on behind"] {
            assert!(text.contains(fact), "{format}: {fact}: {text}");
        }
    }
    let lines = read(here.path(), "in.jsonl");
    let events = lines.matches("\"event\":\"found\"").count();
    assert!(events > 0 && lines.lines().count() == events + 1, "{lines}");
}

#[test]
fn the_log_ends_with_verdict_diagnosis_and_the_next_command() {
    let here = folder();
    for options in [
        "",
        "--quiet",
        "--format json",
        "--format github",
        "--format junit=r.xml",
        "--format junit=r.xml --quiet",
        "--format junit --output r.xml",
        "--format json --format html=r.html",
        "--format human=r.txt --format jsonl",
        "--output /dev/null",
    ] {
        let line = format!("{WRONG} {options}");
        let mut both = shell(here.path(), "\"$@\" 2>&1", &line);
        let log = stdout(&both.output().expect("it runs"));
        let lines: Vec<&str> = log.lines().collect();
        let end = lines.iter().rev().take(20).rev();
        let end: Vec<&str> = end.copied().collect();
        let at = |begin: &str| end.iter().rposition(|line| line.starts_with(begin));
        let diagnosis = at("FINDING wrong-value: fault:article-no-tail reads on");
        let (next, verdict) = (at("Next: crcheck replay|"), at("fail: 1 finding ("));
        assert!(diagnosis.is_some(), "{options}: {log}");
        assert!(diagnosis < next && next < verdict, "{options}: {log}");
        assert_eq!(verdict, Some(end.len() - 1), "{options}: {log}");
    }
    let required = "verify --depth quick --check slack --require-tier aarch64-pmull --format json";
    let output = crcheck(here.path(), required);
    let said = stderr(&output);
    let is_native = cfg!(target_arch = "aarch64");
    assert!(is_native || said.contains("(required)"), "{said}");
}

#[test]
fn stdout_holds_one_report() {
    let here = folder();
    let both = format!("{WRONG} --format json --format human=r.txt");
    let output = crcheck(here.path(), &both);
    assert_eq!(report(&output)["verdict"], "fail");
    let quiet = crcheck(here.path(), &format!("{both} --quiet"));
    assert_eq!(report(&quiet)["verdict"], "fail");
    assert!(!stderr(&quiet).contains("FINDING"), "{}", stderr(&quiet));
    let device = format!("{RIGHT} --format json=/dev/stdout");
    assert_eq!(report(&crcheck(here.path(), &device))["verdict"], "pass");
}

#[test]
fn no_two_reports_go_to_one_place() {
    let here = folder();
    std::os::unix::fs::symlink("r.xml", here.path().join("link")).expect("a link");
    for (options, says) in [
        ("--format json --format junit", "as in --format junit=FILE"),
        ("--format json --format json", "the same place"),
        ("--format json --format junit=/dev/stdout", "the same place"),
        (
            "--format json=r.xml --format junit=./r.xml",
            "the same place",
        ),
        ("--format json=r.xml --format junit=link", "the same place"),
        (
            "--format json=r.xml --output link --format junit",
            "the same place",
        ),
        ("--format json=a --output b", "--format KIND=b"),
        ("--format json=", "write json=FILE"),
        ("--format junti=a", "did you mean `junit`?"),
    ] {
        let output = crcheck(here.path(), &format!("{RIGHT} {options}"));
        let said = stderr(&output);
        assert_eq!(code(&output), 2, "{options}: {said}");
        assert!(said.contains(says), "{options}: {said}");
    }
    let certify = "certify --tier emu:x86-pclmul --format json=c --certificate ./c";
    let output = crcheck(here.path(), certify);
    assert_eq!(code(&output), 2, "{}", stderr(&output));
    assert_eq!(files(here.path()), ["link"]);
}

#[test]
fn no_report_replaces_an_input() {
    let here = folder();
    let artifact = artifact(here.path());
    let before = read(here.path(), &artifact);
    let line = format!("replay {artifact} --format json --format junit={artifact}");
    let output = crcheck(here.path(), &line);
    assert_eq!(code(&output), 2, "{}", stderr(&output));
    let says = format!("--format junit {artifact} would replace");
    assert!(stderr(&output).contains(&says), "{}", stderr(&output));
    assert_eq!(read(here.path(), &artifact), before);
}

#[test]
fn an_unwritable_report_ends_the_run_before_it_starts() {
    let here = folder();
    for file in ["no/such/file", "."] {
        for line in [
            format!("{WRONG} --format junit=r.xml --format html={file}"),
            format!("{WRONG} --format html={file} --format junit=r.xml"),
            format!("certify --tier portable --format junit=r.xml --certificate {file}"),
        ] {
            let output = crcheck(here.path(), &line);
            let said = stderr(&output);
            assert_eq!(code(&output), 6, "{line}: {said}");
            assert!(said.contains(&format!("cannot write {file}")), "{said}");
            assert!(!said.contains("seed"), "before the run: {said}");
            assert!(files(here.path()).is_empty(), "{line}");
        }
    }
}

#[test]
fn one_report_that_cannot_be_written_loses_no_other() {
    let here = folder();
    for (line, expected) in [(WRONG, 1), (RIGHT, 6)] {
        let options = "--format json=/dev/full --format junit=r.xml --format markdown=r.md";
        let output = crcheck(here.path(), &format!("{line} {options}"));
        let said = stderr(&output);
        assert_eq!(code(&output), expected, "{said}");
        assert!(said.contains("cannot write /dev/full"), "{said}");
        assert!(read(here.path(), "r.xml").ends_with("</testsuites>\n"));
        assert!(read(here.path(), "r.md").starts_with("# crcheck: "));
        let printed = stdout(&output);
        assert!(printed.contains("\"schema\": \"crcheck/report/1\""));
        let last = printed.lines().last().expect("a line");
        assert!(last.contains(" calls, "), "the log ends as always: {last}");
    }
    let certify = "certify --tier emu:x86-pclmul --certificate /dev/full --format junit=c.xml";
    let output = crcheck(here.path(), certify);
    assert_eq!(code(&output), 6, "{}", stderr(&output));
    assert!(read(here.path(), "c.xml").ends_with("</testsuites>\n"));
}

/// Whoever asks for files need not read stdout.
#[test]
fn a_report_in_a_file_needs_no_stdout() {
    let here = folder();
    for streams in [">&-", ">/dev/full"] {
        let script = format!("\"$@\" {streams}");
        let line = format!("{RIGHT} --format json=r.json");
        let output = shell(here.path(), &script, &line).output();
        let output = output.expect("it runs");
        assert_eq!(code(&output), 0, "{streams}: {}", stderr(&output));
        assert!(read(here.path(), "r.json").ends_with("}\n"));
    }
}
