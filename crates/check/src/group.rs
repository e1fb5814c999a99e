//! Findings of one cause.

use crate::describer::Describer;
use crate::examiner::Examiner;
use crate::finding::Finding;
use crcheck_diagnose::Diagnosis;
use crcheck_subject::{CheckId, Kind};
use std::collections::BTreeSet;

/// Findings of one cause: one check, one kind.
#[derive(Clone, Debug)]
pub struct Group {
    /// The smallest case that shows it, as far as the minimizer came.
    pub finding: Finding,
    /// The case that showed it first.
    pub first: Finding,
    /// How many cases showed it.
    pub count: u64,
    /// What is known of it, once it was asked for.
    pub diagnosis: Option<Diagnosis>,
    /// The lengths at which it showed, to a limit.
    lengths: BTreeSet<usize>,
}

/// Lengths kept for a group, to see a pattern in.
const GROUP_LENGTHS_MAX: usize = 4096;

impl Group {
    /// Takes a finding into its group; a shorter case becomes the group's smallest.
    pub fn add(groups: &mut Vec<Self>, finding: Finding) {
        let length = finding.case.message.len();
        if let Some(group) = Self::of(groups, finding.check, finding.kind) {
            if group.count(length) {
                group.finding = finding;
            }
            return;
        }
        groups.push(Self::of_one(finding));
    }

    /// Takes the findings of `group` to those of the same cause, whose smallest case was minimised.
    pub fn join(groups: &mut Vec<Self>, group: Self) {
        match Self::of(groups, group.finding.check, group.finding.kind) {
            Some(known) => known.count += group.count,
            None => groups.push(group),
        }
    }

    /// A group of one finding.
    pub fn of_one(finding: Finding) -> Self {
        Self {
            first: finding.clone(),
            count: 1,
            diagnosis: None,
            lengths: BTreeSet::from([finding.case.message.len()]),
            finding,
        }
    }

    /// Says what is known of the cause.
    pub fn describe(&mut self, examiner: &mut Examiner<'_>, describer: &mut Describer) {
        let shown = [&self.finding, &self.first];
        let diagnosis = describer.describe(examiner, shown, &self.lengths);
        self.finding.summary.clone_from(&diagnosis.summary);
        self.diagnosis = Some(diagnosis);
    }

    pub(crate) fn of(groups: &mut [Self], check: CheckId, kind: Kind) -> Option<&mut Self> {
        let same = |group: &&mut Self| group.finding.check == check && group.finding.kind == kind;
        groups.iter_mut().find(same)
    }

    /// Counts one more case; answers whether it is shorter than the smallest.
    pub(crate) fn count(&mut self, length: usize) -> bool {
        self.count += 1;
        if self.lengths.len() < GROUP_LENGTHS_MAX {
            self.lengths.insert(length);
        }
        length < self.finding.case.message.len()
    }
}
