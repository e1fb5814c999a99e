//! Reports for the workflows of GitHub: commands in the log that make annotations.
//!
//! <https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions>

use crate::finding_report::FindingReport;
use crate::human::{facts, sentence_of, unused_allow, verdict_line};
use crate::report::Report;
use crate::source_place::{SourcePlace, root};
use crate::verdict::Verdict;
use crate::visible::visible;
use std::fmt;
use std::path::Path;

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
        f.write_str(&self.command(None))
    }
}

impl Annotation {
    /// The command, with its line end. Without a place the annotation is of the whole workflow.
    fn command(&self, place: Option<&SourcePlace>) -> String {
        let mut properties = Vec::new();
        if let Some(place) = place {
            let file = place.file.path().display().to_string();
            properties.push(("file", file));
            properties.push(("line", place.line.to_string()));
            properties.extend(place.column.map(|column| ("col", column.to_string())));
        }
        properties.push(("title", self.title.clone()));
        let properties = properties.iter();
        let properties = properties.map(|(key, value)| format!("{key}={}", in_property(value)));
        let properties: Vec<String> = properties.collect();
        let (level, properties) = (self.level, properties.join(","));
        format!("::{level} {properties}::{}\n", escape(&self.message))
    }
}

/// Escapes text so that it stays in its property.
fn in_property(text: &str) -> String {
    escape(text).replace(':', "%3A").replace(',', "%2C")
}

/// Escapes text so that it stays in its line.
fn escape(text: &str) -> String {
    let show = |letter: char| match letter {
        '%' => "%25".to_owned(),
        '\r' => "%0D".to_owned(),
        '\n' => "%0A".to_owned(),
        _ => visible(&letter.to_string()),
    };
    text.chars().map(show).collect()
}

/// The report as a log: an error for each finding, a warning for each accepted one, the verdict
/// last.
pub fn github(report: &Report) -> String {
    let root = root();
    let findings = report.open_findings().chain(report.accepted());
    let findings: String = findings.map(|finding| located(finding, &root)).collect();
    let mut list = Vec::new();
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
    findings + &annotations(&list, &plain)
}

/// Annotations, then plain lines.
pub fn annotations(annotations: &[Annotation], lines: &[String]) -> String {
    let annotations = annotations.iter().map(Annotation::to_string);
    let lines = lines
        .iter()
        .map(|line| format!("crcheck: {}\n", escape(line)));
    annotations.chain(lines).collect()
}

/// The annotation of a finding, at its line where the file of the code says one.
fn located(finding: &FindingReport, root: &Path) -> String {
    annotate(finding).command(SourcePlace::of(finding, root).as_ref())
}

fn annotate(finding: &FindingReport) -> Annotation {
    let (level, word) = match finding.accepted {
        Some(_) => ("warning", "accepted: "),
        None => ("error", ""),
    };
    let mut lines = vec![sentence_of(finding)];
    lines.extend(facts(finding));
    lines.extend(finding.footer.iter().map(ToString::to_string));
    Annotation {
        level,
        title: format!("{word}{} in {}", finding.kind, finding.subject),
        message: lines.join("\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source_place::SourceFile;

    #[test]
    fn text_does_not_make_a_command() {
        let annotation = Annotation {
            level: "error",
            title: "a,b:c\n::error::".to_owned(),
            message: "100%\r\n::warning::\u{1b}".to_owned(),
        };
        assert_eq!(
            annotation.to_string(),
            "::error title=a%2Cb%3Ac%0A%3A%3Aerror%3A%3A::100%25%0D%0A::warning::\\u{1b}\n"
        );
        let place = SourcePlace {
            file: SourceFile::OfSources("a,b:c%.c".into()),
            line: 7,
            column: Some(2),
        };
        let command = annotation.command(Some(&place));
        let begin = "::error file=a%2Cb%3Ac%25.c,line=7,col=2,title=a%2C";
        assert!(command.starts_with(begin), "{command}");
        assert_eq!(
            annotations(&[], &["::error::\n::x::".to_owned()]),
            "crcheck: ::error::%0A::x::\n"
        );
    }
}
