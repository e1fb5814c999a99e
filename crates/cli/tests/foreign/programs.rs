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
        "a program that answers nothing ends the run, with its last words",
        silent_programs,
    ),
    (
        "a program of one message is right however it takes it and writes its checksum",
        right_one_shots,
    ),
    (
        "a faulty program of one message is found out, and its case replays",
        faulty_one_shots,
    ),
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
}

fn silent_programs() {
    let here = folder();
    for (line, words) in [
        ("true", "it ends its process by exit(0)"),
        ("'@/program usage'", "exit(2) (`usage: program FILE`)"),
        (
            "'@/program always'",
            "the empty message, in another process: it aborts",
        ),
        ("'@/program none'", "it does not return within 0.3 s"),
        ("'@/program text'", "it answers with the text `"),
        (
            "'@/program once'",
            "` when its input ends and does not return",
        ),
        ("'echo hello'", "the text `hello` "),
        (
            "'@/program once' --cmd-form one-shot --result decimal",
            "which has no decimal number",
        ),
        (
            "false --cmd-form one-shot",
            "it ends its process by exit(1)",
        ),
        (
            "'@/program once absent' --cmd-form one-shot",
            "(`absent: No such file",
        ),
    ] {
        let line = format!("verify --depth quick --call-timeout 300ms --cmd {line}");
        let output = crcheck(here.path(), &line);
        let said = stderr(&output);
        assert_eq!(code(&output), 3, "{line}: {}{said}", stdout(&output));
        assert!(
            said.contains(words) && said.contains("--cmd-form one-shot"),
            "{line}: {said}"
        );
    }
}

const ONE_SHOT: &str =
    "verify --check agree --budget 3s --seed 1 --format json --cmd-form one-shot";

fn right_one_shots() {
    let here = folder();
    for rest in [
        "--cmd '@/program once'",
        "--cmd '@/program once {}'",
        "--cmd '@/program once-decimal {}' --result decimal",
        "--cmd '@/program once-signed' --result signed",
        "--cmd '@/program once-be' --result be",
        "--cmd '@/program once-register' --convention register",
        "--cmd \"sh -c 'gzip -1 -c | tail -c 8 | head -c 4'\" --result le",
    ] {
        let output = crcheck(here.path(), &format!("{ONE_SHOT} {rest}"));
        let report = report(&output);
        // The budget may end it.
        assert!(
            matches!(code(&output), 0 | 5),
            "{rest}: {}",
            stderr(&output)
        );
        assert!(
            report["findings"].as_array().is_some_and(Vec::is_empty),
            "{rest}: {report}"
        );
        assert!(
            report["checks"][0]["calls"].as_u64() > Some(50),
            "{rest}: {report}"
        );
    }
    let line =
        "verify --depth quick --check agree --cmd '@/program register' --convention register";
    let output = crcheck(here.path(), line);
    assert_eq!(code(&output), 0, "{}{}", stdout(&output), stderr(&output));
    let line = "verify --check split --cmd '@/program once' --cmd-form one-shot";
    assert_eq!(
        code(&crcheck(here.path(), line)),
        4,
        "each call begins anew"
    );
}

fn faulty_one_shots() {
    let here = folder();
    for (way, kind, words) in [
        ("once-wrong", "wrong-value", ""),
        (
            "once-dies",
            "crash",
            "ends its process by exit(5) (`seven is too many`)",
        ),
        ("once-never {}", "hang", "does not return within 0.5 s"),
        ("once-silent", "crash", "writes nothing"),
    ] {
        let subject = format!("--cmd '@/program {way}' --call-timeout 500ms");
        let output = crcheck(here.path(), &format!("{ONE_SHOT} {subject}"));
        assert_eq!(code(&output), 1, "{way}: {}", stderr(&output));
        let report = report(&output);
        let finding = finding(&report, kind);
        assert!(summary(finding).starts_with(words), "{way}: {finding}");
        assert_eq!(finding["cell"]["length"], 7, "{way}");
        let artifact = finding["artifact"].as_str().expect("a path");
        let line = format!("replay {artifact} --trust --call-timeout 500ms");
        let again = crcheck(here.path(), &line);
        let said = stdout(&again);
        assert_eq!(code(&again), 1, "{way}: {said}{}", stderr(&again));
        assert!(
            said.contains(kind) && said.contains("cmd[one-shot,hex]:"),
            "{said}"
        );
    }
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
