//! Which tier a machine gets: a truth table of machines that have existed.
#![allow(missing_docs)]

use crcheck_kernel::Tier;
use crcheck_kernel::cpu::{Architecture, CpuidWords, Feature, Features, HwcapWords, HwprobeWords};
use crcheck_kernel::tier::Emulated;

/// CPUID words by their bits: those of leaf 1 ECX, leaf 7 EBX and leaf 7 ECX; and XCR0.
const fn machine(leaf_1: &[u32], leaf_7_ebx: &[u32], leaf_7_ecx: &[u32], xcr0: u64) -> CpuidWords {
    CpuidWords {
        vendor: *b"GenuineIntel",
        leaf_1_ecx: word(leaf_1),
        leaf_1_edx: 0,
        leaf_7_ebx: word(leaf_7_ebx),
        leaf_7_ecx: word(leaf_7_ecx),
        xcr0,
    }
}

const fn word(mut bits: &[u32]) -> u32 {
    let mut word = 0;
    while let [bit, rest @ ..] = bits {
        word |= 1 << *bit;
        bits = rest;
    }
    word
}

/// The same machine from AMD.
const fn of_amd(machine: CpuidWords) -> CpuidWords {
    CpuidWords {
        vendor: *b"AuthenticAMD",
        ..machine
    }
}

const PCLMULQDQ: u32 = 1;
const SSE41: u32 = 19;
const OSXSAVE: u32 = 27;
const AVX: u32 = 28;
const AVX2: u32 = 5;
const GFNI: u32 = 8;
const VAES: u32 = 9;
const VPCLMULQDQ: u32 = 10;
const YMM: u64 = 0b111;
const ZMM: u64 = 0b1110_0111;

const SSE: &[u32] = &[SSE41, PCLMULQDQ];
const SSE_AVX: &[u32] = &[SSE41, PCLMULQDQ, OSXSAVE, AVX];
const AVX512: &[u32] = &[16, 17, 30, 31, AVX2];

const MACHINES: [(&str, CpuidWords, Tier); 19] = [
    (
        "Core 2 of 65 nm: no SSE4.1",
        machine(&[], &[], &[], 0),
        Tier::Portable,
    ),
    (
        "Penryn, Nehalem: no PCLMULQDQ",
        machine(&[SSE41], &[], &[], 0),
        Tier::Portable,
    ),
    ("Westmere", machine(SSE, &[], &[], 0), Tier::X86Pclmul),
    (
        "Sandy Bridge: AVX without AVX2",
        machine(SSE_AVX, &[], &[], YMM),
        Tier::X86Pclmul,
    ),
    (
        "Haswell",
        machine(SSE_AVX, &[AVX2], &[], YMM),
        Tier::X86Avx2Pclmul,
    ),
    (
        "Excavator, Zen 2",
        machine(SSE_AVX, &[AVX2], &[], YMM),
        Tier::X86Avx2Pclmul,
    ),
    (
        "an emulator: VAES alone",
        machine(SSE_AVX, &[AVX2], &[VAES], YMM),
        Tier::X86Avx2Pclmul,
    ),
    (
        "Skylake-X: no VPCLMULQDQ",
        machine(SSE_AVX, AVX512, &[], ZMM),
        Tier::X86Avx2Pclmul,
    ),
    (
        "Alder Lake, Zen 3",
        machine(SSE_AVX, &[AVX2], &[GFNI, VPCLMULQDQ], YMM),
        Tier::X86Avx2Vpclmul,
    ),
    (
        "Ice Lake, Sapphire Rapids",
        machine(SSE_AVX, AVX512, &[GFNI, VPCLMULQDQ], ZMM),
        Tier::X86Avx512Vpclmul,
    ),
    (
        "Zen 4, Zen 5",
        of_amd(machine(SSE_AVX, AVX512, &[GFNI, VPCLMULQDQ], ZMM)),
        Tier::X86Avx512VpclmulGfni,
    ),
    (
        "Zen 4 whose hypervisor hides GFNI",
        of_amd(machine(SSE_AVX, AVX512, &[VPCLMULQDQ], ZMM)),
        Tier::X86Avx512Vpclmul,
    ),
    (
        "Zen 4, ZMM state off",
        of_amd(machine(SSE_AVX, AVX512, &[GFNI, VPCLMULQDQ], YMM)),
        Tier::X86Avx2Vpclmul,
    ),
    (
        "GFNI without VPCLMULQDQ, as Tremont has it",
        machine(SSE, &[], &[GFNI], 0),
        Tier::X86Pclmul,
    ),
    (
        "Ice Lake, ZMM state off",
        machine(SSE_AVX, AVX512, &[GFNI, VPCLMULQDQ], YMM),
        Tier::X86Avx2Vpclmul,
    ),
    (
        "Ice Lake, YMM state off",
        machine(SSE_AVX, AVX512, &[VPCLMULQDQ], 0b11),
        Tier::X86Pclmul,
    ),
    (
        "Ice Lake, noxsave",
        machine(&[SSE41, PCLMULQDQ, AVX], AVX512, &[VPCLMULQDQ], ZMM),
        Tier::X86Pclmul,
    ),
    (
        "AVX2 without PCLMULQDQ",
        machine(&[SSE41, OSXSAVE, AVX], &[AVX2], &[], YMM),
        Tier::Portable,
    ),
    (
        "VPCLMULQDQ without PCLMULQDQ",
        machine(&[SSE41, OSXSAVE, AVX], &[AVX2], &[VPCLMULQDQ], YMM),
        Tier::Portable,
    ),
];

#[test]
fn machines_that_have_existed_get_their_tier() {
    for (name, words, expected) in MACHINES {
        let features = Features::from_cpuid(&words);
        assert_eq!(Tier::select(&features), expected, "{name}");
    }
}

/// An Intel CPU answers a leaf above its highest with the words of the highest, here the caches of
/// Sandy Bridge, whose bit 5 of EBX would be AVX2.
#[test]
fn no_leaf_above_the_highest_is_asked() {
    let ask = |highest: u32| {
        let leaf = |number: u32| match number {
            0 => [highest, 0, 0, 0],
            1 => [0, 0, word(SSE_AVX), 0],
            _ => [0x7603_5a01, 0x00f0_b2ff, 0, 0x00ca_0000],
        };
        Features::from_cpuid(&CpuidWords::ask(leaf, || YMM))
    };
    assert!(!ask(2).contains(Feature::Avx2));
    assert!(!ask(6).contains(Feature::Avx2));
    assert!(ask(7).contains(Feature::Avx2));
}

#[test]
fn xgetbv_is_not_executed_without_osxsave() {
    for bits in [&[][..], SSE, &[SSE41, PCLMULQDQ, AVX]] {
        let leaf = |number: u32| [13, 0, if number == 1 { word(bits) } else { 0 }, 0];
        let words = CpuidWords::ask(leaf, || unreachable!("an illegal instruction"));
        assert_eq!(words.xcr0, 0);
    }
    let leaf = |number: u32| [13, 0, if number == 1 { word(SSE_AVX) } else { 0 }, 0];
    assert_eq!(CpuidWords::ask(leaf, || YMM).xcr0, YMM);
}

/// AT_HWCAP as Linux shows it for these machines (the `Features` line of `/proc/cpuinfo`).
#[test]
fn arm_machines_that_have_existed_get_their_tier() {
    const ASIMD: u64 = 1 << 1;
    const AES: u64 = 1 << 3;
    const PMULL: u64 = 1 << 4;
    const SHA1_SHA2: u64 = 1 << 5 | 1 << 6;
    const CRC32: u64 = 1 << 7;
    const SHA3: u64 = 1 << 17;
    const SHA512: u64 = 1 << 21;
    const CRYPTO: u64 = AES | PMULL | SHA1_SHA2;
    let table = [
        ("a system without AT_HWCAP", None, Tier::Portable),
        ("X-Gene 1: neither", Some(ASIMD), Tier::Portable),
        (
            "Cortex-A72 of a Raspberry Pi 4: no cryptographic extension",
            Some(ASIMD | CRC32),
            Tier::Aarch64Crc,
        ),
        (
            "Cortex-A53 with the cryptographic extension",
            Some(ASIMD | CRYPTO | CRC32),
            Tier::Aarch64Pmull,
        ),
        (
            "Cortex-A76, Neoverse N1",
            Some(ASIMD | CRYPTO | CRC32),
            Tier::Aarch64Pmull,
        ),
        (
            "AES without PMULL",
            Some(ASIMD | AES | CRC32),
            Tier::Aarch64Crc,
        ),
        (
            "PMULL without CRC32",
            Some(ASIMD | CRYPTO),
            Tier::Aarch64Pmull,
        ),
        (
            "Neoverse V1, Apple M1",
            Some(ASIMD | CRYPTO | CRC32 | SHA3 | SHA512),
            Tier::Aarch64PmullEor3,
        ),
        (
            "SHA-512 without SHA-3",
            Some(ASIMD | CRYPTO | CRC32 | SHA512),
            Tier::Aarch64Pmull,
        ),
        (
            "SHA-3 without PMULL",
            Some(ASIMD | SHA1_SHA2 | CRC32 | SHA3 | SHA512),
            Tier::Aarch64Crc,
        ),
    ];
    for (name, hwcap, expected) in table {
        let features = Features::from_hwcap(&HwcapWords { hwcap });
        assert_eq!(Tier::select(&features), expected, "{name}");
    }
}

/// RISCV_HWPROBE_KEY_IMA_EXT_0 as Linux shows it for these machines.
#[test]
fn riscv_machines_that_have_existed_get_their_tier() {
    const IMA_FD_C: u64 = 1 << 0 | 1 << 1;
    const V: u64 = 1 << 2;
    const ZBA_ZBB_ZBS: u64 = 1 << 3 | 1 << 4 | 1 << 5;
    const ZBC: u64 = 1 << 7;
    const ZBKB_ZBKC: u64 = 1 << 8 | 1 << 9;
    const ZVBB: u64 = 1 << 17;
    let table = [
        ("a system without riscv_hwprobe", None, Tier::Portable),
        ("SiFive U54", Some(IMA_FD_C), Tier::Portable),
        (
            "SiFive U74: no Zbc",
            Some(IMA_FD_C | ZBA_ZBB_ZBS),
            Tier::Portable,
        ),
        (
            "RVA23: Zbc is no part of it",
            Some(IMA_FD_C | V | ZBA_ZBB_ZBS | ZVBB),
            Tier::Portable,
        ),
        (
            "SpacemiT K1",
            Some(IMA_FD_C | V | ZBA_ZBB_ZBS | ZBC | ZBKB_ZBKC),
            Tier::RiscvZbc,
        ),
        (
            "Zbkc alone, which lacks clmulr",
            Some(IMA_FD_C | ZBKB_ZBKC),
            Tier::Portable,
        ),
        (
            "an emulator's rv64",
            Some(IMA_FD_C | ZBA_ZBB_ZBS | ZBC),
            Tier::RiscvZbc,
        ),
    ];
    for (name, ima_ext_0, expected) in table {
        let features = Features::from_hwprobe(&HwprobeWords { ima_ext_0 });
        assert_eq!(Tier::select(&features), expected, "{name}");
    }
}

/// A feature name stands for one architecture, and so does a tier.
#[test]
fn tiers_ask_for_features_of_their_own_architecture() {
    for tier in Tier::ALL {
        let architecture = tier.architecture();
        for feature in tier.required().iter() {
            assert_eq!(Some(feature.architecture()), architecture, "{tier}");
        }
        assert_eq!(architecture.is_none(), *tier == Tier::Portable);
        if tier.is_available() {
            assert!(architecture.is_none() || architecture == Architecture::HERE);
        }
    }
    let distinct: std::collections::BTreeSet<_> =
        Feature::ALL.iter().map(|feature| feature.name()).collect();
    assert_eq!(distinct.len(), Feature::ALL.len());
}

/// Each subset of the features gets the last tier that prefers nothing else, and can run it.
#[test]
fn every_feature_set_gets_the_best_tier_that_it_can_run() {
    for subset in 0_u32..1 << Feature::ALL.len() {
        let is_chosen = |feature: &&Feature| subset >> **feature as u32 & 1 == 1;
        let features: Features = Feature::ALL.iter().filter(is_chosen).copied().collect();
        let tier = Tier::select(&features);
        assert!(features.contains_all(tier.required()));
        for better in Tier::ALL.iter().filter(|other| **other > tier) {
            assert!(!features.contains_all(better.preferred()), "{features:?}");
        }
    }
}

#[test]
fn this_machine_has_what_the_standard_library_detects() {
    #[cfg(target_arch = "x86_64")]
    {
        assert_detected(&[
            (Feature::Sse41, std::is_x86_feature_detected!("sse4.1")),
            (
                Feature::Pclmulqdq,
                std::is_x86_feature_detected!("pclmulqdq"),
            ),
            (Feature::Avx, std::is_x86_feature_detected!("avx")),
            (Feature::Avx2, std::is_x86_feature_detected!("avx2")),
            (
                Feature::Vpclmulqdq,
                std::is_x86_feature_detected!("vpclmulqdq"),
            ),
            (Feature::Avx512f, std::is_x86_feature_detected!("avx512f")),
            (Feature::Avx512bw, std::is_x86_feature_detected!("avx512bw")),
            (Feature::Avx512dq, std::is_x86_feature_detected!("avx512dq")),
            (Feature::Avx512vl, std::is_x86_feature_detected!("avx512vl")),
            (Feature::Gfni, std::is_x86_feature_detected!("gfni")),
            (Feature::Amd, is_of_amd()),
        ]);
    }
    #[cfg(target_arch = "aarch64")]
    assert_detected(&[
        (Feature::Crc, std::arch::is_aarch64_feature_detected!("crc")),
        (
            Feature::Pmull,
            std::arch::is_aarch64_feature_detected!("pmull"),
        ),
        (
            Feature::Sha3,
            std::arch::is_aarch64_feature_detected!("sha3"),
        ),
    ]);
    #[cfg(target_arch = "riscv64")]
    assert_detected(&[(Feature::Zbc, std::arch::is_riscv_feature_detected!("zbc"))]);
    assert_eq!(Tier::detect(), Tier::select(&Features::detect()));
    assert!(Tier::available().any(|tier| tier == Tier::detect()));
}

/// By the operating system, which asks the CPU itself.
#[cfg(target_arch = "x86_64")]
fn is_of_amd() -> bool {
    let text = std::fs::read_to_string("/proc/cpuinfo").expect("Linux's view of the CPU");
    let vendor = text.lines().find(|line| line.starts_with("vendor_id"));
    vendor.is_some_and(|line| line.ends_with("AuthenticAMD") || line.ends_with("HygonGenuine"))
}

/// A tier prefers what it requires, and beyond that nothing but the vendor.
#[test]
fn a_tier_is_selected_only_where_it_can_run() {
    for tier in Tier::ALL {
        let more = tier.preferred().without(tier.required());
        assert!(tier.preferred().contains_all(tier.required()));
        assert!(
            more.without(Features::EMPTY.with(Feature::Amd)) == Features::EMPTY,
            "{tier}"
        );
        assert!(!tier.required().contains(Feature::Amd), "{tier}");
    }
}

#[cfg(any(
    target_arch = "x86_64",
    target_arch = "aarch64",
    target_arch = "riscv64"
))]
fn assert_detected(standard: &[(Feature, bool)]) {
    let features = Features::of_the_machine();
    let here = |feature: &&Feature| feature.architecture().is_here();
    assert_eq!(standard.len(), Feature::ALL.iter().filter(here).count());
    for &(feature, has) in standard {
        assert_eq!(features.contains(feature), has, "{feature}");
    }
}

#[test]
fn names_and_codes_are_permanent() {
    let known = [
        ("portable", 1),
        ("x86-pclmul", 2),
        ("x86-avx2-pclmul", 3),
        ("x86-avx2-vpclmul", 4),
        ("x86-avx512-vpclmul", 5),
        ("x86-avx512-vpclmul-gfni", 6),
        ("aarch64-crc", 8),
        ("aarch64-pmull", 9),
        ("aarch64-pmull-eor3", 10),
        ("riscv-zbc", 11),
    ];
    assert_eq!(known.len(), Tier::ALL.len());
    for ((name, code), tier) in known.into_iter().zip(Tier::ALL) {
        assert_eq!((tier.name(), tier.code()), (name, code));
        assert_eq!(name.parse(), Ok(*tier));
        assert_eq!(Tier::from_code(code), Some(*tier));
        assert_eq!(tier.to_string(), name);
    }
    assert_eq!(Tier::from_code(0), None);
    let unknown = "x87".parse::<Tier>().expect_err("unknown").to_string();
    assert!(unknown.contains("x86-avx512-vpclmul"), "{unknown}");
}

#[test]
fn only_a_tier_that_the_cpu_has_gives_a_kernel() {
    for tier in Tier::ALL {
        assert_eq!(tier.kernel().is_some(), tier.is_available());
        assert_eq!(
            tier.kernel().map(crcheck_kernel::Kernel::tier),
            tier.kernel().map(|_| *tier)
        );
    }
}

#[test]
fn every_tier_but_portable_has_a_software_version() {
    for &tier in Tier::ALL {
        let emulated = tier.emulate().map(Emulated::tier);
        assert_eq!(emulated, (tier != Tier::Portable).then_some(tier));
    }
}

/// The features that the tests below mask: every tier but `portable` builds on one of them.
const MASK: &str = "sse4.1,crc,pmull,zbc";

/// The test below runs this one, in a process whose environment masks [`MASK`].
#[test]
#[ignore = "needs CRCHECK_DISABLE=sse4.1,crc,pmull,zbc"]
fn under_the_mask_nothing_but_portable_is_left() {
    assert_eq!(Tier::detect(), Tier::Portable);
    assert!(Tier::available().eq([Tier::Portable]));
    assert!(!Features::detect().contains(Feature::Sse41));
    for tier in Tier::ALL.iter().filter(|tier| **tier != Tier::Portable) {
        assert!(tier.kernel().is_none() && !tier.is_available(), "{tier}");
    }
    assert!(Tier::Portable.kernel().is_some() && Tier::Portable.is_available());
}

/// This program, to start again. If `CRCHECK_RUNNER` names an emulator, that starts it: a program
/// would leave the emulator otherwise.
fn this_program() -> std::process::Command {
    let program = std::env::current_exe().expect("the path of the test");
    match std::env::var_os("CRCHECK_RUNNER") {
        Some(runner) => {
            let mut command = std::process::Command::new(runner);
            command.arg(program);
            command
        }
        None => std::process::Command::new(program),
    }
}

#[test]
fn the_environment_masks_features() {
    let run = |mask: &str| {
        this_program()
            .args(["--ignored", "under_the_mask_nothing_but_portable_is_left"])
            .env("CRCHECK_DISABLE", mask)
            .output()
            .expect("the test starts")
    };
    assert!(run(MASK).status.success());
    let refused = run("sse4.2");
    assert!(!refused.status.success());
    let output = String::from_utf8_lossy(&refused.stdout).into_owned()
        + &String::from_utf8_lossy(&refused.stderr);
    assert!(
        output.contains("`sse4.2` is not a known CPU feature"),
        "{output}"
    );
}

#[test]
fn the_error_for_an_unknown_name_lists_the_known_ones() {
    let error = "x86-pclmull".parse::<Tier>().expect_err("not a tier");
    let names: Vec<&str> = Tier::ALL.iter().map(|tier| tier.name()).collect();
    let known = names.join(", ");
    assert_eq!(
        error.to_string(),
        format!("not a tier; the tiers are {known}")
    );
}
