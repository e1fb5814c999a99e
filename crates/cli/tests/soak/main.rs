//! Hostile kernels and programs, mutated libraries, malformed files and interrupts, all drawn from
//! a seed: crcheck ends, keeps its word, and leaves nothing behind.
//!
//! As a test it makes a few draws of each family. With `CRCHECK_SOAK_SECONDS` it draws for that
//! time, and prints counts: see `scripts/soak`.

mod acts;
mod arena;
#[path = "../common/mod.rs"]
mod common;
mod counts;
mod draw;
mod hostile;
mod interrupts;
mod laws;
mod malformed;
mod mutated;
mod plan;
mod run;
mod soak;
mod stage;
mod tried;

use common::{is_required, on_path, repository, trial};
use libtest_mimic::{Arguments, Trial};
use plan::Plan;
use signal_hook::consts::{SIGINT, SIGTERM};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tried::{FAMILIES, Family};

/// The exit code of a soak that somebody stopped before it had a fault.
const INTERRUPTED: u8 = 130;

/// The number in an environment variable.
fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok().filter(|text| !text.is_empty())?;
    let parsed = text.parse();
    Some(parsed.unwrap_or_else(|_| panic!("{name} takes a number, and not `{text}`")))
}

fn main() -> ExitCode {
    let code = match number("CRCHECK_SOAK_SECONDS") {
        Some(seconds) => soak_for(Duration::from_secs(seconds)),
        None => test(),
    };
    stage::strike();
    code
}

fn test() -> ExitCode {
    let has_cc = on_path("cc").is_some() || is_required("cc");
    let mut trials: Vec<Trial> = FAMILIES
        .iter()
        .map(|&(family, name, _)| {
            let test = move || draws_of_a_family_leave_nothing_wrong(family);
            trial(format!("{name} neither kill, stop nor fool crcheck"), test)
        })
        .collect();
    trials.extend([
        trial("a planted fault is seen", laws::a_planted_fault_is_seen),
        trial("a wrong verdict is seen", laws::a_wrong_verdict_is_seen),
        trial("a seed fixes its draws", laws::a_seed_fixes_its_draws),
        trial(
            "every act and every moment is written",
            laws::every_act_and_every_moment_is_written,
        ),
    ]);
    let trials = trials
        .into_iter()
        .map(|trial| trial.with_ignored_flag(!has_cc));
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

/// A seed whose first draws take seconds.
const SEED: u64 = 4;

fn draws_of_a_family_leave_nothing_wrong(family: Family) {
    let kept = repository().join("target/soak");
    for index in 0..3 {
        let tried = soak::attempt(family, SEED, index, &kept);
        let (what, faults) = (&tried.what, &tried.ended.faults);
        assert!(
            faults.is_empty(),
            "{what}: {faults:?} {}",
            tried.ended.stderr
        );
    }
}

fn soak_for(time: Duration) -> ExitCode {
    for signal in [SIGINT, SIGTERM] {
        let stopped = Arc::clone(&run::STOPPED);
        signal_hook::flag::register(signal, stopped).expect("a handler");
    }
    let jobs = number("CRCHECK_SOAK_JOBS");
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let plan = Plan {
        seed: number("CRCHECK_SOAK_SEED").unwrap_or_else(|| u64::from(std::process::id())),
        time,
        only: number("CRCHECK_SOAK_DRAW"),
        jobs: jobs.map_or(cores, |jobs| jobs as usize),
        kept: repository().join("target/soak"),
    };
    eprintln!("seed {}, {} draws at a time", plan.seed, plan.jobs);
    match soak::soak(&plan) {
        false => ExitCode::FAILURE,
        true if run::is_stopped() => ExitCode::from(INTERRUPTED),
        true => ExitCode::SUCCESS,
    }
}
