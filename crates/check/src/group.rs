//! Findings of one cause.

use crate::case::{Case, Forge};
use crate::describer::Describer;
use crate::examiner::Examiner;
use crate::finding::Finding;
use crcheck_diagnose::Diagnosis;
use crcheck_oracle::model::Model;
use crcheck_subject::{CheckId, Kind};
use std::collections::BTreeSet;

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
    /// Some of the lengths at which it showed.
    lengths: BTreeSet<usize>,
}

/// The most lengths that a group keeps, for a rule to show in them.
const GROUP_LENGTHS_MAX: usize = 4096;

impl Group {
    /// Adds a finding to its group. A shorter case becomes the group's smallest.
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
        Self {
            first: finding.clone(),
            count: 1,
            diagnosis: None,
            lengths: BTreeSet::from([finding.case.message.len()]),
            finding,
        }
    }

    /// Finds out what is known about the cause.
    pub fn describe(&mut self, examiner: &mut Examiner<'_>, describer: &mut Describer) {
        let shown = [&self.finding, &self.first];
        let diagnosis = describer.describe(examiner, shown, &self.lengths);
        self.finding.summary.clone_from(&diagnosis.summary);
        self.diagnosis = Some(diagnosis);
    }

    /// A case that is shorter than the smallest one and that the diagnosis has seen a wrong answer
    /// to, in a call of the whole message.
    pub(crate) fn shorter_case(&self, model: &Model) -> Option<Case> {
        let smallest = &self.finding.case;
        let call = self.diagnosis.as_ref()?.shortest.as_ref()?;
        (call.length() < smallest.message.len()).then(|| Case {
            register: model.register_of(call.checksum),
            placement: call.placement,
            splits: Vec::new(),
            forge: Forge::None,
            message: call.message.clone(),
            ..smallest.clone()
        })
    }

    pub(crate) fn of(groups: &mut [Self], check: CheckId, kind: Kind) -> Option<&mut Self> {
        let is_same =
            |group: &&mut Self| group.finding.check == check && group.finding.kind == kind;
        groups.iter_mut().find(is_same)
    }

    /// Counts one more case, and returns whether it is shorter than the smallest.
    pub(crate) fn count(&mut self, length: usize) -> bool {
        self.count += 1;
        if self.lengths.len() < GROUP_LENGTHS_MAX {
            self.lengths.insert(length);
        }
        length < self.finding.case.message.len()
    }
}
