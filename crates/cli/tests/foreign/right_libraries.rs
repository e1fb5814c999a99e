//! Right libraries: every signature, convention and model passes, and its code is read for lengths.

use crate::common::{code, crcheck as run, files, folder, report as json_of, stderr, stdout};
use crate::kernels::{NamedTest, QUICK, crcheck, finding, report, summary};
use serde_json::Value;
use std::fs;

pub(crate) const TRIALS: &[NamedTest] = &[
    (
        "a right library passes every check that applies",
        right_passes,
    ),
    (
        "every signature and convention is called as it says",
        signatures,
    ),
    ("models of other widths are judged", widths),
    (
        "lengths that the code compares with are visited",
        mined_lengths,
    ),
    (
        "the self-test judges the planted library, and none of it is skipped",
        planted_library,
    ),
    (
        "right kernels in C have names on the command line",
        planted_by_name,
    ),
    (
        "a build by a compiler that is not here is said",
        missing_compiler,
    ),
    (
        "a subject can neither change files nor signal us",
        sandboxed,
    ),
];

fn right_passes() {
    let here = folder();
    let (report, code) = report(here.path(), "crc32_right");
    assert_eq!(code, 0, "{report:#}");
    let checks = report["checks"].as_array().expect("an array");
    // `history` visits 381 cells with seed 1: the number depends on the seed.
    let enough = |check: &Value| {
        let cells_min = if check["id"] == "history" { 350 } else { 400 };
        check["cells"].as_u64() > Some(cells_min)
    };
    let passed: Vec<&str> = checks
        .iter()
        .filter(|check| check["verdict"] == "pass" && enough(check))
        .filter_map(|check| check["id"].as_str())
        .collect();
    for wanted in ["agree", "guard", "slack", "split", "history"] {
        assert!(passed.contains(&wanted), "{wanted} in {passed:?}");
    }
    assert!(
        report["environment"]["sandbox"]
            .as_str()
            .expect("text")
            .starts_with("rlimit")
    );
    assert_eq!(files(here.path()).len(), 0);
}

/// A wrong order of arguments, or a wrong width, cannot pass these.
const HOW_IT_IS_CALLED: &str = "--check guard --check abi --check basis";

fn signatures() {
    let here = folder();
    for right in [
        "crc32_buf_len_crc --signature buf,len,crc",
        "crc32_len_buf_crc --signature len32,buf,crc",
        "crc32_crc_len_buf --signature crc,len,buf",
        "crc32_register --convention register",
        "crc32_whole --signature buf,len",
        "crc32_begin_end --signature crc,buf,end",
        "crc_by_poly --signature const:0xedb88320,crc,buf,len16",
        "crc32_by_table --signature sym:nibbles,buf,len,crc,zero",
    ] {
        let (report, code) = report(here.path(), &format!("{right} {HOW_IT_IS_CALLED}"));
        assert_eq!(code, 0, "{right}: {report:#}");
    }
    let (report, code) = report(here.path(), "crc32_register --check agree --no-guess");
    assert_eq!(code, 1);
    assert_eq!(
        summary(finding(&report, "wrong-value")),
        "lacks the XOR with 0xffffffff at its start and lacks the XOR with 0xffffffff at its end"
    );
}

fn widths() {
    let here = folder();
    for right in [
        "crc16_xmodem --model CRC-16/XMODEM",
        "crc64_xz --model CRC-64/XZ",
        "crc64_xz_whole --model CRC-64/XZ --signature buf,len",
        "crc8_smbus --model CRC-8/SMBUS",
        "crc8_smbus --model CRC-8/SMBUS --signature crc8,buf,len",
        "crc16_garbage --model CRC-16/XMODEM",
        "crc16_garbage --model CRC-16/XMODEM --signature crc16,buf,len",
        "crc16_garbage --model CRC-16/XMODEM --signature 'crc,buf,len->crc16'",
        "crc16_xmodem --model 'width=16 poly=0x1021 init=0 refin=false refout=false xorout=0'",
    ] {
        let (report, code) = report(here.path(), &format!("{right} {HOW_IT_IS_CALLED}"));
        assert_eq!(code, 0, "{right}: {report:#}");
    }
    // On x86-64 alone a test can put garbage above a result or an argument.
    for wrong in [
        "crc16_garbage --model CRC-16/XMODEM --signature 'crc,buf,len->crc32'",
        "crc16_wide_argument --model CRC-16/XMODEM --signature crc16,buf,len",
    ] {
        let (report, code) = report(here.path(), &format!("{wrong} {HOW_IT_IS_CALLED}"));
        let expected = i32::from(cfg!(target_arch = "x86_64"));
        assert_eq!(code, expected, "{wrong}: {report:#}");
    }
    let (report, exit_code) = report(here.path(), "crc64_xz --model CRC-64/WE --check agree");
    assert_eq!(exit_code, 1);
    let finding = finding(&report, "wrong-value");
    assert_eq!(finding["diagnosis"]["model"], "CRC-64/XZ");
    assert_eq!(finding["expected"].as_str().expect("text").len(), 18);
    let artifact = finding["artifact"].as_str().expect("a path").to_owned();
    let replayed = crcheck(here.path(), &format!("replay {artifact} --trust"));
    assert_eq!(
        (code(&replayed), stdout(&replayed).contains("CRC-64/WE")),
        (1, true),
        "{}",
        stdout(&replayed)
    );
}

/// The third is wrong at the same lengths as the first, and no comparison in it says so: the run
/// does not mine these lengths, and misses the finding.
fn mined_lengths() {
    let here = folder();
    let is_read = cfg!(target_arch = "x86_64");
    for (symbol, has_lengths, is_found) in [
        ("crc32_compares", true, true),
        ("crc32_two_paths", true, false),
        ("crc32_tells_nothing", false, false),
    ] {
        let (report, code) = report(here.path(), &format!("{symbol} --check agree"));
        assert_eq!(code, i32::from(is_found && is_read), "{report:#}");
        let mined = &report["mined"][0];
        let lengths = mined["lengths"].as_array().expect("an array");
        let has_it = lengths
            .iter()
            .any(|length| (100_002..=100_003).contains(&length.as_u64().unwrap_or(0)));
        assert_eq!(has_it, has_lengths && is_read, "{mined}");
        assert_eq!(mined["reason"].is_string(), !is_read, "{mined}");
        let list = stdout(&crcheck(here.path(), &format!("{QUICK} {symbol} --list")));
        assert!(list.contains("lengths from its code: "), "{list}");
        assert_eq!(list.contains("10000"), has_lengths && is_read, "{list}");
        let text = stdout(&crcheck(
            here.path(),
            &format!("{QUICK} {symbol} --check agree"),
        ));
        let wanted = if is_read {
            " mined"
        } else {
            "none mined: machine code of"
        };
        let line = text
            .lines()
            .find(|line| line.starts_with("lengths from the code of lib:"));
        assert!(line.is_some_and(|line| line.contains(wanted)), "{text}");
    }
}

fn planted_library() {
    let here = folder();
    // Two faults that end their process, and a right library.
    for only in [
        "library-exit",
        "library-heap",
        "good:library",
        "good:short-length",
    ] {
        let line = format!("selftest {only} --seed 1 --format json");
        let output = run(here.path(), &line);
        let report = json_of(&output);
        assert_eq!(
            (code(&output), &report["counts"]["right"]),
            (0, &1.into()),
            "{report:#}"
        );
    }
    assert_eq!(files(here.path()).len(), 0);
}

/// Right kernels in C have names on the command line, and models of their own.
fn planted_by_name() {
    let here = folder();
    for (name, model) in [
        ("good:crc64-one-shot", "CRC-64/XZ"),
        ("good:combine", "CRC-32/ISO-HDLC"),
    ] {
        let line = format!("verify --depth quick --check agree --fault {name} --format json");
        let output = run(here.path(), &line);
        let report = json_of(&output);
        assert_eq!(code(&output), 0, "{report:#}");
        assert_eq!(report["checks"][0]["subject"], name);
        assert_eq!(report["model"], model, "{report:#}");
    }
}

/// A build by a compiler that is not here is said.
fn missing_compiler() {
    let (here, tools) = (folder(), folder());
    for tool in ["cc", "as", "ld"] {
        let path = crate::common::on_path(tool).expect("the tools of cc");
        std::os::unix::fs::symlink(path, tools.path().join(tool)).expect("a link");
    }
    let mut command = crate::common::command(here.path(), "selftest good:crc8-clang-O2");
    let output = command
        .env("PATH", tools.path())
        .output()
        .expect("it starts");
    assert_eq!(code(&output), 4, "{}{}", stdout(&output), stderr(&output));
    let said = "it needs a C compiler called `clang`";
    assert!(stdout(&output).contains(said), "{}", stdout(&output));
}

fn sandboxed() {
    let here = folder();
    fs::write(here.path().join("victim"), "kept").expect("a file");
    let (report, code) = report(here.path(), "crc32_attacks --check agree");
    let sandbox = report["environment"]["sandbox"].as_str().expect("text");
    if !sandbox.contains("landlock") {
        eprintln!("no Landlock here: {sandbox}");
        return;
    }
    assert_eq!(code, 0, "{report:#}");
    assert!(here.path().join("victim").is_file());
    assert_eq!(sandbox.ends_with(", seccomp"), cfg!(target_arch = "x86_64"));
}
