//! Records the runs that `tests/recorded.rs` compares: `cargo run --release --example record
//! FOLDER`.
//!
//! `base` and `again` time the same kernel; in `slowed` it reads an eighth of each message twice.

use crcheck_bench::contender::{Contender, ContenderKind};
use crcheck_bench::limits::Limits;
use crcheck_bench::report::{BenchReport, Machine};
use crcheck_bench::run::{BenchControl, BenchPlan, run};
use crcheck_bench::scenario::{Mode, Scenario};
use std::error::Error;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

fn main() -> Result<(), Box<dyn Error>> {
    let folder: PathBuf = std::env::args_os().nth(1).ok_or("give a folder")?.into();
    crcheck_bench::pin::pin(None)?;
    for (seed, name) in [(1, "base"), (2, "again"), (3, "slowed")] {
        let report = record(seed, name == "slowed")?;
        std::fs::write(folder.join(format!("{name}.json")), report.json(false))?;
    }
    Ok(())
}

fn record(seed: u64, is_slowed: bool) -> Result<BenchReport, Box<dyn Error>> {
    let kernel = move |message: &[u8]| {
        if is_slowed {
            std::hint::black_box(crcheck_kernel::checksum(&message[..message.len() / 8]));
        }
        crcheck_kernel::checksum(message)
    };
    let mut contenders = vec![Contender::new(
        "kernel",
        ContenderKind::Subject,
        Box::new(kernel),
    )];
    contenders.extend(Contender::others());
    let scenario = |(mode, size_bytes)| Scenario {
        mode,
        size_bytes,
        offset_bytes: 0,
    };
    let scenarios = [
        (Mode::Throughput, 64),
        (Mode::Throughput, 1 << 10),
        (Mode::Throughput, 16 << 10),
        (Mode::Throughput, 512 << 10),
        (Mode::Latency, 1 << 10),
        (Mode::Random, 256),
    ];
    let plan = BenchPlan {
        scenarios: scenarios.into_iter().map(scenario).collect(),
        budget: Duration::from_secs(20),
        blocks_max: 12,
        seed,
    };
    let control = BenchControl {
        cancelled: &AtomicBool::new(false),
        on_begin: &|_, _| {},
    };
    let samples = run(&contenders, &plan, &control)?;
    let mut report = BenchReport::empty(Machine::default(), seed);
    report.take_samples(Limits::default(), &contenders, &samples);
    Ok(report)
}
