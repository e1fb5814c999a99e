//! The body of the fuzz targets on the seed corpora, without any fuzzing: red for every fixed
//! fault, green for good kernels and tiers.
#![allow(missing_docs)]

use crcheck_faults::{FaultSpec, Planter, faults, good_kernels, reader_faults, resolve};
use crcheck_harness::check::checks;
use crcheck_harness::check::checks::CheckSet;
use crcheck_harness::check::control::Control;
use crcheck_harness::check::finding::Finding;
use crcheck_harness::check::fuzz::{FuzzRunner, Target};
use crcheck_harness::check::saved::corpus;
use crcheck_harness::check::saved::load::{self, Content};
use crcheck_harness::check::saved::replay;
use crcheck_harness::subject::{Subject, available_tiers, emulated_tiers};
use std::path::{Path, PathBuf};

fn corpus_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus")
}

/// The faults without parameters that this machine can show, each with a subject.
fn fixed_faults() -> Vec<(&'static FaultSpec, Box<dyn Subject>)> {
    let planter = Planter::new(0);
    let fixed = faults().filter(|fault| !fault.is_drawn());
    fixed
        .filter_map(|fault| Some((fault, planter.plant(fault).ok()?)))
        .collect()
}

/// The targets that judge subjects.
const TARGETS: [Target; 5] = [
    Target::KernelVsOracle,
    Target::SplitPoints,
    Target::Combine,
    Target::HasherModel,
    Target::ReaderModel,
];

/// What the seeds of these targets find on a subject.
fn findings(targets: &[Target], subject: Box<dyn Subject>) -> Vec<String> {
    crcheck_harness::platform::signal::silence_caught_panics();
    let subjects = [subject];
    let mut findings = Vec::new();
    for &target in targets {
        let mut runner = FuzzRunner::new(target, &subjects).expect("judges and memory");
        let mut found = |Finding {
                             check,
                             kind,
                             summary,
                             ..
                         }| {
            findings.push(format!("{check} {kind}: {summary}"));
        };
        runner.once(&mut found).expect("a thread");
        for (_, bytes) in corpus::seeds(target) {
            runner.judge(&bytes, &mut found);
        }
    }
    findings
}

#[test]
fn the_seeds_are_red_for_every_fault() {
    // No seed is as long as the faults of `huge` need.
    let mut shown = fixed_faults();
    shown.retain(|(fault, _)| fault.caught_by != checks::huge::ID);
    assert!(shown.len() >= 20);
    let escaped: Vec<&str> = shown
        .into_iter()
        .filter_map(|(fault, subject)| findings(&TARGETS, subject).is_empty().then_some(fault.name))
        .collect();
    assert!(escaped.is_empty(), "{escaped:?}");
}

/// The kernel below a faulty reader is right, so no other target sees the fault.
#[test]
fn the_seeds_of_readers_are_red_for_every_faulty_reader() {
    assert!(reader_faults().len() >= 4);
    let (readers, others) = (&TARGETS[4..], &TARGETS[..4]);
    for fault in reader_faults() {
        let name = fault.name;
        let found = findings(readers, fault.plant());
        let mut right = found.iter().filter(|one| one.contains(fault.says));
        assert!(right.next().is_some(), "{name}: {found:#?}");
        let named = resolve(&format!("fault:{name}")).expect("it has a name");
        assert_eq!(Target::ReaderModel.unsuited(&[named]), None);
        assert_eq!(findings(others, fault.plant()), Vec::<String>::new());
    }
}

#[test]
fn the_seeds_are_green_for_what_is_right() {
    let planter = Planter::new(0);
    let good = good_kernels().filter(|good| !good.is_in_library());
    let good = good.map(|good| planter.make_good(good).expect("code of this process"));
    for subject in good.chain(available_tiers()).chain(emulated_tiers()) {
        let name = subject.name();
        assert_eq!(findings(&TARGETS, subject), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn the_corpora_on_disk_hold_the_seeds_and_are_green_on_every_tier() {
    let folder = corpus_folder();
    for target in Target::ALL {
        if !target.has_corpus() {
            continue;
        }
        for (name, bytes) in corpus::seeds(target) {
            let path = folder.join(target.name()).join(&name);
            let saved = std::fs::read(&path);
            assert!(
                saved.is_ok_and(|saved| saved == bytes),
                "{}: crcheck corpus seed",
                path.display()
            );
        }
    }
    let loaded = load::load(&[folder], None).expect("readable corpora");
    let items = loaded.items;
    assert_eq!(loaded.skipped, []);
    assert!(items.len() > 500);
    let replayed = replay::replay(
        &items,
        &available_tiers(),
        CheckSet::all(),
        &Control::default(),
        &mut |item, finding| panic!("{}: {finding:?}", item.path.display()),
    );
    let replayed = replayed.expect("judges and memory");
    assert_eq!(replayed.without_subject, 0);
    assert!(replayed.results.iter().all(|result| result.calls > 0));
}

/// Each regression has the name of the fault whose story it tells. Races and dispatchers have no
/// case to keep, a case of gigabytes would cost each replay seconds for every subject, and a fault
/// that was made for a test has no story.
#[test]
fn every_regression_is_red_for_the_fault_whose_story_it_tells() {
    crcheck_harness::platform::signal::silence_caught_panics();
    let folder = corpus_folder().join(corpus::REGRESSIONS);
    let has_case = |fault: &FaultSpec| {
        !matches!(
            fault.caught_by,
            checks::threads::ID | checks::dispatch::ID | checks::huge::ID
        ) && !fault.source.starts_with("made for")
    };
    let mut shown = fixed_faults();
    shown.retain(|(fault, _)| has_case(fault));
    assert!(shown.len() >= 20);
    for (fault, subject) in shown {
        let path = folder.join(fault.name).with_extension("toml");
        let loaded = load::load(&[path], None).unwrap_or_else(|error| panic!("{error}"));
        let items = loaded.items;
        let Content::Artifact(artifact) = &items[0].content else {
            panic!("{}: no artifact", fault.name)
        };
        assert!(
            !artifact.story.is_empty() && artifact.subject.is_none(),
            "{}",
            fault.name
        );
        let mut found = 0;
        let replayed = replay::replay(
            &items,
            &[subject],
            CheckSet::all(),
            &Control::default(),
            &mut |_, _| found += 1,
        );
        replayed.expect("judges and memory");
        assert!(found > 0, "{} is green", fault.name);
    }
}
