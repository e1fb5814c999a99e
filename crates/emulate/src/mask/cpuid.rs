//! The answers of CPUID and XGETBV on a masked CPU: those of this CPU, cut down, with another
//! vendor.

use crate::matrix::Cpu;
use crcheck_harness::platform::extension::{
    CpuidRegister, EXTENSIONS, LEAF_1_ECX, OSXSAVE_BIT, State, Word, cpu,
};

/// EAX, EBX, ECX and EDX of CPUID on `masked`.
pub(super) fn cpuid(masked: &Cpu, leaf: u32, subleaf: u32) -> [u32; 4] {
    cut(masked, leaf, subleaf, cpu::cpuid(leaf, subleaf))
}

fn cut(masked: &Cpu, leaf: u32, subleaf: u32, mut words: [u32; 4]) -> [u32; 4] {
    // A leaf without subleaves ignores ECX of the question.
    let is_of_leaf = |word: &Word| word.leaf == leaf && (word.subleaf == subleaf || leaf != 7);
    for extension in EXTENSIONS {
        let has = masked.extensions.iter().any(|name| name == extension.name);
        if is_of_leaf(&extension.word) && !has {
            words[index(extension.word.register)] &= !(1 << extension.bit);
        }
    }
    if let (0, Some(vendor)) = (leaf, masked.vendor) {
        let (text, _) = vendor.text().as_chunks::<4>();
        for (register, word) in [CpuidRegister::Ebx, CpuidRegister::Edx, CpuidRegister::Ecx]
            .into_iter()
            .zip(text)
        {
            words[index(register)] = u32::from_le_bytes(*word);
        }
    }
    if leaf == LEAF_1_ECX.leaf && masked.state == State::Xmm {
        words[index(LEAF_1_ECX.register)] &= !(1 << OSXSAVE_BIT);
    }
    if leaf == 0xd && subleaf == 0 {
        words[0] &= masked.state.xcr0() as u32;
    }
    words
}

const fn index(register: CpuidRegister) -> usize {
    match register {
        CpuidRegister::Eax => 0,
        CpuidRegister::Ebx => 1,
        CpuidRegister::Ecx => 2,
        CpuidRegister::Edx => 3,
    }
}

/// XCR0 on `masked`; `None` if XGETBV is an illegal instruction there.
pub(super) fn xcr0(masked: &Cpu) -> Option<u64> {
    if masked.state == State::Xmm {
        return None;
    }
    cpu::xcr0().map(|xcr0| xcr0 & masked.state.xcr0())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::Matrix;
    use crcheck_harness::kernel::cpu::{CpuidWords, Features};

    /// On a CPU that has every feature, a row of the matrix sees its own features and no more.
    #[test]
    fn a_cpu_with_every_feature_can_be_masked_as_every_other() {
        let all = |leaf, subleaf| {
            [u32::MAX; 4].map(|word: u32| {
                if (leaf, subleaf) == (0, 0) {
                    0x20
                } else {
                    word
                }
            })
        };
        for masked in Matrix::built_in()
            .cpus()
            .iter()
            .filter(|cpu| cpu.can_be_masked)
        {
            let words = |leaf| cut(masked, leaf, 0, all(leaf, 0));
            let vendor = [words(0)[1], words(0)[3], words(0)[2]].map(u32::to_le_bytes);
            let features = Features::from_cpuid(&CpuidWords {
                vendor: vendor.concat().try_into().expect("three words"),
                leaf_1_ecx: words(1)[2],
                leaf_1_edx: words(1)[3],
                leaf_7_ebx: words(7)[1],
                leaf_7_ecx: words(7)[2],
                xcr0: masked.state.xcr0(),
            });
            assert_eq!(features, masked.features(), "{}", masked.name);
        }
    }

    #[test]
    fn a_mask_adds_no_feature() {
        for masked in Matrix::built_in().cpus() {
            for leaf in [1, 7, 0xd, 0x8000_0001] {
                let here = cpu::cpuid(leaf, 0);
                let answer = cpuid(masked, leaf, 0);
                for (answer, here) in answer.into_iter().zip(here) {
                    assert_eq!(answer & !here, 0, "{}", masked.name);
                }
            }
        }
    }
}
