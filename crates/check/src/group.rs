//! Findings of one cause.

use crate::describer::Describer;
use crate::examiner::Examiner;
use crate::finding::Finding;
use crate::length_rule::{JudgedAt, ShownAt};
use crcheck_diagnose::Diagnosis;
use crcheck_platform::message_memory::Placement;
use crcheck_subject::{CheckId, Kind};

/// Where a finding showed.
#[derive(Clone, Copy, Debug)]
pub struct At {
    /// The length of the case's message, which decides the smallest case.
    length: usize,
    /// The length of the cell on the map.
    pub(crate) cell_length: usize,
    pub(crate) placement: Placement,
}

impl At {
    /// At a message of this length.
    pub fn message(length: usize, placement: Placement) -> Self {
        Self {
            length,
            cell_length: length,
            placement,
        }
    }

    pub(crate) fn of(finding: &Finding) -> Self {
        Self {
            length: finding.case.message.len(),
            // The message of a call fits into memory.
            cell_length: usize::try_from(finding.len_bytes()).unwrap_or(usize::MAX),
            placement: finding.case.placement,
        }
    }

    fn show_in(self, shown_at: &mut ShownAt) {
        let alignment = self.placement.alignment(self.cell_length);
        shown_at.insert(self.cell_length, alignment);
    }
}

/// Findings of one cause: one check, one kind.
#[derive(Clone, Debug)]
pub struct Group {
    /// The smallest case that the minimizer found.
    pub finding: Finding,
    /// The case that showed it first.
    pub first: Finding,
    /// How many cases showed it.
    pub count: u64,
    /// What is known about the cause, once [`Group::describe`] has run.
    pub diagnosis: Option<Diagnosis>,
    /// Where it showed.
    shown_at: ShownAt,
}

impl Group {
    /// Adds a finding to its group. A shorter case becomes the group's smallest.
    pub fn add(groups: &mut Vec<Self>, finding: Finding) {
        let at = At::of(&finding);
        if let Some(group) = Self::of(groups, finding.check, finding.kind) {
            if group.count(at) {
                group.finding = finding;
            }
            return;
        }
        groups.push(Self::of_one(finding));
    }

    /// Adds the findings of `group` to those of the same cause, whose smallest case is known
    /// already.
    pub fn join(groups: &mut Vec<Self>, group: Self) {
        match Self::of(groups, group.finding.check, group.finding.kind) {
            Some(known) => known.count += group.count,
            None => groups.push(group),
        }
    }

    /// A group of one finding.
    pub fn of_one(finding: Finding) -> Self {
        let mut shown_at = ShownAt::default();
        At::of(&finding).show_in(&mut shown_at);
        Self {
            first: finding.clone(),
            count: 1,
            diagnosis: None,
            shown_at,
            finding,
        }
    }

    /// Finds out what is known about the cause. What it says of lengths and alignments comes from
    /// the cells that were judged, if they are known.
    pub(crate) fn describe(
        &mut self,
        examiner: &mut Examiner<'_>,
        describer: &mut Describer,
        judged: Option<&JudgedAt>,
    ) {
        // A plan may not have visited the smallest case.
        At::of(&self.finding).show_in(&mut self.shown_at);
        let rule = judged.and_then(|judged| judged.rule(&self.shown_at));
        let shown = [&self.finding, &self.first];
        let diagnosis = describer.describe(examiner, shown, rule);
        self.finding.summary.clone_from(&diagnosis.summary);
        self.diagnosis = Some(diagnosis);
    }

    pub(crate) fn of(groups: &mut [Self], check: CheckId, kind: Kind) -> Option<&mut Self> {
        let is_same =
            |group: &&mut Self| group.finding.check == check && group.finding.kind == kind;
        groups.iter_mut().find(is_same)
    }

    /// Counts one more case, and returns whether it is shorter than the smallest.
    pub(crate) fn count(&mut self, at: At) -> bool {
        self.count += 1;
        at.show_in(&mut self.shown_at);
        at.length < self.finding.case.message.len()
    }
}
