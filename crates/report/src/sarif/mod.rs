//! Reports as SARIF 2.1.0, which code scanning and editors read: a result for each cause.
//!
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>; what GitHub requires beyond
//! that is on its page "SARIF support for code scanning".

mod places;
mod rules;

use crate::finding_report::FindingReport;
use crate::human::{facts, sentence_of, unused_allow, verdict_line};
use crate::report::Report;
use crate::source_place::root;
use crate::verdict::{ExitCode, Verdict};
use serde_json::{Value, json};
use serde_sarif::sarif::{
    Invocation, Message, Notification, PropertyBag, Result as SarifResult, ResultKind, ResultLevel,
    Run, Sarif, Suppression, Tool, ToolComponent,
};
use std::collections::BTreeMap;
use std::path::Path;

/// The schema of a document.
const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// The name of the fingerprint: the id of the finding, by the first rule of making ids.
const FINGERPRINT: &str = "crcheck/finding/v1";

/// The report as SARIF.
///
/// # Panics
/// Never: what it holds is always JSON.
pub fn sarif(report: &Report) -> String {
    let root = root();
    let best_first = report.open_findings().chain(report.accepted());
    let results: Vec<SarifResult> = best_first.map(|one| result(one, &root)).collect();
    let bases = BTreeMap::from([(places::ROOT.to_owned(), places::folder(&root))]);
    let run = Run::builder()
        .tool(Tool::builder().driver(driver(report)).build())
        .invocations(vec![invocation(report)])
        .original_uri_base_ids(bases)
        .properties(properties([
            ("verdict", report.verdict.name()),
            ("model", &report.model),
            ("seed", &report.seed),
            ("depth", &report.depth),
        ]))
        .results(results)
        .build();
    let document = Sarif::builder()
        .schema(SCHEMA)
        .version(json!("2.1.0"))
        .runs(vec![run])
        .build();
    let text = serde_json::to_string_pretty(&document).expect("text and numbers are always JSON");
    text + "\n"
}

fn driver(report: &Report) -> ToolComponent {
    ToolComponent::builder()
        .name("crcheck")
        .version(report.environment.crcheck)
        .semantic_version(report.environment.crcheck)
        .information_uri(env!("CARGO_PKG_REPOSITORY"))
        .rules(rules::rules())
        .build()
}

fn result(finding: &FindingReport, root: &Path) -> SarifResult {
    let mut lines = vec![format!("{}.", sentence_of(finding))];
    lines.extend(facts(finding));
    lines.extend(finding.footer.iter().map(ToString::to_string));
    let id = || BTreeMap::from([(FINGERPRINT.to_owned(), finding.id.clone())]);
    let result = SarifResult::builder()
        .rule_id(finding.kind.name())
        .rule_index(rules::rule_index(finding.kind))
        .kind(ResultKind::Fail)
        .message(message(&lines.join("\n")))
        .locations(vec![places::location(finding, root)])
        .occurrence_count(i64::try_from(finding.count).unwrap_or(i64::MAX))
        .fingerprints(id())
        .partial_fingerprints(id())
        .properties(properties([
            ("subject", finding.subject.as_str()),
            ("check", finding.check.name()),
        ]));
    let Some(because) = &finding.accepted else {
        return result.level(ResultLevel::Error).build();
    };
    let accepted = Suppression::builder()
        .kind(json!("external"))
        .status(json!("accepted"))
        .justification(because)
        .build();
    let result = result.level(ResultLevel::Note);
    result.suppressions(vec![accepted]).build()
}

fn invocation(report: &Report) -> Invocation {
    let code = report.exit_code;
    let is_judged = matches!(code, ExitCode::Passed | ExitCode::Found);
    let invocation = Invocation::builder()
        .execution_successful(is_judged)
        .exit_code(i64::from(code as u8))
        .exit_code_description(verdict_line(report))
        .tool_execution_notifications(notifications(report));
    let here = std::env::current_dir().unwrap_or_default();
    let invocation = invocation.working_directory(places::folder(&here));
    match &report.run {
        Some(run) => invocation
            .command_line(&run.command)
            .start_time_utc(&run.started)
            .build(),
        None => invocation.build(),
    }
}

/// What a reader must know who sees no finding: what is required and did not run, what was stopped,
/// what judged nothing.
fn notifications(report: &Report) -> Vec<Notification> {
    let mut all = Vec::new();
    for skipped in report.skipped.iter().filter(|one| one.applies) {
        let level = if skipped.required { "error" } else { "note" };
        let text = format!("{} did not run: {}", skipped.what, skipped.reason);
        all.push(notification(level, &text));
    }
    for check in &report.checks {
        if matches!(check.verdict, Verdict::Incomplete | Verdict::Void) {
            let reason = check.reason.as_deref().unwrap_or("it judged nothing");
            let text = format!(
                "{}/{} is {}: {reason}",
                check.subject, check.id, check.verdict
            );
            let level = match check.is_cut_by_finding() {
                true => "note",
                false => "error",
            };
            all.push(notification(level, &text));
        }
    }
    for guess in &report.guess {
        all.push(notification("error", &guess.to_string()));
    }
    for allowed in report.allowed.iter().filter(|one| one.findings == 0) {
        all.push(notification("warning", &unused_allow(allowed)));
    }
    if !matches!(report.exit_code, ExitCode::Passed | ExitCode::Found) {
        let text = format!(
            "{}; exit code {}",
            verdict_line(report),
            report.exit_code as u8
        );
        all.push(notification("error", &text));
    }
    all
}

fn notification(level: &str, text: &str) -> Notification {
    Notification::builder()
        .level(json!(level))
        .message(message(text))
        .build()
}

fn message(text: &str) -> Message {
    Message::builder().text(text).build()
}

fn properties<const N: usize>(of: [(&str, &str); N]) -> PropertyBag {
    let of = of.map(|(key, value)| (key.to_owned(), Value::from(value)));
    PropertyBag::builder().additional_properties(of).build()
}
