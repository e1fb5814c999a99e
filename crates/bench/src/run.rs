//! A run: blocks of interleaved rounds.
//!
//! A *round* takes one sample of each contender, A B C, then C B A, so that what the machine does
//! meanwhile meets all of them. A *block* is some rounds in fresh memory: other pages, other random
//! lengths. What differs between blocks is the noise of a run, and blocks go on until the budget is
//! used.

use crate::contender::{Contender, reference};
use crate::measure::Timer;
use crate::memory::{Memory, SplitMix64};
use crate::scenario::Scenario;
use crate::statistics::median;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// What to time.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The rows.
    pub scenarios: Vec<Scenario>,
    /// Blocks begin until this time has passed.
    pub budget: Duration,
    /// Blocks at most.
    pub blocks_max: usize,
    /// The seed of messages, lengths and offsets.
    pub seed: u64,
}

/// Samples of each contender in a block.
const ROUNDS: usize = 5;

/// Rounds of a block where one takes longer than [`LONG_ROUND`].
const ROUNDS_LONG: usize = 2;

/// A round that is long has little noise of its own.
const LONG_ROUND: Duration = Duration::from_millis(50);

/// The samples of a run.
#[derive(Clone, Debug)]
pub struct Samples {
    /// A row for each scenario, in the plan's order.
    pub rows: Vec<RowSamples>,
    /// Whether each row has a block, and nobody stopped the run.
    pub is_complete: bool,
}

/// The samples of a scenario.
#[derive(Clone, Debug)]
pub struct RowSamples {
    /// The scenario.
    pub scenario: Scenario,
    /// Those who took part.
    pub columns: Vec<Column>,
}

/// The samples of a contender.
#[derive(Clone, Debug)]
pub struct Column {
    /// Which of the contenders.
    pub contender: usize,
    /// Nanoseconds a call, by block and round.
    pub blocks: Vec<Vec<f64>>,
    /// Time as a multiple of the reference's in the same round: the median of each block.
    pub ratios: Vec<f64>,
}

/// What may stop a run, and who hears of it.
pub struct Control<'a> {
    /// Set to stop: complete blocks are kept.
    pub cancelled: &'a AtomicBool,
    /// Called before each scenario, with the number of blocks that are complete.
    pub on_begin: &'a dyn Fn(usize, &Scenario),
}

/// Times `contenders`.
///
/// # Errors
/// What the system says when it has no memory.
///
/// # Panics
/// If a scenario's reference is not among the contenders.
pub fn run(contenders: &[Contender], plan: &Plan, control: &Control<'_>) -> io::Result<Samples> {
    let mut rows: Vec<Row<'_>> = plan
        .scenarios
        .iter()
        .map(|&scenario| Row::new(scenario, contenders))
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
            row.block(&memory, seeds.next(), control.cancelled);
        }
    }
    let rows: Vec<RowSamples> = rows.into_iter().map(|row| row.samples).collect();
    let is_complete =
        !control.cancelled.load(Ordering::Relaxed) && rows.iter().all(|row| row.blocks() > 0);
    Ok(Samples { rows, is_complete })
}

impl RowSamples {
    /// Complete blocks.
    pub fn blocks(&self) -> usize {
        self.columns.first().map_or(0, |column| column.blocks.len())
    }
}

struct Row<'a> {
    contenders: &'a [Contender],
    samples: RowSamples,
    /// Calls of a sample, by column.
    calls: Vec<usize>,
    /// The column that all are divided by.
    reference: usize,
}

impl<'a> Row<'a> {
    fn new(scenario: Scenario, contenders: &'a [Contender]) -> Self {
        let columns: Vec<Column> = (0..contenders.len())
            .filter(|&contender| contenders[contender].takes_part(&scenario))
            .map(|contender| Column {
                contender,
                blocks: Vec::new(),
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

    /// One more block, unless it is cancelled before its end.
    fn block(&mut self, memory: &Memory, seed: u64, cancelled: &AtomicBool) {
        let mut seeds = SplitMix64(seed);
        let mut timer = || Timer::new(self.samples.scenario, memory, seeds.next());
        let columns = self.samples.columns.len();
        let contender = |column: usize| &self.contenders[self.samples.columns[column].contender];
        if self.calls.is_empty() {
            let timer = timer();
            self.calls = (0..columns)
                .map(|column| timer.calls(contender(column)))
                .collect();
        }
        let mut block = vec![Vec::new(); columns];
        let mut rounds = ROUNDS;
        // The first round warms caches, predictors and the clock, and is thrown away.
        for round in 0.. {
            if round > rounds {
                break;
            }
            // New random messages each time, or the branch predictor would learn them.
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
                let sample = timer.sample(contender(column), self.calls[column]);
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
            let ratios = samples
                .iter()
                .zip(&reference)
                .map(|(own, other)| own / other);
            column.ratios.push(median(&ratios.collect::<Vec<f64>>()));
            column.blocks.push(samples);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Mode;

    fn plan(blocks_max: usize) -> Plan {
        let scenario = |mode, size_bytes| Scenario {
            mode,
            size_bytes,
            offset_bytes: 0,
        };
        Plan {
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
    fn every_block_has_samples_of_everybody_who_takes_part() {
        let contenders = contenders();
        let control = Control {
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
        let control = Control {
            cancelled: &cancelled,
            on_begin: &cancel_in_the_third,
        };
        let samples = run(&contenders(), &plan(5), &control).expect("memory");
        assert!(!samples.is_complete);
        assert!(samples.rows.iter().all(|row| row.blocks() == 2));
    }
}
