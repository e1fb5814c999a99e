//! `dispatch`: the tier chosen is the one that the CPU should choose.
//!
//! The check calls the subject's detection and selection as pure functions, for machines that have
//! existed: detection gets what CPUID and XCR0 (or the operating system) answer there, selection
//! the features that programs can use. For this machine it calls the selection. The standard
//! library, an independent implementation, says what this machine has.

use super::check::{Check, Fuzzing, Minimize};
use super::machines::{MACHINES, Machine};
use super::phrases::unless_interpreted;
use crate::case::Case;
use crate::examiner::Examiner;
use crate::finding::Finding;
use crate::session::Session;
use Feature as F;
use crcheck_kernel::Tier;
use crcheck_kernel::cpu::{Architecture, Feature, Features};
use crcheck_platform::signal;
use crcheck_subject::{CheckId, Form, Kind, MachineAnswers};

pub const ID: CheckId = CheckId::new("dispatch");

pub static CHECK: Check = Check {
    kinds: &[Kind::WrongDispatch],
    unsuited: |of| match of.form {
        Form::Code => {
            unless_interpreted(of, "a dispatcher is not asked while a tier is interpreted")
        }
        Form::Library => Some("a library's dispatcher cannot be asked".to_owned()),
        Form::Program => Some("a program's dispatcher cannot be asked".to_owned()),
    },
    unplanned: |subject, _| {
        let chosen = subject.select(Features::EMPTY);
        chosen
            .is_none()
            .then(|| "the subject has no dispatcher".to_owned())
    },
    // It has no message.
    minimize: Minimize::Never,
    fuzzing: Fuzzing::Once,
    // The dispatcher is not the function whose entries the subject counts.
    enters_code: false,
    ..Check::new(
        ID,
        "the tier chosen is the one that the CPU should choose",
        7,
        run,
        |examiner, _, _, found| examine(examiner, found),
    )
};

pub(crate) fn examine(examiner: &mut Examiner<'_>, found: &mut dyn FnMut(Finding)) {
    for machine in &MACHINES {
        let Machine { name, expected, .. } = machine;
        let features = machine.features();
        judge_detection(examiner, machine, found);
        judge_choice(examiner, name, features, *expected, found);
    }
    let features = features_of_this_machine();
    judge_choice(
        examiner,
        "this machine",
        features,
        expected_tier(features),
        found,
    );
}

/// The subject sees the features that programs can use on the machine, no other, and asks for
/// nothing that faults there.
fn judge_detection(examiner: &Examiner<'_>, machine: &Machine, found: &mut dyn FnMut(Finding)) {
    let (name, answers) = (machine.name, machine.answers());
    let summary = match signal::catch(|| examiner.subject().detect(&answers)) {
        Ok(None) => return,
        Ok(Some(_)) if faults_on(&answers) => {
            format!("executes XGETBV on {name}, where it is an illegal instruction")
        }
        Ok(Some(seen)) if seen == machine.features() => return,
        Ok(Some(seen)) => {
            let features = machine.features();
            let [unseen, invented] = [features.without(seen), seen.without(features)];
            let (verb, wrong) = if invented == Features::EMPTY {
                ("does not see", unseen)
            } else {
                ("sees", invented)
            };
            let names: Vec<&str> = wrong.iter().map(Feature::name).collect();
            let usable = if verb == "sees" { "cannot" } else { "can" };
            let them = if names.len() == 1 { "it" } else { "them" };
            let names = names.join(", ");
            format!("{verb} {names} on {name}, where programs {usable} use {them}")
        }
        Err(caught) => format!("does not return from its detection on {name}: {caught:?}"),
    };
    wrong(examiner, summary, found);
}

fn faults_on(answers: &MachineAnswers) -> bool {
    matches!(answers, MachineAnswers::X86_64(cpuid) if cpuid.has_faulted())
}

/// The subject chooses the tier that should run on a machine with these features.
fn judge_choice(
    examiner: &Examiner<'_>,
    machine: &str,
    features: Features,
    expected: Tier,
    found: &mut dyn FnMut(Finding),
) {
    let summary = match signal::catch(|| examiner.subject().select(features)) {
        Ok(None) => return,
        Ok(Some(tier)) if tier == expected => return,
        Ok(Some(tier)) => format!("chooses {tier} on {machine}, where {expected} should run"),
        Err(caught) => format!("does not return from its dispatcher on {machine}: {caught:?}"),
    };
    wrong(examiner, summary, found);
}

fn wrong(examiner: &Examiner<'_>, summary: String, found: &mut dyn FnMut(Finding)) {
    let case = Case::default();
    found(examiner.wrong(ID, Kind::WrongDispatch, &case).says(summary));
}

/// The features of this machine by an independent source, without those that `CRCHECK_DISABLE`
/// takes away. The source is the standard library. On aarch64, where the kernel itself may ask
/// that, it is the operating system's list in words.
fn features_of_this_machine() -> Features {
    #[cfg(target_arch = "x86_64")]
    let detected = [
        (F::Sse41, std::is_x86_feature_detected!("sse4.1")),
        (F::Pclmulqdq, std::is_x86_feature_detected!("pclmulqdq")),
        (F::Avx, std::is_x86_feature_detected!("avx")),
        (F::Avx2, std::is_x86_feature_detected!("avx2")),
        (F::Vpclmulqdq, std::is_x86_feature_detected!("vpclmulqdq")),
        (F::Avx512f, std::is_x86_feature_detected!("avx512f")),
        (F::Avx512bw, std::is_x86_feature_detected!("avx512bw")),
        (F::Avx512dq, std::is_x86_feature_detected!("avx512dq")),
        (F::Avx512vl, std::is_x86_feature_detected!("avx512vl")),
        (F::Gfni, std::is_x86_feature_detected!("gfni")),
        (F::Amd, is_of_amd()),
    ];
    #[cfg(target_arch = "aarch64")]
    let detected = {
        let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with("Features"));
        let words: Vec<&str> = line.map_or(Vec::new(), |line| line.split_whitespace().collect());
        let all = |names: &[&str]| names.iter().all(|name| words.contains(name));
        [
            (F::Crc, all(&["crc32"])),
            (F::Pmull, all(&["aes", "pmull"])),
            (F::Sha3, all(&["sha1", "sha2", "sha512", "sha3"])),
        ]
    };
    #[cfg(target_arch = "riscv64")]
    let detected = [(F::Zbc, std::arch::is_riscv_feature_detected!("zbc"))];
    #[cfg(not(any(
        target_arch = "x86_64",
        target_arch = "aarch64",
        target_arch = "riscv64"
    )))]
    let detected: [(Feature, bool); 0] = [];
    let has = detected
        .into_iter()
        .filter_map(|(feature, has)| has.then_some(feature));
    let masked = crcheck_kernel::cpu::mask().unwrap_or_default();
    Features::from_iter(has).without(masked)
}

/// Whether CPUID names AMD or Hygon as the maker of the CPU. An emulated CPU names its maker too.
#[cfg(target_arch = "x86_64")]
fn is_of_amd() -> bool {
    let [_, ebx, ecx, edx] = crcheck_platform::extension::cpu::cpuid(0, 0);
    let vendor = [ebx, edx, ecx].map(u32::to_le_bytes).concat();
    vendor == b"AuthenticAMD" || vendor == b"HygonGenuine"
}

/// The tier to choose, by a rule that is independent of the kernel's: the CPU must have what the
/// tier executes, and matrices are faster on AMD's CPUs alone.
fn expected_tier(features: Features) -> Tier {
    let has = |feature| features.contains(feature);
    match Architecture::HERE {
        Some(Architecture::Aarch64) => {
            return match (has(F::Pmull), has(F::Sha3), has(F::Crc)) {
                (true, true, _) => Tier::Aarch64PmullEor3,
                (true, false, _) => Tier::Aarch64Pmull,
                (false, _, true) => Tier::Aarch64Crc,
                (false, _, false) => Tier::Portable,
            };
        }
        Some(Architecture::Riscv64) if has(F::Zbc) => return Tier::RiscvZbc,
        Some(Architecture::X86_64) => {}
        _ => return Tier::Portable,
    }
    let clmul = has(F::Pclmulqdq);
    let avx2 = clmul && has(F::Avx2);
    let avx512 = has(F::Avx512f) && has(F::Avx512bw) && has(F::Avx512dq) && has(F::Avx512vl);
    match (
        has(F::Vpclmulqdq) && avx2,
        avx512,
        avx2,
        clmul && has(F::Sse41),
    ) {
        (true, true, ..) if has(F::Gfni) && has(F::Amd) => Tier::X86Avx512VpclmulGfni,
        (true, true, ..) => Tier::X86Avx512Vpclmul,
        (true, false, ..) => Tier::X86Avx2Vpclmul,
        (false, _, true, _) => Tier::X86Avx2Pclmul,
        (false, _, false, true) => Tier::X86Pclmul,
        (false, _, false, false) => Tier::Portable,
    }
}

fn run(session: &mut Session<'_>) {
    session.visit(&Case::default());
    session.collect(examine);
}
