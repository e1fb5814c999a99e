//! The instruction-set extensions of x86-64: where CPUID reports them, and what an instruction
//! needs.
//!
//! This table is wider than the kernel's and independent of it. It names what a CPU lacks for any
//! instruction, and what a mask must hide to emulate a lesser CPU.

use iced_x86::Instruction;
use std::fmt;

/// A register of an answer of CPUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Word {
    /// The leaf that EAX asks for.
    pub leaf: u32,
    /// The subleaf that ECX asks for.
    pub subleaf: u32,
    pub register: CpuidRegister,
}

/// The register that holds the bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CpuidRegister {
    Eax,
    Ebx,
    Ecx,
    Edx,
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "leaf {:#x}", self.leaf)?;
        if self.subleaf != 0 {
            write!(f, ".{}", self.subleaf)?;
        }
        let register = match self.register {
            CpuidRegister::Eax => "EAX",
            CpuidRegister::Ebx => "EBX",
            CpuidRegister::Ecx => "ECX",
            CpuidRegister::Edx => "EDX",
        };
        write!(f, " {register}")
    }
}

/// The registers that the operating system saves, each with those before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Those of FXSAVE alone: OSXSAVE is not set.
    #[default]
    Xmm,
    /// Bits 1 and 2 of XCR0.
    Ymm,
    /// And bits 5 to 7: opmask, upper halves of ZMM0 to 15, ZMM16 to 31.
    Zmm,
}

impl State {
    /// The bits of XCR0 that the operating system sets for it.
    pub const fn xcr0(self) -> u64 {
        match self {
            Self::Xmm => 0b11,
            Self::Ymm => 0b111,
            Self::Zmm => 0b1110_0111,
        }
    }
}

/// An extension, by the name that compilers use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extension {
    pub name: &'static str,
    /// The register of CPUID that reports it.
    pub word: Word,
    /// The bit in that register.
    pub bit: u32,
    /// The registers that the operating system must save before a program can use it.
    pub state: State,
}

const fn word(leaf: u32, subleaf: u32, register: CpuidRegister) -> Word {
    Word {
        leaf,
        subleaf,
        register,
    }
}

/// Leaf 1, ECX: OSXSAVE is its bit 27.
pub const LEAF_1_ECX: Word = word(1, 0, CpuidRegister::Ecx);
/// The bit of [`LEAF_1_ECX`] that says that the operating system has enabled XGETBV.
pub const OSXSAVE_BIT: u32 = 27;

const LEAF_7_EBX: Word = word(7, 0, CpuidRegister::Ebx);
const LEAF_7_ECX: Word = word(7, 0, CpuidRegister::Ecx);
const LEAF_7_EDX: Word = word(7, 0, CpuidRegister::Edx);
const LEAF_7_1_EAX: Word = word(7, 1, CpuidRegister::Eax);
const LEAF_7_1_EDX: Word = word(7, 1, CpuidRegister::Edx);
const EXTENDED_ECX: Word = word(0x8000_0001, 0, CpuidRegister::Ecx);

const fn row(name: &'static str, word: Word, bit: u32, state: State) -> Extension {
    Extension {
        name,
        word,
        bit,
        state,
    }
}

use State::{Xmm, Ymm, Zmm};

/// Every extension of this table (Intel SDM 2A, CPUID; AMD APM 3, appendix E).
pub const EXTENSIONS: &[Extension] = &[
    row("sse3", LEAF_1_ECX, 0, Xmm),
    row("pclmulqdq", LEAF_1_ECX, 1, Xmm),
    row("ssse3", LEAF_1_ECX, 9, Xmm),
    row("fma", LEAF_1_ECX, 12, Ymm),
    row("cmpxchg16b", LEAF_1_ECX, 13, Xmm),
    row("sse4.1", LEAF_1_ECX, 19, Xmm),
    row("sse4.2", LEAF_1_ECX, 20, Xmm),
    row("movbe", LEAF_1_ECX, 22, Xmm),
    row("popcnt", LEAF_1_ECX, 23, Xmm),
    row("aes", LEAF_1_ECX, 25, Xmm),
    row("xsave", LEAF_1_ECX, 26, Xmm),
    row("avx", LEAF_1_ECX, 28, Ymm),
    row("f16c", LEAF_1_ECX, 29, Ymm),
    row("rdrand", LEAF_1_ECX, 30, Xmm),
    row("bmi1", LEAF_7_EBX, 3, Xmm),
    row("avx2", LEAF_7_EBX, 5, Ymm),
    row("bmi2", LEAF_7_EBX, 8, Xmm),
    row("avx512f", LEAF_7_EBX, 16, Zmm),
    row("avx512dq", LEAF_7_EBX, 17, Zmm),
    row("rdseed", LEAF_7_EBX, 18, Xmm),
    row("adx", LEAF_7_EBX, 19, Xmm),
    row("avx512ifma", LEAF_7_EBX, 21, Zmm),
    row("avx512cd", LEAF_7_EBX, 28, Zmm),
    row("sha", LEAF_7_EBX, 29, Xmm),
    row("avx512bw", LEAF_7_EBX, 30, Zmm),
    row("avx512vl", LEAF_7_EBX, 31, Zmm),
    row("avx512vbmi", LEAF_7_ECX, 1, Zmm),
    row("avx512vbmi2", LEAF_7_ECX, 6, Zmm),
    row("gfni", LEAF_7_ECX, 8, Xmm),
    row("vaes", LEAF_7_ECX, 9, Ymm),
    row("vpclmulqdq", LEAF_7_ECX, 10, Ymm),
    row("avx512vnni", LEAF_7_ECX, 11, Zmm),
    row("avx512bitalg", LEAF_7_ECX, 12, Zmm),
    row("avx512vpopcntdq", LEAF_7_ECX, 14, Zmm),
    row("avx512vp2intersect", LEAF_7_EDX, 8, Zmm),
    row("avx512fp16", LEAF_7_EDX, 23, Zmm),
    row("sha512", LEAF_7_1_EAX, 0, Ymm),
    row("avxvnni", LEAF_7_1_EAX, 4, Ymm),
    row("avx512bf16", LEAF_7_1_EAX, 5, Zmm),
    row("avxifma", LEAF_7_1_EAX, 23, Ymm),
    row("avxvnniint8", LEAF_7_1_EDX, 4, Ymm),
    row("avxneconvert", LEAF_7_1_EDX, 5, Ymm),
    row("avxvnniint16", LEAF_7_1_EDX, 10, Ymm),
    row("lzcnt", EXTENDED_ECX, 5, Xmm),
    row("sse4a", EXTENDED_ECX, 6, Xmm),
    row("xop", EXTENDED_ECX, 11, Ymm),
    row("fma4", EXTENDED_ECX, 16, Ymm),
    row("tbm", EXTENDED_ECX, 21, Xmm),
];

/// What every CPU of x86-64 has, by the decoder's names.
const BASELINE: &[&str] = &[
    "x64",
    "cpuid",
    "cmov",
    "cx8",
    "fxsr",
    "mmx",
    "sse",
    "sse2",
    "tsc",
    "syscall",
    "fpu",
    "fpu287",
    "fpu387",
    "multibytenop",
    "clfsh",
    "pause",
    // Its opcodes do nothing on CPUs without it (Intel SDM 2, PREFETCHW).
    "prefetchw",
    "prefetchwt1",
    "cet_ibt",
    "cet_ss",
];

impl Extension {
    pub fn named(name: &str) -> Option<&'static Self> {
        EXTENSIONS.iter().find(|extension| extension.name == name)
    }

    /// Why this CPU cannot execute what needs the extension, by CPUID and XCR0 as this process
    /// reads them; `None` if it can.
    pub fn absence(&self) -> Option<String> {
        self.absence_on(&Asked {
            cpuid: &cpu::cpuid,
            xcr0: &cpu::xcr0,
        })
    }

    /// Why a CPU that answers so cannot execute what needs the extension; `None` if it can.
    pub fn absence_on(&self, asked: &Asked<'_>) -> Option<String> {
        let name = self.name;
        let answer = (asked.cpuid)(self.word.leaf, self.word.subleaf);
        if answer[self.word.register as usize] >> self.bit & 1 == 0 {
            return Some(format!("{name}: CPUID {} bit {} is 0", self.word, self.bit));
        }
        if self.state == Xmm {
            return None;
        }
        match (asked.xcr0)() {
            None => Some(format!("{name}: the operating system has not set OSXSAVE")),
            Some(xcr0) if xcr0 & self.state.xcr0() != self.state.xcr0() => Some(format!(
                "{name}: XCR0 = {xcr0:#x} does not save its registers"
            )),
            Some(_) => None,
        }
    }
}

/// A CPU, to be asked.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// EAX, EBX, ECX and EDX of a leaf and a subleaf; zeros for one that does not exist.
    pub cpuid: &'a dyn Fn(u32, u32) -> [u32; 4],
    /// XCR0; `None` if XGETBV is an illegal instruction.
    pub xcr0: &'a dyn Fn() -> Option<u64>,
}

/// The extensions that an instruction needs beyond what every CPU of x86-64 has, by the names that
/// compilers use.
pub fn needed(instruction: &Instruction) -> Vec<String> {
    instruction
        .cpuid_features()
        .iter()
        .map(|feature| format!("{feature:?}").to_lowercase())
        .filter(|name| !name.starts_with("intel") && !BASELINE.contains(&name.as_str()))
        .map(|name| match name.as_str() {
            "sse4_1" => "sse4.1".to_owned(),
            "sse4_2" => "sse4.2".to_owned(),
            other => other.replace('_', ""),
        })
        .collect()
}

/// The CPU as this process sees it.
#[cfg(target_arch = "x86_64")]
pub mod cpu {
    use super::{CpuidRegister, LEAF_1_ECX, OSXSAVE_BIT, Word};
    use std::arch::x86_64::{__cpuid, __cpuid_count, _xgetbv};

    /// EAX, EBX, ECX and EDX of CPUID; zeros for a leaf that does not exist.
    pub fn cpuid(leaf: u32, subleaf: u32) -> [u32; 4] {
        let base = leaf & 0x8000_0000;
        if leaf > __cpuid(base).eax {
            return [0; 4];
        }
        let answer = __cpuid_count(leaf, subleaf);
        [answer.eax, answer.ebx, answer.ecx, answer.edx]
    }

    /// Whether the bit is set.
    pub fn has_bit(word: Word, bit: u32) -> bool {
        let answer = cpuid(word.leaf, word.subleaf);
        let register = match word.register {
            CpuidRegister::Eax => 0,
            CpuidRegister::Ebx => 1,
            CpuidRegister::Ecx => 2,
            CpuidRegister::Edx => 3,
        };
        answer[register] >> bit & 1 == 1
    }

    /// XCR0; `None` if this process may not read it.
    pub fn xcr0() -> Option<u64> {
        #[target_feature(enable = "xsave")]
        fn read() -> u64 {
            // SAFETY: register 0 exists wherever XGETBV does.
            unsafe { _xgetbv(0) }
        }
        // SAFETY: OSXSAVE says that the operating system has enabled XGETBV.
        has_bit(LEAF_1_ECX, OSXSAVE_BIT).then(|| unsafe { read() })
    }
}

/// Other architectures have no CPUID: every extension is absent.
#[cfg(not(target_arch = "x86_64"))]
pub mod cpu {
    use super::Word;

    pub fn cpuid(_: u32, _: u32) -> [u32; 4] {
        [0; 4]
    }

    pub fn has_bit(_: Word, _: u32) -> bool {
        false
    }

    pub fn xcr0() -> Option<u64> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crcheck_kernel::cpu::Feature;
    use iced_x86::{Decoder, DecoderOptions};

    fn needs(bytes: &[u8]) -> Vec<String> {
        needed(&Decoder::new(64, bytes, DecoderOptions::NONE).decode())
    }

    #[test]
    fn an_instruction_needs_what_its_manual_says() {
        // Intel SDM 2: encodings and CPUID columns of PCLMULQDQ, PEXTRQ, CRC32, MULX, VPXORD.
        assert_eq!(needs(&[0x66, 0x0f, 0x3a, 0x44, 0xc1, 0x00]), ["pclmulqdq"]);
        assert_eq!(needs(&[0x66, 0x0f, 0xef, 0xc1]), [""; 0]);
        let vex_xmm = needs(&[0xc4, 0xe3, 0x71, 0x44, 0xc2, 0x00]);
        assert!(vex_xmm.contains(&"pclmulqdq".into()) && vex_xmm.contains(&"avx".into()));
        assert!(needs(&[0xc4, 0xe3, 0x75, 0x44, 0xc2, 0x00]).contains(&"vpclmulqdq".into()));
        assert_eq!(needs(&[0xf2, 0x48, 0x0f, 0x38, 0xf1, 0xc1]), ["sse4.2"]);
        assert_eq!(needs(&[0xc4, 0xe2, 0xfb, 0xf6, 0xc1]), ["bmi2"]);
        let xmm = needs(&[0x62, 0xf1, 0x75, 0x08, 0xef, 0xc2]);
        assert!(xmm.contains(&"avx512f".into()) && xmm.contains(&"avx512vl".into()));
        assert_eq!(
            needs(&[0x66, 0x48, 0x0f, 0x3a, 0x16, 0xc0, 0x01]),
            ["sse4.1"]
        );
    }

    #[test]
    fn the_kernel_and_this_table_agree_on_this_cpu() {
        for feature in Feature::ALL {
            let Some(extension) = Extension::named(feature.name()) else {
                // A feature of another architecture.
                continue;
            };
            let has = crcheck_kernel::cpu::Features::of_the_machine().contains(*feature);
            assert_eq!(extension.absence().is_none(), has, "{feature}");
        }
    }

    #[test]
    fn each_extension_has_a_bit_of_its_own() {
        for (index, one) in EXTENSIONS.iter().enumerate() {
            for other in &EXTENSIONS[..index] {
                assert!((one.word, one.bit) != (other.word, other.bit), "{one:?}");
                assert_ne!(one.name, other.name);
            }
        }
    }
}
