//! Every format of every report: it follows its schema, goes where it should, and is whole.

#[path = "../common/mod.rs"]
mod common;
mod earlier;
mod hostile;
mod several;

use common::{assert_follows, code, crcheck, files, folder, lines_of_json, report, stderr, stdout};
use crcheck_harness::platform::files::hash;
use quick_xml::events::Event;
use serde_json::Value;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;

const WRONG: &str = "verify --depth quick --fault article-no-tail --check agree --seed 1";

/// The artifact that [`WRONG`] leaves.
fn artifact(folder: &Path) -> String {
    assert_eq!(code(&crcheck(folder, WRONG)), 1);
    let names = files(&folder.join("crcheck-artifacts"));
    let name = names.iter().find(|name| name.ends_with(".toml"));
    format!("crcheck-artifacts/{}", name.expect("an artifact"))
}

#[test]
fn every_report_in_json_follows_its_schema() {
    let here = folder();
    let artifact = artifact(here.path());
    for (line, schema, verdict) in [
        (WRONG, "report", Some("fail")),
        (
            "verify --depth quick --tier portable",
            "report",
            Some("pass"),
        ),
        (&format!("replay {artifact}"), "report", Some("fail")),
        (
            &format!("replay {artifact} --tier portable"),
            "report",
            Some("pass"),
        ),
        (&format!("minimize {artifact}"), "report", Some("fail")),
        ("selftest polynomial", "selftest", Some("pass")),
        ("tiers", "tiers", None),
        ("models", "models", None),
        ("models 0xedb88320", "models", None),
        ("machine check --form Vpshufb --cases 4", "machine", None),
    ] {
        let output = crcheck(here.path(), &format!("{line} --format json"));
        let report = report(&output);
        assert_follows(schema, None, &report);
        if let Some(verdict) = verdict {
            assert_eq!(report["verdict"], verdict, "{line}");
        }
    }
}

#[test]
fn every_line_of_jsonl_follows_the_schema() {
    let here = folder();
    let artifact = artifact(here.path());
    for line in [
        WRONG,
        &format!("replay {artifact}"),
        &format!("minimize {artifact}"),
    ] {
        let lines = lines_of_json(&crcheck(here.path(), &format!("{line} --format jsonl")));
        let (last, found) = lines.split_last().expect("a line");
        assert_follows("report", None, last);
        for line in found {
            assert_follows("report", Some("found"), line);
        }
        assert_eq!(found.is_empty(), line != WRONG, "{lines:?}");
    }
}

/// A report without what differs from run to run: the facts of the run, and the time of each check.
fn without_run(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.contains("run\">"));
    let lines: Vec<&str> = lines.collect();
    let Some(last) = lines.last().filter(|line| line.starts_with("{\"schema\"")) else {
        let whole = serde_json::from_str::<Value>(text);
        let timeless = lines.iter().copied().map(without_time);
        return whole.map_or_else(|_| timeless.collect::<Vec<_>>().join("\n"), without_key);
    };
    let last = serde_json::from_str(last).expect("JSON");
    [&lines[..lines.len() - 1], &[&without_key(last)]]
        .concat()
        .join("\n")
}

fn without_key(mut report: Value) -> String {
    if let Some(run) = report.pointer_mut("/runs/0") {
        // Of SARIF. It has what is in `run` of JSON.
        let invocations = run
            .as_object_mut()
            .and_then(|run| run.remove("invocations"));
        assert!(invocations.is_some(), "{report}");
        return report.to_string();
    }
    let run = report
        .as_object_mut()
        .and_then(|report| report.remove("run"));
    assert!(run.is_some(), "{report}");
    for check in report["checks"].as_array_mut().expect("checks") {
        let check = check.as_object_mut().expect("a check");
        assert!(check.remove("seconds").is_some(), "{check:?}");
    }
    report.to_string()
}

/// A line of a table in Markdown or HTML, or one of JUnit, without the time of its check.
fn without_time(line: &str) -> String {
    if let Some((before, (_, behind))) = line
        .split_once(" time=\"")
        .and_then(|(before, rest)| Some((before, rest.split_once('"')?)))
    {
        return format!("{before}{behind}");
    }
    let is_time = |cell: &&str| {
        let cell = cell.trim_end_matches(['|', '<']).trim();
        let number = ["ms", "s", "minute", "minutes"].map(|unit| cell.strip_suffix(unit));
        let mut number = number.iter().flatten();
        number.any(|number| number.trim().parse::<f64>().is_ok())
    };
    let cells = line.split_inclusive(['|', '<', '>']);
    cells.filter(|cell| !is_time(cell)).collect()
}

/// The date, the duration and the command are of this run, and a program has its hash.
#[test]
fn a_report_says_when_how_long_by_what_and_on_which_file() {
    let here = folder();
    let script = here.path().join("same");
    fs::write(&script, "#!/bin/sh\necho 00000000\n").expect("a file");
    fs::set_permissions(&script, Permissions::from_mode(0o755)).expect("a program");
    let line = format!(
        "verify --cmd {} --cmd-form one-shot --check agree --budget 1s",
        script.display()
    );
    let report = report(&crcheck(here.path(), &format!("{line} --format json")));
    assert_follows("report", None, &report);
    let run = &report["run"];
    assert_eq!(run["command"], format!("crcheck {line} --format json"));
    assert!(run["seconds"].as_f64().expect("a number") > 0.0);
    let started = run["started"].as_str().expect("a date");
    assert!(
        started.starts_with("20") && started.ends_with('Z'),
        "{started}"
    );
    let code = report["code"].as_array().expect("files");
    assert_eq!(code.len(), 1);
    assert_eq!(code[0]["file"], script.display().to_string());
    let expected = hash::sha256_of_file(&script, 100).expect("a hash");
    assert_eq!(code[0]["sha256"], expected);
}

#[test]
fn every_format_is_the_same_in_a_file_and_on_stdout() {
    let here = folder();
    let line = "verify --depth quick --fault article-no-tail --check agree --seed 1";
    for (format, begins) in [
        ("human", "fault:article-no-tail\n"),
        ("json", "{\n"),
        ("jsonl", "{\"alignment\":"),
        ("junit", "<?xml "),
        ("markdown", "# crcheck: fail\n"),
        ("html", "<!DOCTYPE html>\n"),
        ("github", "::error title=wrong-value in fault"),
        (
            "sarif",
            "{\n  \"$schema\": \"https://json.schemastore.org/sarif-2.1.0.json\"",
        ),
    ] {
        let line = format!("{line} --format {format}");
        let there = here.path().join("there");
        fs::write(&there, "an old report").expect("a file");
        let output = crcheck(here.path(), &format!("{line} --output there"));
        assert_eq!(code(&output), 1, "{format}");
        assert!(stdout(&output).contains("\nfail: 1 finding"), "{format}");
        let text = fs::read_to_string(&there).expect("the report");
        assert!(text.starts_with(begins), "{format}: {text}");
        assert!(text.ends_with('\n'), "{format}");
        let printed = stdout(&crcheck(here.path(), &line));
        assert_eq!(without_run(&text), without_run(&printed), "{format}");
        let folder = crcheck(here.path(), &format!("{line} --output no/such/file"));
        assert_eq!(code(&folder), 6, "{format}: before the run");
        assert!(!stderr(&folder).contains("found:"), "{format}");
    }
    assert_eq!(files(here.path()), ["crcheck-artifacts", "there"]);
}

/// [`WRONG`] has a wrong value, and its smallest case an over-read.
fn accepting(folder: &Path, more: &str) -> Output {
    let wrong = "--allow wrong-value@article-no-tail --because 'issue 7'";
    crcheck(folder, &format!("{WRONG} {wrong} {more}"))
}

#[test]
fn accepted_findings_are_reported_and_others_still_fail() {
    let here = folder();
    let one = accepting(here.path(), "");
    assert_eq!(code(&one), 1, "{}", stdout(&one));
    let both = "--allow over-read --because 'the page is there'";
    let both = accepting(here.path(), both);
    assert_eq!(code(&both), 0, "{}", stdout(&both));
    for part in [
        "ACCEPTED wrong-value: fault:article-no-tail",
        "accepted because: issue 7",
        "accepted because: the page is there",
        "2 findings accepted",
    ] {
        assert!(stdout(&both).contains(part), "{part}: {}", stdout(&both));
    }
    let quiet = accepting(here.path(), "--quiet");
    assert!(stdout(&quiet).contains("ACCEPTED"), "never silent");
}

#[test]
fn accepted_findings_are_in_json_and_on_replay() {
    let here = folder();
    let line = "verify --depth quick --fault article-polynomial --check agree --artifacts found";
    assert_eq!(code(&crcheck(here.path(), line)), 1);
    let replay = "replay found --allow wrong-value --because x --format json";
    let output = crcheck(here.path(), replay);
    assert_eq!(code(&output), 0, "{}", stdout(&output));
    let report = report(&output);
    assert_follows("report", None, &report);
    assert_eq!(report["verdict"], "pass");
    let findings = report["findings"].as_array().expect("findings");
    let id = "fault:article-polynomial/agree/wrong-value";
    assert!(findings.iter().any(|finding| finding["id"] == id));
    assert!(findings.iter().all(|finding| finding["accepted"] == "x"));
    assert_eq!(report["allowed"][0]["findings"], findings.len());
}

#[test]
fn an_allow_without_its_reason_is_a_usage_error() {
    let here = folder();
    for (options, hint) in [
        ("--allow crash", "--because"),
        ("--because x", "--allow"),
        ("--allow crash --because ''", "value"),
        (
            "--allow crash --because x --because y",
            "every --allow needs its",
        ),
        ("--allow crsh --because x", "did you mean `crash`?"),
    ] {
        let output = crcheck(here.path(), &format!("verify --depth quick {options}"));
        assert_eq!(code(&output), 2, "{options}");
        assert!(stderr(&output).contains(hint), "{}", stderr(&output));
    }
}

#[test]
fn certify_reports_its_run_in_the_other_formats() {
    let here = folder();
    let line = "certify --tier emu:x86-pclmul --seed 1";
    for (format, begins) in [("junit", "<?xml "), ("html", "<!DOCTYPE html>\n")] {
        let output = crcheck(here.path(), &format!("{line} --format {format}"));
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        assert!(stdout(&output).starts_with(begins), "{format}");
    }
    assert_eq!(files(here.path()), ["crcheck-certificate.json"]);
}

/// What a JUnit document counts: tests, failures, errors, skipped.
type JunitCounts = [usize; 4];

/// The counts that the root states, those that the suites state, and the cases themselves. The root
/// states no skipped ones, since Jenkins refuses that.
fn junit_counts(text: &str) -> [JunitCounts; 3] {
    let mut reader = quick_xml::Reader::from_str(text);
    let [mut root, mut suites, mut cases] = [JunitCounts::default(); 3];
    loop {
        let event = reader.read_event().expect("well-formed");
        let (Event::Start(start) | Event::Empty(start)) = &event else {
            if event == Event::Eof {
                return [root, suites, cases];
            }
            continue;
        };
        let stated = |name: &str| -> Option<usize> {
            let attribute = start.try_get_attribute(name).expect("well-formed");
            let text = String::from_utf8(attribute?.value.into_owned()).expect("text");
            Some(text.parse().expect("a number"))
        };
        let all = || ["tests", "failures", "errors", "skipped"].map(&stated);
        match start.name().as_ref() {
            b"testsuites" => {
                assert_eq!(stated("skipped"), None, "{text}");
                root = all().map(Option::unwrap_or_default);
            }
            b"testsuite" => {
                for (sum, stated) in suites.iter_mut().zip(all()) {
                    *sum += stated.expect("stated");
                }
            }
            b"testcase" => cases[0] += 1,
            b"failure" => cases[1] += 1,
            b"error" => cases[2] += 1,
            b"skipped" => cases[3] += 1,
            _ => {}
        }
    }
}

#[test]
fn the_totals_of_junit_are_those_of_its_cases() {
    let here = folder();
    let artifact = artifact(here.path());
    // Which of failures, errors and skipped there must be.
    for (line, expected) in [
        (
            "verify --depth quick --check agree --check slack",
            "skipped",
        ),
        ("verify --depth quick --check agree --tier portable", ""),
        (WRONG, "failures"),
        ("verify --tier portable --budget 20ms", "errors skipped"),
        (
            "verify --depth quick --fault article-no-tail --fault one-alignment --tier portable",
            "failures skipped",
        ),
        (
            "verify --depth quick --check agree --require-tier aarch64-pmull \
             --require-tier x86-pclmul",
            "errors skipped",
        ),
        (&format!("replay {artifact}"), "failures skipped"),
        ("certify --tier emu:x86-pclmul --seed 1", "skipped"),
        ("selftest planted", "skipped"),
        ("emulate --purity", ""),
    ] {
        if line.starts_with("emulate") && cfg!(not(target_arch = "x86_64")) {
            // The machine code of other architectures cannot be read.
            continue;
        }
        let output = crcheck(here.path(), &format!("{line} --format junit"));
        let text = stdout(&output);
        let [root, suites, cases] = junit_counts(&text);
        assert_eq!(root[..3], suites[..3], "{line}: {text}");
        assert_eq!(suites, cases, "{line}: {text}");
        assert!(root[0] > 0, "{line}: {text}");
        for (name, count) in ["failures", "errors", "skipped"].iter().zip(&suites[1..]) {
            assert_eq!(
                *count > 0,
                expected.contains(name),
                "{line}: {name} in {text}"
            );
        }
    }
}

#[test]
fn selftest_in_junit_has_a_case_for_each_kernel() {
    let here = folder();
    let output = crcheck(here.path(), "selftest polynomial --format junit");
    assert_eq!(code(&output), 0);
    let text = stdout(&output);
    assert!(
        text.contains("<testcase name=\"fault:article-polynomial\""),
        "{text}"
    );
    assert!(
        !text.contains("<failure") && !text.contains("<error"),
        "{text}"
    );
}

#[test]
fn completions_and_the_manual_name_every_subcommand() {
    let here = folder();
    let subcommands = [
        "verify", "certify", "diagnose", "replay", "minimize", "show", "selftest", "tiers",
        "models", "emulate", "bench", "corpus", "machine",
    ];
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = crcheck(here.path(), &format!("completions {shell}"));
        assert_eq!(code(&output), 0, "{shell}");
        for subcommand in subcommands {
            assert!(
                stdout(&output).contains(subcommand),
                "{shell}: {subcommand}"
            );
        }
    }
    assert_eq!(code(&crcheck(here.path(), "completions tcsh")), 2);
    let manual = stdout(&crcheck(here.path(), "man"));
    assert!(manual.contains(".TH crcheck 1"), "{manual}");
    assert_eq!(code(&crcheck(here.path(), "man --output share/man1")), 0);
    let pages = files(&here.path().join("share/man1"));
    for subcommand in subcommands {
        let name = format!("crcheck-{subcommand}.1");
        assert!(pages.contains(&name), "{pages:?}");
        let page = fs::read_to_string(here.path().join("share/man1").join(&name)).expect("a page");
        assert!(page.contains("Examples"), "{name}");
    }
    assert!(!pages.iter().any(|page| page.contains("mask")), "{pages:?}");
    assert_eq!(
        code(&crcheck(here.path(), "man --output /dev/null/man1")),
        6
    );
}
