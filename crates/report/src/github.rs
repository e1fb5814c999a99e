//! Reports for the workflows of GitHub: commands in the log that make annotations.
//!
//! <https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions>

use crate::finding_report::FindingReport;
use crate::human::{facts, headline, unused_allow, verdict_line};
use crate::report::Report;
use crate::verdict::Verdict;
use std::fmt;

/// An annotation of a workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotation {
    /// `error`, `warning` or `notice`.
    pub level: &'static str,
    pub title: String,
    /// The text, which may have several lines.
    pub message: String,
}

impl fmt::Display for Annotation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            level,
            title,
            message,
        } = self;
        let title = escape(title).replace(':', "%3A").replace(',', "%2C");
        writeln!(f, "::{level} title={title}::{}", escape(message))
    }
}

/// Escapes text so that it stays in its line.
fn escape(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// The report as a log: an error for each finding, a warning for each accepted one, the verdict
/// last.
pub fn github(report: &Report) -> String {
    let mut list: Vec<Annotation> = report.open_findings().map(annotate).collect();
    list.extend(report.accepted().map(annotate));
    let unused = report
        .allowed
        .iter()
        .filter(|allowed| allowed.findings == 0);
    list.extend(unused.map(|allowed| Annotation {
        level: "warning",
        title: "crcheck: allowed, but not found".to_owned(),
        message: unused_allow(allowed),
    }));
    let mut plain = Vec::new();
    for skipped in &report.skipped {
        if skipped.required {
            list.push(Annotation {
                level: "error",
                title: format!("crcheck: {} is required", skipped.what),
                message: skipped.reason.clone(),
            });
        } else {
            plain.push(format!("skipped {}: {}", skipped.what, skipped.reason));
        }
    }
    if matches!(report.verdict, Verdict::Incomplete | Verdict::Void) {
        list.push(Annotation {
            level: "error",
            title: format!("crcheck: {}", report.verdict),
            message: verdict_line(report),
        });
    }
    plain.push(verdict_line(report));
    annotations(&list, &plain)
}

/// Annotations, then plain lines.
pub fn annotations(annotations: &[Annotation], lines: &[String]) -> String {
    let annotations = annotations.iter().map(Annotation::to_string);
    let lines = lines
        .iter()
        .map(|line| format!("crcheck: {}\n", escape(line)));
    annotations.chain(lines).collect()
}

fn annotate(finding: &FindingReport) -> Annotation {
    let (level, word) = match finding.accepted {
        Some(_) => ("warning", "accepted: "),
        None => ("error", ""),
    };
    let mut lines = vec![headline(finding)];
    lines.extend(facts(finding));
    lines.extend(finding.footer.iter().map(ToString::to_string));
    Annotation {
        level,
        title: format!("crcheck: {word}{} in {}", finding.kind, finding.subject),
        message: lines.join("\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_does_not_make_a_command() {
        let annotation = Annotation {
            level: "error",
            title: "a,b:c\n::error::".to_owned(),
            message: "100%\r\n::warning::".to_owned(),
        };
        assert_eq!(
            annotation.to_string(),
            "::error title=a%2Cb%3Ac%0A%3A%3Aerror%3A%3A::100%25%0D%0A::warning::\n"
        );
        assert_eq!(
            annotations(&[], &["::error::\n::x::".to_owned()]),
            "crcheck: ::error::%0A::x::\n"
        );
    }
}
