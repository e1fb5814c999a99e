//! JUnit documents: what the schema says, what other readers read, and what a green case means.

use crate::common::{is_required, on_path, repository, trial};
use crate::kernels::NamedTest;
use crate::made_reports::reports;
use crcheck_harness::report::verdict::{ExitCode, Verdict};
use crcheck_harness::report::{Report, junit, xml_text};
use libtest_mimic::Trial;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const TRIALS: &[NamedTest] = &[(
    "a JUnit document is red exactly if its run is no pass, by one case for each cause",
    laws_hold,
)];

pub(crate) fn trials() -> impl Iterator<Item = Trial> {
    let own = TRIALS.iter().map(|&(name, test)| trial(name, test));
    let has_xmllint = on_path("xmllint").is_some() || is_required("xmllint");
    let by_xmllint = trial(
        "xmllint takes every JUnit document, and no spoilt one",
        by_schema,
    )
    .with_ignored_flag(!has_xmllint);
    let has_junitparser = python().is_some() || is_required("junitparser");
    let by_junitparser = trial("junitparser reads what JUnit documents say", by_junitparser)
        .with_ignored_flag(!has_junitparser);
    own.chain([by_xmllint, by_junitparser])
}

/// A test case as a reader sees it.
#[derive(Clone, Debug, PartialEq)]
struct JunitCase {
    suite: String,
    name: String,
    class: String,
    /// `failure`, `error` or `skipped`, with message and type; `None` for a pass.
    outcome: Option<(String, String, String)>,
}

fn attribute(start: &BytesStart<'_>, name: &str) -> String {
    let attribute = start.try_get_attribute(name).expect("well-formed");
    let value = attribute.map(|one| one.normalized_value(XmlVersion::Explicit1_0));
    value.map_or(String::new(), |value| {
        value.expect("well-formed").into_owned()
    })
}

fn cases(document: &str) -> Vec<JunitCase> {
    let mut reader = Reader::from_str(document);
    let mut suite = String::new();
    let mut cases: Vec<JunitCase> = Vec::new();
    loop {
        let event = reader.read_event().expect("well-formed");
        let (Event::Start(start) | Event::Empty(start)) = &event else {
            if event == Event::Eof {
                return cases;
            }
            continue;
        };
        let element = String::from_utf8_lossy(start.name().as_ref()).into_owned();
        match element.as_str() {
            "testsuite" => suite = attribute(start, "name"),
            "testcase" => cases.push(JunitCase {
                suite: suite.clone(),
                name: attribute(start, "name"),
                class: attribute(start, "classname"),
                outcome: None,
            }),
            "failure" | "error" | "skipped" => {
                let (message, kind) = (attribute(start, "message"), attribute(start, "type"));
                let case = cases.last_mut().expect("a case");
                case.outcome = Some((element, message, kind));
            }
            _ => {}
        }
    }
}

/// What is wrong with a document of a report; `None` if nothing is.
fn broken_law(document: &str, report: &Report) -> Option<String> {
    let cases = cases(document);
    let is = |case: &JunitCase, what: &str| matches!(&case.outcome, Some((is, ..)) if is == what);
    let mut names = BTreeSet::new();
    for case in &cases {
        if case.class != case.suite || !names.insert((&case.class, &case.name)) {
            return Some(format!("{case:?} has no name of its own"));
        }
    }
    let failures = || cases.iter().filter(|case| is(case, "failure"));
    let is_red = failures().next().is_some() || cases.iter().any(|case| is(case, "error"));
    if is_red == (report.exit_code == ExitCode::Passed) {
        return Some(format!("it is red: {is_red}"));
    }
    let (failing, causes) = (failures().count(), report.open_findings().count());
    if failing > causes {
        return Some(format!("{failing} cases fail by {causes} causes"));
    }
    for finding in report.open_findings() {
        let sentence = xml_text(&finding.diagnosis.summary);
        let (sentence, kind) = (sentence.as_str(), finding.kind.name());
        let shows = |case: &&JunitCase| {
            let (_, message, kinds) = case.outcome.as_ref().expect("a failure");
            case.class == in_attribute(&finding.subject)
                && message.contains(sentence)
                && kinds.split(", ").any(|one| one == kind)
        };
        let count = failures().filter(shows).count();
        if count != 1 {
            return Some(format!("{count} cases fail by {}", finding.id));
        }
        if !document.contains(&format!("FINDING {kind}: ")) {
            return Some(format!("{} is not there in full", finding.id));
        }
    }
    for check in &report.checks {
        let mut of_check = cases.iter().filter(|case| {
            case.class == in_attribute(&check.subject) && case.name == check.id.name()
        });
        let Some(case) = of_check.next() else {
            return Some(format!("{}/{} has no case", check.subject, check.id));
        };
        if case.outcome.is_none() != (check.verdict == Verdict::Pass) {
            return Some(format!("{case:?}: {}", check.verdict));
        }
    }
    let mut missing = report.skipped.iter().filter(|skipped| skipped.required);
    missing
        .find(|skipped| {
            let reason = in_attribute(&skipped.reason);
            let says = |case: &JunitCase| {
                is(case, "error") && case.outcome.as_ref().is_some_and(|one| one.1 == reason)
            };
            !cases.iter().any(says)
        })
        .map(|skipped| format!("{} is no error", skipped.what))
}

/// A text as a reader has it from an attribute, which has spaces for line ends (XML 1.0, 3.3.3).
fn in_attribute(text: &str) -> String {
    xml_text(text).replace(['\n', '\t'], " ")
}

/// A document with its first `from` replaced.
fn spoilt(document: &str, from: &str, to: &str) -> String {
    assert!(document.contains(from), "{from}: {document}");
    document.replacen(from, to, 1)
}

fn document(name: &str) -> (Report, String) {
    let mut reports = reports().into_iter();
    let found = reports.find(|(of, _)| *of == name);
    let (_, report) = found.expect(name);
    let document = junit(&report);
    (report, document)
}

fn laws_hold() {
    for (name, report) in reports() {
        let document = junit(&report);
        assert_eq!(broken_law(&document, &report), None, "{name}: {document}");
    }
    let same = "<skipped message=\"same cause as agree\"/>";
    let summary = "breaks by wrong-value";
    for (name, from, to, sign) in [
        ("one cause in several checks", same, "", "fail"),
        (
            "one cause in several checks",
            summary,
            "is wrong",
            "0 cases fail",
        ),
        (
            "one cause in several checks",
            same,
            "<failure message='x'/>",
            "2 cases fail by 1",
        ),
        (
            "two causes in one check",
            "wrong-value in agree",
            "?",
            "0 cases fail",
        ),
        (
            "two causes in one check",
            "type=\"",
            "type=\"no-",
            "0 cases fail",
        ),
        (
            "required and missing",
            "<error ",
            "<skipped ",
            "it is red: false",
        ),
        (
            "nothing selected",
            "<error ",
            "<skipped ",
            "it is red: false",
        ),
        ("interrupted", "<error ", "<skipped ", "it is red: false"),
        (
            "several subjects, and hostile text",
            "\"mine\"",
            "\"m\"",
            "no name of its own",
        ),
        (
            "pass",
            "name=\"guard\"",
            "name=\"agree\"",
            "no name of its own",
        ),
    ] {
        let (report, document) = document(name);
        let document = spoilt(&document, from, to);
        let broken = broken_law(&document, &report);
        let is_noticed = broken.as_ref().is_some_and(|broken| broken.contains(sign));
        assert!(is_noticed, "{name}, {from}: {broken:?} in {document}");
    }
}

/// Each document as a file of a folder.
fn files(folder: &Path, documents: &[String]) -> Vec<PathBuf> {
    let write = |(index, document): (usize, &String)| {
        let file = folder.join(format!("{index}.xml"));
        std::fs::write(&file, document).expect("a file");
        file
    };
    documents.iter().enumerate().map(write).collect()
}

fn xmllint(files: &[PathBuf]) -> Output {
    let schema = repository().join("schemas/junit.xsd");
    let mut command = Command::new("xmllint");
    command.args(["--nonet", "--noout", "--schema"]).arg(schema);
    command.args(files).output().expect("xmllint starts")
}

fn by_schema() {
    let folder = crate::common::folder();
    let mut documents: Vec<String> = reports().iter().map(|(_, one)| junit(one)).collect();
    for line in [
        "selftest one-alignment --seed 1 --format junit",
        "emulate --purity --format junit",
    ] {
        let output = crate::common::crcheck(folder.path(), line);
        documents.push(crate::common::stdout(&output));
    }
    // The machine code of other architectures cannot be read.
    documents.retain(|document| !document.is_empty());
    let right = xmllint(&files(folder.path(), &documents));
    assert!(right.status.success(), "{}", crate::common::stderr(&right));
    let (_, one) = document("one cause in several checks");
    let case = "<testcase name=\"agree\" classname=\"mine\"";
    let spoilt = [
        (case, "<testcase name=\"agree\""),
        (case, "<testcase classname=\"mine\""),
        (
            case,
            "<testcase file=\"x\" name=\"agree\" classname=\"mine\"",
        ),
        (case, "<testcase name=\"guard\" classname=\"mine\""),
        ("<testsuites ", "<testsuites skipped=\"0\" "),
        ("<properties>", "<properties><oops/>"),
        ("<skipped message=\"same cause as agree\"/>", "<skipped/>"),
        ("<skipped message=\"same cause as agree\"/>", "<oops/>"),
        (" type=\"wrong-value\"", ""),
        ("tests=\"3\"", "tests=\"-3\""),
        ("time=\"0.000\"", "time=\"1e-9\""),
        ("\u{5c}u{1b}", "\u{1b}"),
    ];
    for (from, to) in spoilt {
        let document = self::spoilt(&one, from, to);
        let output = xmllint(&files(folder.path(), &[document]));
        assert!(!output.status.success(), "{from} as {to}");
    }
}

/// A Python that has `junitparser`.
fn python() -> Option<PathBuf> {
    let candidates = [on_path("python3"), Some("/usr/bin/python3".into())];
    let has_it = |python: &PathBuf| {
        let mut command = Command::new(python);
        let output = command.args(["-c", "import junitparser"]).output();
        output.is_ok_and(|output| output.status.success())
    };
    candidates.into_iter().flatten().find(has_it)
}

/// Prints what junitparser reads of each file. Since its version 2 a case has several results.
const READ: &str = "
import json, sys
from junitparser import JUnitXml
def case(suite, case):
    results = [[type(one).__name__, one.message, one.type or ''] for one in case.result]
    return [suite.name, case.name, case.classname, results]
print(json.dumps([
    [case(suite, one) for suite in JUnitXml.fromfile(file) for one in suite]
    for file in sys.argv[1:]
]))
";

fn by_junitparser() {
    let folder = crate::common::folder();
    let documents: Vec<String> = reports().iter().map(|(_, one)| junit(one)).collect();
    let mut command = Command::new(python().expect("a Python with junitparser"));
    command
        .args(["-c", READ])
        .args(files(folder.path(), &documents));
    let output = command.output().expect("Python starts");
    assert!(
        output.status.success(),
        "{}",
        crate::common::stderr(&output)
    );
    let read: Vec<Value> = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(read.len(), documents.len());
    for (document, read) in documents.iter().zip(read) {
        let own = cases(document).into_iter().map(|case| {
            let outcome = case.outcome.map(|(what, message, kind)| {
                let what = what[..1].to_uppercase() + &what[1..];
                json!([what, message, kind])
            });
            let outcome: Vec<Value> = outcome.into_iter().collect();
            json!([case.suite, case.name, case.class, outcome])
        });
        assert_eq!(read, Value::Array(own.collect()), "{document}");
    }
}
