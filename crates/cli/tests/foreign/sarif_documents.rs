//! SARIF documents: what the schema of the standard says, and what GitHub requires beyond it.

use crate::common::{is_required, trial};
use crate::made_reports::reports;
use crcheck_harness::report::verdict::ExitCode;
use crcheck_harness::report::{Report, sarif};
use jsonschema::{Draft, Validator};
use libtest_mimic::Trial;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

pub(crate) fn trials() -> impl Iterator<Item = Trial> {
    let is_possible = schema().is_some() || is_required("sarif-schema");
    let of_standard = trial(
        "the schema of the standard takes every SARIF document, and no spoilt one",
        follows_the_standard,
    );
    [
        of_standard.with_ignored_flag(!is_possible),
        trial(
            "SARIF has one result for each cause, and says how the run ended",
            laws_hold,
        ),
    ]
    .into_iter()
}

/// The schema of SARIF 2.1.0 by OASIS, from the sources of the crate that writes the documents: its
/// licence is not this repository's. `None` if there is no Cargo that knows where they are.
fn schema() -> Option<&'static Value> {
    static SCHEMA: OnceLock<Option<Value>> = OnceLock::new();
    let read = || {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        let mut cargo = Command::new(std::env::var_os("CARGO")?);
        cargo.args([
            "metadata",
            "--format-version=1",
            "--offline",
            "--manifest-path",
        ]);
        let output = cargo.arg(manifest).output().ok()?;
        let metadata: Value = serde_json::from_slice(&output.stdout).ok()?;
        let mut packages = metadata["packages"].as_array()?.iter();
        let package = packages.find(|package| package["name"] == "serde-sarif")?;
        let folder = PathBuf::from(package["manifest_path"].as_str()?);
        let schema = std::fs::read_to_string(folder.with_file_name("src/schema.json")).ok()?;
        // The pattern of `language`, which no document has, is no regular expression there.
        serde_json::from_str(&schema.replace("{2}]?$", "{2}$")).ok()
    };
    SCHEMA.get_or_init(read).as_ref()
}

fn validator() -> Option<&'static Validator> {
    static VALIDATOR: OnceLock<Option<Validator>> = OnceLock::new();
    let build = || {
        let options = jsonschema::options();
        let options = options
            .with_draft(Draft::Draft7)
            .should_validate_formats(true);
        Some(options.build(schema()?).expect("a schema"))
    };
    VALIDATOR.get_or_init(build).as_ref()
}

/// Asserts that a document follows the standard, where its schema is known, and what GitHub
/// requires.
#[track_caller]
pub(crate) fn assert_is_sarif(document: &Value) {
    if let Some(validator) = validator() {
        let errors = validator.iter_errors(document);
        let errors = errors.map(|error| format!("{error} at {}", error.instance_path()));
        let errors: Vec<String> = errors.collect();
        assert!(errors.is_empty(), "{errors:#?} in {document:#}");
    }
    assert_eq!(missing_for_github(document), None, "{document:#}");
}

/// What GitHub's page "SARIF support for code scanning" requires and a document lacks.
fn missing_for_github(document: &Value) -> Option<String> {
    let has = |of: &Value, path: &str| match of.pointer(path) {
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Null) | None => false,
        Some(_) => true,
    };
    let lacks = |of: &Value, paths: &[&str]| {
        let mut paths = paths.iter();
        paths
            .find(|path| !has(of, path))
            .map(|path| format!("{path} in {of:#}"))
    };
    let run = &document["runs"][0];
    let whole = [
        "/$schema",
        "/version",
        "/runs/0/results",
        "/runs/0/tool/driver/name",
    ];
    let rule = [
        "/id",
        "/shortDescription/text",
        "/fullDescription/text",
        "/help/text",
    ];
    let result = [
        "/message/text",
        "/partialFingerprints",
        "/locations/0/physicalLocation/artifactLocation/uri",
        "/locations/0/physicalLocation/region/startLine",
        "/locations/0/physicalLocation/region/startColumn",
        "/locations/0/physicalLocation/region/endLine",
        "/locations/0/physicalLocation/region/endColumn",
    ];
    let list = |path: &str| run.pointer(path).and_then(Value::as_array).cloned();
    let rules = list("/tool/driver/rules").unwrap_or_default();
    let results = list("/results").unwrap_or_default();
    lacks(document, &whole)
        .or_else(|| rules.iter().find_map(|one| lacks(one, &rule)))
        .or_else(|| results.iter().find_map(|one| lacks(one, &result)))
        .or_else(|| rules.is_empty().then(|| "rules".to_owned()))
}

fn document(report: &Report) -> Value {
    serde_json::from_str(&sarif(report)).expect("JSON")
}

fn follows_the_standard() {
    let validator = validator().expect("the schema");
    for (_, report) in reports() {
        assert_is_sarif(&document(&report));
    }
    let with_two = document(&named("two causes in one check"));
    for (path, value) in [
        ("/version", json!("2.0.0")),
        ("/runs/0/tool", json!({})),
        ("/runs/0/results/0/level", json!("fatal")),
        ("/runs/0/results/0/message", json!({})),
        (
            "/runs/0/results/0/locations/0/physicalLocation/region/startLine",
            json!(0),
        ),
        (
            "/runs/0/results/0/locations/0/physicalLocation/artifactLocation/uri",
            json!("a b"),
        ),
        ("/runs/0/invocations/0/executionSuccessful", Value::Null),
        ("/runs/0/oops", json!(1)),
    ] {
        let mut spoilt = with_two.clone();
        put(&mut spoilt, path, value);
        assert!(!validator.is_valid(&spoilt), "{path}");
    }
}

fn put(document: &mut Value, path: &str, value: Value) {
    let (parent, key) = path.rsplit_once('/').expect("a path");
    let parent = document.pointer_mut(parent).expect("a parent");
    parent[key] = value;
}

fn named(name: &str) -> Report {
    let mut reports = reports().into_iter();
    reports.find(|(of, _)| *of == name).expect(name).1
}

/// What is wrong with a document of a report; `None` if nothing is.
fn broken_law(document: &Value, report: &Report) -> Option<String> {
    let run = &document["runs"][0];
    let results = run["results"].as_array()?;
    if results.len() != report.findings.len() {
        return Some(format!("{} results", results.len()));
    }
    for finding in &report.findings {
        let is_of = |one: &&Value| one["fingerprints"]["crcheck/finding/v1"] == finding.id.as_str();
        let mut own = results.iter().filter(is_of);
        let (Some(result), None) = (own.next(), own.next()) else {
            return Some(format!("{} has no result of its own", finding.id));
        };
        let index = result["ruleIndex"].as_u64().unwrap_or(u64::MAX) as usize;
        let rule = &run["tool"]["driver"]["rules"][index]["id"];
        let level = if finding.accepted.is_some() {
            "note"
        } else {
            "error"
        };
        let because = &result["suppressions"][0]["justification"];
        let text = result["message"]["text"].as_str().unwrap_or_default();
        let is_right = *rule == finding.kind.name()
            && result["ruleId"] == *rule
            && result["level"] == level
            && because.as_str() == finding.accepted.as_deref()
            && text.contains(&finding.diagnosis.summary);
        if !is_right {
            return Some(format!("{}: {result:#}", finding.id));
        }
    }
    let end = &run["invocations"][0];
    let is_judged = matches!(report.exit_code, ExitCode::Passed | ExitCode::Found);
    let notes = end["toolExecutionNotifications"].as_array()?;
    let has_error = notes.iter().any(|note| note["level"] == "error");
    let is_right = end["exitCode"] == report.exit_code as u8
        && end["executionSuccessful"] == is_judged
        && (is_judged || has_error);
    (!is_right).then(|| format!("{end:#}"))
}

fn laws_hold() {
    for (name, report) in reports() {
        let document = document(&report);
        assert_eq!(broken_law(&document, &report), None, "{name}: {document:#}");
        assert_eq!(missing_for_github(&document), None, "{name}");
    }
    for (name, path, value) in [
        (
            "one cause in several checks",
            "/results/0/level",
            json!("note"),
        ),
        (
            "one cause in several checks",
            "/results/0/ruleIndex",
            json!(1),
        ),
        ("one cause in several checks", "/results", json!([])),
        ("all accepted", "/results/0/suppressions", json!([])),
        (
            "nothing selected",
            "/invocations/0/executionSuccessful",
            json!(true),
        ),
        (
            "interrupted",
            "/invocations/0/toolExecutionNotifications",
            json!([]),
        ),
        ("required and missing", "/invocations/0/exitCode", json!(0)),
    ] {
        let report = named(name);
        let mut document = document(&report);
        put(&mut document["runs"][0], path, value);
        assert!(broken_law(&document, &report).is_some(), "{name}: {path}");
    }
    let mut document = document(&named("two causes in one check"));
    put(&mut document, "/runs/0/results/1/locations", json!([]));
    assert!(missing_for_github(&document).is_some());
}
