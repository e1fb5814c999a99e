//! Why a subject is refused, in a sentence.

use crcheck_check::case::Case;
use crcheck_check::check_result::{CheckResult, Ending};
use crcheck_check::finding::{Finding, MessageForm, VALUE_CHECK};
use crcheck_check::group::Group;
use crcheck_check::halt::Why;
use crcheck_oracle::model::Model;
use crcheck_report::{Facts, Report, refusal};
use crcheck_subject::{CheckId, Kind};

fn report(ending: Ending, groups: Vec<Group>) -> Report {
    report_of(VALUE_CHECK, ending, groups)
}

fn report_of(check: CheckId, ending: Ending, groups: Vec<Group>) -> Report {
    let results = [CheckResult {
        ending,
        groups,
        ..CheckResult::new("mine".into(), check)
    }];
    Report::new(Facts::of_saved("test", Model::CRC_32_ISO_HDLC, &results))
}

#[test]
fn a_pass_is_no_refusal() {
    assert_eq!(refusal(&report(Ending::Complete, Vec::new())), None);
}

#[test]
fn a_verification_that_did_not_end_is_refused() {
    let reason = refusal(&report(Ending::Stopped(Why::Budget.into()), Vec::new()));
    assert_eq!(reason.as_deref(), Some("verify: incomplete"));
}

fn wrong_value() -> Finding {
    Finding {
        check: VALUE_CHECK,
        kind: Kind::WrongValue,
        subject: "mine".into(),
        case: Case {
            message: vec![0; 9],
            ..Case::default()
        },
        message_form: MessageForm::Message,
        expected: Some(1),
        got: Some(2),
        distance_bytes: None,
        instruction: None,
        illegal: None,
        place: None,
        called_at: None,
        summary: "is wrong".to_owned(),
    }
}

#[test]
fn texts_name_the_check_that_has_met_a_finding() {
    let met_by = |check: CheckId| {
        let report = report_of(check, Ending::Complete, vec![Group::of_one(wrong_value())]);
        let named = format!("check {check})");
        let reason = refusal(&report).expect("a refusal");
        assert!(reason.contains(&named), "{reason}");
        let text = crcheck_report::human(&report);
        assert!(text.contains(&named), "{text}");
        // The law that it breaks names it, whoever meets it.
        assert_eq!(report.findings[0].check, VALUE_CHECK);
    };
    met_by(VALUE_CHECK);
    met_by(CheckId::new("guard"));
}

#[test]
fn a_finding_is_told_with_its_case() {
    let finding = wrong_value();
    let reason = refusal(&report(Ending::Complete, vec![Group::of_one(finding)]));
    let reason = reason.expect("a refusal");
    assert!(
        reason.starts_with("wrong-value (check agree) at 9 bytes, alignment "),
        "{reason}"
    );
    assert!(
        reason.ends_with(": expected 0x00000001, got 0x00000002; is wrong"),
        "{reason}"
    );
}
