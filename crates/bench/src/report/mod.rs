//! Reports: one set of facts, several forms.

mod chart;
mod human;
mod page;

use crate::compare::{self, Change, Verdict};
use crate::contender::{Contender, Kind, reference};
use crate::limits::Limits;
use crate::run::{Column, RowSamples, Samples};
use crate::scenario::{Mode, Scenario};
use crate::statistics::{median, minimum, spread};
use serde::{Deserialize, Serialize};

/// The version of the JSON form. The schema is `schemas/bench.schema.json`.
pub const SCHEMA: &str = "crcheck/bench/1";

/// All that a run came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: String,
    /// `pass`, `fail`, `incomplete` or `void`.
    pub verdict: String,
    /// The seed, as it is given on the command line.
    pub seed: String,
    /// Where it ran.
    pub machine: Machine,
    /// What the machine can do at all.
    pub limits: Limits,
    /// Who was timed.
    pub contenders: Vec<ContenderFacts>,
    /// The figures.
    pub rows: Vec<Row>,
    /// Who was not timed, because it computes something else.
    pub refused: Vec<Refusal>,
    /// What was not timed, and why.
    pub skipped: Vec<Skipped>,
    /// The figures against those of another run.
    pub comparison: Option<Comparison>,
}

/// Where a run took place.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// crcheck's version.
    pub crcheck: String,
    /// Whether the program was built with optimisation and without debug assertions.
    pub is_release: bool,
    /// The architecture.
    pub arch: String,
    /// The CPU's name.
    pub cpu: String,
    /// Its features.
    pub features: Vec<String>,
    /// The tier that the dispatcher chooses.
    pub tier: String,
    /// The core that the run was kept on, if the system allowed it.
    pub core: Option<usize>,
}

/// Someone who was timed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContenderFacts {
    /// The name.
    pub name: String,
    /// What it is to the others.
    pub kind: Kind,
    /// Bytes of the vectors that it multiplies.
    pub vector_bytes: Option<usize>,
}

/// A scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// How calls follow each other, and on how many bytes.
    #[serde(flatten)]
    pub scenario: Scenario,
    /// Bytes of a call, on average.
    pub mean_bytes: f64,
    /// Whose time `ratios` are multiples of.
    pub reference: String,
    /// The fastest peer; the fastest table if there is none.
    pub best_peer: Option<String>,
    /// What loads alone allow, in GB/s: measured in the same rounds for long messages, else the limit
    /// of the level that holds the message.
    pub load_gb_per_s: Option<f64>,
    /// The figures of each contender.
    pub cells: Vec<Cell>,
}

/// A figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// Who.
    pub contender: String,
    /// Nanoseconds a call: the median of all samples.
    pub median_ns: f64,
    /// The smallest sample.
    pub min_ns: f64,
    /// The distance of the 10 % and 90 % quantiles, as a part of the median.
    pub spread: f64,
    /// By the median.
    pub gb_per_s: f64,
    /// The best peer's time as a multiple of this one's: above 1 is faster than the peer.
    pub to_best_peer: Option<f64>,
    /// The part of what multiplication alone allows with its vectors.
    pub of_multiply: Option<f64>,
    /// The part of what loads alone allow.
    pub of_load: Option<f64>,
    /// The median of each block in nanoseconds.
    pub blocks_ns: Vec<f64>,
    /// Time as a multiple of the reference's, for each block.
    pub ratios: Vec<f64>,
}

/// Someone who was not timed, because it computes something else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Refusal {
    /// Who.
    pub contender: String,
    /// What is wrong, as `verify` or the judges say it.
    pub reason: String,
}

/// What was not timed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Skipped {
    /// What.
    pub what: String,
    /// Why.
    pub reason: String,
    /// Whether its absence is no pass.
    pub required: bool,
}

/// The figures against those of another run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The file or program of the other run.
    pub base: String,
    /// The least change that is told.
    pub tolerance: f64,
    /// Each figure that both runs have.
    pub changes: Vec<CellChange>,
}

/// A figure then and now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CellChange {
    /// The scenario.
    #[serde(flatten)]
    pub scenario: Scenario,
    /// Who.
    pub contender: String,
    /// How it has changed.
    #[serde(flatten)]
    pub change: Change,
}

/// A file that is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It is no JSON, or of another form.
    #[error("not a report of crcheck bench: {0}")]
    Form(#[from] serde_json::Error),
    /// It is of another version.
    #[error("the report has the schema `{0}`, and `{SCHEMA}` is what this version reads")]
    Version(String),
}

impl Report {
    /// A report without figures.
    pub fn empty(machine: Machine, seed: u64) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            verdict: String::new(),
            seed: format!("{seed:#x}"),
            machine,
            limits: Limits::default(),
            contenders: Vec::new(),
            rows: Vec::new(),
            refused: Vec::new(),
            skipped: Vec::new(),
            comparison: None,
        }
    }

    /// Takes the figures of a run; scenarios without a complete block have none.
    pub fn take(&mut self, limits: Limits, contenders: &[Contender], samples: &Samples) {
        self.limits = limits;
        self.contenders = contenders
            .iter()
            .map(|contender| ContenderFacts {
                name: contender.name.clone(),
                kind: contender.kind,
                vector_bytes: contender.vector_bytes,
            })
            .collect();
        let timed = samples.rows.iter().filter(|row| row.blocks() > 0);
        self.rows = timed.map(|row| self.row(row)).collect();
    }

    fn row(&self, row: &RowSamples) -> Row {
        let facts = |column: &Column| &self.contenders[column.contender];
        let of_kind = |kind| {
            let columns = row
                .columns
                .iter()
                .filter(move |column| facts(column).kind == kind);
            columns.min_by(|one, other| column_median(one).total_cmp(&column_median(other)))
        };
        let best = of_kind(Kind::Peer).or_else(|| of_kind(Kind::Table));
        // A plain load that took part in the same rounds is the better witness.
        let load = of_kind(Kind::Load)
            .map(|load| row.scenario.mean_bytes() / column_median(load))
            .or_else(|| self.limits.load_at(&row.scenario));
        let is_bulk = matches!(row.scenario.mode, Mode::Throughput | Mode::Flushed);
        let cells = row.columns.iter().map(|column| {
            let facts = facts(column);
            let all: Vec<f64> = column.blocks.concat();
            let blocks_ns: Vec<f64> = column.blocks.iter().map(|block| median(block)).collect();
            let gb_per_s = row.scenario.mean_bytes() / median(&all);
            let multiply = facts
                .vector_bytes
                .and_then(|bytes| self.limits.multiply_at(bytes));
            let is_subject = facts.kind == Kind::Subject;
            Cell {
                contender: facts.name.clone(),
                median_ns: rounded(median(&all)),
                min_ns: rounded(minimum(&all)),
                spread: rounded(spread(&all)),
                gb_per_s: rounded(gb_per_s),
                to_best_peer: best
                    .filter(|_| is_subject)
                    .map(|best| rounded(faster(column, best))),
                of_multiply: multiply
                    .filter(|_| is_bulk)
                    .map(|limit| rounded(gb_per_s / limit)),
                of_load: load
                    .filter(|_| is_bulk)
                    .map(|limit| rounded(gb_per_s / limit)),
                blocks_ns: blocks_ns.into_iter().map(rounded).collect(),
                ratios: column.ratios.iter().copied().map(rounded).collect(),
            }
        });
        Row {
            scenario: row.scenario,
            mean_bytes: row.scenario.mean_bytes(),
            reference: reference(&row.scenario).to_owned(),
            best_peer: best.map(|best| facts(best).name.clone()),
            load_gb_per_s: load.map(rounded),
            cells: cells.collect(),
        }
    }

    /// Each figure of a subject that `base` has as well, and how it has changed.
    pub fn changes(&self, base: &Self, tolerance: f64) -> Vec<CellChange> {
        let mut changes = Vec::new();
        for row in &self.rows {
            let same = |other: &&Row| {
                other.scenario.is_same(&row.scenario) && other.reference == row.reference
            };
            let Some(base) = base.rows.iter().find(same) else {
                continue;
            };
            for cell in row
                .cells
                .iter()
                .filter(|cell| self.is_subject(&cell.contender))
            {
                let named = |other: &&Cell| other.contender == cell.contender;
                if let Some(base) = base.cells.iter().find(named) {
                    changes.push(CellChange {
                        scenario: row.scenario,
                        contender: cell.contender.clone(),
                        change: compare::judge(&base.ratios, &cell.ratios, tolerance),
                    });
                }
            }
        }
        changes
    }

    /// What the contender is to the others.
    pub fn kind(&self, name: &str) -> Option<Kind> {
        let found = self
            .contenders
            .iter()
            .find(|contender| contender.name == name);
        found.map(|contender| contender.kind)
    }

    fn is_subject(&self, name: &str) -> bool {
        self.kind(name) == Some(Kind::Subject)
    }

    /// As one JSON object; over several lines if `pretty`.
    pub fn json(&self, pretty: bool) -> String {
        let text = if pretty {
            serde_json::to_string_pretty(self)
        } else {
            serde_json::to_string(self)
        };
        text.expect("plain data is always JSON") + "\n"
    }

    /// A report from its JSON form.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn from_json(text: &str) -> Result<Self, ReadError> {
        let value: serde_json::Value = serde_json::from_str(text)?;
        match value["schema"].as_str() {
            Some(SCHEMA) | None => Ok(serde_json::from_value(value)?),
            Some(other) => Err(ReadError::Version(other.to_owned())),
        }
    }

    /// For people: the limits, a table for each mode, what is wrong last.
    pub fn human(&self) -> String {
        human::human(self)
    }

    /// The tables in Markdown.
    pub fn markdown(&self) -> String {
        human::markdown(self)
    }

    /// A page of curves and tables that needs nothing else.
    pub fn html(&self) -> String {
        page::page(self)
    }
}

impl Row {
    /// The figure of a contender.
    pub fn cell(&self, contender: &str) -> Option<&Cell> {
        self.cells.iter().find(|cell| cell.contender == contender)
    }
}

impl Comparison {
    /// Those that have become slower.
    pub fn slower(&self) -> impl Iterator<Item = &CellChange> {
        let is_slower = |change: &&CellChange| change.change.verdict == Verdict::Slower;
        self.changes.iter().filter(is_slower)
    }

    /// Whether there is a figure of which nothing is known.
    pub fn has_unknown(&self) -> bool {
        let mut verdicts = self.changes.iter().map(|change| change.change.verdict);
        verdicts.any(|verdict| verdict == Verdict::Unknown)
    }

    /// Withdraws each regression that the same measurement, made again, does not show.
    pub fn confirm(&mut self, again: &[CellChange]) {
        for change in &mut self.changes {
            let is_same = |other: &&CellChange| {
                other.scenario == change.scenario && other.contender == change.contender
            };
            let again = again.iter().find(is_same);
            if let Some(again) = again.filter(|again| again.change.verdict != Verdict::Slower) {
                change.change = again.change;
            }
        }
    }
}

fn column_median(column: &Column) -> f64 {
    median(&column.blocks.concat())
}

/// The other's time as a multiple of the own, block by block.
fn faster(own: &Column, other: &Column) -> f64 {
    let pairs = own.blocks.iter().zip(&other.blocks);
    let ratios = pairs.map(|(own, other)| median(other) / median(own));
    median(&ratios.collect::<Vec<f64>>())
}

/// Five significant digits: more than the clock gives.
fn rounded(value: f64) -> f64 {
    format!("{value:.4e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A run of one scenario in which the subject takes `subject` and others fixed times.
    fn report(subject: &[f64]) -> Report {
        let named = |name: &str, kind| Contender::new(name, kind, Box::new(|_| 0));
        let contenders = [
            named("ours", Kind::Subject),
            named("peer", Kind::Peer),
            named("slow-peer", Kind::Peer),
            named("slicing-16", Kind::Table),
        ];
        let times = |contender: usize, block: usize| match contender {
            0 => subject[block],
            1 => 20.0,
            2 => 30.0,
            _ => 100.0,
        };
        let columns = (0..4).map(|contender| {
            let blocks = 0..subject.len();
            Column {
                contender,
                blocks: blocks
                    .clone()
                    .map(|block| vec![times(contender, block); 3])
                    .collect(),
                ratios: blocks
                    .map(|block| times(contender, block) / 100.0)
                    .collect(),
            }
        });
        let samples = Samples {
            rows: vec![RowSamples {
                scenario: Scenario {
                    mode: Mode::Throughput,
                    size_bytes: 1000,
                    offset_bytes: 0,
                },
                columns: columns.collect(),
            }],
            is_complete: true,
        };
        let mut report = Report::empty(Machine::default(), 1);
        report.take(Limits::default(), &contenders, &samples);
        report
    }

    #[test]
    fn a_figure_is_told_against_the_fastest_peer() {
        let report = report(&[10.0, 10.0, 10.0]);
        let row = &report.rows[0];
        assert_eq!(row.best_peer.as_deref(), Some("peer"));
        let cell = row.cell("ours").expect("timed");
        assert_eq!(cell.to_best_peer, Some(2.0));
        assert_eq!(
            (cell.median_ns, cell.gb_per_s, cell.spread),
            (10.0, 100.0, 0.0)
        );
        assert_eq!(row.cell("peer").expect("timed").to_best_peer, None);
    }

    #[test]
    fn a_report_is_read_as_it_was_written() {
        let report = report(&[10.0, 11.0, 12.0]);
        let again = Report::from_json(&report.json(true)).expect("JSON");
        assert_eq!(again, report);
        assert_eq!(
            Report::from_json(&report.json(false)).expect("JSON"),
            report
        );
        let other = report.json(true).replace("bench/1", "bench/2");
        assert!(matches!(
            Report::from_json(&other),
            Err(ReadError::Version(_))
        ));
        assert!(matches!(Report::from_json("{}"), Err(ReadError::Form(_))));
    }

    #[test]
    fn a_regression_stands_only_if_it_shows_again() {
        let base = report(&[10.0, 10.1, 10.2]);
        let slow = report(&[13.0, 13.1, 13.2]);
        let changes = slow.changes(&base, 0.05);
        assert_eq!(changes.len(), 1, "the subject alone");
        let mut comparison = Comparison {
            base: "base.json".to_owned(),
            tolerance: 0.05,
            changes,
        };
        assert_eq!(comparison.slower().count(), 1);
        comparison.confirm(&slow.changes(&base, 0.05));
        assert_eq!(comparison.slower().count(), 1);
        comparison.confirm(&base.changes(&base, 0.05));
        assert_eq!(comparison.slower().count(), 0);
    }

    #[test]
    fn every_offset_has_a_chart_and_lines_of_its_own() {
        let mut report = report(&[10.0; 3]);
        let mut unaligned = report.rows[0].clone();
        unaligned.scenario.offset_bytes = 1;
        report.rows.push(unaligned);
        assert!(report.human().contains("1000+1"));
        let page = report.html();
        assert!(page.contains("1000+1") && page.contains("throughput, start off by 1"));
        assert_eq!(page.matches("<svg").count(), 2);
    }

    #[test]
    fn what_only_one_run_has_is_not_compared() {
        let base = report(&[10.0; 3]);
        let mut other = report(&[20.0; 3]);
        other.rows[0].scenario.size_bytes = 1001;
        assert!(other.changes(&base, 0.05).is_empty());
        let mut other = report(&[20.0; 3]);
        other.rows[0].scenario.offset_bytes = 1;
        assert!(other.changes(&base, 0.05).is_empty());
        // There the offset is nobody's choice.
        let (mut base, mut other) = (base, other);
        base.rows[0].scenario.mode = Mode::Random;
        other.rows[0].scenario.mode = Mode::Random;
        assert_eq!(other.changes(&base, 0.05).len(), 1);
    }

    #[test]
    fn every_form_names_everybody_and_every_size() {
        let mut report = report(&[10.0, 11.0, 12.0]);
        report.refused.push(Refusal {
            contender: "fault:<b>".to_owned(),
            reason: "wrong & told".to_owned(),
        });
        for text in [report.human(), report.markdown(), report.html()] {
            for word in ["ours", "peer", "slow-peer", "slicing-16", "1000", "told"] {
                assert!(text.contains(word), "{word}: {text}");
            }
        }
        let page = report.html();
        assert!(page.contains("fault:&lt;b&gt;") && !page.contains("<b>"));
        assert!(page.contains("<svg") && !page.contains("http://") && !page.contains("<script"));
    }
}
