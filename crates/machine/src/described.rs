//! A CPU by its extensions: what it answers to CPUID and XGETBV, and which instructions it has.
//! Nothing here is taken from the CPU of this machine.

use crate::cpu::{Cpu, CpuidTable};
use crcheck_platform::extension::{CpuidRegister, EXTENSIONS, Extension, OSXSAVE_BIT, State};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What a CPU says of itself.
#[derive(Clone, Debug)]
pub struct Described<'d> {
    pub name: &'d str,
    /// EBX, EDX and ECX of CPUID leaf 0, as text.
    pub vendor: &'d [u8; 12],
    /// The family, and the extended family that it adds (Intel SDM 2A, CPUID, figure 3-6).
    pub family: (u32, u32),
    /// The extensions that CPUID reports, by the names that compilers use.
    pub extensions: BTreeSet<String>,
    /// The registers that its operating system saves.
    pub state: State,
}

/// The vendor's text and the family of AMD's CPUs from Zen 3 on, and of Intel's.
pub const AMD: (&[u8; 12], (u32, u32)) = (b"AuthenticAMD", (15, 10));
pub const INTEL: (&[u8; 12], (u32, u32)) = (b"GenuineIntel", (6, 0));

impl Cpu {
    /// The CPU that says so. An extension whose registers the operating system does not save is in
    /// its CPUID and cannot be executed.
    pub fn of(described: Described<'_>) -> Self {
        let answers = Answers {
            reported: described.extensions,
            vendor: *described.vendor,
            family: described.family,
            state: described.state,
        };
        Self {
            name: described.name.to_owned(),
            extensions: answers.usable().map(str::to_owned).collect(),
            cpuid: Arc::new(answers),
        }
    }

    /// The CPU that has every extension that crcheck knows. Its name is `any`.
    pub fn with_every_extension() -> Self {
        let names = EXTENSIONS.iter().map(|known| known.name.to_owned());
        let (vendor, family) = INTEL;
        Self::of(Described {
            name: "any",
            vendor,
            family,
            extensions: names.collect(),
            state: State::Zmm,
        })
    }
}

/// What a CPU answers.
struct Answers {
    /// The extensions whose bits are set.
    reported: BTreeSet<String>,
    vendor: [u8; 12],
    family: (u32, u32),
    /// The registers that the operating system saves.
    state: State,
}

/// The bits of leaf 1, EDX, that every CPU of x86-64 sets: FPU, TSC, CX8, CMOV, CLFSH, MMX, FXSR,
/// SSE, SSE2 (Intel SDM 2A, CPUID, table 3-11).
const LEAF_1_EDX: u32 =
    1 | 1 << 4 | 1 << 8 | 1 << 15 | 1 << 19 | 1 << 23 | 1 << 24 | 1 << 25 | 1 << 26;

/// The bits of leaf 80000001h, EDX, that they set: SYSCALL, execute disable, 64-bit mode.
const EXTENDED_EDX: u32 = 1 << 11 | 1 << 20 | 1 << 29;

/// The bit of leaf 80000001h, ECX, for LAHF and SAHF in 64-bit mode.
const LAHF_BIT: u32 = 0;

/// The highest leaves that it has: those of features, and that of saved registers.
pub(crate) const HIGHEST: u32 = 0xd;
const HIGHEST_EXTENDED: u32 = 0x8000_0001;

/// The components of XCR0 beyond x87 and SSE: their bits, their lengths, and where XSAVE stores
/// them, in bytes (Intel SDM 1, 13.4 and 13.5; the offsets are those of Intel's CPUs).
const COMPONENTS: [(u32, u32, u32); 4] = [
    (2, 256, 576),
    (5, 64, 1088),
    (6, 512, 1152),
    (7, 1024, 1664),
];

/// What XSAVE stores without them, in bytes.
const LEGACY_AREA_BYTES: u32 = 576;

impl Answers {
    /// The extensions that a program can use.
    fn usable(&self) -> impl Iterator<Item = &str> {
        let is_usable =
            |name: &&str| Extension::named(name).is_none_or(|known| known.state <= self.state);
        self.reported.iter().map(String::as_str).filter(is_usable)
    }

    /// The bits of the extensions in the answer to a leaf.
    fn extension_bits(&self, leaf: u32, subleaf: u32) -> [u32; 4] {
        let mut words = [0; 4];
        let of_answer = EXTENSIONS
            .iter()
            .filter(|known| (known.word.leaf, known.word.subleaf) == (leaf, subleaf));
        for known in of_answer.filter(|known| self.reported.contains(known.name)) {
            words[index(known.word.register)] |= 1 << known.bit;
        }
        words
    }

    fn vendor_words(&self) -> [u32; 4] {
        let (text, _) = self.vendor.as_chunks();
        let [ebx, edx, ecx] = [text[0], text[1], text[2]].map(u32::from_le_bytes);
        [HIGHEST, ebx, ecx, edx]
    }

    /// The lengths of what XSAVE stores, with all that the operating system has enabled.
    fn saved_registers(&self, subleaf: u32) -> [u32; 4] {
        let xcr0 = self.state.xcr0() as u32;
        let mut enabled = COMPONENTS.iter().filter(|(bit, ..)| xcr0 >> bit & 1 == 1);
        if subleaf == 0 {
            let end_bytes = enabled
                .next_back()
                .map_or(LEGACY_AREA_BYTES, |last| last.1 + last.2);
            return [xcr0, end_bytes, end_bytes, 0];
        }
        let component = enabled.find(|(bit, ..)| *bit == subleaf);
        component.map_or([0; 4], |(_, len, offset)| [*len, *offset, 0, 0])
    }
}

impl CpuidTable for Answers {
    fn cpuid(&self, leaf: u32, subleaf: u32) -> [u32; 4] {
        // A leaf without subleaves ignores ECX of the question.
        let [eax, ebx, ecx, edx] = match leaf {
            7 => self.extension_bits(leaf, subleaf),
            _ => self.extension_bits(leaf, 0),
        };
        match leaf {
            0 => self.vendor_words(),
            1 => {
                let osxsave = u32::from(self.state > State::Xmm) << OSXSAVE_BIT;
                let (family, extended) = self.family;
                // Of no model; cache lines of 8 x 8 bytes.
                let signature = family << 8 | extended << 20;
                [signature, 8 << 8 | ebx, ecx | osxsave, edx | LEAF_1_EDX]
            }
            // The highest subleaf is 1.
            7 if subleaf == 0 => [1, ebx, ecx, edx],
            7 => [eax, ebx, ecx, edx],
            0xd => self.saved_registers(subleaf),
            0x8000_0000 => [HIGHEST_EXTENDED, 0, 0, 0],
            HIGHEST_EXTENDED => [0, 0, ecx | 1 << LAHF_BIT, edx | EXTENDED_EDX],
            _ => [0; 4],
        }
    }

    fn xcr0(&self) -> Option<u64> {
        (self.state > State::Xmm).then(|| self.state.xcr0())
    }
}

const fn index(register: CpuidRegister) -> usize {
    match register {
        CpuidRegister::Eax => 0,
        CpuidRegister::Ebx => 1,
        CpuidRegister::Ecx => 2,
        CpuidRegister::Edx => 3,
    }
}
