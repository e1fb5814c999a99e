//! Rates of contenders on one message, in interleaved rounds.

use super::control::MeasureControl;
use crate::claims::answer::Missing;
use crate::contender::{Contender, ContenderKind, ExpectedChecksums};
use crate::memory::Memory;
use crate::run::{BenchControl, BenchPlan, run};
use crate::scenario::{Mode, Scenario};
use crate::statistics::median;
use std::time::Duration;

/// More blocks would not change an answer.
const BLOCKS_MAX: usize = 5;

/// A throughput of messages of one size.
pub(super) fn scenario(size_bytes: usize, offset_bytes: usize) -> Scenario {
    Scenario {
        mode: Mode::Throughput,
        size_bytes,
        offset_bytes,
    }
}

/// The rate of each contender in each scenario, in GB/s: by scenario, in the contenders' order.
/// `None` where a contender takes no part.
///
/// The checksums of all are compared with the judges' before. What differs goes to `wrong`, and is
/// not timed.
pub(super) fn measure(
    contenders: &[Contender],
    scenarios: &[Scenario],
    budget: Duration,
    control: &MeasureControl<'_>,
    wrong: &mut Vec<String>,
) -> Result<Vec<Vec<Option<f64>>>, Missing> {
    let is_right = compare(contenders, scenarios, control, wrong)?;
    if !is_right {
        return Err(Missing::not_here("a checksum is wrong: nothing is timed"));
    }
    control.go_on()?;
    let plan = BenchPlan {
        scenarios: scenarios.to_vec(),
        budget: control.at_most(budget),
        blocks_max: BLOCKS_MAX,
        seed: control.seed,
    };
    let bench_control = BenchControl {
        cancelled: control.cancelled,
        on_begin: &|_, _| {},
    };
    let samples = run(contenders, &plan, &bench_control);
    let samples = samples.map_err(|error| Missing::refused("no memory for messages", &error))?;
    if !samples.is_complete {
        return Err(Missing::Unfinished);
    }
    let rows = samples.rows.iter().map(|row| {
        let mut rates = vec![None; contenders.len()];
        for column in &row.columns {
            let ns = median(&column.blocks.concat());
            rates[column.contender] = Some(row.scenario.mean_bytes() / ns);
        }
        rates
    });
    Ok(rows.collect())
}

/// Compares every contender with the judges. Returns whether all are right.
fn compare(
    contenders: &[Contender],
    scenarios: &[Scenario],
    control: &MeasureControl<'_>,
    wrong: &mut Vec<String>,
) -> Result<bool, Missing> {
    let size_bytes = scenarios.iter().map(|scenario| scenario.size_bytes);
    let memory = Memory::new(size_bytes.max().unwrap_or(0), control.seed);
    let memory = memory.map_err(|error| Missing::refused("no memory for messages", &error))?;
    let expected = ExpectedChecksums::new(scenarios, &memory);
    let before = wrong.len();
    for contender in contenders
        .iter()
        .filter(|one| one.kind != ContenderKind::Load)
    {
        control.go_on()?;
        if let Err(difference) = contender.check(&expected) {
            wrong.push(format!("{}: {difference}", contender.name));
        }
    }
    Ok(wrong.len() == before)
}
