//! Recognises the reports of an earlier run, in every format and of every command that judges.

use crate::verdict::Verdict;
use serde::Deserialize;
use serde_json::Value;

/// Whether a text is a report or a certificate by crcheck. Lists, as of `crcheck sum`, are none.
pub fn is_report(text: &str) -> bool {
    match text.trim_start().as_bytes() {
        [b'{', ..] => is_json(text),
        [b'<', ..] => is_xml(text) || is_html(text),
        _ => is_text(text),
    }
}

/// What tells JSON apart: the schema of ours, or the tool of SARIF.
#[derive(Deserialize)]
struct Head {
    schema: Option<String>,
    #[serde(default)]
    runs: Value,
}

/// The results of commands that judge nothing, by their schemas.
const LISTS: [&str; 5] = ["sum", "identify", "show", "tiers", "models"];

fn is_json(text: &str) -> bool {
    // The last line of JSONL is the report.
    let last = text.trim_end().lines().last().unwrap_or_default();
    let head = serde_json::from_str(text).or_else(|_| serde_json::from_str(last));
    let head: Head = match head {
        Ok(head) => head,
        Err(_) => return false,
    };
    let schema = head.schema.unwrap_or_default();
    let kind = schema.strip_prefix("crcheck/");
    let kind = kind.and_then(|rest| rest.split('/').next());
    kind.is_some_and(|kind| !LISTS.contains(&kind))
        || head.runs[0]["tool"]["driver"]["name"] == "crcheck"
}

/// JUnit: the root has our name.
fn is_xml(text: &str) -> bool {
    let root = text.split_once("<testsuites").map(|(_, rest)| rest);
    let root = root.and_then(|rest| rest.split('>').next());
    let root = root.unwrap_or_default();
    text.starts_with("<?xml")
        && [" name=\"crcheck\"", " name=\"crcheck "]
            .iter()
            .any(|name| root.contains(name))
}

fn is_html(text: &str) -> bool {
    let title = text.split_once("<title>").map(|(_, rest)| rest);
    text.starts_with("<!DOCTYPE html>") && title.is_some_and(|title| title.starts_with("crcheck"))
}

/// Markdown and certificates by the first line, the others by the last one.
fn is_text(text: &str) -> bool {
    let text = without_colours(text);
    let first = text.lines().next().unwrap_or_default();
    let last = text.trim_end().lines().last().unwrap_or_default();
    let heads = ["# crcheck: ", "# crcheck emulate: ", "# crcheck matrix: "];
    let is_head = |head: &&str| first.strip_prefix(*head).is_some_and(is_verdict);
    heads.iter().any(is_head)
        || first.starts_with("# crcheck bench") && is_verdict_line(last.trim_start_matches("* "))
        || first.starts_with("CERTIFICATE of ") && last.trim_start().starts_with("seed ")
        || is_verdict_line(last.trim_start_matches("crcheck: "))
        || last.ends_with(" unfinished") && last.contains(" right, ")
}

const VERDICTS: [Verdict; 4] = [
    Verdict::Pass,
    Verdict::Fail,
    Verdict::Incomplete,
    Verdict::Void,
];

fn is_verdict(text: &str) -> bool {
    VERDICTS.iter().any(|verdict| verdict.name() == text)
}

/// `pass: ` with what was counted.
fn is_verdict_line(line: &str) -> bool {
    let counted = [" call", " refused", " not judged", " CPU"];
    line.split_once(": ").is_some_and(|(verdict, rest)| {
        is_verdict(verdict) && counted.iter().any(|count| rest.contains(count))
    })
}

/// Text for a terminal without its colours.
fn without_colours(text: &str) -> String {
    let mut parts = text.split('\x1b');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain += part.split_once('m').map_or(part, |(_, rest)| rest);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_alike_is_no_report() {
        for text in [
            "",
            "old",
            "{",
            "{\"schema\": \"crcheck/sum/1\"}",
            "{\"schema\": \"other/report/1\"}",
            "{\"report\": {\"schema\": \"crcheck/report/1\"}}",
            "{\"runs\": [{\"tool\": {\"driver\": {\"name\": \"clang\"}}}]}",
            "<?xml version=\"1.0\"?>\n<testsuites name=\"mine\"><testsuite name=\"crcheck\"/>",
            "<!DOCTYPE html><title>mine</title>crcheck",
            "# crcheck: how we use it\n",
            "# crcheck\n\npass: all\n",
            "pass: everything is well\n",
            "crcheck: pass\n",
        ] {
            assert!(!is_report(text), "{text}");
        }
    }

    #[test]
    fn what_is_one_is_a_report() {
        for text in [
            "{\n  \"schema\": \"crcheck/report/1\",\n  \"verdict\": \"pass\"\n}\n",
            "{\"event\": \"found\"}\n{\"schema\":\"crcheck/report/1\"}\n",
            "{\"runs\": [{\"tool\": {\"driver\": {\"name\": \"crcheck\"}}}]}",
            "<?xml version=\"1.0\"?>\n<testsuites name=\"crcheck selftest\" tests=\"1\">",
            "x\n\x1b[1m\x1b[32mpass\x1b[0m: 1 profile: 1 pass (seed 0x1, 7 calls)\n",
            "::error::x\ncrcheck: fail: 2 findings (3 cells, 7 calls)\n",
        ] {
            assert!(is_report(text), "{text}");
        }
    }
}
