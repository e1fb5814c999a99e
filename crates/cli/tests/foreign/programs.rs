//! Programs as subjects, by `--cmd`.

use crate::common::{code, folder, report, stderr, stdout};
use crate::kernels::{NamedTest, crcheck, finding, summary};

pub(crate) const TRIALS: &[NamedTest] = &[
    (
        "a right program passes the checks that apply to it",
        right_program,
    ),
    ("a faulty program is found out", faulty_programs),
    (
        "the list for a program or a library is the plan that runs",
        list_is_the_plan,
    ),
    (
        "the plan of a slow program is scaled, and the last line says to what",
        slow_program_is_scaled,
    ),
    (
        "a depth that is given is not cut for a slow program, but by a budget",
        given_depth_is_whole,
    ),
    (
        "a right program that starts slowly does not hang when the budget ends",
        late_program,
    ),
];

fn right_program() {
    let here = folder();
    let line = "verify --depth quick --format json --cmd '@/program right'";
    let output = crcheck(here.path(), line);
    assert_eq!(code(&output), 0, "{}{}", stdout(&output), stderr(&output));
    let report = report(&output);
    let checks = report["checks"].as_array().expect("an array");
    let ids: Vec<&str> = checks
        .iter()
        .filter_map(|check| check["id"].as_str())
        .collect();
    for wanted in ["agree", "split", "history"] {
        assert!(ids.contains(&wanted), "{ids:?}");
    }
    let skipped = report["skipped"].to_string();
    assert!(
        skipped.contains("a program reads a copy of the message"),
        "{skipped}"
    );
}

fn faulty_programs() {
    let here = folder();
    for (way, kind, words) in [
        ("wrong", "wrong-value", ""),
        (
            "dies",
            "crash",
            "ends its process by exit(5) (`seven is too many`)",
        ),
        ("never", "hang", "does not return within 0.3 s"),
        ("closes", "crash", "closes its pipes"),
        ("little", "hang", "answers 3 of 8 bytes and does not return"),
        ("much", "crash", ""),
    ] {
        let options = "--depth quick --check agree --call-timeout 300ms --format json";
        let line = format!("verify {options} --cmd '@/program {way}'");
        let output = crcheck(here.path(), &line);
        assert_eq!(code(&output), 1, "{way}: {}", stderr(&output));
        let report = report(&output);
        let finding = finding(&report, kind);
        let summary = summary(finding);
        assert!(summary.starts_with(words), "{way}: {summary}");
        if way != "much" {
            assert_eq!(finding["cell"]["length"], 7, "{way}");
        }
    }
    // This one answers nothing: it ends at once.
    let output = crcheck(here.path(), "verify --depth quick --cmd true");
    assert_eq!(code(&output), 1);
    assert!(
        stdout(&output).contains("ends its process by exit(0)"),
        "{}",
        stdout(&output)
    );
}

/// What `--list` names is what the report has: the checks that ran, and those that were skipped.
fn list_is_the_plan() {
    let here = folder();
    for subject in [
        "--cmd '@/program right'",
        "--lib @/kernels.so --symbol crc32_right",
    ] {
        let line = format!("verify --depth quick --seed 1 {subject}");
        let list = stdout(&crcheck(here.path(), &format!("{line} --list")));
        let report = report(&crcheck(here.path(), &format!("{line} --format json")));
        let listed = |is_skipped: bool| {
            let checks = list.lines().filter(|line| line.starts_with("  "));
            let checks = checks.filter(|line| !line.starts_with("  lengths"));
            let checks = checks.filter(|line| line.contains("skipped: ") == is_skipped);
            let ids = checks.filter_map(|line| line.split_whitespace().next());
            ids.map(str::to_owned).collect::<Vec<_>>()
        };
        let checks = report["checks"].as_array().expect("an array");
        let ran = checks.iter().filter_map(|check| check["id"].as_str());
        assert_eq!(listed(false), ran.collect::<Vec<_>>(), "{list}");
        let whats = report["skipped"].as_array().expect("an array").iter();
        let whats = whats.filter_map(|skipped| skipped["what"].as_str());
        let ids = whats.filter_map(|what| what.rsplit('/').next());
        let whole: Vec<&str> = ids.filter(|id| !id.contains(':')).collect();
        assert_eq!(listed(true), whole, "{list}");
        let is_program = subject.starts_with("--cmd");
        assert_eq!(list.contains(" x 1 alignment x "), is_program, "{list}");
        assert_eq!(list.contains(" x 64 alignments x "), !is_program, "{list}");
    }
}

/// The third process, that of the seeds, is still starting when the budget ends.
fn late_program() {
    let here = folder();
    let options = "--depth quick --check history --seed 1 --budget 3s";
    let line = format!("verify {options} --cmd '@/program late'");
    let output = crcheck(here.path(), &line);
    assert_eq!(code(&output), 5, "{}", stdout(&output));
}

const SLOW: &str = "--seed 1 --cmd '@/program slow'";

fn slow_program_is_scaled() {
    let here = folder();
    let line = format!("verify --check history {SLOW}");
    let output = crcheck(here.path(), &line);
    let text = stdout(&output);
    assert_eq!(code(&output), 0, "{text}{}", stderr(&output));
    let last = text.lines().last().expect("a verdict");
    let said = [
        "pass: ",
        "; scaled: `agree` has ",
        " at 0..=4096",
        " calls/s",
    ];
    assert!(said.iter().all(|said| last.contains(said)), "{last}");
    let said = stderr(&output);
    assert!(!said.contains("--budget"), "nothing to predict: {said}");
    let report = report(&crcheck(here.path(), &format!("{line} --format json")));
    let scaled = &report["scaled"][0];
    assert!(scaled["to"]["length_max"].as_u64() < Some(4096));
    assert_eq!(scaled["of"]["messages"], 40, "{scaled}");
}

fn given_depth_is_whole() {
    let here = folder();
    let line = format!("verify --depth default --check agree --budget 3s --format json {SLOW}");
    let output = crcheck(here.path(), &line);
    let said = stderr(&output);
    assert_eq!(code(&output), 5, "{}{said}", stdout(&output));
    assert!(
        said.contains(": about ") && said.contains("; the budget of 3s ends it before"),
        "{said}"
    );
    let report = report(&output);
    assert!(report["scaled"].is_null(), "{report}");
    let check = &report["checks"][0];
    let dense = &check["visited"]["dense"];
    let to = dense["to"].as_u64().expect("lengths");
    assert!(
        (1..4096).contains(&to) && dense["alignments"] == 1,
        "{check}"
    );
    let per = check["bound"]["per"].as_str().expect("a bound");
    assert!(
        per.starts_with(&format!("cell of length 0..={to} at one alignment")),
        "{per}"
    );
    let list = stdout(&crcheck(
        here.path(),
        &format!("verify --depth default --list {SLOW}"),
    ));
    assert!(
        list.contains("lengths 0..=4096 x 1 alignment x 40 messages"),
        "{list}"
    );
}
