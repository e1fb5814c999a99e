//! Names and reasons with line breaks and the codes of terminals: none of them makes a line, so
//! none is taken for a finding, a verdict or a command of GitHub's workflows.

use crate::common::{crcheck, folder, stderr, stdout};
use std::fs;

/// Each begins a line of its own, sends a code, or does both.
const EVIL: &str = "x\n::error::evil\r::error::evil\u{1b}[2J\nFINDING evil\npass: evil";

#[track_caller]
fn assert_harmless(line: &str) {
    let here = folder();
    let config = "[profile.ci]\nallow = [{ finding = \"over-read\", because = \"EVIL\" }]\n";
    let evil = EVIL.escape_default().to_string();
    let evil = evil.replace("\\u{1b}", "\\u001b");
    let config = config.replace("EVIL", &evil);
    fs::write(here.path().join("crcheck.toml"), config).expect("a file");
    for format in [
        "",
        " --format github",
        " --format markdown",
        " --color always",
    ] {
        let output = crcheck(here.path(), &(line.replace("EVIL", EVIL) + format));
        let said = stdout(&output) + &stderr(&output);
        assert!(said.contains("evil"), "{line}: {said}");
        for own in [
            "\u{1b}[1m",
            "\u{1b}[31m",
            "\u{1b}[32m",
            "\u{1b}[33m",
            "\u{1b}[0m",
        ] {
            assert!(
                format.contains("color") || !said.contains(own),
                "{line}: {said}"
            );
        }
        assert!(
            !said.contains("\u{1b}[2J") && !said.contains('\r'),
            "{line}: {said}"
        );
        let begins = ["::error::evil", "FINDING evil", "pass: evil"];
        let is_evil = |said: &&str| {
            begins
                .iter()
                .any(|evil| said.trim_start().starts_with(evil))
        };
        assert_eq!(said.lines().find(is_evil), None, "{line}{format}: {said}");
    }
}

const QUICK: &str = "verify --depth quick --check agree --messages 1 --seed 1 --tier portable";

#[test]
fn a_reason_makes_no_line() {
    assert_harmless(&format!("{QUICK} --profile ci"));
    assert_harmless(&format!("{QUICK} --allow over-read --because 'EVIL'"));
    let wrong = QUICK.replace("--tier portable", "--fault article-no-tail");
    assert_harmless(&format!("{wrong} --allow wrong-value --because 'EVIL'"));
}

#[test]
fn a_name_makes_no_line() {
    for line in [
        "verify --lib './EVIL.so' --symbol f",
        "verify --lib './EVIL.so' --symbol f --list",
        "verify --lib libc.so.6 --symbol 'EVIL'",
        "verify --cmd '\"./EVIL\"'",
        "verify --fault 'EVIL'",
        "verify --check 'EVIL'",
        "verify '--EVIL'",
        "verify --subject 'EVIL'",
        "verify --profile 'EVIL'",
        "verify --config './EVIL' --subject x",
        "verify --tier portable --output './no/EVIL'",
        "replay './EVIL'",
        "certify --tier portable --certificate './no/EVIL'",
    ] {
        assert_harmless(line);
    }
}
