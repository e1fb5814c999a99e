//! `dispatch`: the tier chosen is the one that the CPU should choose.
//!
//! The check calls the subject's selection as a pure function: for machines that have existed, and
//! for this machine. The standard library, an independent implementation, says what this machine
//! has.

use super::check::{Check, Fuzzing, Minimize};
use crate::case::Case;
use crate::examiner::Examiner;
use crate::finding::Finding;
use crate::session::Session;
use crcheck_kernel::Tier;
use crcheck_kernel::cpu::{Architecture, Feature, Features};
use crcheck_platform::signal;
use crcheck_subject::{CheckId, Form, Kind};

pub const ID: CheckId = CheckId::new("dispatch");

pub static CHECK: Check = Check {
    kinds: &[Kind::WrongDispatch],
    unsuited: |of| match of.form {
        Form::Code => None,
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

/// A machine, its features, and the tier that it should run.
struct Machine {
    name: &'static str,
    features: &'static [&'static [Feature]],
    expected: Tier,
}

use Feature as F;

// Features that CPUs gained together.
const CLMUL: &[Feature] = &[F::Sse41, F::Pclmulqdq];
const AVX2: &[Feature] = &[F::Avx, F::Avx2];
const AVX512: &[Feature] = &[F::Avx512f, F::Avx512bw, F::Avx512dq, F::Avx512vl];
const VPCLMULQDQ: &[Feature] = &[F::Vpclmulqdq];
const GFNI: &[Feature] = &[F::Gfni];
const AMD: &[Feature] = &[F::Amd];

/// Machines that have existed, by the features that programs can use on them: the operating system
/// supports these too.
const MACHINES: [Machine; 24] = [
    Machine {
        name: "Merom",
        features: &[],
        expected: Tier::Portable,
    },
    Machine {
        name: "Penryn",
        features: &[&[F::Sse41]],
        expected: Tier::Portable,
    },
    Machine {
        name: "Nehalem",
        features: &[&[F::Sse41]],
        expected: Tier::Portable,
    },
    Machine {
        name: "Westmere",
        features: &[CLMUL],
        expected: Tier::X86Pclmul,
    },
    Machine {
        name: "Sandy Bridge",
        features: &[CLMUL, &[F::Avx]],
        expected: Tier::X86Pclmul,
    },
    Machine {
        name: "Haswell",
        features: &[CLMUL, AVX2],
        expected: Tier::X86Avx2Pclmul,
    },
    Machine {
        name: "Excavator",
        features: &[CLMUL, AVX2, AMD],
        expected: Tier::X86Avx2Pclmul,
    },
    Machine {
        name: "Zen 2",
        features: &[CLMUL, AVX2, AMD],
        expected: Tier::X86Avx2Pclmul,
    },
    Machine {
        name: "Skylake-X",
        features: &[CLMUL, AVX2, AVX512],
        expected: Tier::X86Avx2Pclmul,
    },
    Machine {
        name: "Alder Lake",
        features: &[CLMUL, AVX2, VPCLMULQDQ],
        expected: Tier::X86Avx2Vpclmul,
    },
    Machine {
        name: "Zen 3",
        features: &[CLMUL, AVX2, VPCLMULQDQ, AMD],
        expected: Tier::X86Avx2Vpclmul,
    },
    Machine {
        name: "Ice Lake without the ZMM state",
        features: &[CLMUL, AVX2, VPCLMULQDQ],
        expected: Tier::X86Avx2Vpclmul,
    },
    Machine {
        name: "Sapphire Rapids",
        features: &[CLMUL, AVX2, AVX512, VPCLMULQDQ, GFNI],
        expected: Tier::X86Avx512Vpclmul,
    },
    Machine {
        name: "Zen 4",
        features: &[CLMUL, AVX2, AVX512, VPCLMULQDQ, GFNI, AMD],
        expected: Tier::X86Avx512VpclmulGfni,
    },
    Machine {
        name: "Zen 4 whose hypervisor hides GFNI",
        features: &[CLMUL, AVX2, AVX512, VPCLMULQDQ, AMD],
        expected: Tier::X86Avx512Vpclmul,
    },
    Machine {
        name: "Tremont: GFNI without AVX",
        features: &[CLMUL, GFNI],
        expected: Tier::X86Pclmul,
    },
    Machine {
        name: "a virtual machine with AVX2 and without PCLMULQDQ",
        features: &[&[F::Sse41], AVX2],
        expected: Tier::Portable,
    },
    Machine {
        name: "Raspberry Pi 4: CRC32 without PMULL",
        features: &[&[F::Crc]],
        expected: Tier::Aarch64Crc,
    },
    Machine {
        name: "Cortex-A53 with the cryptographic extension",
        features: &[&[F::Crc, F::Pmull]],
        expected: Tier::Aarch64Pmull,
    },
    Machine {
        name: "Neoverse V1",
        features: &[&[F::Crc, F::Pmull, F::Sha3]],
        expected: Tier::Aarch64PmullEor3,
    },
    Machine {
        name: "a virtual machine with SHA-3 and without PMULL",
        features: &[&[F::Crc, F::Sha3]],
        expected: Tier::Aarch64Crc,
    },
    Machine {
        name: "an ARM of 2013: PMULL without CRC32",
        features: &[&[F::Pmull]],
        expected: Tier::Aarch64Pmull,
    },
    Machine {
        name: "SpacemiT K1",
        features: &[&[F::Zbc]],
        expected: Tier::RiscvZbc,
    },
    Machine {
        name: "SiFive U74",
        features: &[],
        expected: Tier::Portable,
    },
];

pub(crate) fn examine(examiner: &mut Examiner<'_>, found: &mut dyn FnMut(Finding)) {
    for Machine {
        name,
        features,
        expected,
    } in &MACHINES
    {
        let features = features.iter().copied().flatten().copied().collect();
        judge(examiner, name, features, *expected, found);
    }
    let features = features_of_this_machine();
    judge(
        examiner,
        "this machine",
        features,
        expected_tier(features),
        found,
    );
}

fn judge(
    examiner: &Examiner<'_>,
    machine: &str,
    features: Features,
    expected: Tier,
    found: &mut dyn FnMut(Finding),
) {
    let subject = examiner.subject();
    let case = Case::default();
    let summary = match signal::catch(|| subject.select(features)) {
        Ok(None) => return,
        Ok(Some(tier)) if tier == expected => return,
        Ok(Some(tier)) => format!("chooses {tier} on {machine}, where {expected} should run"),
        Err(caught) => format!("does not return from its dispatcher on {machine}: {caught:?}"),
    };
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
