//! How samples become figures.

use super::cost::{CallCost, rounded};
use super::{BenchReport, BenchRow, ContenderFacts, Figure};
use crate::contender::{Contender, ContenderKind, reference};
use crate::limits::Limits;
use crate::run::{Column, RowSamples, Samples};
use crate::statistics::{median, minimum, spread};

impl BenchReport {
    /// Replaces the figures by those of a run. A scenario without a complete block has none.
    pub fn take_samples(&mut self, limits: Limits, contenders: &[Contender], samples: &Samples) {
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

    fn row(&self, row: &RowSamples) -> BenchRow {
        let mean_bytes = row.scenario.mean_bytes();
        let best = self
            .fastest(row, ContenderKind::Peer)
            .or_else(|| self.fastest(row, ContenderKind::Table));
        // A plain load of the same rounds is better than the limit, which was measured before.
        let load_gb_per_s = self
            .fastest(row, ContenderKind::Load)
            .map(|load| mean_bytes / column_median(load))
            .or_else(|| self.limits.load_at(&row.scenario));
        let figures = row.columns.iter();
        let figures = figures.map(|column| self.figure(row, column, best, load_gb_per_s));
        BenchRow {
            scenario: row.scenario,
            mean_bytes,
            reference: reference(&row.scenario).to_owned(),
            best_peer: best.map(|best| self.facts(best).name.clone()),
            load_gb_per_s: load_gb_per_s.map(rounded),
            figures: figures.collect(),
        }
    }

    fn figure(
        &self,
        row: &RowSamples,
        column: &Column,
        best: Option<&Column>,
        load_gb_per_s: Option<f64>,
    ) -> Figure {
        let facts = self.facts(column);
        let samples = column.blocks.concat();
        let gb_per_s = row.scenario.mean_bytes() / median(&samples);
        let best = best.filter(|_| facts.kind == ContenderKind::Subject);
        let is_bulk = row.scenario.mode.is_bulk();
        let part_of = |limit: Option<f64>| {
            let limit = limit.filter(|_| is_bulk);
            limit.map(|limit| rounded(gb_per_s / limit))
        };
        let multiply_gb_per_s = facts
            .vector_bytes
            .and_then(|bytes| self.limits.multiply_at(bytes));
        Figure {
            contender: facts.name.clone(),
            median_ns: rounded(median(&samples)),
            min_ns: rounded(minimum(&samples)),
            spread: rounded(spread(&samples)),
            gb_per_s: rounded(gb_per_s),
            to_best_peer: best.map(|best| rounded(times_as_fast(column, best))),
            of_multiply: part_of(multiply_gb_per_s),
            of_load: part_of(load_gb_per_s),
            blocks_ns: column
                .blocks
                .iter()
                .map(|block| rounded(median(block)))
                .collect(),
            ratios: column.ratios.iter().copied().map(rounded).collect(),
            cost: Some(CallCost::of(column, row.scenario.mean_bytes())),
        }
    }

    fn facts(&self, column: &Column) -> &ContenderFacts {
        &self.contenders[column.contender]
    }

    /// The fastest contender of a role; `None` if none took part.
    fn fastest<'r>(&self, row: &'r RowSamples, kind: ContenderKind) -> Option<&'r Column> {
        let columns = row.columns.iter();
        let columns = columns.filter(|column| self.facts(column).kind == kind);
        columns.min_by(|one, other| column_median(one).total_cmp(&column_median(other)))
    }
}

fn column_median(column: &Column) -> f64 {
    median(&column.blocks.concat())
}

/// The other's time as a multiple of the own: the median over the blocks.
fn times_as_fast(own: &Column, other: &Column) -> f64 {
    let pairs = own.blocks.iter().zip(&other.blocks);
    let ratios = pairs.map(|(own, other)| median(other) / median(own));
    median(&ratios.collect::<Vec<f64>>())
}
