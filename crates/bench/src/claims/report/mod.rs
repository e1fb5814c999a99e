//! The report on claims: one set of facts, written in several formats.

mod figure_rows;
mod html;
mod text;

use super::answer::Answer;
use super::claim::Claim;
use super::judgement::judge;
use super::measured::{Measured, Planted};
use super::topics::CLAIMS;
use crate::measurement::Shortfall;
use crate::report::Machine;
use serde::{Deserialize, Serialize};

pub use figure_rows::FigureRow;

/// The version of the JSON format. The schema is `schemas/bench-claims.schema.json`.
pub const SCHEMA: &str = "crcheck/bench-claims/1";

/// The report of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClaimsReport {
    /// [`SCHEMA`].
    pub schema: String,
    /// `pass`, `fail`, `incomplete` or `void`.
    pub verdict: String,
    /// The seed, as the command line takes it.
    pub seed: String,
    /// The machine.
    pub machine: Machine,
    /// Rates here beside those of the article.
    pub figures: Vec<FigureRow>,
    /// The claims.
    pub claims: Vec<ClaimRow>,
    /// What is wrong with crcheck or its kernel.
    pub wrong: Vec<String>,
    /// What could not be measured although it was selected, and why.
    pub left_out: Vec<String>,
}

/// A claim and its answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClaimRow {
    /// The claim's name.
    pub id: String,
    /// What it is about.
    pub topic: String,
    /// What the article says.
    pub claim: String,
    /// How it is judged: `measured`, `arithmetic`, `planted fault` or `not measurable`.
    pub basis: String,
    /// The planted fault that stands for it.
    pub fault: Option<String>,
    /// The answer.
    pub answer: Answer,
    /// What was found here.
    pub found: String,
}

impl ClaimsReport {
    /// The answers to `claims`, with the figures that were measured.
    pub fn new(machine: Machine, seed: u64, claims: &[&Claim], measured: &Measured) -> Self {
        let mut wrong = measured.wrong.clone();
        let planted = measured.planted.iter();
        let escaped = planted.filter(|(_, planted)| **planted == Planted::Escaped);
        wrong.extend(escaped.map(|(name, _)| format!("fault:{name} is not found")));
        Self {
            schema: SCHEMA.to_owned(),
            verdict: String::new(),
            seed: format!("{seed:#x}"),
            machine,
            figures: figure_rows::rows(measured),
            claims: rows(claims, measured),
            wrong,
            left_out: measured.left_out.clone(),
        }
    }

    /// How many claims have this answer.
    pub fn count(&self, answer: Answer) -> usize {
        self.claims
            .iter()
            .filter(|row| row.answer == answer)
            .count()
    }

    /// Why the run is not a pass. A claim that is refuted is a result.
    pub fn shortfalls(&self, is_interrupted: bool) -> Vec<Shortfall> {
        let mut shortfalls = Vec::new();
        if !self.wrong.is_empty() {
            shortfalls.push(Shortfall::Wrong);
        }
        let open = self.count(Answer::NotJudged);
        if open == self.claims.len() && is_interrupted {
            shortfalls.push(Shortfall::Interrupted);
        } else if open > 0 {
            shortfalls.push(Shortfall::Incomplete);
        }
        shortfalls
    }

    /// One JSON object on several lines.
    pub fn json(&self) -> String {
        let text = serde_json::to_string_pretty(self);
        text.expect("plain data is always JSON") + "\n"
    }

    /// Text for a terminal.
    pub fn human(&self) -> String {
        text::human(self)
    }

    /// Markdown.
    pub fn markdown(&self) -> String {
        text::markdown(self)
    }

    /// An HTML document that loads nothing.
    pub fn html(&self) -> String {
        html::html(self)
    }
}

fn rows(claims: &[&Claim], measured: &Measured) -> Vec<ClaimRow> {
    let of_topics = CLAIMS.iter().flat_map(|topic| {
        let of_topic = topic.claims.iter();
        of_topic.map(|claim| (topic.name, claim))
    });
    let selected = of_topics.filter(|(_, claim)| claims.iter().any(|other| other.id == claim.id));
    let row = |(topic, claim): (&str, &Claim)| {
        let verdict = judge(claim, measured);
        ClaimRow {
            id: claim.id.to_owned(),
            topic: topic.to_owned(),
            claim: claim.says.to_owned(),
            basis: claim.judge.basis().to_owned(),
            fault: claim.judge.planted_fault().map(str::to_owned),
            answer: verdict.answer,
            found: verdict.found,
        }
    };
    selected.map(row).collect()
}
