//! Findings of one check and kind.

use crate::case::{Case, Forge};
use crate::describer::Describer;
use crate::examiner::Examiner;
use crate::finding::Finding;
use crate::length_rule::{JudgedAt, Scope, ShownAt};
use crcheck_diagnose::Diagnosis;
use crcheck_oracle::model::Model;
use crcheck_platform::message_memory::Placement;
use crcheck_subject::{CheckId, Kind};
use std::collections::BTreeMap;

/// Where a finding showed.
#[derive(Clone, Copy, Debug)]
pub struct At {
    /// The length of the case's message, which decides the smallest case.
    length: usize,
    /// The length of the cell on the map.
    pub(crate) cell_length: usize,
    pub(crate) placement: Placement,
    /// How far outside the message the access reached, as [`Finding::distance_bytes`] has it.
    distance_bytes: Option<i64>,
}

impl At {
    /// At a message of this length.
    pub fn message(length: usize, placement: Placement) -> Self {
        Self {
            length,
            cell_length: length,
            placement,
            distance_bytes: None,
        }
    }

    pub(crate) fn of(finding: &Finding) -> Self {
        Self {
            length: finding.case.message.len(),
            // The message of a call fits into memory.
            cell_length: usize::try_from(finding.len_bytes()).unwrap_or(usize::MAX),
            placement: finding.case.placement,
            distance_bytes: finding.distance_bytes,
        }
    }

    /// The same, of an access this far outside the message.
    #[must_use]
    pub(crate) fn reaching(self, distance_bytes: Option<i64>) -> Self {
        Self {
            distance_bytes,
            ..self
        }
    }

    fn show_in(self, shown_at: &mut ShownAt) {
        let alignment = self.placement.alignment(self.cell_length);
        shown_at.insert(self.cell_length, alignment);
    }
}

/// Findings of one check and kind. Groups may have one cause: see [`crate::same_cause`].
#[derive(Clone, Debug)]
pub struct Group {
    /// The smallest case that the minimizer found.
    pub finding: Finding,
    /// The case that showed it first.
    pub first: Finding,
    /// How many cases showed it.
    pub count: u64,
    /// What is known about the cause, once `describe` has run.
    pub diagnosis: Option<Diagnosis>,
    /// The id of the finding that stands for this one too, since they have the same cause.
    pub same_cause_as: Option<String>,
    /// Further cases that showed it.
    samples: Vec<Finding>,
    /// How many cases there were from a power of two to the next in length.
    counts: BTreeMap<u32, u64>,
    /// Where it showed.
    shown_at: ShownAt,
    /// How far outside the message the accesses reached at most, in bytes.
    distance_max: u64,
}

/// How far outside the message the access of a finding reached, in bytes; 0 if it did not.
fn distance(finding: &Finding) -> u64 {
    finding.distance_bytes.map_or(0, i64::unsigned_abs)
}

/// The longest message of a sample, in bytes.
const SAMPLE_BYTES_MAX: usize = 1 << 16;

impl Group {
    /// Adds a finding to its group. A shorter case becomes the group's smallest.
    pub fn add(groups: &mut Vec<Self>, finding: Finding) {
        let at = At::of(&finding);
        if let Some(group) = Self::of(groups, finding.check, finding.kind) {
            if group.count(at) {
                group.take(finding);
            }
            return;
        }
        groups.push(Self::of_one(finding));
    }

    /// Adds the findings of `group` to those of the same cause, whose smallest case is known
    /// already.
    pub fn join(groups: &mut Vec<Self>, group: Self) {
        match Self::of(groups, group.finding.check, group.finding.kind) {
            Some(known) => {
                known.count += group.count;
                known.distance_max = known.distance_max.max(group.distance_max);
                for sample in group.samples {
                    known.sample(sample);
                }
                known.sample(group.first);
            }
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
            same_cause_as: None,
            samples: Vec::new(),
            counts: BTreeMap::new(),
            shown_at,
            distance_max: distance(&finding),
            finding,
        }
    }

    /// Finds out what is known about the cause. What it says of lengths and alignments comes from
    /// the cells that were judged, if they are known.
    pub(crate) fn describe(
        &mut self,
        examiner: &mut Examiner<'_>,
        describer: &mut Describer,
        judged: Option<(&JudgedAt, Scope)>,
    ) {
        // A plan may not have visited the smallest case.
        At::of(&self.finding).show_in(&mut self.shown_at);
        let rule = judged.and_then(|(judged, scope)| judged.rule(&self.shown_at, scope));
        self.distance_max = self.distance_max.max(distance(&self.finding));
        let shown = [&self.finding, &self.first];
        let reaches_to = self.distance_max;
        let diagnosis = describer.describe(examiner, shown, rule, reaches_to);
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

    /// The cases that the group has kept, from the smallest.
    pub fn cases(&self) -> impl Iterator<Item = &Finding> {
        [&self.finding, &self.first]
            .into_iter()
            .chain(&self.samples)
    }

    /// Counts one more case, and returns whether the group takes it: a shorter one than the
    /// smallest, or a sample. Each doubling of the length has samples, rarer and rarer ones.
    pub(crate) fn count(&mut self, at: At) -> bool {
        self.count += 1;
        let distance = at.distance_bytes.map_or(0, i64::unsigned_abs);
        self.distance_max = self.distance_max.max(distance);
        at.show_in(&mut self.shown_at);
        let length = at.length;
        let alike = self.counts.entry(usize::BITS - length.leading_zeros());
        let alike = alike.and_modify(|count| *count += 1).or_insert(1);
        let is_power_of_four = alike.is_power_of_two() && alike.ilog2().is_multiple_of(2);
        is_power_of_four || length < self.finding.case.message.len()
    }

    /// Takes a case that [`Group::count`] asks for.
    pub(crate) fn take(&mut self, finding: Finding) {
        if finding.case.message.len() < self.finding.case.message.len() {
            self.finding = finding;
        } else {
            self.sample(finding);
        }
    }

    fn sample(&mut self, finding: Finding) {
        if finding.case.message.len() <= SAMPLE_BYTES_MAX {
            self.samples.push(finding);
        }
    }
}
