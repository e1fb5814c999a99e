//! Records the runs that `tests/recorded.rs` compares: `cargo run --release --example record
//! FOLDER`.
//!
//! `base` and `again` time the same kernel; in `slowed` it reads an eighth of each message twice.
//! `tails` times the portable tier on lengths with and without a tail, and `slow-tail` does so with
//! the slow case injected.

use crcheck_bench::contender::{Contender, ContenderKind};
use crcheck_bench::inject::Injection;
use crcheck_bench::limits::Limits;
use crcheck_bench::report::{BenchReport, Machine};
use crcheck_bench::run::{BenchControl, BenchPlan, run};
use crcheck_bench::scenario::{Mode, Scenario};
use crcheck_kernel::Tier;
use std::error::Error;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

fn main() -> Result<(), Box<dyn Error>> {
    let folder: PathBuf = std::env::args_os().nth(1).ok_or("give a folder")?.into();
    crcheck_bench::pin::pin(None)?;
    let write = |name: &str, report: &BenchReport| {
        std::fs::write(folder.join(format!("{name}.json")), report.json(false))
    };
    for (seed, name) in [(1, "base"), (2, "again"), (3, "slowed")] {
        let report = record(seed, kernel(name == "slowed"), &SIZES)?;
        write(name, &report)?;
    }
    let no_tier = "every CPU has the portable tier";
    let portable = Contender::tier(Tier::Portable).expect(no_tier);
    write("tails", &record(4, portable, &TAILS)?)?;
    let slow = Contender::injected_tier(Tier::Portable, Injection::SlowTail).expect(no_tier);
    let mut report = record(5, slow, &TAILS)?;
    report.injected = Some(Injection::SlowTail.to_string());
    write("slow-tail", &report)?;
    Ok(())
}

const SIZES: [(Mode, usize); 6] = [
    (Mode::Throughput, 64),
    (Mode::Throughput, 1 << 10),
    (Mode::Throughput, 16 << 10),
    (Mode::Throughput, 512 << 10),
    (Mode::Latency, 1 << 10),
    (Mode::Random, 256),
];

/// Lengths with a tail are no multiples of 64.
const TAILS: [(Mode, usize); 9] = [
    (Mode::Throughput, 64),
    (Mode::Throughput, 100),
    (Mode::Throughput, 1000),
    (Mode::Throughput, 1 << 10),
    (Mode::Throughput, 4095),
    (Mode::Throughput, 4 << 10),
    (Mode::Register, 127),
    (Mode::Register, 1000),
    (Mode::Register, 1 << 10),
];

/// What programs call; slowed, it reads an eighth of the message twice.
fn kernel(is_slowed: bool) -> Contender {
    let kernel = move |message: &[u8]| {
        if is_slowed {
            std::hint::black_box(crcheck_kernel::checksum(&message[..message.len() / 8]));
        }
        crcheck_kernel::checksum(message)
    };
    Contender::new("kernel", ContenderKind::Subject, Box::new(kernel))
}

fn record(
    seed: u64,
    subject: Contender,
    sizes: &[(Mode, usize)],
) -> Result<BenchReport, Box<dyn Error>> {
    let mut contenders = vec![subject];
    contenders.extend(Contender::others());
    let scenario = |&(mode, size_bytes): &(Mode, usize)| Scenario {
        mode,
        size_bytes,
        offset_bytes: 0,
    };
    let plan = BenchPlan {
        scenarios: sizes.iter().map(scenario).collect(),
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
