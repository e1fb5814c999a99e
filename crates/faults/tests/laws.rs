//! Every law on every subject: one test for each check of each tier, or of the subject that
//! `CRCHECK_SUBJECT` names. A tier that this CPU lacks is ignored, and `CRCHECK_REQUIRE=tier,...`
//! makes that a failure.
//!
//! One more test judges these: with any fixed fault as their subject they must fail.
#![allow(missing_docs)]

use crcheck_faults::{Planter, ResolveError, faults, good_kernels, resolve};
use crcheck_harness::Test;
use crcheck_harness::check::check_result::Ending;
use crcheck_harness::check::checks;
use crcheck_harness::check::checks::CheckSet;
use crcheck_harness::check::control::Control;
use crcheck_harness::check::depth::{Depth, DepthName};
use crcheck_harness::check::plan::Plan;
use crcheck_harness::check::run;
use crcheck_harness::kernel::Tier;
use crcheck_harness::oracle::model::Model;
use crcheck_harness::platform::emulation::EMULATED_VARIABLE;
use crcheck_harness::report::{Facts, Report};
use crcheck_harness::subject::{CheckId, Kind};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use std::process::{Command, ExitCode, Stdio};

const SUBJECT: &str = "CRCHECK_SUBJECT";

/// One seed for every run, so that a red test is red again.
const SEED: u64 = 0x5eed;

fn main() -> ExitCode {
    crcheck_harness::platform::signal::silence_caught_panics();
    let chosen = std::env::var(SUBJECT).ok().filter(|name| !name.is_empty());
    let mut trials = Vec::new();
    match &chosen {
        Some(name) => trials.extend(laws_of(name)),
        None => {
            for tier in Tier::ALL {
                trials.extend(laws_of(&format!("tier:{tier}")));
            }
            trials.push(Trial::test(
                "every_fault_makes_these_tests_fail",
                judge_laws,
            ));
            trials.push(Trial::test(
                "a_fault_fails_a_test_of_its_function",
                judge_functions,
            ));
        }
    }
    let mut arguments = Arguments::from_args();
    if std::env::var_os(EMULATED_VARIABLE).is_some() {
        // The tests copy the process, which no other thread may disturb there.
        arguments.test_threads = Some(1);
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn laws_of(name: &str) -> Vec<Trial> {
    let trials = checks::ids().map(|check| {
        let subject = name.to_owned();
        Trial::ignorable_test(format!("{name}::{check}"), move || law(&subject, check))
    });
    trials.collect()
}

fn is_required(tier: &str) -> bool {
    let required = std::env::var("CRCHECK_REQUIRE").unwrap_or_default();
    required.split(',').any(|name| name.trim() == tier)
}

fn law(name: &str, check: CheckId) -> Result<Completion, Failed> {
    let subjects = match resolve(name) {
        Ok(subject) => [subject],
        Err(ResolveError::Unavailable { reason, .. })
            if !is_required(name.trim_start_matches("tier:")) =>
        {
            return Ok(Completion::ignored_with(reason));
        }
        Err(error) => return Err(error.to_string().into()),
    };
    // Depth `quick` has no lengths beyond 2^31.
    let depth = if check == checks::huge::ID {
        DepthName::Default
    } else {
        DepthName::Quick
    };
    let plan = Plan {
        depth: Depth::of(depth),
        checks: CheckSet::none().with(check),
        seed: SEED,
        max_stack_bytes: None,
        is_scaled: true,
    };
    let control = Control::default();
    let results = run::run(&subjects, &plan, &control).map_err(|error| error.to_string())?;
    let result = &results[0][0];
    let report = Report::new(Facts::of_run(&plan, Model::CRC_32_ISO_HDLC, &results[0]));
    match (&result.ending, result.groups.is_empty()) {
        (Ending::Complete, true) => Ok(Completion::Completed),
        (Ending::Skipped(skip), true) => Ok(Completion::ignored_with(&skip.reason)),
        _ => Err(crcheck_harness::report::human(&report).into()),
    }
}

/// Runs these tests in a process for each fault and good kernel: for a fault, the test of its
/// check.
fn judge_laws() -> Result<(), Failed> {
    let is_green = |name: String, which: &[&str]| {
        let program = std::env::current_exe().expect("the path of the test");
        // A process that an emulator does not start runs outside of it.
        let mut command = match std::env::var_os("CRCHECK_RUNNER") {
            Some(runner) => Command::new(runner),
            None => Command::new(&program),
        };
        if std::env::var_os("CRCHECK_RUNNER").is_some() {
            command.arg(&program);
        }
        let status = command
            .args(which)
            .env(SUBJECT, name)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        status.expect("the test starts").success()
    };
    // Gigabytes take too long under an emulator and in code that counts its lines (cargo-llvm-cov).
    let is_played = std::env::var_os(EMULATED_VARIABLE).is_some();
    let is_slow = is_played || std::env::var_os("CARGO_LLVM_COV").is_some();
    let planter = Planter::new(0);
    let shown = faults().filter(|fault| !fault.is_drawn() && planter.plant(fault).is_ok());
    let shown = shown.filter(|fault| !is_slow || fault.caught_by != checks::huge::ID);
    let escaped: Vec<&str> = shown
        .filter(|fault| {
            let subject = format!("fault:{}", fault.name);
            let its = format!("{subject}::{}", fault.caught_by);
            // Threads of an emulator meet seldom, so a race may show in a later run only.
            let is_rare = is_played && fault.caught_by == checks::threads::ID;
            let runs = if is_rare { 5 } else { 1 };
            (0..runs).all(|_| is_green(subject.clone(), &["--exact", &its]))
        })
        .map(|fault| fault.name)
        .collect();
    if !escaped.is_empty() {
        return Err(format!("green for {escaped:?}").into());
    }
    // 25 GB each at the speed of tables would take a minute; `selftest` judges those too.
    let good = good_kernels().filter(|good| !good.is_in_library());
    let accused = good
        .into_iter()
        .find(|good| !is_green(good.full_name(), &["--skip", "::huge"]));
    accused.map_or(Ok(()), |good| Err(format!("red for {}", good.name).into()))
}

/// A fault is found if nothing but its function is known, as in a test of somebody's own kernel.
fn judge_functions() -> Result<(), Failed> {
    for (fault, kind) in [
        ("fault:article-no-tail", Some(Kind::WrongValue)),
        ("fault:short-loads-sixteen", Some(Kind::OverRead)),
        ("fault:word-before", Some(Kind::UnderRead)),
        ("fault:cached-result", Some(Kind::HistoryDependent)),
        ("tier:portable", None),
    ] {
        let subject = resolve(fault)?;
        let kernel = move |crc: u32, buf: &[u8]| subject.update(crc.into(), buf) as u32;
        let test = Test::new(fault, kernel).artifacts("").seed(SEED);
        let report = test.checks(["agree", "guard", "history"]).run();
        let mut found = report.findings.iter().map(|finding| finding.kind);
        if found.next() != kind {
            return Err(crcheck_harness::report::human(&report).into());
        }
        let is_red = std::panic::catch_unwind(|| report.assert_passed()).is_err();
        assert_eq!(is_red, kind.is_some(), "{fault}");
    }
    Ok(())
}
