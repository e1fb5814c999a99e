//! What CPUID and XCR0 say of an x86-64.
//!
//! A vector extension counts only if the operating system saves its registers: AVX needs the XMM
//! and YMM state in XCR0, AVX-512 the opmask and ZMM state as well (Intel SDM 1, 14.3 and 15.2). A
//! program may execute XGETBV, which reads XCR0, only if CPUID says OSXSAVE.

use super::absence::Absence;
use super::features::{Architecture, Feature, Features};

/// The words of CPUID that show the features, and XCR0.
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
    /// XCR0; 0 if nothing can read it.
    pub xcr0: u64,
}

impl CpuidWords {
    /// Asks a CPU. `leaf` answers with EAX, EBX, ECX and EDX of a leaf, subleaf 0; `xcr0` executes
    /// XGETBV. No leaf above the highest is asked, because Intel's CPUs answer it with the words of
    /// the highest (Intel SDM 2A, CPUID). `xcr0` is called only if OSXSAVE says that it may be.
    pub fn ask(leaf: impl Fn(u32) -> [u32; 4], xcr0: impl FnOnce() -> u64) -> Self {
        let [highest, ebx, ecx, edx] = leaf(0);
        let [_, _, leaf_1_ecx, leaf_1_edx] = leaf(1);
        let [_, leaf_7_ebx, leaf_7_ecx, _] = if highest >= 7 { leaf(7) } else { [0; 4] };
        let mut vendor = [0; 12];
        vendor.copy_from_slice([ebx, edx, ecx].map(u32::to_le_bytes).as_flattened());
        let mut words = Self {
            vendor,
            leaf_1_ecx,
            leaf_1_edx,
            leaf_7_ebx,
            leaf_7_ecx,
            xcr0: 0,
        };
        if words.has_osxsave() {
            words.xcr0 = xcr0();
        }
        words
    }

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

impl Features {
    /// The features of an x86-64 that answers `words`.
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

    /// Why `feature` cannot be used on an x86-64 that answers `words`; `None` if it can.
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
    fn leaf_0_says_who_made_the_cpu() {
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

    #[cfg(feature = "std")]
    #[test]
    fn an_absence_names_the_bit_or_the_state() {
        let text = |feature, words: &CpuidWords| {
            let absence = Features::absence(feature, words).expect("absent");
            std::format!("{absence}")
        };
        let nothing = words(0, 0, 0, 0);
        let table = [
            (Feature::Pclmulqdq, "CPUID leaf 1 ECX bit 1 is 0"),
            (Feature::Avx2, "CPUID leaf 7 EBX bit 5 is 0"),
            (Feature::Vpclmulqdq, "CPUID leaf 7 ECX bit 10 is 0"),
            (Feature::Amd, "CPUID leaf 0 says GenuineIntel"),
            (Feature::Zbc, "another architecture (riscv64)"),
        ];
        for (feature, expected) in table {
            assert_eq!(text(feature, &nothing), expected);
        }
        let no_osxsave = words(!(1 << 27), u32::MAX, u32::MAX, 0);
        assert_eq!(
            text(Feature::Avx, &no_osxsave),
            "the operating system has not set OSXSAVE"
        );
        let no_zmm = words(u32::MAX, u32::MAX, u32::MAX, 7);
        assert_eq!(
            text(Feature::Avx512f, &no_zmm),
            "XCR0 = 0x7 does not save its registers"
        );
    }
}
