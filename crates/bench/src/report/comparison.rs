//! The figures of a run against those of another run.

use super::cost::CallCost;
use super::{BenchReport, BenchRow, Machine};
use crate::compare::{Change, Trend, compare};
use crate::contender::ContenderKind;
use crate::scenario::Scenario;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The figures against those of another run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The file or program of the other run.
    pub base: String,
    /// The least change that counts, as a part of the base.
    pub tolerance: f64,
    /// The slow case that was planted in the base.
    #[serde(default)]
    pub base_injected: Option<String>,
    /// How the other run's machine and program differ from this run's; empty if they do not.
    #[serde(default)]
    pub machine: Vec<MachineDifference>,
    /// The change of each figure that both runs have.
    pub changes: Vec<FigureChange>,
}

/// A fact in which the machines or programs of two runs differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MachineDifference {
    /// The fact.
    pub what: String,
    /// What the other run says.
    pub base: String,
    /// What this run says.
    pub now: String,
}

impl fmt::Display for MachineDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} was {}, is {}", self.what, self.base, self.now)
    }
}

impl Machine {
    /// How `base` differs. A speed says nothing about another CPU, nor about another build.
    pub fn differences_from(&self, base: &Self) -> Vec<MachineDifference> {
        let facts = |of: &Self| {
            let build = if of.is_release { "release" } else { "debug" };
            [
                ("the CPU", of.cpu.clone()),
                ("the architecture", of.arch.clone()),
                ("its features", of.features.join(" ")),
                ("the tier chosen", of.tier.clone()),
                ("the build", build.to_owned()),
            ]
        };
        let pairs = facts(base).into_iter().zip(facts(self));
        let differing = pairs.filter(|(base, now)| base != now);
        let difference = |((what, base), (_, now)): ((&str, String), (&str, String))| {
            let what = what.to_owned();
            MachineDifference { what, base, now }
        };
        differing.map(difference).collect()
    }
}

/// The change of a figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FigureChange {
    /// The scenario.
    #[serde(flatten)]
    pub scenario: Scenario,
    /// The contender's name.
    pub contender: String,
    /// How the figure has changed.
    #[serde(flatten)]
    pub change: Change,
    /// What a call costs in the base; `None` if an older version measured it.
    #[serde(default)]
    pub before: Option<CallCost>,
    /// What a call costs now.
    #[serde(default)]
    pub now: Option<CallCost>,
}

impl BenchReport {
    /// The change of each figure of a subject that `base` has too.
    pub fn changes(&self, base: &Self, tolerance: f64) -> Vec<FigureChange> {
        let mut changes = Vec::new();
        for row in &self.rows {
            let is_same = |other: &&BenchRow| {
                other.scenario.is_same(&row.scenario) && other.reference == row.reference
            };
            let Some(base) = base.rows.iter().find(is_same) else {
                continue;
            };
            for figure in &row.figures {
                let is_subject = self.kind(&figure.contender) == Some(ContenderKind::Subject);
                if let Some(base) = base.figure(&figure.contender).filter(|_| is_subject) {
                    changes.push(FigureChange {
                        scenario: row.scenario,
                        contender: figure.contender.clone(),
                        change: compare(&base.ratios, &figure.ratios, tolerance),
                        before: base.cost,
                        now: figure.cost,
                    });
                }
            }
        }
        changes
    }
}

impl Comparison {
    /// The figures that have become slower.
    pub fn slower(&self) -> impl Iterator<Item = &FigureChange> {
        self.with_trend(Trend::Slower)
    }

    /// The figures of one trend.
    pub(super) fn with_trend(&self, trend: Trend) -> impl Iterator<Item = &FigureChange> {
        let changes = self.changes.iter();
        changes.filter(move |change| change.change.trend == trend)
    }

    /// Whether the noise of a figure is not known.
    pub fn has_unknown(&self) -> bool {
        self.with_trend(Trend::Unknown).next().is_some()
    }

    /// Withdraws each regression that a second measurement does not show.
    pub fn confirm(&mut self, again: &[FigureChange]) {
        for change in &mut self.changes {
            let is_same = |other: &&FigureChange| {
                other.scenario == change.scenario && other.contender == change.contender
            };
            let again = again.iter().find(is_same);
            if let Some(again) = again.filter(|again| again.change.trend != Trend::Slower) {
                (change.change, change.now) = (again.change, again.now);
            }
        }
    }
}
