//! Reports as JUnit XML for CI: a test suite for each subject, a test case for each check.
//!
//! One cause fails one case, so the number of failures is that of the findings. A document is red
//! exactly if the run is no pass.

use crate::cause::{orphans, others_findings, own_findings};
use crate::check_report::CheckReport;
use crate::finding_report::FindingReport;
use crate::human::{finding_text, headline, sentence_of, unused_allow, verdict_line};
use crate::interpreted::InterpretedReport;
use crate::report::Report;
use crate::skipped::Skipped;
use crate::verdict::{ExitCode, Verdict};
use crate::xml::{junit_document, xml_text};
use crcheck_subject::ExecutedBy;
use quick_junit::{NonSuccessKind, Report as Root, TestCase, TestCaseStatus, TestSuite};
use std::time::Duration;

/// The suite of what is about the run, and not about a subject.
const RUN: &str = "crcheck";

/// The report as JUnit XML.
pub fn junit(report: &Report) -> String {
    let mut suites = Suites::default();
    for check in &report.checks {
        suites.add(&check.subject, check_case(check, report));
    }
    for finding in orphans(report) {
        suites.add(&finding.subject, orphan_case(finding));
    }
    for skipped in &report.skipped {
        for (subject, case) in cases_of(skipped, report) {
            suites.add(subject, skipped_case(skipped, &case));
        }
    }
    for guess in report.guess.iter().filter(|guess| guess.options.is_some()) {
        if !report.checks.iter().any(|one| one.subject == guess.subject) {
            let status = error(&guess.to_string(), "interface");
            suites.add(&guess.subject, case("interface", status));
        }
    }
    for allowed in report.allowed.iter().filter(|one| one.findings == 0) {
        let status = skipped_because(&unused_allow(allowed));
        suites.add("allow", case(&allowed.allow, status));
    }
    if report.exit_code != ExitCode::Passed && !suites.is_red() {
        let code = report.exit_code as u8;
        let end = format!("{}; exit code {code}", verdict_line(report));
        suites.add(RUN, case("run", error(&end, report.verdict.name())));
    }
    suites.document(report)
}

/// The suites, each by the name of its subject.
#[derive(Default)]
struct Suites(Vec<TestSuite>);

impl Suites {
    /// Adds a case to the suite of a subject. Readers tell cases apart by class and name, so a
    /// further case of one name has its number.
    fn add(&mut self, subject: &str, mut case: TestCase) {
        let subject = xml_text(subject);
        case.set_classname(&subject);
        let suite = self.0.iter().position(|suite| *suite.name == *subject);
        let suite = suite.unwrap_or_else(|| {
            self.0.push(TestSuite::new(&subject));
            self.0.len() - 1
        });
        let suite = &mut self.0[suite];
        let is_taken = |name: &str| suite.test_cases.iter().any(|one| *one.name == *name);
        let first = case.name.to_string();
        let names = (2..).map(|number| format!("{first} ({number})"));
        let mut names = std::iter::once(first.clone()).chain(names);
        let free = names.find(|name| !is_taken(name)).unwrap_or(first);
        case.name = free.into();
        suite.add_test_case(case);
    }

    fn is_red(&self) -> bool {
        self.0.iter().any(|suite| suite.failures + suite.errors > 0)
    }

    fn document(self, report: &Report) -> String {
        let tiers = report.tiers.to_string();
        let mut properties = vec![
            ("seed", report.seed.as_str()),
            ("verdict", report.verdict.name()),
        ];
        if !tiers.is_empty() {
            properties.push(("tiers", &tiers));
        }
        let mut root = Root::new(RUN);
        if let Some(run) = &report.run {
            root.set_time(duration(run.seconds));
        }
        for mut suite in self.0 {
            let model = report.model_of(suite.name.as_str()).to_owned();
            suite.add_property(("model", xml_text(&model).as_str()));
            let is_own = |one: &InterpretedReport| *xml_text(&one.subject) == *suite.name;
            if report.interpreted.iter().any(is_own) {
                suite.add_property(("executed_by", ExecutedBy::Interpretation.name()));
            }
            for (name, value) in &properties {
                suite.add_property((*name, xml_text(value).as_str()));
            }
            let times = suite.test_cases.iter().filter_map(|case| case.time);
            suite.set_time(times.sum());
            root.add_test_suite(suite);
        }
        junit_document(&root)
    }
}

fn case(name: &str, status: TestCaseStatus) -> TestCase {
    TestCase::new(xml_text(name), status)
}

fn error(message: &str, what: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_message(xml_text(message)).set_type(what);
    status
}

fn skipped_because(reason: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(xml_text(reason));
    status
}

/// The failure of a case by its findings: one message for all, and each in full.
fn failure(findings: &[&FindingReport], reason: Option<&String>) -> TestCaseStatus {
    let message = in_one(findings, sentence_of, "; ");
    let kinds = in_one(findings, |finding| finding.kind.to_string(), ", ");
    let mut text = in_one(findings, finding_text, "\n");
    if let Some(reason) = reason {
        text += &format!("\nthe check {reason}\n");
    }
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_message(xml_text(&message));
    status.set_type(kinds).set_description(xml_text(&text));
    status
}

/// What is said of some findings, each once.
fn in_one(
    findings: &[&FindingReport],
    said: impl Fn(&FindingReport) -> String,
    between: &str,
) -> String {
    let mut texts: Vec<String> = Vec::new();
    for text in findings.iter().map(|finding| said(finding)) {
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    texts.join(between)
}

/// A check fails by the causes that it stands for. What it met of another check's is no failure of
/// its own, and no success either.
fn check_case(check: &CheckReport, report: &Report) -> TestCase {
    let is_open = |finding: &FindingReport| finding.accepted.is_none();
    let own: Vec<_> = own_findings(report, check)
        .filter(|one| is_open(one))
        .collect();
    let others = others_findings(report, check).filter(|(finding, _)| is_open(finding));
    let mut others: Vec<&str> = others.map(|(_, owner)| owner.id.name()).collect();
    others.dedup();
    let reason = check.reason.as_ref();
    let status = match check.verdict {
        Verdict::Pass => TestCaseStatus::success(),
        Verdict::Fail if own.is_empty() => {
            // That a known cause ends or thins the others is no news.
            let reason = reason.filter(|_| !check.is_cut_by_finding());
            let reason = reason.map_or(String::new(), |reason| format!("; {reason}"));
            skipped_because(&format!("same cause as {}{reason}", others.join(", ")))
        }
        Verdict::Fail => failure(&own, reason),
        Verdict::Incomplete if is_cut_short(check, report) => {
            skipped_because(reason.map_or(check.verdict.name(), String::as_str))
        }
        Verdict::Incomplete | Verdict::Void => {
            let reason = reason.map_or(check.verdict.name(), String::as_str);
            error(reason, check.verdict.name())
        }
    };
    let mut case = case(check.id.name(), status);
    case.set_time(duration(check.seconds));
    print_accepted(&mut case, accepted(check, report));
    case
}

/// Whether the run ended before the check did because it had a finding, which fails a case already.
fn is_cut_short(check: &CheckReport, report: &Report) -> bool {
    check.is_cut_by_finding() && report.open_findings().next().is_some()
}

/// What is accepted of the findings of a check.
fn accepted(check: &CheckReport, report: &Report) -> Vec<String> {
    let own = own_findings(report, check).filter(|finding| finding.accepted.is_some());
    let own = own.map(finding_text);
    let others = others_findings(report, check);
    let others = others.filter(|(finding, _)| finding.accepted.is_some());
    let others = others
        .map(|(finding, owner)| format!("{}\n  same cause as {}\n", headline(finding), owner.id));
    own.chain(others).collect()
}

fn print_accepted(case: &mut TestCase, accepted: Vec<String>) {
    if !accepted.is_empty() {
        case.set_system_out(xml_text(&accepted.join("\n")));
    }
}

/// The case of a finding that no check stands for, such as one of a check that was skipped.
fn orphan_case(finding: &FindingReport) -> TestCase {
    let name = format!("{}: {}", finding.met_by(), finding.kind);
    if finding.accepted.is_none() {
        return case(&name, failure(&[finding], None));
    }
    let mut case = case(&name, TestCaseStatus::success());
    print_accepted(&mut case, vec![finding_text(finding)]);
    case
}

/// The test cases that stand for what was skipped: suite and name. A skipped subject has a case for
/// each check that the other subjects have.
fn cases_of<'r>(skipped: &'r Skipped, report: &Report) -> Vec<(&'r str, String)> {
    match &skipped.check {
        Some(of) => {
            let case = match &of.part {
                Some(part) => format!("{}: {part}", of.check),
                None => of.check.to_string(),
            };
            vec![(&of.subject, case)]
        }
        None if report.selected.is_empty() => vec![(&skipped.what, "all".to_owned())],
        None => {
            let checks = report.selected.iter();
            checks
                .map(|check| (skipped.what.as_str(), check.to_string()))
                .collect()
        }
    }
}

fn skipped_case(skipped: &Skipped, name: &str) -> TestCase {
    // A required subject that is missing is an error, and not a skip that passes.
    let status = match skipped.required {
        true => error(&skipped.reason, "required"),
        false => skipped_because(&skipped.reason),
    };
    case(name, status)
}

fn duration(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}
