//! A run: blocks of interleaved rounds.
//!
//! A *round* takes one sample of each contender, A B C, and the next round C B A, so that other
//! load on the machine meets all of them. A *block* is some rounds in fresh memory: other pages,
//! other random lengths. Blocks differ by the noise of the run. They go on until the budget is
//! used.

use crate::contender::{Contender, reference};
use crate::memory::Memory;
use crate::random::SplitMix64;
use crate::scenario::Scenario;
use crate::statistics::median;
use crate::timer::{Sample, Timer};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// What a run times.
#[derive(Clone, Debug)]
pub struct BenchPlan {
    /// The rows.
    pub scenarios: Vec<Scenario>,
    /// No block begins after this time.
    pub budget: Duration,
    /// The greatest number of blocks.
    pub blocks_max: usize,
    /// The seed of messages, lengths and offsets.
    pub seed: u64,
}

/// The rounds of a block, besides the first.
const ROUNDS: usize = 5;

/// The rounds of a block if one takes longer than [`LONG_ROUND`].
const ROUNDS_LONG: usize = 2;

/// A long round has little noise.
const LONG_ROUND: Duration = Duration::from_millis(50);

/// The samples of a run.
#[derive(Clone, Debug)]
pub struct Samples {
    /// A row for each scenario, in the plan's order.
    pub rows: Vec<RowSamples>,
    /// Whether each row has a block and nobody stopped the run.
    pub is_complete: bool,
}

/// The samples of a scenario.
#[derive(Clone, Debug)]
pub struct RowSamples {
    /// The scenario.
    pub scenario: Scenario,
    /// The contenders that took part.
    pub columns: Vec<Column>,
}

/// The samples of a contender.
#[derive(Clone, Debug)]
pub struct Column {
    /// The index of the contender.
    pub contender: usize,
    /// The nanoseconds of a call, by block and round.
    pub blocks: Vec<Vec<f64>>,
    /// The ticks of a call, of every sample; empty where the CPU has no counter that can be read.
    pub ticks: Vec<f64>,
    /// The time as a multiple of the reference's in the same round: the median of each block.
    pub ratios: Vec<f64>,
}

/// What stops a run, and what it calls.
pub struct BenchControl<'a> {
    /// Set to stop the run. Complete blocks are kept.
    pub cancelled: &'a AtomicBool,
    /// Called before each scenario, with the number of complete blocks.
    pub on_begin: &'a dyn Fn(usize, &Scenario),
}

/// Times `contenders`.
///
/// # Errors
/// What the system says when it has no memory.
///
/// # Panics
/// If a scenario's reference is not among the contenders.
pub fn run(
    contenders: &[Contender],
    plan: &BenchPlan,
    control: &BenchControl<'_>,
) -> io::Result<Samples> {
    let mut rows: Vec<RowRun<'_>> = plan
        .scenarios
        .iter()
        .map(|&scenario| RowRun::new(scenario, contenders))
        .collect();
    let capacity_bytes = plan.scenarios.iter().map(|scenario| scenario.size_bytes);
    let capacity_bytes = capacity_bytes.max().unwrap_or(0);
    let mut seeds = SplitMix64(plan.seed);
    let deadline = Instant::now() + plan.budget;
    let is_over = || control.cancelled.load(Ordering::Relaxed) || Instant::now() >= deadline;
    'blocks: for block in 0..plan.blocks_max {
        let memory = Memory::new(capacity_bytes, seeds.next())?;
        for row in &mut rows {
            if is_over() {
                break 'blocks;
            }
            (control.on_begin)(block, &row.samples.scenario);
            row.add_block(&memory, seeds.next(), control.cancelled);
        }
    }
    let rows: Vec<RowSamples> = rows.into_iter().map(|row| row.samples).collect();
    let is_complete =
        !control.cancelled.load(Ordering::Relaxed) && rows.iter().all(|row| row.blocks() > 0);
    Ok(Samples { rows, is_complete })
}

impl RowSamples {
    /// The number of complete blocks.
    pub fn blocks(&self) -> usize {
        self.columns.first().map_or(0, |column| column.blocks.len())
    }
}

struct RowRun<'a> {
    contenders: &'a [Contender],
    samples: RowSamples,
    /// The calls of a sample, by column.
    calls: Vec<usize>,
    /// The column whose time divides the others'.
    reference: usize,
}

impl<'a> RowRun<'a> {
    fn new(scenario: Scenario, contenders: &'a [Contender]) -> Self {
        let columns: Vec<Column> = (0..contenders.len())
            .filter(|&contender| contenders[contender].takes_part(&scenario))
            .map(|contender| Column {
                contender,
                blocks: Vec::new(),
                ticks: Vec::new(),
                ratios: Vec::new(),
            })
            .collect();
        let is_reference =
            |column: &Column| contenders[column.contender].name == reference(&scenario);
        let reference = columns.iter().position(is_reference);
        Self {
            contenders,
            reference: reference.expect("the reference takes part"),
            samples: RowSamples { scenario, columns },
            calls: Vec::new(),
        }
    }

    /// Adds a block, unless it is cancelled before its end.
    fn add_block(&mut self, memory: &Memory, seed: u64, cancelled: &AtomicBool) {
        let mut seeds = SplitMix64(seed);
        let mut timer = || Timer::new(self.samples.scenario, memory, seeds.next());
        let columns = self.samples.columns.len();
        let contender = |column: usize| &self.contenders[self.samples.columns[column].contender];
        if self.calls.is_empty() {
            let timer = timer();
            let mut calls = Vec::new();
            for column in 0..columns {
                if cancelled.load(Ordering::Relaxed) {
                    return;
                }
                calls.push(timer.calls_per_sample(contender(column)));
            }
            self.calls = calls;
        }
        let mut block: Vec<Vec<Sample>> = vec![Vec::new(); columns];
        let mut rounds = ROUNDS;
        // The first round warms up caches, predictors and the clock, and does not count.
        for round in 0.. {
            if round > rounds {
                break;
            }
            // Each round has new random messages, or the branch predictor would learn them.
            let timer = timer();
            let start = Instant::now();
            for place in 0..columns {
                if cancelled.load(Ordering::Relaxed) {
                    return;
                }
                let column = if round % 2 == 0 {
                    place
                } else {
                    columns - 1 - place
                };
                let sample = timer.measure(contender(column), self.calls[column]);
                if round > 0 {
                    block[column].push(sample);
                }
            }
            if start.elapsed() > LONG_ROUND {
                rounds = ROUNDS_LONG;
            }
        }
        let reference = block[self.reference].clone();
        for (column, samples) in self.samples.columns.iter_mut().zip(block) {
            let pairs = samples.iter().zip(&reference);
            let ratios = pairs.map(|(own, other)| own.ns / other.ns);
            column.ratios.push(median(&ratios.collect::<Vec<f64>>()));
            column
                .ticks
                .extend(samples.iter().filter_map(|sample| sample.ticks));
            column
                .blocks
                .push(samples.iter().map(|sample| sample.ns).collect());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Mode;

    fn plan(blocks_max: usize) -> BenchPlan {
        let scenario = |mode, size_bytes| Scenario {
            mode,
            size_bytes,
            offset_bytes: 0,
        };
        BenchPlan {
            scenarios: vec![
                scenario(Mode::Throughput, 64),
                scenario(Mode::Random, 16),
                scenario(Mode::Throughput, 256 << 10),
            ],
            budget: Duration::from_secs(3600),
            blocks_max,
            seed: 1,
        }
    }

    fn contenders() -> Vec<Contender> {
        let mut contenders = vec![Contender::dispatch()];
        contenders.extend(Contender::others());
        contenders
    }

    #[test]
    fn every_block_has_samples_of_every_contender_that_takes_part() {
        let contenders = contenders();
        let control = BenchControl {
            cancelled: &AtomicBool::new(false),
            on_begin: &|_, _| {},
        };
        let samples = run(&contenders, &plan(3), &control).expect("memory");
        assert!(samples.is_complete);
        for row in &samples.rows {
            assert_eq!(row.blocks(), 3);
            for column in &row.columns {
                assert!(contenders[column.contender].takes_part(&row.scenario));
                assert_eq!((column.blocks.len(), column.ratios.len()), (3, 3));
                let mut all = column.blocks.iter().flatten().chain(&column.ratios);
                assert!(all.all(|sample| sample.is_finite() && *sample > 0.0));
                if contenders[column.contender].name == reference(&row.scenario) {
                    assert_eq!(column.ratios, [1.0; 3]);
                }
            }
        }
    }

    #[test]
    fn a_run_that_is_cancelled_keeps_complete_blocks_and_is_not_complete() {
        let cancelled = AtomicBool::new(false);
        let cancel_in_the_third =
            |block, _: &Scenario| cancelled.store(block == 2, Ordering::Relaxed);
        let control = BenchControl {
            cancelled: &cancelled,
            on_begin: &cancel_in_the_third,
        };
        let samples = run(&contenders(), &plan(5), &control).expect("memory");
        assert!(!samples.is_complete);
        assert!(samples.rows.iter().all(|row| row.blocks() == 2));
    }
}
