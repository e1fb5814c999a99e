//! Recognises the reports of an earlier run, in every format for programs and of every command that
//! judges.

use crcheck_html::is_document;
use serde::Deserialize;
use serde_json::Value;
use serde_json::map::Map;

/// Whether a text is a report or a certificate by crcheck, as a whole, in a format for programs.
/// Text for people has no mark that shows where it ends, and whose it is, so that it is none here.
/// Lists, as of `crcheck sum`, are none either.
pub fn is_report(text: &str) -> bool {
    is_json(text) || is_jsonl(text) || is_junit(text) || is_document(text)
}

/// The schemas of commands that judge.
const SCHEMAS: [&str; 8] = [
    crate::report::SCHEMA,
    crate::certificate::SCHEMA,
    "crcheck/bench/1",
    "crcheck/bench-claims/1",
    "crcheck/bench-io/1",
    "crcheck/emulate/1",
    "crcheck/matrix/1",
    "crcheck/selftest/1",
];

/// What tells JSON apart: the schema of ours, or the tool of SARIF. A key that is there twice is an
/// error.
#[derive(Deserialize)]
struct Head {
    schema: Option<Value>,
    #[serde(default)]
    runs: Value,
}

fn is_json(text: &str) -> bool {
    let head: Result<Head, _> = serde_json::from_str(text);
    head.is_ok_and(|head| match head.schema {
        Some(schema) => SCHEMAS.iter().any(|known| schema == *known),
        None => is_sarif(&head.runs),
    })
}

fn is_sarif(runs: &Value) -> bool {
    let is_own = |run: &Value| run["tool"]["driver"]["name"] == "crcheck";
    let runs = runs.as_array();
    runs.is_some_and(|runs| !runs.is_empty() && runs.iter().all(is_own))
}

/// One report, in the last line. The others are the events of its run.
fn is_jsonl(text: &str) -> bool {
    let mut lines = text.lines();
    lines.next_back().is_some_and(is_json) && lines.all(is_event)
}

fn is_event(line: &str) -> bool {
    let event: Result<Map<String, Value>, _> = serde_json::from_str(line);
    event.is_ok_and(|event| {
        let name = event.get("event").and_then(Value::as_str);
        matches!(name, Some("found" | "leg")) && !event.contains_key("schema")
    })
}

/// The root has our name, and nothing is around it. Other tools know comments.
fn is_junit(text: &str) -> bool {
    let end = "</testsuites>";
    let root = text.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"");
    let root = root.and_then(|rest| rest.split_once('"'));
    root.is_some_and(|(name, rest)| {
        let is_own = ["crcheck", "crcheck emulate", "crcheck selftest"].contains(&name);
        is_own
            && rest.trim_end().find(end) == Some(rest.trim_end().len() - end.len())
            && !rest.contains("<!--")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HTML: &str = "<!DOCTYPE html>\n<html><head><title>crcheck: fail - my kernel, \
                        annotated by me</title></head><body/></html>\n";
    const XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=";
    const FAIL: &str = "fail: 1 finding (CRC-32/ISO-HDLC; quick depth, seed 0x1, 3 cells, 7 calls, \
                        0 skipped)";

    #[test]
    fn what_is_alike_is_no_report() {
        let report = "{\"schema\":\"crcheck/report/1\",\"verdict\":\"pass\"}\n";
        for text in [
            "",
            "old",
            "{",
            "{}",
            "{\"runs\": []}",
            "{\"schema\": \"crcheck/sum/1\"}",
            "{\"schema\": \"other/report/1\"}",
            "{\"schema\": \"crcheck/mybaseline/9\"}",
            "{\"schema\": \"crcheck/report/1\", \"schema\": \"mine\"}",
            "{\"report\": {\"schema\": \"crcheck/report/1\"}}",
            "{\"runs\": [{\"tool\": {\"driver\": {\"name\": \"clang\"}}}]}",
            "{\"runs\": [{\"tool\": {\"driver\": {\"name\": \"crcheck\"}}}, \
             {\"tool\": {\"driver\": {\"name\": \"CodeQL\"}}}]}",
            &format!("{report}{report}"),
            &format!("{report}my notes\n"),
            &format!("{{\"mine\":true}}\n{report}"),
            &format!("{{\"event\":\"mine\"}}\n{report}"),
            &format!("{XML}\"mine\"><testsuite name=\"crcheck\"/></testsuites>\n"),
            &format!("{XML}\"crcheck\"></testsuites>\n<!-- mine -->\n"),
            &format!("{XML}\"crcheck\"><!-- mine --></testsuites>\n"),
            &format!("{XML}\"crcheck\"></testsuites>\nmine </testsuites>"),
            HTML,
            "# crcheck: fail\n\nNotes of my team\n",
            "# crcheck: fail\n",
            "pass: everything is well\n",
            FAIL,
            &format!("my notes\n{FAIL}\n"),
            &format!("{FAIL}\nmy notes\n"),
            &format!("::error::x\ncrcheck: {FAIL}\n"),
        ] {
            assert!(!is_report(text), "{text}");
        }
    }

    #[test]
    fn what_is_one_is_a_report() {
        for text in [
            "{\n  \"schema\": \"crcheck/report/1\",\n  \"verdict\": \"pass\"\n}\n",
            "{\"event\": \"found\"}\n{\"schema\":\"crcheck/report/1\"}\n",
            "{\"runs\": 3, \"schema\": \"crcheck/bench-io/1\"}",
            "{\"runs\": [{\"tool\": {\"driver\": {\"name\": \"crcheck\"}}}]}",
            &format!("{XML}\"crcheck selftest\" tests=\"1\">\n</testsuites>\n"),
        ] {
            assert!(is_report(text), "{text}");
        }
    }
}
