//! The cost of calls in a worker process: the same sweep of the same function, loaded into this
//! process and called by a worker in turn.
//!
//! `cargo bench -p crcheck --bench worker [-- PATH:SYMBOL]`; by default on the system's libdeflate.
//! `ROUNDS=1` makes it short.

use crcheck_harness::check::checks;
use crcheck_harness::check::checks::CheckSet;
use crcheck_harness::check::control::Control;
use crcheck_harness::check::depth::{Depth, DepthName};
use crcheck_harness::check::plan::Plan;
use crcheck_harness::check::run;
use crcheck_harness::oracle::model::Model;
use crcheck_harness::subject::CheckId;
use crcheck_harness::subject::Subject;
use crcheck_harness::subject::library;
use crcheck_harness::subject::library::{InProcessLibrary, LibrarySpec, LibrarySubject};
use crcheck_harness::subject::worker::{DEADLINE, Launch};
use std::time::Instant;

const ROUNDS: usize = 7;

/// The checks that suit both subjects, without `threads`, whose time is fixed, and `huge`, whose
/// time depends on its messages alone.
const CHECKS: [CheckId; 9] = [
    checks::agree::ID,
    checks::guard::ID,
    checks::slack::ID,
    checks::split::ID,
    checks::history::ID,
    checks::abi::ID,
    checks::paint::ID,
    checks::affine::ID,
    checks::basis::ID,
];

fn main() {
    let words = std::env::args().skip(1);
    let named = words.rev().find(|word| !word.starts_with('-'));
    let text = named.unwrap_or_else(|| "libdeflate.so.0:libdeflate_crc32".to_owned());
    let mut spec: LibrarySpec = text.parse().expect("PATH:SYMBOL");
    spec.path = library::find(&spec.path);
    let launch = Launch {
        words: vec![env!("CARGO_BIN_EXE_crcheck").into(), "worker".into()],
        deadline: DEADLINE,
    };
    let model = Model::CRC_32_ISO_HDLC;
    let in_process = InProcessLibrary::load(spec.clone(), model.clone()).expect("the library");
    let by_worker = LibrarySubject::new(spec, model, launch).expect("a worker");
    let subjects: [[Box<dyn Subject>; 1]; 2] = [[Box::new(in_process)], [Box::new(by_worker)]];
    let rounds = std::env::var("ROUNDS").ok();
    let rounds = rounds.and_then(|text| text.parse().ok()).unwrap_or(ROUNDS);
    println!("{text}, depth default, {rounds} rounds in turn, seconds (and CPU seconds)");
    let (mut wall, mut cpu) = ([0.0; 2], [0.0; 2]);
    for check in CHECKS {
        let mut seconds = [Vec::new(), Vec::new()];
        for _ in 0..rounds {
            for (subjects, seconds) in subjects.iter().zip(&mut seconds) {
                seconds.push(sweep(check, subjects));
            }
        }
        for (name, seconds) in ["in process", "by a worker"].iter().zip(&seconds) {
            let texts = seconds
                .iter()
                .map(|(wall, cpu)| format!("{wall:.3} ({cpu:.3})"));
            println!(
                "  {check:<8} {name:<12} {}",
                texts.collect::<Vec<_>>().join(" ")
            );
        }
        let medians = seconds.map(median);
        for (index, (of_wall, of_cpu)) in medians.into_iter().enumerate() {
            wall[index] += of_wall;
            cpu[index] += of_cpu;
        }
        let [in_process, by_worker] = medians;
        print_speed(
            check.name(),
            [in_process.0, by_worker.0],
            [in_process.1, by_worker.1],
        );
    }
    print_speed("all", wall, cpu);
}

fn print_speed(what: &str, wall: [f64; 2], cpu: [f64; 2]) {
    println!(
        "  {what:<8} speed by a worker: {:.2} of that in process; {:.2} by CPU time",
        wall[0] / wall[1],
        cpu[0] / cpu[1]
    );
}

fn median(seconds: Vec<(f64, f64)>) -> (f64, f64) {
    let (mut wall, mut cpu): (Vec<f64>, Vec<f64>) = seconds.into_iter().unzip();
    wall.sort_by(f64::total_cmp);
    cpu.sort_by(f64::total_cmp);
    (wall[wall.len() / 2], cpu[cpu.len() / 2])
}

/// Seconds by the clock, and CPU seconds.
fn sweep(check: CheckId, subjects: &[Box<dyn Subject>]) -> (f64, f64) {
    let plan = Plan {
        depth: Depth::of(DepthName::Default),
        checks: CheckSet::none().with(check),
        seed: 1,
        max_stack_bytes: None,
        is_scaled: true,
    };
    let control = Control::default();
    let (began, cpu) = (Instant::now(), cpu_seconds());
    let results = run::run(subjects, &plan, &control).expect("a run");
    let seconds = (began.elapsed().as_secs_f64(), cpu_seconds() - cpu);
    let result = &results[0][0];
    assert!(result.groups.is_empty() && result.calls > 1000);
    seconds
}

/// The CPU seconds of this process and of its ended children.
fn cpu_seconds() -> f64 {
    let of = |who| {
        // SAFETY: all-zero bytes are a valid `rusage`, which the call fills.
        let usage = unsafe {
            let mut usage: libc::rusage = std::mem::zeroed();
            assert_eq!(libc::getrusage(who, &raw mut usage), 0);
            usage
        };
        let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
        seconds(usage.ru_utime) + seconds(usage.ru_stime)
    };
    of(libc::RUSAGE_SELF) + of(libc::RUSAGE_CHILDREN)
}
