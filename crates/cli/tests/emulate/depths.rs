//! How far each tier of a CPU goes. A script stands in for QEMU and notes what crcheck asks.

use crate::common::report;
use crate::setup::{
    NamedTest, assert_ends, crcheck_with, emulate_penryn, folder_with_corpus, write_qemu_stand_in,
};
use std::fs;

pub(crate) const TRIALS: &[NamedTest] = &[
    (
        "the chosen tier goes as far as asked, the others to default",
        how_far_tiers_go,
    ),
    (
        "a leg that goes less deep than asked is no pass",
        goes_less_deep,
    ),
];

/// The tier that Westmere chooses.
const CHOSEN: &str = "x86-pclmul";

/// A run with `options`, and what it asks of the program on the CPU.
struct Expectation {
    options: &'static str,
    /// Each `verify`: its depth, and the tiers that it names; none are all of them.
    verified: &'static [(&'static str, &'static [&'static str])],
    /// Each `replay`: the tiers that it names.
    replayed: &'static [&'static [&'static str]],
    /// Why the leg is not green.
    reason: &'static str,
}

/// The stand-in judges one tier even if it should judge all: the leg misses the other.
const MISSED: &str = "no cell of portable was visited";

const EXPECTATIONS: [Expectation; 4] = [
    Expectation {
        options: "--depth quick",
        verified: &[("quick", &[CHOSEN])],
        replayed: &[&[CHOSEN]],
        reason: "the planted fault:planted-x86-pclmul passed",
    },
    Expectation {
        options: "--depth default",
        verified: &[("default", &[])],
        replayed: &[],
        reason: MISSED,
    },
    Expectation {
        options: "--depth deep",
        verified: &[("deep", &[CHOSEN]), ("default", &["portable"])],
        replayed: &[&[]],
        reason: "the corpora were not replayed on portable",
    },
    Expectation {
        options: "--depth deep --all-tiers",
        verified: &[("deep", &[])],
        replayed: &[],
        reason: MISSED,
    },
];

/// A script that appends its arguments to `asked`, and reports that it judged one tier: the one
/// that they name, or the chosen one.
fn stand_in() -> String {
    let report = concat!(
        r#"{"verdict":"pass","depth":"DEPTH","findings":[],"#,
        r#""environment":{"features":["sse4.1","pclmulqdq"],"tier":"x86-pclmul"},"#,
        r#""checks":[{"subject":"tier:TIER","verdict":"pass","cells":9}]}"#
    );
    format!(
        r#"echo "$@" >>asked
tier={CHOSEN} depth=
case "$*" in *--tier\ portable*) tier=portable;; *\ replay\ *) depth='replay of 2 cases';; esac
for word; do [ "$last" = --depth ] && depth=$word; last=$word; done
sed "s/TIER/$tier/; s/DEPTH/$depth/" <<'E'
{report}
E"#
    )
}

/// The words behind each `option` of a line.
fn values(line: &str, option: &str) -> Vec<String> {
    let words: Vec<&str> = line.split(' ').collect();
    let pairs = words.windows(2).filter(|pair| pair[0] == option);
    pairs.map(|pair| pair[1].to_owned()).collect()
}

fn how_far_tiers_go() {
    for expectation in &EXPECTATIONS {
        check(expectation);
    }
}

fn check(expectation: &Expectation) {
    let options = expectation.options;
    let here = folder_with_corpus();
    let qemu = write_qemu_stand_in(here.path(), "10.0.2", &stand_in());
    let line = format!("emulate --cpu westmere --emulator qemu --format json {options}");
    let report = report(&crcheck_with(here.path(), &line, "CRCHECK_QEMU", &qemu));
    let asked = fs::read_to_string(here.path().join("asked")).expect("what was asked");
    let lines = |command: &'static str| asked.lines().filter(move |line| line.contains(command));
    let verified: Vec<(String, Vec<String>)> = lines(" verify --no-seeds ")
        .map(|line| {
            assert_eq!(values(line, "--messages"), ["2"], "{line}");
            (values(line, "--depth").concat(), values(line, "--tier"))
        })
        .collect();
    let replayed: Vec<Vec<String>> = lines(" replay ")
        .map(|line| values(line, "--tier"))
        .collect();
    assert_eq!(replayed, expectation.replayed, "{options}");
    let expected: Vec<(String, Vec<String>)> = expectation
        .verified
        .iter()
        .map(|(depth, tiers)| {
            let tiers = tiers.iter().map(ToString::to_string);
            (depth.to_string(), tiers.collect())
        })
        .collect();
    assert_eq!(verified, expected, "{options}");
    let tiers = report["legs"][0]["tiers"].as_array().expect("tiers");
    let depths: Vec<&str> = tiers
        .iter()
        .filter_map(|tier| tier["depth"].as_str())
        .collect();
    let expected: Vec<&str> = expected.iter().map(|(depth, _)| depth.as_str()).collect();
    assert_eq!(depths, expected, "{options}");
    let reasons = report["legs"][0]["reasons"].to_string();
    let reason = expectation.reason;
    assert!(reasons.contains(reason), "{options}: {reasons}");
}

/// A program goes to depth quick, whatever it is asked.
fn goes_less_deep() {
    let here = folder_with_corpus();
    let report = concat!(
        r#"{"verdict":"pass","depth":"quick","findings":[],"#,
        r#""environment":{"features":["sse4.1"],"tier":"portable"},"#,
        r#""checks":[{"subject":"tier:portable","verdict":"pass","cells":9}]}"#
    );
    let body = format!("cat <<'E'\n{report}\nE");
    let qemu = write_qemu_stand_in(here.path(), "10.0.2", &body);
    let output = emulate_penryn(here.path(), &qemu, "--depth deep");
    let part = "verify was to go to depth deep and went to `quick`";
    assert_ends(&output, 4, &[part]);
}
