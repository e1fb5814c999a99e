//! `cargo bench -p crcheck-bench`: the same contenders, sizes and names as `crcheck bench`, by
//! divan.
//!
//! The harness is not in this build, so the kernel is exactly what others link. Contenders are
//! compared with the judges first: a wrong one gets no figure.

use crcheck_bench::contender::{Contender, ContenderKind, ExpectedChecksums};
use crcheck_bench::scenario::{Mode, Scenario};
use crcheck_bench::{Memory, Timer, flush};
use crcheck_kernel::Tier;
use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use std::fmt;
use std::process::ExitCode;
use std::sync::LazyLock;

static CONTENDERS: LazyLock<Vec<Contender>> = LazyLock::new(|| {
    let tiers = Tier::available().filter_map(Contender::tier);
    let subjects = tiers.chain([Contender::dispatch()]);
    let others = Contender::others().into_iter();
    subjects
        .chain(others.filter(|contender| contender.kind != ContenderKind::Load))
        .collect()
});

static MEMORY: LazyLock<Memory> = LazyLock::new(|| {
    let sizes = Mode::ALL.into_iter().flat_map(|mode| mode.sizes());
    let largest = sizes.max().copied().unwrap_or(0);
    Memory::new(largest, 1).expect("memory for messages")
});

fn main() -> ExitCode {
    let rows: Vec<Scenario> = Mode::ALL.into_iter().flat_map(scenarios).collect();
    let expected = ExpectedChecksums::new(&rows, &MEMORY);
    let mut is_right = true;
    for contender in CONTENDERS.iter() {
        if let Err(difference) = contender.check(&expected) {
            eprintln!("no figure for {}: {difference}", contender.name);
            is_right = false;
        }
    }
    if !is_right {
        return ExitCode::FAILURE;
    }
    divan::main();
    ExitCode::SUCCESS
}

/// A contender on one size.
struct Case {
    contender: &'static Contender,
    scenario: Scenario,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.scenario.size_bytes, self.contender.name)
    }
}

fn scenarios(mode: Mode) -> impl Iterator<Item = Scenario> {
    let sizes = mode.sizes().iter();
    let allowed = sizes.filter(move |&&size_bytes| mode.refusal(size_bytes).is_none());
    allowed.map(move |&size_bytes| Scenario {
        mode,
        size_bytes,
        offset_bytes: 0,
    })
}

fn cases(mode: Mode) -> Vec<Case> {
    let of_size = |scenario: Scenario| {
        let taken = CONTENDERS
            .iter()
            .filter(move |other| other.takes_part(&scenario));
        taken.map(move |contender| Case {
            contender,
            scenario,
        })
    };
    scenarios(mode).flat_map(of_size).collect()
}

/// An iteration is one call, or all of the random messages.
fn bench(bencher: Bencher<'_, '_>, case: &Case) {
    let timer = Timer::new(case.scenario, &MEMORY, 1);
    let calls = timer.calls_at_least();
    let bytes = case.scenario.mean_bytes() * calls as f64;
    let bencher = bencher.counter(BytesCount::new(bytes as u64));
    let contender = case.contender;
    match case.scenario.mode {
        Mode::Throughput | Mode::Guard => {
            let message = timer.message();
            bencher.bench_local(|| contender.checksum(message));
        }
        Mode::Latency => {
            let mask = black_box(0);
            let mut last = 0;
            bencher.bench_local(|| last = contender.checksum(timer.message_after(last & mask)));
        }
        Mode::Register => {
            let message = timer.message();
            let mut last = 0;
            bencher.bench_local(|| last = contender.update(last, message));
        }
        // Each sample has new messages, or the branch predictor would learn them.
        Mode::Random => {
            let mut seeds = 1..;
            bencher
                .with_inputs(|| Timer::new(case.scenario, &MEMORY, seeds.next().unwrap_or(0)))
                .bench_local_values(|timer| timer.call(contender, calls));
        }
        Mode::Flushed => bencher
            .with_inputs(|| timer.prepare())
            .bench_local_values(|()| contender.checksum(timer.message())),
    }
}

#[divan::bench(args = cases(Mode::Throughput))]
fn throughput(bencher: Bencher<'_, '_>, case: &Case) {
    bench(bencher, case);
}

#[divan::bench(args = cases(Mode::Latency))]
fn latency(bencher: Bencher<'_, '_>, case: &Case) {
    bench(bencher, case);
}

#[divan::bench(args = cases(Mode::Register))]
fn register(bencher: Bencher<'_, '_>, case: &Case) {
    bench(bencher, case);
}

#[divan::bench(args = cases(Mode::Random))]
fn random(bencher: Bencher<'_, '_>, case: &Case) {
    bench(bencher, case);
}

#[divan::bench(args = cases(Mode::Flushed), sample_size = 1, ignore = !flush::is_available())]
fn flushed(bencher: Bencher<'_, '_>, case: &Case) {
    bench(bencher, case);
}

#[divan::bench(args = cases(Mode::Guard))]
fn guard(bencher: Bencher<'_, '_>, case: &Case) {
    bench(bencher, case);
}
