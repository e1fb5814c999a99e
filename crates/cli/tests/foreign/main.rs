//! Libraries and programs as subjects: right ones, faulty ones, and files that are neither.
//!
//! A test whose tool or library is missing is ignored; `CRCHECK_REQUIRE=cc,zlib,libdeflate,isal,go,
//! xmllint,junitparser` makes that a failure.

mod bad_configuration;
mod blinding;
mod causes;
mod certificates;
mod combining;
#[path = "../common/mod.rs"]
mod common;
mod configuration;
mod dying;
mod findings;
mod first_calls;
mod fuzz_target;
mod go;
mod guess;
mod hostile;
mod interfaces;
mod interpretation;
mod junit_documents;
mod kernels;
mod lost_processes;
mod made_reports;
mod programs;
mod refusals;
mod right_libraries;
mod sarif_documents;
mod source_lines;
mod streams;
mod symbols;
mod system_libraries;

use common::{is_required, on_path, trial};
use libtest_mimic::{Arguments, Trial};

fn main() {
    let has_cc = on_path("cc").is_some() || is_required("cc");
    let has_go = on_path("go").is_some() || is_required("go");
    let is_amd64 = cfg!(target_arch = "x86_64");
    // The longest come first, so that no long test runs alone at the end.
    let groups = [
        (go::TRIALS, has_go),
        (go::TRIALS_ON_AMD64, has_go && is_amd64),
        (right_libraries::TRIALS, has_cc),
        (interfaces::TRIALS, has_cc && is_amd64),
        (streams::TRIALS, has_cc),
        (findings::TRIALS, has_cc),
        (first_calls::TRIALS, has_cc),
        (first_calls::TRIALS_ON_AMD64, has_cc && is_amd64),
        (causes::TRIALS, has_cc),
        (causes::TRIALS_ON_AMD64, has_cc && is_amd64),
        (guess::TRIALS, has_cc && is_amd64),
        (interpretation::TRIALS_ON_AMD64, has_cc && is_amd64),
        (source_lines::TRIALS, has_cc),
        (source_lines::TRIALS_ON_AMD64, has_cc && is_amd64),
        (certificates::TRIALS, has_cc),
        (combining::TRIALS, has_cc),
        (dying::TRIALS, has_cc),
        (lost_processes::TRIALS, has_cc),
        (blinding::TRIALS, has_cc),
        (refusals::TRIALS, has_cc),
        (symbols::TRIALS, has_cc),
        (hostile::TRIALS, has_cc),
        (programs::TRIALS, has_cc),
        (fuzz_target::TRIALS, has_cc),
        (configuration::TRIALS, has_cc),
        (configuration::TRIALS_WITHOUT_CC, true),
        (bad_configuration::TRIALS, true),
    ];
    let trials = groups.iter().flat_map(|&(trials, is_possible)| {
        let trials = trials.iter();
        trials.map(move |&(name, test)| trial(name, test).with_ignored_flag(!is_possible))
    });
    let trials = trials.chain(junit_documents::trials());
    let trials = trials.chain(sarif_documents::trials());
    let trials: Vec<Trial> = trials.chain(system_libraries::trials()).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}
