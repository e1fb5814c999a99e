//! A CPU of the matrix as interpreted code sees it.

use crate::matrix::{Cpu, Vendor};
use crcheck_harness::machine::{self, Described};

/// `cpu` for interpreted code. An extension whose registers its operating system does not save is
/// in CPUID and cannot be executed.
pub fn interpreted_cpu(cpu: &Cpu) -> machine::Cpu {
    let (vendor, family) = match cpu.vendor {
        Some(Vendor::Amd) => machine::AMD,
        Some(Vendor::Intel) | None => machine::INTEL,
    };
    machine::Cpu::of(Described {
        name: &cpu.name,
        vendor,
        family,
        extensions: cpu.extensions.iter().cloned().collect(),
        state: cpu.state,
    })
}

/// The CPU that has what any CPU of x86-64 has.
pub fn every_extension() -> machine::Cpu {
    machine::Cpu::with_every_extension()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::Matrix;
    use crcheck_harness::kernel::cpu::{Feature, Features};
    use crcheck_harness::subject::{CpuidAnswers, MachineAnswers, kernel_features};

    const HIGHEST: u32 = 0xd;
    const HIGHEST_EXTENDED: u32 = 0x8000_0001;

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
        assert_eq!(without_osxsave.cpuid.cpuid(1, 0)[2] >> 27 & 1, 0);
        assert!(!without_osxsave.extensions.contains("avx"));
    }

    #[test]
    fn every_leaf_above_the_highest_is_empty_and_saved_registers_fit_their_area() {
        let cpu = every_extension();
        assert_eq!(cpu.cpuid.cpuid(HIGHEST + 1, 0), [0; 4]);
        assert_eq!(cpu.cpuid.cpuid(HIGHEST_EXTENDED + 1, 0), [0; 4]);
        let [xcr0, area_bytes, ..] = cpu.cpuid.cpuid(HIGHEST, 0);
        assert_eq!(Some(u64::from(xcr0)), cpu.cpuid.xcr0());
        for bit in (2..32).filter(|bit| xcr0 >> bit & 1 == 1) {
            let [len, offset, ..] = cpu.cpuid.cpuid(HIGHEST, bit);
            assert!(len > 0 && offset + len <= area_bytes, "component {bit}");
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
