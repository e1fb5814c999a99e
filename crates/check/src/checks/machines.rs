//! Machines that have existed: what they answer, what programs can use there, and the tier that
//! should run.
//!
//! The answers have the bits that some tier looks at, and not the others.

use crcheck_kernel::Tier;
use crcheck_kernel::cpu::{Feature, Features};
use crcheck_subject::{CpuidAnswers, MachineAnswers};

/// A machine.
pub(super) struct Machine {
    pub name: &'static str,
    cpu: Cpu,
    /// What programs can use: the operating system supports it too.
    features: &'static [&'static [Feature]],
    /// The tier that should run.
    pub expected: Tier,
}

impl Machine {
    pub(super) fn features(&self) -> Features {
        self.features.iter().copied().flatten().copied().collect()
    }

    pub(super) fn answers(&self) -> MachineAnswers {
        match &self.cpu {
            Cpu::X86_64(cpu) => MachineAnswers::X86_64(cpu.answers()),
            Cpu::Aarch64(hwcap) => MachineAnswers::Aarch64(Some(word(hwcap))),
            Cpu::Riscv64(ima_ext_0) => MachineAnswers::Riscv64(Some(word(ima_ext_0))),
        }
    }
}

/// Bits that are 1, by their numbers.
type Bits = &'static [u32];

fn word(bits: Bits) -> u64 {
    bits.iter().map(|bit| 1 << bit).sum()
}

enum Cpu {
    X86_64(X86),
    /// AT_HWCAP.
    Aarch64(Bits),
    /// RISCV_HWPROBE_KEY_IMA_EXT_0.
    Riscv64(Bits),
}

struct X86 {
    vendor: &'static [u8; 12],
    highest_leaf: u32,
    leaf_1_ecx: Bits,
    /// EAX, EBX, ECX and EDX.
    leaf_2: [u32; 4],
    leaf_7_ebx: Bits,
    leaf_7_ecx: Bits,
    xcr0: u64,
}

impl X86 {
    fn answers(&self) -> CpuidAnswers {
        let (chunks, _) = self.vendor.as_chunks();
        let [ebx, edx, ecx] = [0, 1, 2].map(|i| u32::from_le_bytes(chunks[i]));
        let [leaf_1_ecx, leaf_7_ebx, leaf_7_ecx] =
            [self.leaf_1_ecx, self.leaf_7_ebx, self.leaf_7_ecx].map(|bits| word(bits) as u32);
        let mut leaves = vec![
            (0, [self.highest_leaf, ebx, ecx, edx]),
            (1, [0, 0, leaf_1_ecx, 0]),
            (2, self.leaf_2),
            (7, [0, leaf_7_ebx, leaf_7_ecx, 0]),
            (self.highest_leaf, [0; 4]),
        ];
        leaves.retain(|(number, _)| *number <= self.highest_leaf);
        leaves.dedup_by_key(|(number, _)| *number);
        CpuidAnswers::new(leaves, self.xcr0)
    }
}

const fn x86(
    vendor: &'static [u8; 12],
    highest_leaf: u32,
    leaf_1_ecx: Bits,
    leaf_7_ebx: Bits,
    leaf_7_ecx: Bits,
    xcr0: u64,
) -> Cpu {
    Cpu::X86_64(X86 {
        vendor,
        highest_leaf,
        leaf_1_ecx,
        leaf_2: [0; 4],
        leaf_7_ebx,
        leaf_7_ecx,
        xcr0,
    })
}

/// Leaf 2 describes caches, and bit 5 of its EBX is the one that says AVX2 in leaf 7.
const SANDY_BRIDGE_TO_LEAF_2: Cpu = Cpu::X86_64(X86 {
    vendor: INTEL,
    highest_leaf: 2,
    leaf_1_ecx: SSE_AVX,
    leaf_2: [0x7603_5a01, 0x00f0_b2ff, 0, 0x00ca_0000],
    leaf_7_ebx: &[],
    leaf_7_ecx: &[],
    xcr0: YMM,
});

const INTEL: &[u8; 12] = b"GenuineIntel";
const AUTHENTIC_AMD: &[u8; 12] = b"AuthenticAMD";
const HYGON: &[u8; 12] = b"HygonGenuine";

// Leaf 1 ECX (Intel SDM 2A, CPUID).
const PCLMULQDQ: u32 = 1;
const SSE41: u32 = 19;
const OSXSAVE: u32 = 27;
const AVX_BIT: u32 = 28;
const SSE: Bits = &[SSE41, PCLMULQDQ];
const SSE_AVX: Bits = &[SSE41, PCLMULQDQ, OSXSAVE, AVX_BIT];
const SSE_AVX_NOXSAVE: Bits = &[SSE41, PCLMULQDQ, AVX_BIT];

// Leaf 7 EBX: AVX2; AVX512F, DQ, BW and VL.
const AVX2_BIT: u32 = 5;
const AVX512_BITS: Bits = &[AVX2_BIT, 16, 17, 30, 31];

// Leaf 7 ECX.
const GFNI_BIT: u32 = 8;
const VPCLMULQDQ_BIT: u32 = 10;
const GFNI_VPCLMULQDQ: Bits = &[GFNI_BIT, VPCLMULQDQ_BIT];

// XCR0: the state that the operating system saves.
const NONE: u64 = 0;
const XMM: u64 = 0b11;
const YMM: u64 = 0b111;
const ZMM: u64 = 0b1110_0111;

// AT_HWCAP of aarch64 (Linux, Documentation/arch/arm64/elf_hwcaps.rst).
const ASIMD: u32 = 1;
const AES: u32 = 3;
const PMULL: u32 = 4;
const SHA1: u32 = 5;
const SHA2: u32 = 6;
const CRC32: u32 = 7;
const SHA3: u32 = 17;
const SHA512: u32 = 21;

// riscv_hwprobe (Linux, Documentation/arch/riscv/hwprobe.rst).
const ZBC: u32 = 7;

use Feature as F;

// Features that CPUs gained together.
const CLMUL: &[Feature] = &[F::Sse41, F::Pclmulqdq];
const AVX2: &[Feature] = &[F::Avx, F::Avx2];
const AVX512: &[Feature] = &[F::Avx512f, F::Avx512bw, F::Avx512dq, F::Avx512vl];
const VPCLMULQDQ: &[Feature] = &[F::Vpclmulqdq];
const GFNI: &[Feature] = &[F::Gfni];
const AMD: &[Feature] = &[F::Amd];

pub(super) const MACHINES: [Machine; 29] = [
    Machine {
        name: "Merom",
        cpu: x86(INTEL, 10, &[], &[], &[], NONE),
        features: &[],
        expected: Tier::Portable,
    },
    Machine {
        name: "Penryn",
        cpu: x86(INTEL, 10, &[SSE41], &[], &[], NONE),
        features: &[&[F::Sse41]],
        expected: Tier::Portable,
    },
    Machine {
        name: "Nehalem",
        cpu: x86(INTEL, 11, &[SSE41], &[], &[], NONE),
        features: &[&[F::Sse41]],
        expected: Tier::Portable,
    },
    Machine {
        name: "Westmere",
        cpu: x86(INTEL, 11, SSE, &[], &[], NONE),
        features: &[CLMUL],
        expected: Tier::X86Pclmul,
    },
    Machine {
        name: "Sandy Bridge",
        cpu: x86(INTEL, 13, SSE_AVX, &[], &[], YMM),
        features: &[CLMUL, &[F::Avx]],
        expected: Tier::X86Pclmul,
    },
    Machine {
        name: "Sandy Bridge whose hypervisor shows no leaf above 2",
        cpu: SANDY_BRIDGE_TO_LEAF_2,
        features: &[CLMUL, &[F::Avx]],
        expected: Tier::X86Pclmul,
    },
    Machine {
        name: "Haswell",
        cpu: x86(INTEL, 13, SSE_AVX, &[AVX2_BIT], &[], YMM),
        features: &[CLMUL, AVX2],
        expected: Tier::X86Avx2Pclmul,
    },
    Machine {
        name: "Haswell whose system saves no YMM state",
        cpu: x86(INTEL, 13, SSE_AVX, &[AVX2_BIT], &[], XMM),
        features: &[CLMUL],
        expected: Tier::X86Pclmul,
    },
    Machine {
        name: "Excavator",
        cpu: x86(AUTHENTIC_AMD, 13, SSE_AVX, &[AVX2_BIT], &[], YMM),
        features: &[CLMUL, AVX2, AMD],
        expected: Tier::X86Avx2Pclmul,
    },
    Machine {
        name: "Zen 2",
        cpu: x86(AUTHENTIC_AMD, 16, SSE_AVX, &[AVX2_BIT], &[], YMM),
        features: &[CLMUL, AVX2, AMD],
        expected: Tier::X86Avx2Pclmul,
    },
    Machine {
        name: "Hygon Dhyana",
        cpu: x86(HYGON, 13, SSE_AVX, &[AVX2_BIT], &[], YMM),
        features: &[CLMUL, AVX2, AMD],
        expected: Tier::X86Avx2Pclmul,
    },
    Machine {
        name: "Skylake-X",
        cpu: x86(INTEL, 22, SSE_AVX, AVX512_BITS, &[], ZMM),
        features: &[CLMUL, AVX2, AVX512],
        expected: Tier::X86Avx2Pclmul,
    },
    Machine {
        name: "Alder Lake",
        cpu: x86(INTEL, 32, SSE_AVX, &[AVX2_BIT], GFNI_VPCLMULQDQ, YMM),
        features: &[CLMUL, AVX2, VPCLMULQDQ, GFNI],
        expected: Tier::X86Avx2Vpclmul,
    },
    Machine {
        name: "Zen 3",
        cpu: x86(
            AUTHENTIC_AMD,
            16,
            SSE_AVX,
            &[AVX2_BIT],
            &[VPCLMULQDQ_BIT],
            YMM,
        ),
        features: &[CLMUL, AVX2, VPCLMULQDQ, AMD],
        expected: Tier::X86Avx2Vpclmul,
    },
    Machine {
        name: "Ice Lake without the ZMM state",
        cpu: x86(INTEL, 27, SSE_AVX, AVX512_BITS, GFNI_VPCLMULQDQ, YMM),
        features: &[CLMUL, AVX2, VPCLMULQDQ, GFNI],
        expected: Tier::X86Avx2Vpclmul,
    },
    Machine {
        name: "Ice Lake without the YMM state",
        cpu: x86(INTEL, 27, SSE_AVX, AVX512_BITS, GFNI_VPCLMULQDQ, XMM),
        features: &[CLMUL, GFNI],
        expected: Tier::X86Pclmul,
    },
    Machine {
        name: "Ice Lake under `noxsave`",
        cpu: x86(
            INTEL,
            27,
            SSE_AVX_NOXSAVE,
            AVX512_BITS,
            GFNI_VPCLMULQDQ,
            NONE,
        ),
        features: &[CLMUL, GFNI],
        expected: Tier::X86Pclmul,
    },
    Machine {
        name: "Sapphire Rapids",
        cpu: x86(INTEL, 32, SSE_AVX, AVX512_BITS, GFNI_VPCLMULQDQ, ZMM),
        features: &[CLMUL, AVX2, AVX512, VPCLMULQDQ, GFNI],
        expected: Tier::X86Avx512Vpclmul,
    },
    Machine {
        name: "Zen 4",
        cpu: x86(
            AUTHENTIC_AMD,
            16,
            SSE_AVX,
            AVX512_BITS,
            GFNI_VPCLMULQDQ,
            ZMM,
        ),
        features: &[CLMUL, AVX2, AVX512, VPCLMULQDQ, GFNI, AMD],
        expected: Tier::X86Avx512VpclmulGfni,
    },
    Machine {
        name: "Zen 4 whose hypervisor hides GFNI",
        cpu: x86(
            AUTHENTIC_AMD,
            16,
            SSE_AVX,
            AVX512_BITS,
            &[VPCLMULQDQ_BIT],
            ZMM,
        ),
        features: &[CLMUL, AVX2, AVX512, VPCLMULQDQ, AMD],
        expected: Tier::X86Avx512Vpclmul,
    },
    Machine {
        name: "Tremont: GFNI without AVX",
        cpu: x86(INTEL, 27, SSE, &[], &[GFNI_BIT], NONE),
        features: &[CLMUL, GFNI],
        expected: Tier::X86Pclmul,
    },
    Machine {
        name: "a virtual machine with AVX2 and without PCLMULQDQ",
        cpu: x86(INTEL, 13, &[SSE41, OSXSAVE, AVX_BIT], &[AVX2_BIT], &[], YMM),
        features: &[&[F::Sse41], AVX2],
        expected: Tier::Portable,
    },
    Machine {
        name: "Raspberry Pi 4: CRC32 without PMULL",
        cpu: Cpu::Aarch64(&[ASIMD, CRC32]),
        features: &[&[F::Crc]],
        expected: Tier::Aarch64Crc,
    },
    Machine {
        name: "Cortex-A53 with the cryptographic extension",
        cpu: Cpu::Aarch64(&[ASIMD, CRC32, AES, PMULL, SHA1, SHA2]),
        features: &[&[F::Crc, F::Pmull]],
        expected: Tier::Aarch64Pmull,
    },
    Machine {
        name: "Neoverse V1",
        cpu: Cpu::Aarch64(&[ASIMD, CRC32, AES, PMULL, SHA1, SHA2, SHA3, SHA512]),
        features: &[&[F::Crc, F::Pmull, F::Sha3]],
        expected: Tier::Aarch64PmullEor3,
    },
    Machine {
        name: "a virtual machine with SHA-3 and without PMULL",
        cpu: Cpu::Aarch64(&[ASIMD, CRC32, SHA1, SHA2, SHA3, SHA512]),
        features: &[&[F::Crc, F::Sha3]],
        expected: Tier::Aarch64Crc,
    },
    Machine {
        name: "an ARM of 2013: PMULL without CRC32",
        cpu: Cpu::Aarch64(&[ASIMD, AES, PMULL, SHA1, SHA2]),
        features: &[&[F::Pmull]],
        expected: Tier::Aarch64Pmull,
    },
    Machine {
        name: "SpacemiT K1",
        cpu: Cpu::Riscv64(&[0, 1, 2, 3, 4, 5, ZBC, 8, 9]),
        features: &[&[F::Zbc]],
        expected: Tier::RiscvZbc,
    },
    Machine {
        name: "SiFive U74",
        cpu: Cpu::Riscv64(&[0, 1, 3, 4, 5]),
        features: &[],
        expected: Tier::Portable,
    },
];
