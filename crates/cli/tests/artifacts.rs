//! What runs leave in the folder of artifacts, and what is said if they cannot.

mod common;

use common::{code, crcheck, files, folder, report, stderr, stdout};
use std::fs;

#[test]
fn artifacts_that_cannot_be_written_are_one_warning_and_the_smallest_cases() {
    let here = folder();
    fs::write(here.path().join("file"), "").expect("a file");
    for folder in ["/dev/null", "file", "file/below"] {
        let line =
            format!("verify --depth quick --fault article-rounded-length --artifacts {folder}");
        let output = crcheck(here.path(), &format!("{line} --format json"));
        assert_eq!(code(&output), 1, "a finding outranks it");
        let said = stderr(&output);
        let count = |part: &str| said.matches(part).count();
        assert_eq!(
            count("warning: cannot write an artifact into "),
            1,
            "{said}"
        );
        let found = report(&output)["findings"]
            .as_array()
            .expect("an array")
            .len();
        assert!(found > 1 && count("artifact = 2\n") == found, "{said}");
        assert_eq!(
            count("the smallest case of fault:article-rounded-length/"),
            found
        );
    }
}

#[test]
fn runs_do_not_pile_artifacts_up() {
    let here = folder();
    let run = |seed: usize| {
        let line = format!("verify --depth quick --fault article-no-tail --seed {seed}");
        let output = crcheck(here.path(), &format!("{line} --format json"));
        let report = report(&output);
        let findings = report["findings"].as_array().expect("an array");
        let artifacts = findings.iter().map(|finding| {
            let path = finding["artifact"].as_str().expect("an artifact");
            path.trim_start_matches("crcheck-artifacts/").to_owned()
        });
        let mut artifacts: Vec<String> = artifacts.collect();
        artifacts.sort();
        artifacts
    };
    let first = run(1);
    assert_eq!(first.len(), 1, "one cause");
    // Only the smallest case of each finding is left.
    assert_eq!(files(&here.path().join("crcheck-artifacts")), first);
    for seed in 2..4 {
        assert_eq!(run(seed), first, "the same cases have the same names");
    }
    assert_eq!(files(&here.path().join("crcheck-artifacts")), first);
}

#[test]
fn minimize_and_diagnose_begin_with_what_they_found_out() {
    let here = folder();
    let long = "artifact = 1\nmodel = \"CRC-32/ISO-HDLC\"\nsubject = 'fault:article-no-tail'\n\
                check = \"agree\"\n[cell]\nlength = 45\nalignment = 3\nguard = \"none\"\n\
                register = \"0x12345678\"\n[message]\nhex = \"";
    let hex: String = (0..45).map(|byte| format!("{:02x}", byte * 5)).collect();
    fs::write(here.path().join("case.toml"), format!("{long}{hex}\"\n")).expect("a file");
    let first = |line: &str| {
        let output = crcheck(here.path(), line);
        assert_eq!(code(&output), 1, "{line}: {}", stderr(&output));
        stdout(&output).lines().next().expect("a line").to_owned()
    };
    let line = first("minimize case.toml");
    let path = line
        .strip_prefix("45 bytes -> 1 byte; saved as ")
        .expect(&line);
    let again = format!("already smallest: 1 byte; saved as {path}");
    assert_eq!(first(&format!("minimize {path}")), again);
    let sentence = "fault:article-no-tail reads on behind the message to a multiple of 32 bytes";
    assert_eq!(first("diagnose case.toml"), sentence);
    assert_eq!(
        first("diagnose --fault article-no-tail --check agree -q"),
        sentence
    );
}
