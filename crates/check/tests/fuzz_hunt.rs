//! What fuzz targets hunt: the tiers of the CPU with every input, and the software versions of all
//! tiers with a share of them.
#![allow(missing_docs)]

use crcheck_check::finding::Finding;
use crcheck_check::fuzz::{FuzzRunner, Taken, Target, announce, default_subjects};
use crcheck_check::input::mutate::Mutator;
use crcheck_check::saved::corpus;
use crcheck_kernel::Tier;
use crcheck_subject::{Capabilities, Subject, SubjectName, TierSubject, emulated_tiers};

/// The software version of a tier with a fault that no CPU has: it loses a bit if 13 bytes are left
/// over from lanes.
struct Spoilt(TierSubject);

impl Subject for Spoilt {
    fn name(&self) -> SubjectName {
        self.0.name()
    }

    fn update(&self, checksum: u64, message: &[u8]) -> u64 {
        let is_hit = message.len() >= 16 && message.len() % 16 == 13;
        self.0.update(checksum, message) ^ u64::from(is_hit)
    }

    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }
}

fn software_tiers() -> impl Iterator<Item = Tier> {
    let tiers = Tier::ALL.iter().copied();
    tiers.filter(|tier| TierSubject::emulated(*tier).is_some())
}

fn portable() -> Box<dyn Subject> {
    Box::new(TierSubject::native(Tier::Portable).expect("every CPU has it"))
}

fn spoilt(tier: Tier) -> Box<dyn Subject> {
    Box::new(Spoilt(TierSubject::emulated(tier).expect("it has one")))
}

/// Inputs as a fuzzer makes them: mutated seeds, the same in every run.
fn inputs() -> impl Iterator<Item = Vec<u8>> {
    let seeds = corpus::seeds(Target::KernelVsOracle);
    let mut mutator = Mutator::default();
    (0_u32..20_000).map(move |number| {
        let mut input = seeds[number as usize % seeds.len()].1.clone();
        input.resize(input.len().max(64), 0x5a);
        let (size, size_max) = (input.len(), input.len());
        let size = mutator.mutate(&mut input, size, size_max, number, |_, size, _| size.max(1));
        input.truncate(size);
        input
    })
}

fn judge(runner: &mut FuzzRunner<'_>, input: &[u8]) -> Option<Finding> {
    let mut found = None;
    let taken = runner.judge(input, &mut |finding| found = found.take().or(Some(finding)));
    assert_eq!(taken, Taken::Judged);
    found
}

#[test]
fn a_fault_in_any_software_version_alone_is_found_and_shows_again() {
    for tier in software_tiers() {
        let subjects = [portable(), spoilt(tier)];
        let start = || FuzzRunner::new(Target::KernelVsOracle, &subjects).expect("judges");
        let mut runner = start();
        let find = |input: Vec<u8>| Some((judge(&mut runner, &input)?, input));
        let (finding, input) = inputs().find_map(find).expect("the fault");
        assert_eq!(finding.subject, SubjectName::EmulatedTier(tier));
        // What comes before it does not matter: a fuzzer starts again with this input alone.
        let again = judge(&mut start(), &input).expect("it shows again");
        assert_eq!(again.case, finding.case);
    }
}

#[test]
fn every_software_version_has_its_turn_and_a_right_one_stays_green() {
    let mut subjects = vec![portable()];
    subjects.extend(emulated_tiers());
    let entered = || {
        software_tiers()
            .map(Tier::entered_emulated)
            .collect::<Vec<_>>()
    };
    let mut runner = FuzzRunner::new(Target::KernelVsOracle, &subjects).expect("judges");
    let before = entered();
    let judged = inputs().take(4_000);
    for input in judged {
        assert!(judge(&mut runner, &input).is_none());
    }
    for ((tier, before), after) in software_tiers().zip(before).zip(entered()) {
        assert!(after > before, "{tier} had no turn");
    }
    let tally = runner.tally();
    let (inputs, software) = (tally.inputs, tally.software);
    assert!(software > inputs / 128, "{software} of {inputs}");
    assert!(software < inputs / 8, "a share: {software} of {inputs}");
}

#[test]
fn software_that_somebody_chooses_is_judged_with_every_input() {
    let subjects = [spoilt(Tier::X86Avx512Vpclmul)];
    let mut runner = FuzzRunner::new(Target::SplitPoints, &subjects).expect("judges");
    let first = inputs()
        .take(500)
        .find_map(|input| judge(&mut runner, &input));
    assert!(first.is_some(), "one length in 16 has the fault");
    assert_eq!(runner.tally().skipped, 0);
}

#[test]
fn a_target_says_what_it_hunts_and_which_tiers_are_missing() {
    let default = default_subjects(Target::KernelVsOracle);
    let lines = announce(Target::KernelVsOracle, &default);
    assert!(
        lines[0].starts_with("kernel_vs_oracle on tier:portable"),
        "{lines:?}"
    );
    assert!(!lines[0].contains("emu:"), "{lines:?}");
    assert!(lines[1].contains(" tiers hunted"), "{lines:?}");
    assert!(lines[2].contains("1 input in 16"), "{lines:?}");
    for tier in software_tiers() {
        assert!(lines[2].contains(&format!("tier:emu:{tier}")), "{lines:?}");
    }
    assert!(
        lines[2].ends_with("software, tests no instruction"),
        "{lines:?}"
    );
    let [_, tiers] = announce(Target::Combine, &[portable()])
        .try_into()
        .expect("no software");
    let missing = Tier::ALL.iter().filter(|tier| {
        let of = tier.architecture();
        **tier != Tier::Portable && of.is_some_and(|of| of.is_here())
    });
    for tier in missing {
        assert!(tiers.contains(tier.name()), "{tiers}");
    }
    let [itself] = announce(Target::OracleVsOracle, &[portable()])
        .try_into()
        .expect("a line");
    assert!(itself.ends_with("no tier is hunted"), "{itself}");
    let own = default_subjects(Target::Combine);
    assert!(
        own.iter()
            .all(|one| !one.name().to_string().contains("emu"))
    );
}
