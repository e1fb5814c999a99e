//! A finding of a fuzz target, outside of a report: its text, and its artifact on disk.

use crate::finding_report::report_finding;
use crate::footer::Footer;
use crate::human::finding_text;
use crcheck_check::artifact::Artifact;
use crcheck_check::fuzz::{FuzzFinding, SanitizerFinding};
use crcheck_check::group::Group;
use std::io;
use std::path::{Path, PathBuf};

/// Writes the artifact into `folder`, and returns the finding as text. If the artifact cannot be
/// written, the text holds it.
pub fn save_fuzz_finding(found: &FuzzFinding, folder: &Path) -> String {
    let FuzzFinding { finding, artifact } = found;
    let Some(artifact) = artifact else {
        let (kind, subject, summary) = (finding.kind, &finding.subject, &finding.summary);
        return format!("FINDING {kind}: {subject} {summary}\n  {OF_OPERATIONS}");
    };
    let group = Group::of_one(finding.clone());
    let text = |path: Option<&PathBuf>| {
        let report = report_finding(&group, finding.check, path, &artifact.model);
        finding_text(&report)
    };
    match artifact.write(folder) {
        Ok(path) => text(Some(&path)),
        Err(error) => text(None) + &artifact_in_text(artifact, &error),
    }
}

/// What shows a finding that has no case.
const OF_OPERATIONS: &str = "the input that the fuzzer saves shows it again: crcheck replay";

/// Does the same as [`save_fuzz_finding`] for the finding of a sanitizer.
pub fn save_sanitizer_finding(found: &SanitizerFinding, folder: &Path) -> String {
    let names: Vec<String> = found.subjects.iter().map(ToString::to_string).collect();
    let headline = format!("FINDING over-read: {} {}", names.join(", "), found.summary);
    let Some(artifact) = &found.artifact else {
        return format!("{headline}\n  in a call before the first input");
    };
    let end = match artifact.write(folder) {
        Ok(path) => Footer {
            artifact: path,
            subject: String::new(),
        }
        .to_string(),
        Err(error) => artifact_in_text(artifact, &error),
    };
    format!("{headline}\n{end}")
}

fn artifact_in_text(artifact: &Artifact, error: &io::Error) -> String {
    let text = artifact.to_text();
    format!("cannot write the artifact: {error}. The artifact:\n{text}")
}
