//! What happens besides the judging, in the exit code.

use crcheck_check::case::Case;
use crcheck_check::check_result::{CheckResult, Ending};
use crcheck_check::finding::{Finding, MessageForm, VALUE_CHECK};
use crcheck_check::group::Group;
use crcheck_check::halt::Why;
use crcheck_check::saved::artifacts::SavedArtifacts;
use crcheck_oracle::model::Model;
use crcheck_report::verdict::{ExitCode, Verdict};
use crcheck_report::{Facts, Report, human, junit};
use crcheck_subject::{CheckId, Kind};

fn result(ending: Ending) -> CheckResult {
    CheckResult {
        ending,
        ..CheckResult::new("mine".into(), VALUE_CHECK)
    }
}

fn wrong() -> CheckResult {
    found(Kind::WrongValue)
}

/// A check with a finding that gave up after it.
fn found(kind: Kind) -> CheckResult {
    let finding = Finding {
        check: VALUE_CHECK,
        kind,
        subject: "mine".into(),
        case: Case::default(),
        message_form: MessageForm::Message,
        expected: None,
        got: None,
        distance_bytes: None,
        instruction: None,
        illegal: None,
        place: None,
        called_at: None,
        summary: "is wrong".to_owned(),
    };
    CheckResult {
        groups: vec![Group::of_one(finding)],
        ..result(Ending::Stopped(Why::Budget.into()))
    }
}

/// The verdict and the exit code of a run that was interrupted, or lost a case.
fn conclusion(
    result: CheckResult,
    is_interrupted: bool,
    has_failed: bool,
    is_accepted: bool,
) -> (Verdict, ExitCode) {
    let results = [result];
    let report = Report::new(Facts {
        is_interrupted,
        artifacts: SavedArtifacts {
            has_failed,
            ..SavedArtifacts::default()
        },
        ..Facts::of_saved("test", Model::CRC_32_ISO_HDLC, &results)
    });
    let allow = ("wrong-value".parse().expect("a kind"), "known".to_owned());
    let allows = if is_accepted { vec![allow] } else { Vec::new() };
    let report = report.accepting(&allows);
    (report.verdict, report.exit_code)
}

#[test]
fn an_interrupt_before_any_result_has_its_own_code() {
    for (result, expected) in [
        (
            result(Ending::Stopped(Why::Budget.into())),
            (Verdict::Incomplete, ExitCode::Interrupted),
        ),
        (result(Ending::Complete), (Verdict::Pass, ExitCode::Passed)),
        (wrong(), (Verdict::Fail, ExitCode::Found)),
    ] {
        assert_eq!(conclusion(result, true, false, false), expected);
    }
}

#[test]
fn a_case_that_is_not_saved_is_no_success() {
    for (result, expected) in [
        (result(Ending::Complete), (Verdict::Pass, ExitCode::Io)),
        (
            result(Ending::Stopped(Why::Budget.into())),
            (Verdict::Incomplete, ExitCode::Incomplete),
        ),
        (wrong(), (Verdict::Fail, ExitCode::Found)),
    ] {
        assert_eq!(conclusion(result, false, true, false), expected);
    }
}

#[test]
fn acceptance_forgets_neither() {
    assert_eq!(
        conclusion(wrong(), true, false, true),
        (Verdict::Incomplete, ExitCode::Incomplete)
    );
    let complete = CheckResult {
        ending: Ending::Complete,
        ..wrong()
    };
    assert_eq!(
        conclusion(complete, false, true, true),
        (Verdict::Pass, ExitCode::Io)
    );
}

#[test]
fn what_a_reported_hang_ends_is_counted_and_is_no_error_of_its_own() {
    let ended = CheckResult {
        ending: Ending::Stopped(Why::Hang.into()),
        ..CheckResult::new("mine".into(), CheckId::new("guard"))
    };
    for (kind, errors, is_counted) in [(Kind::Hang, 0, true), (Kind::WrongValue, 1, false)] {
        let results = [found(kind), ended.clone()];
        let facts = Facts::of_saved("test", Model::CRC_32_ISO_HDLC, &results);
        let report = Report::new(facts);
        let xml = junit(&report);
        assert_eq!(xml.matches("<error").count(), errors, "{kind}: {xml}");
        let text = human(&report);
        let counted = text.contains("1 check not visited in full");
        assert_eq!(counted, is_counted, "{kind}: {text}");
    }
}
