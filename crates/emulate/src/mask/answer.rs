//! What CPUID and XGETBV say on a CPU that is played: what the CPU at hand says, cut down, and who made it.

use crate::matrix::Cpu;
use crcheck_harness::platform::extension::{
    CpuidRegister, EXTENSIONS, LEAF_1_ECX, OSXSAVE_BIT, State, cpu,
};

/// EAX, EBX, ECX, EDX of CPUID.
pub(super) fn cpuid(played: &Cpu, leaf: u32, subleaf: u32) -> [u32; 4] {
    cut(played, leaf, subleaf, cpu::cpuid(leaf, subleaf))
}

fn cut(played: &Cpu, leaf: u32, subleaf: u32, mut words: [u32; 4]) -> [u32; 4] {
    // Leaves without subleaves ignore the question's ECX.
    let is_of_leaf = |word: &crcheck_harness::platform::extension::Word| {
        word.leaf == leaf && (word.subleaf == subleaf || leaf != 7)
    };
    for extension in EXTENSIONS {
        let has = played.extensions.iter().any(|name| name == extension.name);
        if is_of_leaf(&extension.word) && !has {
            words[index(extension.word.register)] &= !(1 << extension.bit);
        }
    }
    if let (0, Some(vendor)) = (leaf, played.vendor) {
        let (text, _) = vendor.text().as_chunks::<4>();
        for (register, word) in [CpuidRegister::Ebx, CpuidRegister::Edx, CpuidRegister::Ecx]
            .into_iter()
            .zip(text)
        {
            words[index(register)] = u32::from_le_bytes(*word);
        }
    }
    if leaf == LEAF_1_ECX.leaf && played.state == State::Xmm {
        words[index(LEAF_1_ECX.register)] &= !(1 << OSXSAVE_BIT);
    }
    if leaf == 0xd && subleaf == 0 {
        words[0] &= played.state.xcr0() as u32;
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

/// XCR0; `None` if XGETBV is an illegal instruction.
pub(super) fn xcr0(played: &Cpu) -> Option<u64> {
    if played.state == State::Xmm {
        return None;
    }
    cpu::xcr0().map(|xcr0| xcr0 & played.state.xcr0())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::Matrix;
    use crcheck_harness::kernel::cpu::{CpuidWords, Features};

    /// On a CPU that has everything each row of the matrix sees what it has, and no more.
    #[test]
    fn a_cpu_that_has_everything_plays_every_other() {
        let all = |leaf, subleaf| {
            [u32::MAX; 4].map(|word: u32| {
                if (leaf, subleaf) == (0, 0) {
                    0x20
                } else {
                    word
                }
            })
        };
        for played in Matrix::built_in().cpus().iter().filter(|cpu| cpu.mask) {
            let words = |leaf| cut(played, leaf, 0, all(leaf, 0));
            let vendor = [words(0)[1], words(0)[3], words(0)[2]].map(u32::to_le_bytes);
            let features = Features::from_cpuid(&CpuidWords {
                vendor: vendor.concat().try_into().expect("three words"),
                leaf_1_ecx: words(1)[2],
                leaf_1_edx: words(1)[3],
                leaf_7_ebx: words(7)[1],
                leaf_7_ecx: words(7)[2],
                xcr0: played.state.xcr0(),
            });
            assert_eq!(features, played.features(), "{}", played.name);
        }
    }

    #[test]
    fn nothing_is_made_up() {
        for played in Matrix::built_in().cpus() {
            for leaf in [1, 7, 0xd, 0x8000_0001] {
                let here = cpu::cpuid(leaf, 0);
                let told = cpuid(played, leaf, 0);
                for (told, here) in told.into_iter().zip(here) {
                    assert_eq!(told & !here, 0, "{}", played.name);
                }
            }
        }
    }
}
