//! Functions that combine checksums: `--combine`.

use crate::common::{code, folder, stderr, stdout};
use crate::kernels::{NamedTest, crcheck, crcheck_with_words, finding, summary};
use serde_json::Value;
use std::path::Path;

pub(crate) const TRIALS: &[NamedTest] = &[
    (
        "right combine functions of every form pass",
        right_functions_pass,
    ),
    (
        "a wrong combine function is found and diagnosed",
        wrong_values_are_found,
    ),
    (
        "a combine function that stops its call is found",
        stops_are_found,
    ),
    (
        "a combine function that cannot be called is refused",
        refusals,
    ),
];

/// Judges a function and its combine function by the check `combine`.
fn judge(here: &Path, function: &str, combine: &str) -> (Value, i32) {
    let line = "verify --depth quick --seed 1 --check combine --call-timeout 500ms --format json \
                --lib @/combine.so";
    let line = line.replace('@', &crate::kernels::built().display().to_string());
    let mut words: Vec<&str> = line.split_whitespace().collect();
    words.extend(function.split_whitespace());
    words.extend(["--combine", combine]);
    let output = crcheck_with_words(here, &words);
    (crate::common::report(&output), code(&output))
}

fn right_functions_pass() {
    let here = folder();
    for (function, combine, skipped) in [
        ("--symbol crc32_right", "combine_signed", 2),
        ("--symbol crc32_right", "combine_size", 2),
        ("--symbol crc32_right", "combine_size(crc,crc2,ulen)", 0),
        ("--symbol crc32_right", "combine_int(crc,crc2,len32)", 2),
        (
            "--symbol crc32_right",
            "combine_unsigned(crc,crc2,ulen32)",
            1,
        ),
        (
            "--symbol crc32_right",
            "combine_in_place(&crc,crc2,ulen)->status:1",
            0,
        ),
        (
            "--symbol crc32_register --convention register",
            "combine_registers(ulen,crc2,sym:combine_context,crc,const:0xedb88320)",
            0,
        ),
        (
            "--symbol crc32_swapped_bytes --result be",
            "combine_swapped_bytes(crc,crc2,ulen)",
            0,
        ),
    ] {
        let (report, code) = judge(here.path(), function, combine);
        assert_eq!((code, &report["verdict"]), (0, &"pass".into()), "{report}");
        // What the type cannot say, and what is not judged, is said.
        let left_out = report["skipped"].as_array().expect("an array");
        assert_eq!(left_out.len(), skipped, "{combine}: {left_out:#?}");
    }
}

fn wrong_values_are_found() {
    let here = folder();
    for (combine, expected) in [
        (
            "combine_forgets",
            "forgets the first part when it combines with nothing",
        ),
        (
            "combine_cuts",
            "takes the length modulo 2^32 when it combines",
        ),
        (
            "combine_swaps",
            "takes the second part for the first when it combines",
        ),
    ] {
        let (report, code) = judge(here.path(), "--symbol crc32_right", combine);
        assert_eq!(code, 1, "{report}");
        let found = finding(&report, "combine");
        assert_eq!(found["check"], "combine");
        assert_eq!(summary(found), expected);
        is_found_again(here.path(), found, "combine");
    }
}

fn stops_are_found() {
    let here = folder();
    for (combine, kind, expected) in [
        (
            "combine_hangs",
            "hang",
            "does not return within 0.5 s in combine(",
        ),
        (
            "combine_crashes",
            "crash",
            "reads unmapped memory in combine(",
        ),
        (
            "combine_exits",
            "crash",
            "ends its process by exit(3) in combine(",
        ),
    ] {
        let (report, code) = judge(here.path(), "--symbol crc32_right", combine);
        assert_eq!(code, 1, "{report}");
        let findings = report["findings"].as_array().expect("an array");
        assert_eq!(findings.len(), 1, "{findings:#?}");
        let found = finding(&report, kind);
        assert_eq!(found["check"], "combine");
        assert!(summary(found).starts_with(expected), "{}", summary(found));
        assert!(!summary(found).contains("at length"), "{}", summary(found));
        is_found_again(here.path(), found, kind);
    }
}

/// Requires that a replay of the finding's artifact finds the same.
fn is_found_again(here: &Path, found: &Value, kind: &str) {
    let artifact = found["artifact"].as_str().expect("a path");
    let line = format!("replay {artifact} --trust --call-timeout 500ms --format json");
    let output = crcheck(here, &line);
    assert_eq!(code(&output), 1, "{}{}", stdout(&output), stderr(&output));
    let report = crate::common::report(&output);
    assert_eq!(finding(&report, kind)["check"], "combine");
}

fn refusals() {
    let here = folder();
    for (combine, expected) in [
        ("combine_sign", "did you mean `combine_signed`?"),
        ("combine_context", "is data, not a function"),
        (
            "combine_size(crc,len)",
            "crc and crc2, must be there once each",
        ),
    ] {
        let line = format!(
            "verify --lib @/combine.so --symbol crc32_right --combine {combine} --check combine"
        );
        let output = crcheck(here.path(), &line);
        assert_eq!(code(&output), 2, "{}", stdout(&output));
        assert!(stderr(&output).contains(expected), "{}", stderr(&output));
    }
    let line = "verify --lib @/combine.so --symbol crc32_right --check combine";
    let output = crcheck(here.path(), line);
    assert_eq!(code(&output), 4, "{}", stdout(&output));
    assert!(stdout(&output).contains("--combine names no function for it"));
}
