//! Every interface that the options can say: right functions pass, and functions that break what
//! the interface owes do not.

use crate::common::{code, folder, report as json_of};
use crate::kernels::{NamedTest, crcheck, finding, summary};
use serde_json::Value;

pub(crate) const TRIALS: &[NamedTest] = &[
    ("a right function of every interface passes", right_passes),
    (
        "what a function owes besides its checksum is judged",
        owed_besides,
    ),
    ("an init function that fails is said", failing_init),
];

const VERIFY: &str = "verify --depth quick --seed 1 --lib @/interfaces.so --symbol";

fn judged(rest: &str) -> (Value, i32) {
    let here = folder();
    let output = crcheck(here.path(), &format!("{VERIFY} {rest} --format json"));
    (json_of(&output), code(&output))
}

/// A wrong order of arguments, or a wrong width, cannot pass these.
const HOW_IT_IS_CALLED: &str = "--check guard --check abi --check split";

fn right_passes() {
    for right in [
        "by_address --signature &crc,buf,len->status",
        "by_address --signature &crc,buf,len",
        "status_of_one --signature buf,len,out->status:1",
        "big_endian_out --signature buf,len,out --result be",
        "text_out --signature buf,len32,out --result hex",
        "text --signature buf,len --result hex",
        "big_endian --result be",
        "big_endian_once --signature buf,len --result be",
        "with_sign --signature buf,len --result signed",
        "with_sign --signature buf,len->crc64 --result signed",
        "at_offset --signature crc,buf,offset32,len32",
        "short_message --signature crc,buf,len8",
        "copies --signature crc,dst,buf,len",
        "with_context --signature \
         call:new_context(call:new_maker(const:0xedb88320)),crc,buf,len",
        "after_init --init allow(const:256) --init fill",
    ] {
        let (report, code) = judged(&format!("{right} {HOW_IT_IS_CALLED}"));
        assert_eq!(code, 0, "{right}: {report:#}");
        let cells = report["checks"][0]["cells"].as_u64();
        assert!(cells.is_some_and(|cells| cells >= 500), "{right}");
    }
}

fn owed_besides() {
    for (faulty, length, says) in [
        (
            "by_address_fails_at_17 --signature &crc,buf,len->status",
            17,
            "returns the status -5",
        ),
        (
            "status_of_one --signature buf,len,out->status",
            0,
            "returns the status 1",
        ),
        (
            "no_text --signature buf,len --result hex",
            0,
            "gives a text that is no hexadecimal checksum",
        ),
        (
            "copies_not_the_last --signature crc,dst,buf,len",
            33,
            "leaves something else than a copy of the message where dst points",
        ),
    ] {
        let (report, code) = judged(&format!("{faulty} --check agree"));
        assert_eq!(code, 1, "{faulty}: {report:#}");
        let finding = finding(&report, "wrong-value");
        assert_eq!(finding["cell"]["length"], length, "{finding:#}");
        assert!(summary(finding).starts_with(says), "{finding:#}");
    }
    for (faulty, kind, length) in [
        (
            "ignores_offset_at_40 --signature crc,buf,offset,len",
            "wrong-value",
            40,
        ),
        ("copies_one_more --signature crc,dst,buf,len", "crash", 50),
        ("after_init", "wrong-value", 1),
        ("big_endian", "wrong-value", 1),
    ] {
        let (report, code) = judged(&format!("{faulty} --check agree --no-guess"));
        assert_eq!(code, 1, "{faulty}: {report:#}");
        let finding = finding(&report, kind);
        assert_eq!(finding["cell"]["length"], length, "{finding:#}");
    }
}

fn failing_init() {
    let here = folder();
    let output = crcheck(here.path(), &format!("{VERIFY} after_init --init fails"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(code(&output), 6, "{errors}");
    assert!(errors.contains("aborts"), "{errors}");
    let output = crcheck(here.path(), &format!("{VERIFY} after_init --init missing"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(code(&output), 2, "{errors}");
    assert!(errors.contains("has no symbol `missing`"), "{errors}");
}
