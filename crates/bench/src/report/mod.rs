//! What a run measures: one set of facts, written in several formats.

mod chart;
mod comparison;
mod cost;
mod figures;
mod html;
mod human;

use crate::contender::ContenderKind;
use crate::limits::Limits;
use crate::scenario::Scenario;
use serde::{Deserialize, Serialize};

pub use comparison::{Comparison, FigureChange, MachineDifference};
pub use cost::CallCost;

/// The version of the JSON format. The schema is `schemas/bench.schema.json`.
pub const SCHEMA: &str = "crcheck/bench/1";

/// The report of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BenchReport {
    /// [`SCHEMA`].
    pub schema: String,
    /// `pass`, `fail`, `incomplete` or `void`.
    pub verdict: String,
    /// The seed, as the command line takes it.
    pub seed: String,
    /// The machine.
    pub machine: Machine,
    /// The limits of the machine.
    pub limits: Limits,
    /// The contenders that were timed.
    pub contenders: Vec<ContenderFacts>,
    /// The figures.
    pub rows: Vec<BenchRow>,
    /// The contenders that were not timed because they are wrong.
    pub refused: Vec<Refusal>,
    /// What else was not timed, and why.
    pub skipped: Vec<NotTimed>,
    /// How many of the kernel's tiers were timed, and which were not; empty if nobody asked for all
    /// and none is missing.
    #[serde(default)]
    pub tiers: String,
    /// The figures against those of another run.
    pub comparison: Option<Comparison>,
    /// The slow case that was planted in the subjects on purpose: its figures are not the kernel's.
    #[serde(default)]
    pub injected: Option<String>,
    /// The profile that was taken behind the figures.
    #[serde(default)]
    pub profile: Option<ProfileFacts>,
}

/// A profile that a run took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProfileFacts {
    /// What took it.
    pub profiler: String,
    /// The frequency that was asked for. The system's timer may give less.
    pub frequency_hz: u32,
    /// The processor time of the profiled calls in seconds.
    pub cpu_s: f64,
    /// The samples.
    pub samples: u64,
    /// Whether every row ran as long as it should.
    pub is_complete: bool,
    /// The flame graph's file.
    pub flame_graph: String,
    /// The file of the folded stacks, if there is one.
    pub stacks: Option<String>,
}

/// The machine that a run took place on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// The version of crcheck.
    pub crcheck: String,
    /// Whether the program was built with optimisation and without debug assertions.
    pub is_release: bool,
    /// The architecture.
    pub arch: String,
    /// The CPU's name.
    pub cpu: String,
    /// The CPU's features.
    pub features: Vec<String>,
    /// The tier that the dispatcher chooses.
    pub tier: String,
    /// The core that the run stayed on; `None` if the system did not allow it.
    pub core: Option<usize>,
}

/// A contender that was timed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContenderFacts {
    /// Its name.
    pub name: String,
    /// Its role.
    pub kind: ContenderKind,
    /// The size of the vectors that it multiplies; `None` if it does not multiply.
    pub vector_bytes: Option<usize>,
}

/// The figures of a scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BenchRow {
    /// The scenario.
    #[serde(flatten)]
    pub scenario: Scenario,
    /// The bytes of a call, on average.
    pub mean_bytes: f64,
    /// The contender whose time `ratios` are multiples of.
    pub reference: String,
    /// The fastest peer; the fastest table if there is no peer.
    pub best_peer: Option<String>,
    /// The rate that loads alone allow, in GB/s: measured in the same rounds for long messages,
    /// else the limit of the level that holds the message.
    pub load_gb_per_s: Option<f64>,
    /// The figure of each contender.
    #[serde(rename = "cells")]
    pub figures: Vec<Figure>,
}

/// The figure of a contender in a scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// The contender's name.
    pub contender: String,
    /// The nanoseconds of a call: the median of all samples.
    pub median_ns: f64,
    /// The smallest sample in nanoseconds.
    pub min_ns: f64,
    /// The distance of the 10 % and 90 % quantiles, as a part of the median.
    pub spread: f64,
    /// The rate by the median.
    pub gb_per_s: f64,
    /// The best peer's time as a multiple of this one's: above 1 is faster than the peer.
    pub to_best_peer: Option<f64>,
    /// The rate as a part of the one that multiplication alone allows with its vectors.
    pub of_multiply: Option<f64>,
    /// The rate as a part of the one that loads alone allow.
    pub of_load: Option<f64>,
    /// The median of each block in nanoseconds.
    pub blocks_ns: Vec<f64>,
    /// The time as a multiple of the reference's, for each block.
    pub ratios: Vec<f64>,
    /// What a call costs; `None` in reports of older versions.
    #[serde(default)]
    pub cost: Option<CallCost>,
}

/// A contender that was not timed because it is wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Refusal {
    /// The contender's name.
    pub contender: String,
    /// What is wrong, as `verify` or the judges report it.
    pub reason: String,
}

/// A contender or scenario that was not timed, although nothing is wrong with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NotTimed {
    /// The contender or scenario.
    pub what: String,
    /// The reason.
    pub reason: String,
    /// Whether the run fails without it.
    #[serde(rename = "required")]
    pub is_required: bool,
}

/// A file is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file is no JSON, or JSON of another form.
    #[error("not a report of crcheck bench: {0}")]
    Form(#[from] serde_json::Error),
    /// The report has another version.
    #[error("the report has the schema `{0}`, and `{SCHEMA}` is what this version reads")]
    Version(String),
}

impl BenchReport {
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
            tiers: String::new(),
            comparison: None,
            injected: None,
            profile: None,
        }
    }

    /// The role of a contender; `None` if it was not timed.
    pub fn kind(&self, name: &str) -> Option<ContenderKind> {
        let mut contenders = self.contenders.iter();
        let found = contenders.find(|contender| contender.name == name);
        found.map(|contender| contender.kind)
    }

    /// One JSON object; on several lines if `is_pretty`.
    pub fn json(&self, is_pretty: bool) -> String {
        let text = if is_pretty {
            serde_json::to_string_pretty(self)
        } else {
            serde_json::to_string(self)
        };
        text.expect("plain data is always JSON") + "\n"
    }

    /// Reads a report from its JSON format.
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

    /// Text for a terminal: the limits, the tables of each mode, and last what is wrong. In detail,
    /// each mode has a table of costs as well, as in the other formats.
    pub fn human(&self, is_detailed: bool) -> String {
        human::human(self, is_detailed)
    }

    /// What stands above a flame graph: the machine, what took the profile, and whether something
    /// was injected.
    pub fn profile_lines(&self) -> Vec<String> {
        human::profile_lines(self)
    }

    /// Markdown.
    pub fn markdown(&self) -> String {
        human::markdown(self)
    }

    /// An HTML document that loads nothing: charts and tables.
    pub fn html(&self) -> String {
        html::html(self)
    }
}

impl BenchRow {
    /// The figure of a contender; `None` if it took no part.
    pub fn figure(&self, contender: &str) -> Option<&Figure> {
        let mut figures = self.figures.iter();
        figures.find(|figure| figure.contender == contender)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contender::Contender;
    use crate::run::{Column, RowSamples, Samples};
    use crate::scenario::Mode;

    /// A run of one scenario in which the subject takes `subject` and others fixed times.
    fn report(subject: &[f64]) -> BenchReport {
        let named = |name: &str, kind| Contender::new(name, kind, Box::new(|_| 0));
        let contenders = [
            named("ours", ContenderKind::Subject),
            named("peer", ContenderKind::Peer),
            named("slow-peer", ContenderKind::Peer),
            named("slicing-16", ContenderKind::Table),
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
                ticks: vec![times(contender, 0) * 2.0; 3],
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
        let mut report = BenchReport::empty(Machine::default(), 1);
        report.take_samples(Limits::default(), &contenders, &samples);
        report
    }

    #[test]
    fn a_figure_is_compared_with_the_fastest_peer() {
        let report = report(&[10.0, 10.0, 10.0]);
        let row = &report.rows[0];
        assert_eq!(row.best_peer.as_deref(), Some("peer"));
        let figure = row.figure("ours").expect("timed");
        assert_eq!(figure.to_best_peer, Some(2.0));
        assert_eq!(
            (figure.median_ns, figure.gb_per_s, figure.spread),
            (10.0, 100.0, 0.0)
        );
        assert_eq!(row.figure("peer").expect("timed").to_best_peer, None);
    }

    #[test]
    fn a_report_is_read_as_it_was_written() {
        let report = report(&[10.0, 11.0, 12.0]);
        let again = BenchReport::from_json(&report.json(true)).expect("JSON");
        assert_eq!(again, report);
        assert_eq!(
            BenchReport::from_json(&report.json(false)).expect("JSON"),
            report
        );
        let other = report.json(true).replace("bench/1", "bench/2");
        assert!(matches!(
            BenchReport::from_json(&other),
            Err(ReadError::Version(_))
        ));
        assert!(matches!(
            BenchReport::from_json("{}"),
            Err(ReadError::Form(_))
        ));
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
            base_injected: None,
            machine: Vec::new(),
            changes,
        };
        assert_eq!(comparison.slower().count(), 1);
        comparison.confirm(&slow.changes(&base, 0.05));
        assert_eq!(comparison.slower().count(), 1);
        comparison.confirm(&base.changes(&base, 0.05));
        assert_eq!(comparison.slower().count(), 0);
    }

    #[test]
    fn a_comparison_with_another_cpu_says_so_before_its_tables() {
        let mut base = report(&[10.0; 3]);
        base.machine.cpu = "Brand <A>".to_owned();
        let mut now = report(&[10.0; 3]);
        now.machine.cpu = "Brand B".to_owned();
        let mut comparison = Comparison {
            base: "base.json".to_owned(),
            tolerance: 0.05,
            base_injected: None,
            machine: now.machine.differences_from(&base.machine),
            changes: now.changes(&base, 0.05),
        };
        now.comparison = Some(comparison.clone());
        let texts = |report: &BenchReport| [report.human(true), report.markdown(), report.html()];
        for text in texts(&now) {
            let said = ["OTHER MACHINE", "Brand B"].map(|word| text.find(word));
            let table = text.find("throughput: GB/s").expect("a table");
            let is_before = |said: &Option<usize>| said.is_some_and(|at| at < table);
            assert!(said.iter().all(is_before), "{text}");
            assert!(text.contains("the CPU was Brand"), "{text}");
        }
        comparison.machine = now.machine.differences_from(&now.machine);
        assert_eq!(comparison.machine, []);
        now.comparison = Some(comparison);
        for text in texts(&now) {
            assert!(!text.contains("OTHER MACHINE"), "{text}");
        }
    }

    #[test]
    fn the_last_line_names_the_tiers_that_were_not_timed() {
        let mut report = report(&[10.0; 3]);
        report.tiers = "1 of 2 tiers timed; not b".to_owned();
        let text = report.human(true);
        let last = text.lines().last().expect("a line");
        assert!(last.ends_with("; 1 of 2 tiers timed; not b"), "{last}");
    }

    #[test]
    fn every_offset_has_a_chart_and_lines_of_its_own() {
        let mut report = report(&[10.0; 3]);
        let mut unaligned = report.rows[0].clone();
        unaligned.scenario.offset_bytes = 1;
        report.rows.push(unaligned);
        assert!(report.human(true).contains("1000+1"));
        let document = report.html();
        assert!(document.contains("1000+1") && document.contains("throughput, start off by 1"));
        assert_eq!(document.matches("<figure").count(), 2);
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
        // This mode ignores the offset.
        let (mut base, mut other) = (base, other);
        base.rows[0].scenario.mode = Mode::Random;
        other.rows[0].scenario.mode = Mode::Random;
        assert_eq!(other.changes(&base, 0.05).len(), 1);
    }

    #[test]
    fn every_format_names_every_contender_and_every_size() {
        let mut report = report(&[10.0, 11.0, 12.0]);
        report.refused.push(Refusal {
            contender: "fault:<b>".to_owned(),
            reason: "wrong & named".to_owned(),
        });
        for text in [report.human(true), report.markdown(), report.html()] {
            for word in ["ours", "peer", "slow-peer", "slicing-16", "1000", "named"] {
                assert!(text.contains(word), "{word}: {text}");
            }
        }
        let document = report.html();
        assert!(document.contains("fault:&lt;b&gt;") && !document.contains("<b>"));
        assert!(
            document.contains("<svg")
                && !document.contains("http://")
                && !document.contains("<script")
        );
    }
}
