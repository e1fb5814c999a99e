//! `crcheck bench claims` as people and scripts meet it. No test here depends on how long anything
//! takes.
#![allow(missing_docs)]

mod common;

use common::{assert_follows, code, crcheck, folder, report, stderr, stdout};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Claims that need no measurement, one for each way of judging.
const QUICK: &str = "headline-ratio,table-shifts,plan-dd";

fn rows(report: &Value) -> &Vec<Value> {
    report["claims"].as_array().expect("a list")
}

#[test]
fn a_refuted_claim_is_a_result_and_no_error() {
    let here = folder();
    let line = format!("bench claims --seed 1 --format json --only {QUICK}");
    let output = crcheck(here.path(), &line);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let report = report(&output);
    assert_follows("bench-claims", None, &report);
    assert_eq!(report["verdict"], "pass");
    let found: Vec<(&str, &str, &str)> = rows(&report)
        .iter()
        .map(|row| ["id", "basis", "answer"].map(|key| row[key].as_str().expect("text")))
        .map(|[id, basis, answer]| (id, basis, answer))
        .collect();
    let expected = [
        ("headline-ratio", "arithmetic", "refuted"),
        ("table-shifts", "planted fault", "refuted"),
        ("plan-dd", "not measurable", "not measurable here"),
    ];
    assert_eq!(found, expected);
    let words = rows(&report)[1]["found"].as_str().expect("text");
    assert!(
        words.contains("verify fails on fault:article-table"),
        "{words}"
    );
    assert!(report["figures"].as_array().is_some_and(Vec::is_empty));
}

#[test]
fn a_single_claim_is_counted_as_one_and_verbose_names_what_begins() {
    let here = folder();
    let line = "bench claims --only table-shifts";
    let (quiet, verbose) = (
        crcheck(here.path(), line),
        crcheck(here.path(), &format!("{line} -v")),
    );
    assert!(stdout(&quiet).contains("pass: 1 claim, "));
    assert!(!stderr(&quiet).contains("fault:article-table"));
    assert!(stderr(&verbose).contains("fault:article-table"));
    let help = stdout(&crcheck(here.path(), "bench claims --help"));
    let words = help.split_whitespace().collect::<Vec<&str>>().join(" ");
    assert!(words.contains("a line for each planted fault"), "{help}");
}

#[test]
fn a_go_that_fails_in_silence_says_so() {
    let here = folder();
    program(here.path(), "exit 1");
    let line = "bench claims --only go-no-ymm --go ./go";
    let text = stdout(&crcheck(here.path(), line));
    assert!(
        text.contains("the build failed without a message"),
        "{text}"
    );
}

#[test]
fn every_fault_of_the_article_stands_for_a_claim() {
    let here = folder();
    let faults = stdout(&crcheck(here.path(), "selftest article- --list"));
    let words = faults.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-');
    let planted: BTreeSet<&str> = words.filter(|word| word.starts_with("article-")).collect();
    assert!(planted.len() >= 13, "{faults}");
    let line = "bench claims --budget 0s --format json";
    let report = report(&crcheck(here.path(), line));
    let named = rows(&report).iter().filter_map(|row| row["fault"].as_str());
    assert_eq!(named.collect::<BTreeSet<&str>>(), planted);
}

#[test]
fn a_budget_that_is_too_short_leaves_arithmetic_and_is_incomplete() {
    let here = folder();
    let output = crcheck(here.path(), "bench claims --budget 0s --format json");
    assert_eq!(code(&output), 5);
    let report = report(&output);
    assert_follows("bench-claims", None, &report);
    assert_eq!(report["verdict"], "incomplete");
    for row in rows(&report) {
        let is_judged = row["answer"] != "not judged";
        let basis = row["basis"].as_str().expect("text");
        let is_known = ["arithmetic", "not measurable"].contains(&basis);
        // Another CPU is known without a measurement.
        assert!(is_judged == is_known || basis == "measured", "{row}");
        if row["id"] == "table-gain" {
            assert!(!is_judged);
        }
    }
}

#[test]
fn the_list_names_every_claim_and_measures_nothing() {
    let here = folder();
    let output = crcheck(here.path(), "bench claims --list");
    assert_eq!(code(&output), 0);
    let text = stdout(&output);
    assert!(text.lines().count() >= 80, "{text}");
    assert!(text.contains("headline-ratio (arithmetic): 8.2 s against 0.17 s"));
    assert!(!text.contains("refuted"));
}

#[test]
fn every_format_is_written_to_a_file() {
    let here = folder();
    for (format, begin) in [
        ("html", "<!DOCTYPE html>"),
        ("markdown", "# crcheck bench claims"),
        ("json", "{"),
        ("human", ""),
    ] {
        let line = format!("bench claims --only {QUICK} --format {format} --output report");
        let output = crcheck(here.path(), &line);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        assert!(
            stdout(&output).contains("\npass: "),
            "the log has a verdict"
        );
        let text = fs::read_to_string(here.path().join("report")).expect("the report");
        assert!(
            text.starts_with(begin) && text.contains("plan-dd"),
            "{text}"
        );
    }
}

#[test]
fn values_that_do_not_exist_are_usage_errors_with_a_hint() {
    let here = folder();
    for (line, hint) in [
        (
            "bench claims --only table-gian",
            "did you mean `table-gain`?",
        ),
        ("bench claims --go no/such/go", "it is no program"),
        ("bench claims --format junit", "human, json, markdown, html"),
    ] {
        let output = crcheck(here.path(), line);
        assert_eq!(code(&output), 2, "{line}");
        assert!(stderr(&output).contains(hint), "{}", stderr(&output));
    }
}

/// A program that stands for Go.
fn program(folder: &Path, script: &str) {
    let path = folder.join("go");
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("a script");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("its mode");
}

#[test]
fn a_go_that_does_not_build_is_no_error_and_measures_nothing() {
    let here = folder();
    program(here.path(), "echo 'go: no module' >&2; exit 1");
    let line = "bench claims --only go-no-ymm --go ./go --format json";
    let output = crcheck(here.path(), line);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let report = report(&output);
    assert_follows("bench-claims", None, &report);
    let row = &rows(&report)[0];
    assert_eq!(row["answer"], "not measurable here");
    assert!(
        row["found"]
            .as_str()
            .is_some_and(|text| text.contains("go: no module"))
    );
}

#[test]
fn a_go_that_never_ends_ends_with_the_budget() {
    let here = folder();
    let pid = here.path().join("pid");
    program(
        here.path(),
        &format!("echo $$ > {}; sleep 1000", pid.display()),
    );
    let line = "bench claims --only go-no-ymm --go ./go --budget 1s";
    let output = crcheck(here.path(), line);
    assert_eq!(code(&output), 5, "{}", stdout(&output));
    assert!(stdout(&output).contains("incomplete: 1 claim,"));
    let pid = fs::read_to_string(pid).expect("it started");
    let is_there = Path::new("/proc").join(pid.trim()).exists();
    assert!(!is_there, "{pid} runs on");
}
