//! `crcheck certify`: what a certificate is made of, and what making it again compares.

mod common;

use common::{assert_follows, code, crcheck, files, folder, stderr, stdout};
use serde_json::Value;
use std::fs;

/// Software is certified as far as depth `quick` goes: in a second.
const CERTIFY: &str = "certify --tier emu:x86-pclmul --seed 5";

#[test]
fn a_certificate_follows_its_schema_and_is_the_same_again() {
    let here = folder();
    let output = crcheck(here.path(), CERTIFY);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    for part in [
        "CERTIFICATE of tier:emu:x86-pclmul",
        "Not covered",
        "seed 0x5",
    ] {
        assert!(stdout(&output).contains(part), "{}", stdout(&output));
    }
    assert_eq!(files(here.path()), ["crcheck-certificate.json"]);
    let path = here.path().join("crcheck-certificate.json");
    let text = fs::read_to_string(&path).expect("the certificate");
    let certificate: Value = serde_json::from_str(&text).expect("JSON");
    assert_follows("certificate", None, &certificate);
    let again = "certify --again crcheck-certificate.json --format json";
    let output = crcheck(here.path(), again);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_eq!(stdout(&output), text, "it names no time");
    let tamper = |change: fn(&mut Value)| {
        let mut certificate = certificate.clone();
        change(&mut certificate);
        fs::write(&path, certificate.to_string()).expect("a file");
        let output = crcheck(here.path(), again);
        (code(&output), stderr(&output))
    };
    let (code, said) = tamper(|certificate| certificate["covered"][0]["calls"] = 7.into());
    assert!(
        code == 1 && said.contains("not the same: covered.agree.calls was 7, is "),
        "{said}"
    );
    let (code, said) = tamper(|certificate| {
        certificate["subject"]["code"]["sha256"] = "00".repeat(32).into();
    });
    assert!(
        code == 3 && said.contains("subject.code.sha256 was 00"),
        "{said}"
    );
    let (code, said) = tamper(|certificate| certificate["schema"] = "crcheck/certificate/9".into());
    assert!(
        code == 6 && said.contains("crcheck/certificate/9"),
        "{said}"
    );
}

#[test]
fn a_repetition_names_what_differs_and_what_nobody_compared() {
    let here = folder();
    let output = crcheck(here.path(), CERTIFY);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let path = here.path().join("crcheck-certificate.json");
    let text = fs::read_to_string(&path).expect("the certificate");
    let certificate: Value = serde_json::from_str(&text).expect("JSON");
    type Change = fn(&mut Value);
    let changes: [(&str, i32, Change); 4] = [
        ("not the same: subject.code.sha256 was 00, is ", 1, |of| {
            of["subject"]["code"]["sha256"] = "00".into();
            of["covered"][0]["calls"] = 7.into();
        }),
        ("verdict was fail, is pass", 1, |of| {
            of["verdict"] = "fail".into()
        }),
        ("assumptions no longer has trust", 1, |of| {
            of["assumptions"] = serde_json::json!(["trust"]);
        }),
        ("another machine: environment.cpu was 6502, is ", 0, |of| {
            of["environment"]["cpu"] = "6502".into();
        }),
    ];
    let again = "certify --again crcheck-certificate.json";
    for (says, expected, change) in changes {
        let mut changed = certificate.clone();
        change(&mut changed);
        fs::write(&path, changed.to_string()).expect("a file");
        let output = crcheck(here.path(), again);
        assert!(
            stderr(&output).contains(says),
            "{says}: {}",
            stderr(&output)
        );
        assert_eq!(code(&output), expected, "{says}: {}", stderr(&output));
        assert!(!stderr(&output).contains(" 1 of them differ\n"), "{says}");
    }
    fs::write(&path, &text).expect("a file");
    let same = crcheck(here.path(), "certify --again crcheck-certificate.json");
    for part in ["not compared: times: ", "statements, 0 of them differ"] {
        assert!(stderr(&same).contains(part), "{}", stderr(&same));
    }
}

#[test]
fn a_faulty_kernel_has_no_certificate() {
    let here = folder();
    let output = crcheck(here.path(), "certify --fault article-polynomial");
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    assert!(stderr(&output).contains("no certificate"));
    assert!(stdout(&output).contains("computes CRC-32/ISCSI"));
    assert_eq!(files(here.path()), ["crcheck-artifacts"]);
    let two = crcheck(here.path(), "certify --tier portable --fault canary");
    assert_eq!(code(&two), 2);
}
