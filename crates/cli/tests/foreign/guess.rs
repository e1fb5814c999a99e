//! What is tried before a run: a function that gives its values by another interface ends it with
//! exit code 2, and one that computes another model is a finding.

use crate::common::{code, folder, report as json_of};
use crate::kernels::{NamedTest, crcheck, finding, summary};
use serde_json::Value;

pub(crate) const TRIALS: &[NamedTest] = &[
    (
        "a function with another interface ends the run, with the interface",
        another_interface,
    ),
    (
        "a guess keeps to what the user states, and --no-guess makes none",
        what_is_stated_stays,
    ),
    (
        "a crash by a stated signature names the argument and the signature that fits",
        a_stated_signature_crashes,
    ),
    (
        "a function that crashes by itself is not accused of another signature",
        a_right_signature_crashes,
    ),
    (
        "a function that computes another model is a finding, and the report has the model",
        another_model,
    ),
    (
        "a function that computes a wider model is told by its whole result",
        a_wider_model,
    ),
];

fn judged(rest: &str) -> (Value, i32, String) {
    let here = folder();
    let line = format!("verify --depth quick --seed 1 --check agree --lib @/{rest} --format json");
    let output = crcheck(here.path(), &line);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    (json_of(&output), code(&output), errors)
}

fn another_interface() {
    for (function, options) in [
        (
            "kernels.so --symbol crc32_buf_len_crc",
            "--signature buf,len,crc",
        ),
        (
            "kernels.so --symbol crc32_crc_len_buf",
            "--signature crc,len,buf",
        ),
        (
            "kernels.so --symbol crc32_register",
            "--convention register",
        ),
        ("kernels.so --symbol crc32_whole", "--signature buf,len"),
        (
            "kernels.so --symbol crc32_begin_end",
            "--signature crc,buf,end",
        ),
        (
            "interfaces.so --symbol by_address",
            "--signature '&crc,buf,len'",
        ),
        ("interfaces.so --symbol big_endian", "--result be"),
        (
            "interfaces.so --symbol big_endian_once",
            "--signature buf,len --result be",
        ),
        (
            "interfaces.so --symbol register_buf_len_crc",
            "--signature buf,len,crc --convention register",
        ),
        ("interfaces.so --symbol after_fill", "--init fill_all"),
    ] {
        let (report, code, errors) = judged(function);
        assert_eq!(code, 2, "{function}: {report:#}");
        assert_eq!(report["verdict"], "void");
        assert_eq!(report["guess"][0]["options"], options, "{report:#}");
        let says = format!("its values appear with `{options}`");
        assert!(errors.contains(&says), "{errors}");
    }
}

fn what_is_stated_stays() {
    for rest in [
        "kernels.so --symbol crc32_register --no-guess",
        "kernels.so --symbol crc32_buf_len_crc --signature len,buf,crc",
    ] {
        let (report, code, _) = judged(rest);
        assert_eq!(code, 1, "{rest}: {report:#}");
        assert_eq!(report["guess"], Value::Null);
    }
    // The stated signature is right, and the convention is another one.
    let stated = "interfaces.so --symbol register_buf_len_crc --signature buf,len,crc";
    let (report, code, _) = judged(stated);
    assert_eq!(code, 2, "{report:#}");
    let options = "--signature buf,len,crc --convention register";
    assert_eq!(report["guess"][0]["options"], options);
    // A right function is never guessed about, nor one that is right sometimes.
    for (rest, expected) in [
        ("kernels.so --symbol crc32_right", 0),
        ("kernels.so --symbol crc32_odd", 1),
    ] {
        let (report, code, _) = judged(rest);
        assert_eq!(code, expected, "{rest}: {report:#}");
        assert_eq!(report["guess"], Value::Null);
    }
}

/// What the crash of a function of `lines.c` says.
fn says_of_crash(rest: &str) -> String {
    let (report, code, _) = judged(&format!("lines.so --symbol {rest}"));
    assert_eq!(code, 1, "{rest}: {report:#}");
    let says = summary(finding(&report, "crash")).to_owned();
    // Whatever else calls by another signature show is no cause of its own.
    let findings = report["findings"].as_array().expect("an array");
    assert!(
        findings.len() == 1 || !says.contains("the signature"),
        "{findings:#?}"
    );
    says
}

fn a_stated_signature_crashes() {
    let fits = "with `--signature buf,len,crc` it is right on all of them";
    for (signature, argument) in [("crc,buf,len", "checksum"), ("len,buf,crc", "length")] {
        let rest = format!("crc32_buf_len_crc --signature {signature}");
        let says = says_of_crash(&rest);
        let value = format!(", which is the value of the {argument} argument");
        assert!(
            says.starts_with("crashes on each of the 3 messages that were tried"),
            "{says}"
        );
        assert!(says.contains(&value) && says.contains(fits), "{says}");
    }
    let rest = "crc32_buf_len_crc --no-guess";
    assert!(says_of_crash(rest).contains(fits));
    // No signature that is tried is right.
    let says = says_of_crash("crc32_other --signature crc,buf,len");
    assert!(says.contains("reading at address 0x64, "), "{says}");
    assert!(says.ends_with("the signature may be another one"), "{says}");
}

fn a_right_signature_crashes() {
    let says = says_of_crash("crc32_null_table");
    assert!(says.contains("null pointer"), "{says}");
    assert!(!says.contains("signature"), "{says}");
}

fn another_model() {
    let (report, code, _) = judged("interfaces.so --symbol castagnoli");
    assert_eq!(code, 1, "{report:#}");
    assert_eq!(report["guess"][0]["model"], "CRC-32/ISCSI");
    let found = summary(finding(&report, "wrong-value"));
    assert_eq!(found, "computes CRC-32/ISCSI");
}

fn a_wider_model() {
    for (options, model) in [
        ("xz", "CRC-64/XZ"),
        ("castagnoli --model CRC-16/KERMIT", "CRC-32/ISCSI"),
    ] {
        let (report, code, _) = judged(&format!("interfaces.so --symbol {options}"));
        assert_eq!(code, 1, "{report:#}");
        assert_eq!(report["guess"][0]["model"], model, "{report:#}");
        let found = summary(finding(&report, "wrong-value"));
        assert!(
            found.starts_with(&format!("gives the checksums of {model} ")),
            "{found}"
        );
    }
}
