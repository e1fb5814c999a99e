//! Reports of every kind of end, made without a run: what CI must be told, whatever happens.

use crcheck_harness::check::case::Case;
use crcheck_harness::check::check_result::{CheckResult, Ending, Skip};
use crcheck_harness::check::checks::{agree, guard, split};
use crcheck_harness::check::finding::{Finding, MessageForm};
use crcheck_harness::check::group::Group;
use crcheck_harness::check::halt::Why;
use crcheck_harness::check::saved::artifacts::SavedArtifacts;
use crcheck_harness::oracle::model::Model;
use crcheck_harness::report::{Facts, GuessReport, Report, Skipped};
use crcheck_harness::subject::{CheckId, ExecutedBy, Kind};

/// What no format may take for its own syntax.
const HOSTILE: &str = "<a & \"b\"' ]]>\u{1b}[31m\u{0}\u{fffe}\r\n::error::%0A,x:y>";

fn finding(subject: &str, check: CheckId, kind: Kind) -> Finding {
    Finding {
        check,
        kind,
        subject: subject.into(),
        case: Case::default(),
        message_form: MessageForm::Message,
        expected: None,
        got: None,
        distance_bytes: None,
        instruction: None,
        illegal: None,
        place: None,
        called_at: None,
        summary: format!("breaks by {kind} in {check} <&\"'\u{1b}>"),
    }
}

fn result(subject: &str, check: CheckId, ending: Ending) -> CheckResult {
    CheckResult {
        ending,
        ..CheckResult::new(subject.into(), check)
    }
}

fn right(subject: &str, check: CheckId) -> CheckResult {
    result(subject, check, Ending::Complete)
}

fn interpreted(subject: &str) -> CheckResult {
    CheckResult {
        executed_by: ExecutedBy::Interpretation,
        ..right(subject, agree::ID)
    }
}

/// A check with findings of these kinds.
fn wrong(subject: &str, check: CheckId, kinds: &[Kind]) -> CheckResult {
    let groups = kinds.iter().map(|kind| finding(subject, check, *kind));
    CheckResult {
        groups: groups.map(Group::of_one).collect(),
        ..right(subject, check)
    }
}

/// A check that met the cause of the first finding of `agree`.
fn same_cause(subject: &str, check: CheckId) -> CheckResult {
    let mut result = wrong(subject, check, &[Kind::WrongValue]);
    let first = finding(subject, agree::ID, Kind::WrongValue).id();
    for group in &mut result.groups {
        group.same_cause_as = Some(first.clone());
    }
    result
}

fn facts(results: &[CheckResult]) -> Facts<'_> {
    Facts::of_saved("test", Model::CRC_32_ISO_HDLC, results)
}

fn accepting(report: Report, kinds: &[&str]) -> Report {
    let allow = |kind: &&str| (kind.parse().expect("a kind"), HOSTILE.to_owned());
    report.accepting(&kinds.iter().map(allow).collect::<Vec<_>>())
}

/// Reports, each with what it is about.
pub(crate) fn reports() -> Vec<(&'static str, Report)> {
    let mut all = runs();
    all.extend(ends());
    all
}

/// Of checks with findings and without.
fn runs() -> Vec<(&'static str, Report)> {
    let of = |results: &[CheckResult]| Report::new(facts(results));
    let both = [Kind::WrongValue, Kind::OverRead];
    let one_cause = [
        same_cause("mine", guard::ID),
        wrong("mine", agree::ID, &[Kind::WrongValue]),
        same_cause("mine", split::ID),
    ];
    let two_causes = [
        wrong("mine", agree::ID, &both),
        same_cause("mine", guard::ID),
    ];
    let skip = |applies| Skip {
        reason: HOSTILE.to_owned(),
        applies,
    };
    let several = [
        right("mine", agree::ID),
        wrong("yours", agree::ID, &both),
        same_cause("yours", split::ID),
        CheckResult {
            left_out: vec![("a part".to_owned(), skip(true))],
            ..right("yours", guard::ID)
        },
        wrong(HOSTILE, agree::ID, &both),
        result(HOSTILE, guard::ID, Ending::Skipped(skip(false))),
    ];
    let orphan = [CheckResult {
        ending: Ending::Skipped(skip(true)),
        ..wrong("mine", guard::ID, &[Kind::Crash])
    }];
    vec![
        (
            "pass",
            of(&[right("mine", agree::ID), right("mine", guard::ID)]),
        ),
        (
            "interpreted",
            of(&[interpreted("mine"), right("yours", agree::ID)]),
        ),
        ("one cause in several checks", of(&one_cause)),
        ("two causes in one check", of(&two_causes)),
        ("several subjects, and hostile text", of(&several)),
        ("a finding of a check that was skipped", of(&orphan)),
        ("all accepted", accepting(of(&one_cause), &["wrong-value"])),
        (
            "one of two accepted",
            accepting(of(&two_causes), &["wrong-value"]),
        ),
        ("an orphan is accepted", accepting(of(&orphan), &["crash"])),
        (
            "accepted, and not found",
            accepting(of(&[right("mine", agree::ID)]), &["hang"]),
        ),
    ]
}

/// Of runs that are no pass without a finding, or that ended early.
fn ends() -> Vec<(&'static str, Report)> {
    let stopped = |why: Why| result("mine", guard::ID, Ending::Stopped(why.into()));
    let agree = || right("mine", agree::ID);
    let interrupted = [agree(), stopped(Why::Interrupt)];
    let at_first = [
        wrong("mine", agree::ID, &[Kind::WrongValue]),
        stopped(Why::Finding { of: agree::ID }),
    ];
    let after_finding = [CheckResult {
        ending: Ending::Stopped(Why::Budget.into()),
        ..wrong("mine", agree::ID, &[Kind::WrongValue])
    }];
    let prevented = result("mine", guard::ID, Ending::Prevented(HOSTILE.to_owned()));
    let is_missing = vec![Skipped::new("tier:aarch64-pmull", "no such CPU", true)];
    let guess = GuessReport {
        subject: "mine".to_owned(),
        options: Some("--signature buf,len32".to_owned()),
        model: None,
    };
    let of = |results: &[CheckResult]| Report::new(facts(results));
    vec![
        ("incomplete", of(&[agree(), stopped(Why::Budget)])),
        ("incomplete after a finding", of(&after_finding)),
        (
            "interrupted",
            Report::new(Facts {
                is_interrupted: true,
                ..facts(&interrupted)
            }),
        ),
        (
            "interrupted before any check",
            Report::new(Facts {
                is_interrupted: true,
                ..facts(&[])
            }),
        ),
        ("stopped at the first finding", of(&at_first)),
        (
            "never entered",
            of(&[result("mine", agree::ID, Ending::NotEntered)]),
        ),
        ("prevented", of(&[agree(), prevented])),
        ("nothing selected", of(&[])),
        (
            "required and missing",
            Report::new(Facts {
                skipped: is_missing,
                ..facts(&[agree()])
            }),
        ),
        (
            "another interface",
            Report::new(Facts {
                guess: vec![guess],
                ..facts(&[])
            }),
        ),
        (
            "a case could not be saved",
            Report::new(Facts {
                artifacts: SavedArtifacts {
                    has_failed: true,
                    ..SavedArtifacts::default()
                },
                ..facts(&[agree()])
            }),
        ),
    ]
}
