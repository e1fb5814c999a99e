//! A CPU of the matrix as interpreted code sees it: what it answers to CPUID and XGETBV, and which
//! instructions it has. Nothing here is taken from the CPU of this machine.

use crate::matrix::{Cpu, Matrix, Vendor};
use crcheck_harness::machine;
use crcheck_harness::platform::extension::{
    CpuidRegister, EXTENSIONS, Extension, LEAF_1_ECX, OSXSAVE_BIT, State,
};
use std::collections::BTreeSet;
use std::sync::Arc;

/// `cpu` for interpreted code. An extension whose registers its operating system does not save is
/// in CPUID and cannot be executed.
pub fn interpreted_cpu(cpu: &Cpu) -> machine::Cpu {
    let reported: BTreeSet<String> = cpu.extensions.iter().cloned().collect();
    of_answers(
        &cpu.name,
        Answers {
            reported,
            vendor: cpu.vendor.unwrap_or(Vendor::Intel),
            state: cpu.state,
        },
    )
}

/// The CPU that has every extension of any CPU of x86-64 in the built-in matrix.
pub fn every_extension() -> machine::Cpu {
    let matrix = Matrix::built_in();
    let cpus = matrix.cpus().iter().filter(|cpu| cpu.arch == "x86_64");
    let reported = cpus.flat_map(|cpu| cpu.extensions.iter().cloned());
    of_answers(
        "any",
        Answers {
            reported: reported.collect(),
            vendor: Vendor::Intel,
            state: State::Zmm,
        },
    )
}

fn of_answers(name: &str, answers: Answers) -> machine::Cpu {
    machine::Cpu {
        name: name.to_owned(),
        extensions: answers.usable().map(str::to_owned).collect(),
        cpuid: Arc::new(answers),
    }
}

/// What a CPU answers.
struct Answers {
    /// The extensions whose bits are set.
    reported: BTreeSet<String>,
    vendor: Vendor,
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
const HIGHEST: u32 = 0xd;
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
        let (text, _) = self.vendor.text().as_chunks();
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

impl machine::CpuidTable for Answers {
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
                debug_assert_eq!(LEAF_1_ECX.register, CpuidRegister::Ecx);
                // Family 6 of Intel and 25 of AMD, of no model; cache lines of 64 bytes.
                let family = match self.vendor {
                    Vendor::Intel => 6 << 8,
                    Vendor::Amd => 0xf << 8 | 10 << 20,
                };
                [family, 8 << 8 | ebx, ecx | osxsave, edx | LEAF_1_EDX]
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

#[cfg(test)]
mod tests {
    use super::*;
    use crcheck_harness::kernel::cpu::{Feature, Features};
    use crcheck_harness::subject::{CpuidAnswers, MachineAnswers, kernel_features};

    fn features_seen(cpu: &machine::Cpu) -> Features {
        let leaves = [0, 1, 7, HIGHEST].map(|leaf| (leaf, cpu.cpuid.cpuid(leaf, 0)));
        let xcr0 = cpu.cpuid.xcr0();
        let answers = CpuidAnswers::new(leaves.to_vec(), xcr0.unwrap_or(0));
        let answers = MachineAnswers::X86_64(answers);
        let seen = kernel_features(&answers);
        let MachineAnswers::X86_64(answers) = &answers else {
            unreachable!("made above");
        };
        assert!(!answers.has_faulted(), "{}", cpu.name);
        seen
    }

    #[test]
    fn the_kernel_sees_the_features_of_each_row_in_its_answers() {
        for row in Matrix::built_in().cpus() {
            if row.arch == "x86_64" {
                let seen = features_seen(&interpreted_cpu(row));
                assert_eq!(seen, row.features(), "{}", row.name);
            }
        }
    }

    #[test]
    fn what_no_register_is_saved_for_is_reported_and_cannot_be_executed() {
        let matrix = Matrix::built_in();
        let cpu = |name| interpreted_cpu(matrix.named(name).expect("a row"));
        let without_state = cpu("avx512-without-state");
        assert_eq!(without_state.cpuid.cpuid(7, 0)[1] >> 16 & 1, 1);
        assert!(!without_state.extensions.contains("avx512f"));
        assert!(without_state.extensions.contains("vpclmulqdq"));
        let without_osxsave = cpu("avx2-without-state");
        assert_eq!(without_osxsave.cpuid.xcr0(), None);
        assert_eq!(without_osxsave.cpuid.cpuid(1, 0)[2] >> OSXSAVE_BIT & 1, 0);
        assert!(!without_osxsave.extensions.contains("avx"));
    }

    #[test]
    fn every_leaf_above_the_highest_is_empty_and_saved_registers_fit_their_area() {
        for cpu in [every_extension()] {
            assert_eq!(cpu.cpuid.cpuid(HIGHEST + 1, 0), [0; 4]);
            assert_eq!(cpu.cpuid.cpuid(HIGHEST_EXTENDED + 1, 0), [0; 4]);
            let [xcr0, area_bytes, ..] = cpu.cpuid.cpuid(HIGHEST, 0);
            assert_eq!(Some(u64::from(xcr0)), cpu.cpuid.xcr0());
            for bit in (2..32).filter(|bit| xcr0 >> bit & 1 == 1) {
                let [len, offset, ..] = cpu.cpuid.cpuid(HIGHEST, bit);
                assert!(len > 0 && offset + len <= area_bytes, "component {bit}");
            }
        }
    }

    #[test]
    fn the_cpu_with_everything_has_what_any_row_has() {
        let every = every_extension();
        for row in Matrix::built_in().cpus() {
            if row.arch == "x86_64" {
                let own = interpreted_cpu(row).extensions;
                assert!(own.is_subset(&every.extensions), "{}", row.name);
                let seen = row.features().without([Feature::Amd].into_iter().collect());
                assert!(features_seen(&every).contains_all(seen), "{}", row.name);
            }
        }
    }
}
