//! What a call costs: how its time is distributed over the samples, and its cycles.

use crate::run::Column;
use crate::statistics::{median, quantile};
use serde::{Deserialize, Serialize};

/// What a call costs. A sample is the mean of many calls, or one call if that is long, so p99 is
/// that of samples.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallCost {
    /// The nanoseconds that half of the samples stay below.
    pub p50_ns: f64,
    /// The nanoseconds that 95 % of the samples stay below.
    pub p95_ns: f64,
    /// The nanoseconds that 99 % of the samples stay below.
    pub p99_ns: f64,
    /// The ticks of the CPU's time-stamp counter, the median of all samples; `None` where there is
    /// no counter that can be read. It ticks at a constant rate ([`crate::limits::Limits`]).
    pub tsc_ticks: Option<f64>,
    /// The bytes of a call for each tick.
    pub bytes_per_tick: Option<f64>,
}

impl CallCost {
    /// The cost by the samples of a contender, where a call has `mean_bytes` on average.
    pub(super) fn of(column: &Column, mean_bytes: f64) -> Self {
        let samples = column.blocks.concat();
        let at = |fraction| rounded(quantile(&samples, fraction));
        let ticks = Some(&column.ticks).filter(|ticks| !ticks.is_empty());
        let tsc_ticks = ticks.map(|ticks| median(ticks));
        Self {
            p50_ns: at(0.5),
            p95_ns: at(0.95),
            p99_ns: at(0.99),
            tsc_ticks: tsc_ticks.map(rounded),
            bytes_per_tick: tsc_ticks.map(|ticks| rounded(mean_bytes / ticks)),
        }
    }
}

/// Five significant digits: more than the clock gives.
pub(super) fn rounded(value: f64) -> f64 {
    format!("{value:.4e}").parse().unwrap_or(value)
}

/// Three significant digits, for people.
pub(super) fn three_digits(value: f64) -> String {
    match value.abs() {
        100.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_has_the_quantiles_of_all_blocks_and_says_where_there_are_no_ticks() {
        let mut column = Column {
            contender: 0,
            blocks: vec![
                (0..=50).map(f64::from).collect(),
                (51..=100).map(f64::from).collect(),
            ],
            ticks: Vec::new(),
            ratios: Vec::new(),
        };
        let cost = CallCost::of(&column, 64.0);
        assert_eq!((cost.p50_ns, cost.p95_ns, cost.p99_ns), (50.0, 95.0, 99.0));
        assert_eq!((cost.tsc_ticks, cost.bytes_per_tick), (None, None));
        column.ticks = vec![31.0, 32.0, 500.0];
        let cost = CallCost::of(&column, 64.0);
        assert_eq!(
            (cost.tsc_ticks, cost.bytes_per_tick),
            (Some(32.0), Some(2.0))
        );
    }
}
