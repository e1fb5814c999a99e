//! A test of somebody's own kernel: those of `examples/rust`, and what they leave behind.

extern crate self as mycrate;

#[path = "../../../examples/rust/tests/crc.rs"]
mod crc;
#[path = "../../../examples/rust/src/lib.rs"]
mod kernels;

pub use kernels::{Table, crc32, crc32_by_words, kermit};

use crcheck_harness::check::depth::DepthName;
use crcheck_harness::oracle::bitwise::Bitwise;
use crcheck_harness::oracle::judge::Judge;
use crcheck_harness::oracle::model::Model;
use crcheck_harness::report::verdict::Verdict;
use crcheck_harness::report::{Report, human};
use crcheck_harness::subject::{Subject, SubjectName};
use crcheck_harness::{Test, kernel, verify};
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

/// Forgets the last of seven bytes.
fn wrong_at_seven(crc: u32, buf: &[u8]) -> u32 {
    let kept = if buf.len() == 7 { &buf[..6] } else { buf };
    kernel::update(crc, kept)
}

/// A test that keeps its cases in `folder`, and that two checks suffice for.
fn test_in(folder: &Path, kernel: fn(u32, &[u8]) -> u32) -> Test {
    let test = Test::new("seven", move |crc: u32, buf: &[u8]| kernel(crc, buf));
    test.artifacts(folder).checks(["agree", "slack"])
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder.join("seven")).into_iter().flatten();
    entries
        .map(|entry| entry.expect("an entry").path())
        .collect()
}

/// What a panic of `run` says.
fn panic_of<T>(run: impl FnOnce() -> T) -> String {
    let payload = catch_unwind(AssertUnwindSafe(run)).err().expect("a panic");
    *payload.downcast::<String>().expect("a message")
}

/// Runs a test of this program in a process of its own: whether it passes, and what it prints.
fn run_apart(test: &str, variables: &[(&str, &str)]) -> (bool, String) {
    let mut program = Command::new(std::env::current_exe().expect("this program"));
    program.args([test, "--exact", "--include-ignored"]);
    let output = program
        .envs(variables.iter().copied())
        .output()
        .expect("a run");
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    (output.status.success(), text)
}

#[test]
fn a_wrong_kernel_fails_and_saves_its_case() {
    let here = folder();
    let report = test_in(here.path(), wrong_at_seven).seed(1).run();
    assert_eq!(report.verdict, Verdict::Fail);
    let [file] = &files(here.path())[..] else {
        panic!("one finding")
    };
    let saved = fs::read_to_string(file).expect("the case");
    for text in [
        "length = 7",
        "subject = \"seven\"",
        "CRCHECK_SEED=0x1 cargo test",
    ] {
        assert!(saved.contains(text), "{saved}");
    }
    // It is committed, so it tells nothing of this machine.
    for path in [here.path(), Path::new(env!("CARGO_MANIFEST_DIR"))] {
        let path = path.to_str().expect("a path");
        assert!(!saved.contains(path), "{saved}");
    }
    let text = panic_of(move || report.assert_passed());
    let artifact = format!("\nArtifact: {}\n", file.display());
    let command =
        "cargo test -p crcheck-harness a_wrong_kernel_fails_and_saves_its_case -- --exact";
    let next = format!("\nNext: CRCHECK_SEED=0x1 {command}\n");
    for said in [
        "\nFINDING wrong-value: seven",
        "\nfail: 1 finding",
        &artifact,
        &next,
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
}

#[test]
fn a_saved_case_is_judged_first_next_time() {
    let here = folder();
    let first = test_in(here.path(), wrong_at_seven).run();
    let before = files(here.path());
    let again = test_in(here.path(), wrong_at_seven).run();
    let calls = |report: &Report| report.checks.iter().map(|check| check.calls).sum::<u64>();
    assert!(
        calls(&first) > 1000 && calls(&again) < 10,
        "{}",
        human(&again)
    );
    let [finding] = &again.findings[..] else {
        panic!("one finding")
    };
    assert_eq!(finding.artifact, Some(before[0].display().to_string()));
    assert_eq!(finding.id, first.findings[0].id);
    assert_eq!(files(here.path()), before);
    let text = panic_of(move || again.assert_passed());
    assert!(text.contains("; 1 saved case, "), "{text}");
    // Every seed shows it.
    assert!(text.contains("\nNext: cargo test"), "{text}");
}

#[test]
fn a_case_that_passes_again_stays() {
    static FIRST_LENGTH: AtomicUsize = AtomicUsize::new(usize::MAX);
    let mended = |crc, buf: &[u8]| {
        let (set, seen) = (Ordering::Relaxed, Ordering::Relaxed);
        let _ = FIRST_LENGTH.compare_exchange(usize::MAX, buf.len(), set, seen);
        kernel::update(crc, buf)
    };
    let here = folder();
    test_in(here.path(), wrong_at_seven).run();
    let before = files(here.path());
    let report = test_in(here.path(), mended).run();
    report.assert_passed();
    assert_eq!((before.len(), files(here.path())), (1, before));
    assert_eq!(FIRST_LENGTH.load(Ordering::Relaxed), 7);
    assert_eq!(report.depth, "quick");
    // The plan and the seeds have their cells, and the case has one more.
    let without = test_in(Path::new(""), mended).run();
    assert_eq!(report.checks[0].cells, without.checks[0].cells + 1);
}

#[test]
fn an_accepted_finding_passes() {
    let here = folder();
    let judge = || {
        let test = test_in(here.path(), wrong_at_seven);
        test.allow("wrong-value", "nobody sends seven bytes").run()
    };
    let report = judge();
    report.assert_passed();
    let text = human(&report);
    assert!(text.contains("ACCEPTED wrong-value: seven"), "{text}");
    assert!(text.contains("nobody sends seven bytes"), "{text}");
    assert!(files(here.path()).is_empty());
    // A case that was saved before does not fail it either.
    test_in(here.path(), wrong_at_seven).run();
    let report = judge();
    report.assert_passed();
    assert_eq!(
        (report.depth.as_str(), files(here.path()).len()),
        ("quick", 1)
    );
}

#[test]
fn a_poisoned_lock_names_the_panic_that_poisoned_it() {
    let lock = Mutex::new(());
    let panics = move |crc: u32, buf: &[u8]| {
        let _held = lock.lock().unwrap();
        assert_ne!(buf.len(), 33, "bad length");
        kernel::update(crc, buf)
    };
    let test = Test::new("poisons", panics).artifacts("");
    let text = human(&test.checks(["agree"]).run());
    assert!(text.contains("PoisonError"), "{text}");
    assert!(text.contains("the first panic was: "), "{text}");
    assert!(text.contains("bad length"), "{text}");
}

#[test]
fn a_panic_is_a_finding() {
    let panics = |crc: u32, buf: &[u8]| {
        assert_ne!(buf.len(), 100, "no room");
        kernel::update(crc, buf)
    };
    let report = Test::new("panics", panics)
        .artifacts("")
        .checks(["agree"])
        .run();
    let text = human(&report);
    assert!(text.contains("FINDING crash: panics"), "{text}");
    assert!(text.contains("no room"), "{text}");
}

/// Ends its process when the message has 33 bytes.
fn ends(crc: u32, buf: &[u8], end: fn()) -> u32 {
    if buf.len() == 33 {
        end();
    }
    kernel::update(crc, buf)
}

fn exit() {
    std::process::exit(0)
}

crcheck_harness::test!(
    #[ignore = "it ends its process"]
    exits = |crc, buf| ends(crc, buf, exit)
);

crcheck_harness::test!(
    #[ignore = "it ends its process"]
    exits_apart = |crc, buf| ends(crc, buf, || std::thread::spawn(exit)
        .join()
        .expect("no end"))
);

crcheck_harness::test!(
    #[ignore = "it ends its process"]
    aborts = |crc, buf| ends(crc, buf, || std::process::abort())
);

extern "C" fn panics_over_c() {
    panic!("bad length");
}

crcheck_harness::test!(
    #[ignore = "it ends its process"]
    panics_in_c = |crc, buf| ends(crc, buf, || panics_over_c())
);

struct Exits;

impl Subject for Exits {
    fn name(&self) -> SubjectName {
        "verified".into()
    }

    fn update(&self, checksum: u64, message: &[u8]) -> u64 {
        ends(checksum as u32, message, exit).into()
    }
}

#[test]
#[ignore = "it ends its process"]
fn verified() {
    let report = verify(Box::new(Exits), DepthName::Quick, 77);
    panic!("{report:?}");
}

#[test]
fn a_subject_that_ends_the_process_fails_too() {
    let (is_passed, text) = run_apart("verified", &[]);
    assert!(!is_passed, "{text}");
    let said = "\nverified: the process ends by exit() while this test runs\n";
    assert!(text.contains(said), "{text}");
}

#[test]
fn a_kernel_that_ends_the_process_fails_its_test() {
    for (test, said) in [
        (
            "exits",
            "ends the process by exit() in a call with 33 bytes at alignment ",
        ),
        (
            "exits_apart",
            "the process ends by exit() while this test runs",
        ),
        (
            "aborts",
            "ends the process by abort() in a call with 33 bytes at alignment ",
        ),
        (
            "panics_in_c",
            "ends the process by abort() in a call with 33 bytes at alignment ",
        ),
    ] {
        let variables = [("CRCHECK_CHECK", "agree"), ("CRCHECK_SEED", "77")];
        let (is_passed, text) = run_apart(test, &variables);
        assert!(!is_passed, "{test}: {text}");
        let said = format!("\n{test}: {said}");
        let command = format!(
            "CRCHECK_SEED=0x4d CRCHECK_CHECK=agree cargo test -p crcheck-harness \
             --test own_kernel {test} -- --exact --include-ignored"
        );
        for said in [said, format!("\nNext: {command}\n")] {
            assert!(text.contains(&said), "{said}: {text}");
        }
    }
}

#[test]
fn a_kernel_has_any_width_and_either_convention() {
    let few = |test: Test, model: &str| {
        let test = test.model(model).artifacts("").checks(["guard", "affine"]);
        test.run().assert_passed();
    };
    let judge = |model| Arc::new(Bitwise::new(&Model::find(model).expect("a model")));
    let narrow = judge("CRC-5/USB");
    let of_bytes = move |crc: u8, buf: &[u8]| narrow.update(crc.into(), buf) as u8;
    few(Test::new("u8", of_bytes), "CRC-5/USB");
    let wide = judge("CRC-64/XZ");
    few(
        Test::new("u64", move |crc: u64, buf: &[u8]| wide.update(crc, buf)),
        "CRC-64/XZ",
    );
    let short = judge("CRC-16/GENIBUS");
    let raw = move |register: u16, buf: &[u8]| !(short.update((!register).into(), buf) as u16);
    let test = Test::new("raw", raw).convention("register");
    few(test, "CRC-16/GENIBUS");
    let text = panic_of(|| Test::new("short", |crc: u16, _: &[u8]| crc).run());
    assert!(text.contains("the kernel returns 16 bits"), "{text}");
    assert!(text.contains("CRC-32/ISO-HDLC has 32"), "{text}");
    assert!(text.contains("`model = \"CRC-16/KERMIT\"`"), "{text}");
    // The model that is named is not the one that has no room.
    let narrow = Test::new("narrow", |crc: u8, _: &[u8]| crc).model("CRC-16/KERMIT");
    let text = panic_of(|| narrow.run());
    assert!(text.contains("`model = \"CRC-8/SMBUS\"`"), "{text}");
}

#[test]
fn a_bad_variable_is_named() {
    for (variable, value, said) in [
        ("CRCHECK_DEPTH", "quik", "did you mean `quick`?"),
        ("CRCHECK_CHECK", "guard,agre", "did you mean `agree`?"),
        (
            "CRCHECK_SEED",
            "0xg",
            ": a seed is a number of 64 bits, in decimal, or in hexadecimal after `0x`",
        ),
    ] {
        let (is_passed, text) = run_apart("crc::kermit", &[(variable, value)]);
        assert!(!is_passed, "{text}");
        let line = text.lines().find(|line| line.starts_with(variable));
        let line = line.unwrap_or_else(|| panic!("{variable}: {text}"));
        assert!(line.starts_with(&format!("{variable}={value}: ")), "{line}");
        assert!(line.ends_with(said), "{line}");
    }
    let text = panic_of(|| test_in(Path::new(""), crc32).model("CRC-32/ISO-HDLK"));
    assert!(text.starts_with("model = \"CRC-32/ISO-HDLK\": "), "{text}");
    let text = panic_of(|| test_in(Path::new(""), crc32).allow("overread", "padded"));
    assert!(text.contains("did you mean `over-read`?"), "{text}");
}

#[test]
fn the_environment_beats_the_code() {
    let here = folder();
    let variables = [
        ("CRCHECK_CHECK", "slack, agree"),
        ("CRCHECK_SEED", "77"),
        ("CRCHECK_ARTIFACTS", here.path().to_str().expect("a path")),
    ];
    let (is_passed, text) = run_apart("crc::crc32_by_words", &variables);
    assert!(!is_passed, "{text}");
    let command = "CRCHECK_SEED=0x4d CRCHECK_CHECK=slack,agree cargo test -p crcheck-harness \
                   --test own_kernel crc::crc32_by_words -- --exact --include-ignored";
    let kept = format!("CRCHECK_ARTIFACTS={}", here.path().display());
    assert!(
        text.contains(&format!("\nNext: {kept} {command}\n")),
        "{text}"
    );
    assert!(!text.contains("       guard "), "{text}");
    let kept = here.path().join("own_kernel-crc-crc32_by_words");
    assert_eq!(fs::read_dir(kept).expect("a folder").count(), 1);
    // Nothing is kept, so nothing is judged first.
    let (_, text) = run_apart(
        "crc::crc32_by_words",
        &[variables[0], ("CRCHECK_ARTIFACTS", "")],
    );
    assert!(
        text.contains("quick depth") && !text.contains("Artifact:"),
        "{text}"
    );
}

#[test]
fn a_folder_that_cannot_be_written_is_a_warning() {
    let here = folder();
    let file = here.path().join("file");
    fs::write(&file, "").expect("a file");
    let artifacts = file.to_str().expect("a path");
    let variables = [("CRCHECK_CHECK", "agree"), ("CRCHECK_ARTIFACTS", artifacts)];
    let (_, text) = run_apart("crc::crc32_by_words", &variables);
    for said in [
        "warning: cannot write",
        "hex = \"00\"",
        "FINDING wrong-value",
        "\nNext: ",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
}

#[test]
fn a_file_that_is_no_case_of_the_test_is_a_failure() {
    let here = folder();
    test_in(here.path(), wrong_at_seven).run();
    let files = files(here.path());
    let other = Test::new("seven", |buf: &[u8]| kermit(buf)).model("CRC-16/KERMIT");
    let text = panic_of(|| other.artifacts(here.path()).run());
    assert!(text.contains("it is a case of CRC-32/ISO-HDLC"), "{text}");
    assert!(text.contains("judges CRC-16/KERMIT"), "{text}");
    for name in ["notes", "case.tml"] {
        let misplaced = here.path().join("seven").join(name);
        fs::write(&misplaced, "a note").expect("a file");
        let text = panic_of(|| test_in(here.path(), crc32).run());
        let said = format!("{}: it is no case of the test", misplaced.display());
        assert!(text.starts_with(&said), "{text}");
        fs::remove_file(misplaced).expect("it is there");
    }
    fs::write(&files[0], "artifact = 2\nmodel = 7\n").expect("a file");
    let text = panic_of(|| test_in(here.path(), crc32).run());
    assert!(text.starts_with(&files[0].display().to_string()), "{text}");
    assert!(text.contains("it is not an artifact"), "{text}");
}
