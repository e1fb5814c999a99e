//! What the CPU and the operating system offer.
//!
//! A vector extension counts only if the operating system saves its registers: AVX needs the XMM and
//! YMM state in XCR0, AVX-512 the opmask and ZMM state as well (Intel SDM 1, 14.3 and 15.2). XGETBV
//! itself may be executed only if CPUID says OSXSAVE. Other architectures are asked in their own way:
//! [`HwcapWords`], [`HwprobeWords`].

mod hwcap;
mod hwprobe;

pub use hwcap::HwcapWords;
pub use hwprobe::HwprobeWords;

use core::fmt;
use core::str::FromStr;

/// A CPU feature that some tier asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum Feature {
    /// SSE4.1.
    Sse41,
    /// Carry-less multiplication of 128-bit registers.
    Pclmulqdq,
    /// AVX with its state enabled.
    Avx,
    /// AVX2.
    Avx2,
    /// Carry-less multiplication of 256-bit registers, and of 512-bit ones with AVX-512.
    Vpclmulqdq,
    /// AVX-512 foundation with its state enabled.
    Avx512f,
    /// AVX-512 byte and word instructions.
    Avx512bw,
    /// AVX-512 doubleword and quadword instructions.
    Avx512dq,
    /// AVX-512 instructions on shorter vectors.
    Avx512vl,
    /// Matrices over GF(2), in every encoding that the CPU has.
    Gfni,
    /// Made by AMD or after its plans, which says how long instructions take: no tier needs it.
    Amd,
    /// aarch64: the CRC32 instructions.
    Crc,
    /// aarch64: carry-less multiplication of words.
    Pmull,
    /// aarch64: SHA-3, and with it the XOR of three.
    Sha3,
    /// riscv64: carry-less multiplication of words.
    Zbc,
}

/// An architecture that has tiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Architecture {
    /// x86-64.
    X86_64,
    /// ARM, 64 bit.
    Aarch64,
    /// RISC-V, 64 bit.
    Riscv64,
}

impl Architecture {
    /// That of this program; `None` for one that has no tiers.
    pub const HERE: Option<Self> = if cfg!(target_arch = "x86_64") {
        Some(Self::X86_64)
    } else if cfg!(target_arch = "aarch64") {
        Some(Self::Aarch64)
    } else if cfg!(target_arch = "riscv64") {
        Some(Self::Riscv64)
    } else {
        None
    };

    /// The name that Rust uses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Aarch64 => "aarch64",
            Self::Riscv64 => "riscv64",
        }
    }

    /// Whether programs for this architecture are programs like this one.
    pub const fn is_here(self) -> bool {
        matches!(
            (self, Self::HERE),
            (Self::X86_64, Some(Self::X86_64))
                | (Self::Aarch64, Some(Self::Aarch64))
                | (Self::Riscv64, Some(Self::Riscv64))
        )
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Feature {
    /// Every feature.
    pub const ALL: &'static [Self] = &[
        Self::Sse41,
        Self::Pclmulqdq,
        Self::Avx,
        Self::Avx2,
        Self::Vpclmulqdq,
        Self::Avx512f,
        Self::Avx512bw,
        Self::Avx512dq,
        Self::Avx512vl,
        Self::Gfni,
        Self::Amd,
        Self::Crc,
        Self::Pmull,
        Self::Sha3,
        Self::Zbc,
    ];

    /// The name that compilers use; `amd` is no name of theirs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sse41 => "sse4.1",
            Self::Pclmulqdq => "pclmulqdq",
            Self::Avx => "avx",
            Self::Avx2 => "avx2",
            Self::Vpclmulqdq => "vpclmulqdq",
            Self::Avx512f => "avx512f",
            Self::Avx512bw => "avx512bw",
            Self::Avx512dq => "avx512dq",
            Self::Avx512vl => "avx512vl",
            Self::Gfni => "gfni",
            Self::Amd => "amd",
            Self::Crc => "crc",
            Self::Pmull => "pmull",
            Self::Sha3 => "sha3",
            Self::Zbc => "zbc",
        }
    }

    /// The architecture that has it.
    pub const fn architecture(self) -> Architecture {
        match self {
            Self::Crc | Self::Pmull | Self::Sha3 => Architecture::Aarch64,
            Self::Zbc => Architecture::Riscv64,
            _ => Architecture::X86_64,
        }
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is no feature's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownFeature;

impl fmt::Display for UnknownFeature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a known CPU feature; the known ones are ")?;
        Features::from_iter(Feature::ALL.iter().copied()).fmt(f)
    }
}

impl core::error::Error for UnknownFeature {}

impl FromStr for Feature {
    type Err = UnknownFeature;

    fn from_str(name: &str) -> Result<Self, UnknownFeature> {
        Self::ALL
            .iter()
            .copied()
            .find(|feature| feature.name() == name)
            .ok_or(UnknownFeature)
    }
}

/// A set of features.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Features(u32);

impl Features {
    /// None.
    pub const EMPTY: Self = Self(0);

    /// With `feature`.
    #[must_use]
    pub const fn with(self, feature: Feature) -> Self {
        Self(self.0 | 1 << feature as u32)
    }

    /// Those that are not in `others`.
    #[must_use]
    pub const fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    /// Whether `feature` is in the set.
    pub const fn contains(self, feature: Feature) -> bool {
        self.0 >> feature as u32 & 1 == 1
    }

    /// Whether all of `others` are in the set.
    pub const fn contains_all(self, others: Self) -> bool {
        others.without(self).0 == 0
    }

    /// The features, in the order of [`Feature::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Feature> {
        Feature::ALL
            .iter()
            .copied()
            .filter(move |&feature| self.contains(feature))
    }

    /// Why `feature` cannot be used on this machine, whatever `CRCHECK_DISABLE` says; `None` if it can.
    pub fn absence_here(feature: Feature) -> Option<Absence> {
        let architecture = feature.architecture();
        if !architecture.is_here() {
            return Some(Absence::Architecture(architecture));
        }
        match architecture {
            Architecture::X86_64 => Self::absence(feature, &CpuidWords::of_the_machine()),
            Architecture::Aarch64 => hwcap::absence(feature, &HwcapWords::of_the_machine()),
            Architecture::Riscv64 => hwprobe::absence(feature, &HwprobeWords::of_the_machine()),
        }
    }

    /// Why `feature` cannot be used on an x86-64 that says `words`; `None` if it can.
    pub fn absence(feature: Feature, words: &CpuidWords) -> Option<Absence> {
        let architecture = feature.architecture();
        if architecture != Architecture::X86_64 {
            return Some(Absence::Architecture(architecture));
        }
        if feature == Feature::Amd {
            return (!words.is_of_amd()).then_some(Absence::Vendor(words.vendor));
        }
        let (_, word, bit, state) = BITS.into_iter().find(|row| row.0 == feature)?;
        if word.of(words) >> bit & 1 == 0 {
            Some(Absence::Cpuid {
                register: word.name(),
                bit,
            })
        } else if !words.saves(state) {
            Some(if words.has_osxsave() {
                Absence::Xcr0(words.xcr0)
            } else {
                Absence::Osxsave
            })
        } else {
            None
        }
    }

    /// What CPUID and XCR0 say together.
    pub const fn from_cpuid(words: &CpuidWords) -> Self {
        let mut features = Self::EMPTY;
        let mut i = 0;
        while i < BITS.len() {
            let (feature, word, bit, state) = BITS[i];
            if word.of(words) >> bit & 1 == 1 && words.saves(state) {
                features = features.with(feature);
            }
            i += 1;
        }
        if words.is_of_amd() {
            features = features.with(Feature::Amd);
        }
        features
    }

    /// What an aarch64 has whose operating system says `words`.
    pub fn from_hwcap(words: &HwcapWords) -> Self {
        hwcap::features(words)
    }

    /// What a riscv64 has whose operating system says `words`.
    pub fn from_hwprobe(words: &HwprobeWords) -> Self {
        hwprobe::features(words)
    }

    /// The features of this CPU under this operating system; none on architectures without tiers.
    ///
    /// # Panics
    /// With the feature `testing`, if `CRCHECK_DISABLE` names something that is no feature.
    pub fn detect() -> Self {
        #[cfg(feature = "testing")]
        let masked = mask().unwrap_or_else(|error| panic!("{error}"));
        #[cfg(not(feature = "testing"))]
        let masked = Self::EMPTY;
        Self::of_the_machine().without(masked)
    }

    /// The features of this CPU under this operating system, whatever `CRCHECK_DISABLE` says.
    pub fn of_the_machine() -> Self {
        #[cfg(target_arch = "x86_64")]
        return Self::from_cpuid(&CpuidWords::of_the_machine());
        #[cfg(target_arch = "aarch64")]
        return Self::from_hwcap(&HwcapWords::of_the_machine());
        #[cfg(target_arch = "riscv64")]
        return Self::from_hwprobe(&HwprobeWords::of_the_machine());
        #[cfg(not(any(
            target_arch = "x86_64",
            target_arch = "aarch64",
            target_arch = "riscv64"
        )))]
        return Self::EMPTY;
    }
}

impl FromIterator<Feature> for Features {
    fn from_iter<T: IntoIterator<Item = Feature>>(features: T) -> Self {
        features.into_iter().fold(Self::EMPTY, Self::with)
    }
}

impl fmt::Display for Features {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter().enumerate().try_for_each(|(index, feature)| {
            f.write_str(if index == 0 { "" } else { ", " })?;
            feature.fmt(f)
        })
    }
}

impl fmt::Debug for Features {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// The words of CPUID that tell of the features, and XCR0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CpuidWords {
    /// EBX, EDX and ECX of leaf 0, as text.
    pub vendor: [u8; 12],
    /// ECX of leaf 1.
    pub leaf_1_ecx: u32,
    /// EDX of leaf 1.
    pub leaf_1_edx: u32,
    /// EBX of leaf 7, subleaf 0; 0 if there is no such leaf.
    pub leaf_7_ebx: u32,
    /// ECX of leaf 7, subleaf 0; 0 if there is no such leaf.
    pub leaf_7_ecx: u32,
    /// XCR0; 0 if it cannot be read.
    pub xcr0: u64,
}

impl CpuidWords {
    /// Whether the operating system has enabled XGETBV.
    pub const fn has_osxsave(&self) -> bool {
        self.leaf_1_ecx >> 27 & 1 == 1
    }

    const fn is_of_amd(&self) -> bool {
        matches!(&self.vendor, b"AuthenticAMD" | b"HygonGenuine")
    }

    const fn saves(&self, state: State) -> bool {
        let wanted = match state {
            State::Always => return true,
            State::Ymm => 0b110,
            State::Zmm => 0b1110_0110,
        };
        self.has_osxsave() && self.xcr0 & wanted == wanted
    }
}

impl CpuidWords {
    /// What this machine says; zeros on architectures without CPUID.
    pub fn of_the_machine() -> Self {
        #[cfg(target_arch = "x86_64")]
        return crate::arch::x86_64::detect::words();
        #[cfg(not(target_arch = "x86_64"))]
        return Self::default();
    }
}

/// Why a feature cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absence {
    /// The CPU does not have it: this bit is 0.
    Cpuid {
        /// Leaf and register.
        register: &'static str,
        /// The bit.
        bit: u32,
    },
    /// Another vendor made the CPU: leaf 0 of CPUID says this.
    Vendor([u8; 12]),
    /// The operating system does not let XCR0 be read.
    Osxsave,
    /// The operating system does not save the registers: the value of XCR0.
    Xcr0(u64),
    /// It belongs to CPUs of this architecture.
    Architecture(Architecture),
    /// aarch64: this bit of AT_HWCAP is 0.
    Hwcap {
        /// The bit.
        bit: u32,
    },
    /// aarch64: AT_HWCAP cannot be read.
    HwcapUnknown,
    /// riscv64: this bit of RISCV_HWPROBE_KEY_IMA_EXT_0 is 0.
    Hwprobe {
        /// The bit.
        bit: u32,
    },
    /// riscv64: the operating system has no `riscv_hwprobe`.
    HwprobeUnknown,
}

impl fmt::Display for Absence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpuid { register, bit } => write!(f, "CPUID {register} bit {bit} is 0"),
            Self::Vendor(vendor) => {
                write!(f, "CPUID leaf 0 says {}", vendor.escape_ascii())
            }
            Self::Osxsave => f.write_str("the operating system has not set OSXSAVE"),
            Self::Xcr0(value) => write!(f, "XCR0 = {value:#x} does not save its registers"),
            Self::Architecture(architecture) => write!(f, "another architecture ({architecture})"),
            Self::Hwcap { bit } => write!(f, "AT_HWCAP bit {bit} is 0"),
            Self::HwcapUnknown => f.write_str("AT_HWCAP cannot be read"),
            Self::Hwprobe { bit } => {
                write!(f, "RISCV_HWPROBE_KEY_IMA_EXT_0 bit {bit} is 0")
            }
            Self::HwprobeUnknown => f.write_str("the operating system has no riscv_hwprobe"),
        }
    }
}

#[derive(Clone, Copy)]
enum Word {
    Leaf1Ecx,
    Leaf7Ebx,
    Leaf7Ecx,
}

impl Word {
    const fn of(self, words: &CpuidWords) -> u32 {
        match self {
            Self::Leaf1Ecx => words.leaf_1_ecx,
            Self::Leaf7Ebx => words.leaf_7_ebx,
            Self::Leaf7Ecx => words.leaf_7_ecx,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Leaf1Ecx => "leaf 1 ECX",
            Self::Leaf7Ebx => "leaf 7 EBX",
            Self::Leaf7Ecx => "leaf 7 ECX",
        }
    }
}

/// What the operating system must save for a feature to be usable.
#[derive(Clone, Copy)]
enum State {
    Always,
    /// XCR0 bits 1 and 2.
    Ymm,
    /// And bits 5 to 7: opmask, upper halves of ZMM0 to 15, ZMM16 to 31.
    Zmm,
}

/// Where CPUID has each feature (Intel SDM 2A, CPUID). VPCLMULQDQ needs no more than the YMM state:
/// CPUs without AVX-512 have it.
const BITS: [(Feature, Word, u32, State); 10] = [
    (Feature::Sse41, Word::Leaf1Ecx, 19, State::Always),
    (Feature::Pclmulqdq, Word::Leaf1Ecx, 1, State::Always),
    (Feature::Avx, Word::Leaf1Ecx, 28, State::Ymm),
    (Feature::Avx2, Word::Leaf7Ebx, 5, State::Ymm),
    (Feature::Vpclmulqdq, Word::Leaf7Ecx, 10, State::Ymm),
    (Feature::Avx512f, Word::Leaf7Ebx, 16, State::Zmm),
    (Feature::Avx512bw, Word::Leaf7Ebx, 30, State::Zmm),
    (Feature::Avx512dq, Word::Leaf7Ebx, 17, State::Zmm),
    (Feature::Avx512vl, Word::Leaf7Ebx, 31, State::Zmm),
    (Feature::Gfni, Word::Leaf7Ecx, 8, State::Always),
];

#[cfg(feature = "testing")]
pub use mask::{MaskError, mask};

#[cfg(feature = "testing")]
mod mask {
    use super::{Feature, Features, UnknownFeature};
    use std::string::String;
    use std::sync::OnceLock;
    use std::vec::Vec;

    /// An entry of `CRCHECK_DISABLE` that is no feature.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct MaskError(String);

    impl core::fmt::Display for MaskError {
        fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
            write!(f, "CRCHECK_DISABLE: `{}` is {UnknownFeature}", self.0)
        }
    }

    impl core::error::Error for MaskError {}

    /// The features that `CRCHECK_DISABLE=avx2,vpclmulqdq,...` takes away before a tier is
    /// selected. `avx512` stands for all of AVX-512, and with a feature go those that build on it.
    ///
    /// # Errors
    /// The first entry that is no feature.
    pub fn mask() -> Result<Features, MaskError> {
        static MASK: OnceLock<Result<Features, MaskError>> = OnceLock::new();
        MASK.get_or_init(|| parse(&std::env::var("CRCHECK_DISABLE").unwrap_or_default()))
            .clone()
    }

    pub(super) fn parse(text: &str) -> Result<Features, MaskError> {
        let entries = text
            .split(',')
            .map(str::trim)
            .filter(|entry| !entry.is_empty());
        let masked: Result<Vec<Features>, MaskError> = entries.map(entry).collect();
        Ok(masked?.into_iter().flat_map(Features::iter).collect())
    }

    fn entry(name: &str) -> Result<Features, MaskError> {
        let first = if name == "avx512" { "avx512f" } else { name };
        let feature: Feature = first
            .parse()
            .map_err(|UnknownFeature| MaskError(name.into()))?;
        let gone = |other: &Feature| *other == feature || builds_on(*other, feature);
        Ok(Feature::ALL.iter().copied().filter(gone).collect())
    }

    fn builds_on(feature: Feature, other: Feature) -> bool {
        use Feature as F;
        let bases: &[Feature] = match feature {
            F::Sse41 | F::Pclmulqdq | F::Gfni | F::Amd => &[],
            F::Avx => &[F::Sse41],
            F::Avx2 => &[F::Sse41, F::Avx],
            F::Vpclmulqdq => &[F::Sse41, F::Avx, F::Avx2, F::Pclmulqdq],
            F::Avx512f => &[F::Sse41, F::Avx, F::Avx2],
            F::Crc | F::Pmull | F::Sha3 | F::Zbc => &[],
            F::Avx512bw | F::Avx512dq | F::Avx512vl => &[F::Sse41, F::Avx, F::Avx2, F::Avx512f],
        };
        bases.contains(&other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(leaf_1_ecx: u32, leaf_7_ebx: u32, leaf_7_ecx: u32, xcr0: u64) -> CpuidWords {
        CpuidWords {
            vendor: *b"GenuineIntel",
            leaf_1_ecx,
            leaf_1_edx: 0,
            leaf_7_ebx,
            leaf_7_ecx,
            xcr0,
        }
    }

    #[test]
    fn each_feature_has_its_own_bit() {
        for (feature, word, bit, _) in BITS {
            let one = 1 << bit;
            let osxsave = 1 << 27;
            let only = match word {
                Word::Leaf1Ecx => words(osxsave | one, 0, 0, 0xe7),
                Word::Leaf7Ebx => words(osxsave, one, 0, 0xe7),
                Word::Leaf7Ecx => words(osxsave, 0, one, 0xe7),
            };
            assert_eq!(Features::from_cpuid(&only), Features::EMPTY.with(feature));
            for other in Feature::ALL.iter().copied() {
                let absence = Features::absence(other, &only);
                assert_eq!(absence.is_none(), other == feature, "{other}");
            }
        }
    }

    #[test]
    fn who_made_the_cpu_is_what_leaf_0_says() {
        let of = |vendor: &[u8; 12]| CpuidWords {
            vendor: *vendor,
            ..CpuidWords::default()
        };
        for vendor in [b"AuthenticAMD", b"HygonGenuine"] {
            let amd = Features::EMPTY.with(Feature::Amd);
            assert_eq!(Features::from_cpuid(&of(vendor)), amd);
            assert_eq!(Features::absence(Feature::Amd, &of(vendor)), None);
        }
        for vendor in [
            b"GenuineIntel",
            b"AuthenticAMd",
            b"\0\0\0\0\0\0\0\0\0\0\0\0",
        ] {
            assert_eq!(Features::from_cpuid(&of(vendor)), Features::EMPTY);
            let absence = Features::absence(Feature::Amd, &of(vendor));
            assert_eq!(absence, Some(Absence::Vendor(*vendor)));
        }
    }

    #[test]
    fn state_that_is_not_saved_takes_its_features_away() {
        let names = |xcr0, osxsave: u32| -> usize {
            let all = words(!(1 << 27) | osxsave << 27, u32::MAX, u32::MAX, xcr0);
            Features::from_cpuid(&all).iter().count()
        };
        assert_eq!(names(0xe7, 1), 10);
        assert_eq!(names(0b0000_0111, 1), 6, "without the ZMM state");
        assert_eq!(names(0b0110_0111, 1), 6, "without the upper ZMM registers");
        assert_eq!(names(0b1100_0111, 1), 6, "without the opmask");
        assert_eq!(names(0b1010_0111, 1), 6, "without the upper halves");
        assert_eq!(names(0b1110_0011, 1), 3, "without the YMM state");
        assert_eq!(names(0b1110_0101, 1), 3, "without the XMM state");
        assert_eq!(names(0xe7, 0), 3, "without OSXSAVE");
    }

    #[test]
    fn sets_are_sets() {
        let set = Features::EMPTY.with(Feature::Avx).with(Feature::Sse41);
        assert!(set.contains(Feature::Avx) && !set.contains(Feature::Avx2));
        assert!(set.contains_all(Features::EMPTY) && set.contains_all(set));
        assert!(!set.contains_all(set.with(Feature::Avx512f)));
        assert_eq!(
            set.without(Features::EMPTY.with(Feature::Avx))
                .iter()
                .count(),
            1
        );
        #[cfg(feature = "std")]
        assert_eq!(std::format!("{set}"), "sse4.1, avx");
        #[cfg(feature = "std")]
        assert_eq!(std::format!("{set:?}"), "{Sse41, Avx}");
    }

    #[cfg(feature = "std")]
    #[test]
    fn an_absence_names_the_bit_or_the_state() {
        let why = |feature, words: &CpuidWords| {
            let absence = Features::absence(feature, words).expect("absent");
            std::format!("{absence}")
        };
        let nothing = words(0, 0, 0, 0);
        let table = [
            (Feature::Pclmulqdq, "CPUID leaf 1 ECX bit 1 is 0"),
            (Feature::Avx2, "CPUID leaf 7 EBX bit 5 is 0"),
            (Feature::Vpclmulqdq, "CPUID leaf 7 ECX bit 10 is 0"),
            (Feature::Amd, "CPUID leaf 0 says GenuineIntel"),
        ];
        for (feature, text) in table {
            assert_eq!(why(feature, &nothing), text);
        }
        let no_osxsave = words(!(1 << 27), u32::MAX, u32::MAX, 0);
        assert_eq!(
            why(Feature::Avx, &no_osxsave),
            "the operating system has not set OSXSAVE"
        );
        let no_zmm = words(u32::MAX, u32::MAX, u32::MAX, 7);
        assert_eq!(
            why(Feature::Avx512f, &no_zmm),
            "XCR0 = 0x7 does not save its registers"
        );
    }

    #[test]
    fn a_feature_that_needs_several_bits_is_absent_without_one_of_them() {
        let sha3 = |hwcap| Features::from_hwcap(&HwcapWords { hwcap }).contains(Feature::Sha3);
        assert!(sha3(Some(HwcapWords::SHA3)) && !sha3(None));
        for bit in [5, 6, 17, 21] {
            let words = HwcapWords {
                hwcap: Some(HwcapWords::SHA3 & !(1 << bit)),
            };
            assert!(!sha3(words.hwcap));
            let absence = hwcap::absence(Feature::Sha3, &words);
            assert_eq!(absence, Some(Absence::Hwcap { bit }));
        }
    }

    #[cfg(feature = "std")]
    #[test]
    fn other_architectures_name_their_own_words() {
        let text = |absence: Option<Absence>| std::format!("{}", absence.expect("absent"));
        let hwcap = |hwcap| text(hwcap::absence(Feature::Crc, &HwcapWords { hwcap }));
        assert_eq!(hwcap(Some(0)), "AT_HWCAP bit 7 is 0");
        assert_eq!(hwcap(None), "AT_HWCAP cannot be read");
        let hwprobe = |ima_ext_0| text(hwprobe::absence(Feature::Zbc, &HwprobeWords { ima_ext_0 }));
        assert_eq!(hwprobe(Some(0)), "RISCV_HWPROBE_KEY_IMA_EXT_0 bit 7 is 0");
        assert_eq!(hwprobe(None), "the operating system has no riscv_hwprobe");
        for &feature in Feature::ALL {
            let absence = Features::absence_here(feature);
            let is_foreign = matches!(absence, Some(Absence::Architecture(_)));
            assert_eq!(is_foreign, !feature.architecture().is_here(), "{feature}");
            let is_present = Features::of_the_machine().contains(feature);
            assert_eq!(absence.is_none(), is_present, "{feature}");
        }
        let foreign = Features::absence(Feature::Zbc, &CpuidWords::default());
        assert_eq!(text(foreign), "another architecture (riscv64)");
    }

    #[cfg(feature = "testing")]
    #[test]
    fn a_mask_takes_away_what_builds_on_it() {
        let masked = |text| mask::parse(text).map(|set| set.iter().count());
        assert_eq!(masked(""), Ok(0));
        assert_eq!(masked("vpclmulqdq"), Ok(1));
        assert_eq!(masked("avx512"), Ok(4));
        assert_eq!(masked(" avx2 , avx512bw"), Ok(6));
        assert_eq!(masked("sse4.1"), Ok(8));
        assert_eq!(masked("crc,pmull,sha3,zbc"), Ok(4));
        let error = mask::parse("avx2,avx9").expect_err("unknown");
        assert!(std::format!("{error}").contains("`avx9` is not a known CPU feature"));
    }
}
