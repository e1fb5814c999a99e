//! A finding, in a report.

use crate::code_location::CodeLocation;
use crate::excerpt::Excerpt;
use crate::footer::{Footer, footer};
use crate::seen_by::SeenBy;
use crcheck_check::finding::MessageForm;
use crcheck_check::group::Group;
use crcheck_diagnose::Diagnosis;
use crcheck_oracle::model::Model;
use crcheck_platform::code::illegal_instruction::Illegal;
use crcheck_subject::{CheckId, Kind};
use serde::Serialize;
use std::path::PathBuf;

/// A finding.
#[derive(Clone, Debug, Serialize)]
pub struct FindingReport {
    /// The stable id: the same cause has the same one in every run.
    pub id: String,
    pub check: CheckId,
    pub kind: Kind,
    pub subject: String,
    /// The model of the subject, if the subjects of the run have different ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// How many cases showed it, in all checks.
    pub count: u64,
    /// The other checks that met the same cause, and what each of them found.
    pub also_seen_by: Vec<SeenBy>,
    /// The smallest case found.
    pub cell: CellReport,
    /// The expected checksum.
    pub expected: Option<String>,
    /// The checksum that the subject gave.
    pub got: Option<String>,
    /// How far outside the message an access reached, in bytes.
    pub distance_bytes: Option<i64>,
    /// The instruction that stopped the call.
    pub instruction: Option<String>,
    /// What is known about an illegal instruction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub illegal: Option<Illegal>,
    /// Where the instruction stands.
    #[serde(flatten)]
    pub code: Option<CodeLocation>,
    /// What is known about the cause.
    pub diagnosis: Diagnosis,
    /// The file of the smallest case.
    pub artifact: Option<String>,
    /// Why it is accepted; `None` if it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted: Option<String>,
    /// The ids of all findings that it stands for.
    #[serde(skip)]
    pub(crate) ids: Vec<String>,
    /// The id of the finding that stands for this one.
    #[serde(skip)]
    pub(crate) same_cause_as: Option<String>,
    /// The checks that met it.
    #[serde(skip)]
    pub(crate) seen_by: Vec<SeenBy>,
    /// What the message of the smallest case stands for.
    #[serde(skip)]
    pub message_form: MessageForm,
    /// The message of the smallest case.
    #[serde(skip)]
    pub message: Excerpt,
    /// The commands for its artifact.
    #[serde(skip)]
    pub footer: Option<Footer>,
}

/// The cell of a finding.
#[derive(Clone, Debug, Serialize)]
pub struct CellReport {
    /// The length of the message in bytes.
    pub length: u64,
    /// The start modulo 64.
    pub alignment: usize,
    /// How many bytes into a page it starts, if that is 64 or more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_offset: Option<usize>,
    /// Whether the pointer to it is null.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub null_pointer: bool,
    /// The flush side.
    pub guard: &'static str,
    /// The register before it.
    pub register: String,
    /// Where it was cut.
    pub splits: Vec<usize>,
}

impl FindingReport {
    /// The id of the finding that stands for all of its cause.
    pub(crate) fn cause_id(&self) -> &str {
        self.same_cause_as.as_ref().unwrap_or(&self.id)
    }

    /// The check that texts name: the one whose law is broken if it has met the cause, or else the
    /// first that has.
    pub(crate) fn met_by(&self) -> CheckId {
        let has_met = self.seen_by.iter().any(|one| one.check == self.check);
        let first = self.seen_by.first().filter(|_| !has_met);
        first.map_or(self.check, |one| one.check)
    }
}

/// Reports what the check `seen_by` met.
pub(crate) fn report_finding(
    group: &Group,
    seen_by: CheckId,
    artifact: Option<&PathBuf>,
    model: &Model,
) -> FindingReport {
    let finding = &group.finding;
    let case = &finding.case;
    let digits = 2 + usize::from(model.width).div_ceil(4);
    let hex = |value: u64| format!("{value:#0digits$x}");
    let footer = |path| footer(finding, path, model);
    let code = CodeLocation::of(finding);
    let mut illegal = finding.illegal.as_deref().cloned();
    if let (Some(illegal), Some(code)) = (&mut illegal, &code) {
        illegal.place = Some(code.to_string());
        illegal.function = illegal.function.take().or(code.location.symbol.clone());
    }
    FindingReport {
        id: finding.id(),
        check: finding.check,
        kind: finding.kind,
        subject: finding.subject.to_string(),
        model: None,
        count: group.count,
        also_seen_by: Vec::new(),
        ids: vec![finding.id()],
        same_cause_as: group.same_cause_as.clone(),
        seen_by: vec![SeenBy {
            check: seen_by,
            kind: finding.kind,
            count: group.count,
        }],
        cell: CellReport {
            length: finding.len_bytes(),
            alignment: case.alignment(),
            page_offset: Some(case.placement.offset).filter(|&offset| offset >= 64),
            null_pointer: case.is_null,
            guard: case.placement.guard.name(),
            register: hex(case.register),
            splits: case.splits.clone(),
        },
        expected: finding.expected.map(hex),
        got: finding.got.map(hex),
        distance_bytes: finding.distance_bytes,
        instruction: finding.instruction.clone(),
        illegal,
        code,
        diagnosis: group
            .diagnosis
            .clone()
            .unwrap_or_else(|| Diagnosis::observed(&finding.summary)),
        artifact: artifact.map(|path| path.display().to_string()),
        accepted: None,
        message_form: finding.message_form,
        message: Excerpt::of(&case.message),
        footer: artifact.map(|path| footer(path)),
    }
}
