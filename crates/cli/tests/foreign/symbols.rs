//! Functions by the names of their source, and several functions in one run.

use crate::common::{code, crcheck as run, files, folder, report, stderr, stdout};
use crate::kernels::{NamedTest, built, crcheck};
use serde_json::Value;
use std::collections::BTreeMap;

pub(crate) const TRIALS: &[NamedTest] = &[
    ("a mangled function is found by its name", found),
    ("a name of several functions is refused", ambiguous),
    ("the list of functions says what to type", list),
    ("several functions are judged in one run", several),
    ("a certificate is of one function", one_certificate),
];

const LIST: &str = "verify --list --lib @/names.so --symbol";

const CHECK: &str = "verify --depth quick --seed 1 --no-seeds --check agree --lib @/names.so";

fn found() {
    let here = folder();
    for (name, symbol) in [
        ("crc::update", "_ZN3crc6updateEjPKhm"),
        ("update", "_ZN3crc6updateEjPKhm"),
        ("_ZN3crc6updateEjPKhm", "_ZN3crc6updateEjPKhm"),
        (
            "'my::crc32(unsigned int, unsigned char const*, unsigned long)'",
            "_ZN2my5crc32EjPKhm",
        ),
        (
            "'my::crc32(unsigned char const *,unsigned long)' --signature buf,len",
            "_ZN2my5crc32EPKhm",
        ),
        ("lib::fast::crc", "_ZN3lib4fast3crc17h0123456789abcdefE"),
        ("other", "_RNvNtCs1234_5other4fast3crc"),
    ] {
        let output = crcheck(here.path(), &format!("{LIST} {name}"));
        let text = stdout(&output);
        assert_eq!(code(&output), 0, "{name}: {}", stderr(&output));
        assert!(
            text.contains(&format!("/names.so:{symbol}")),
            "{name}: {text}"
        );
    }
    let listed = stdout(&crcheck(here.path(), &format!("{LIST} update")));
    let line = "(crc::update(unsigned int, unsigned char const*, unsigned long))";
    assert!(listed.contains(line), "{listed}");
}

fn ambiguous() {
    let here = folder();
    for (name, lines) in [
        (
            "my::crc32",
            [
                "--symbol 'my::crc32(unsigned char const*, unsigned long)'  # _ZN2my5crc32EPKhm",
                "--symbol 'my::crc32(unsigned int, unsigned char const*, unsigned long)'  # _ZN2m",
            ],
        ),
        (
            "fast::crc",
            [
                "--symbol lib::fast::crc  # _ZN3",
                "--symbol other::fast::crc  # _RNv",
            ],
        ),
    ] {
        let output = crcheck(here.path(), &format!("{LIST} {name}"));
        let said = stderr(&output);
        assert_eq!(code(&output), 2, "{name}: {said}");
        for line in lines {
            assert!(said.contains(line), "{name}: {said}");
        }
    }
}

fn list() {
    let here = folder();
    let output = crcheck(here.path(), "verify --lib @/names.so");
    assert_eq!(code(&output), 2);
    let said = stderr(&output);
    let lines: Vec<&str> = said.lines().skip(1).collect();
    let first =
        "    --symbol 'my::crc32(unsigned char const*, unsigned long)'  # _ZN2my5crc32EPKhm";
    assert_eq!(lines[0], first, "{said}");
    assert!(
        lines
            .last()
            .expect("a line")
            .starts_with("    --symbol my::make_crc_table"),
        "{said}"
    );
    let output = crcheck(here.path(), &format!("{LIST} crc::updaet"));
    let said = stderr(&output);
    assert!(said.contains("did you mean `crc::update`?"), "{said}");
}

/// The symbols that were judged, each with whether a check failed.
fn judged(report: &Value) -> BTreeMap<&str, bool> {
    let mut judged = BTreeMap::new();
    for check in report["checks"].as_array().expect("an array") {
        let name = check["subject"].as_str().expect("a name");
        let symbol = name.rsplit(':').next().expect("a part");
        *judged.entry(symbol).or_default() |= check["verdict"] == "fail";
    }
    judged
}

fn several() {
    let here = folder();
    // The second names the first again.
    let names = "--symbol crc::update --symbol _ZN3crc6updateEjPKhm --symbol my::drops_tail";
    let output = crcheck(here.path(), &format!("{CHECK} {names} --format json"));
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    let wrong = ("_ZN2my10drops_tailEjPKhm", true);
    let both = BTreeMap::from([("_ZN3crc6updateEjPKhm", false), wrong]);
    let first = report(&output);
    assert_eq!(judged(&first), both);
    assert_eq!(first["checks"].as_array().map(Vec::len), Some(2));
    let saved = files(&here.path().join("crcheck-artifacts"));
    let artifact = format!("crcheck-artifacts/{}", saved[0]);
    // What an artifact names is the function itself.
    let line = format!("replay {artifact} --trust --format json");
    let again = report(&crcheck(here.path(), &line));
    assert_eq!(judged(&again), BTreeMap::from([wrong]));
    let options = "--lib @/names.so --symbol drops_tail --symbol crc::update --format json";
    for command in ["replay", "diagnose", "minimize"] {
        let output = crcheck(here.path(), &format!("{command} {artifact} {options}"));
        assert_eq!(code(&output), 1, "{command}: {}", stderr(&output));
        assert_eq!(judged(&report(&output)), both, "{command}");
    }
    let allow = "--allow wrong-value@my::drops_tail --because known";
    let line = format!("{CHECK} {names}").replace('@', &built().display().to_string());
    let output = run(here.path(), &format!("{line} {allow}"));
    assert_eq!(code(&output), 0, "{}", stderr(&output));
}

fn one_certificate() {
    let here = folder();
    let line = "certify --lib @/names.so --symbol crc::update --symbol my::drops_tail";
    let output = crcheck(here.path(), line);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("a certificate covers one subject"));
    assert!(files(here.path()).is_empty());
}
