//! A faulty twin of each tier, planted where the tier is judged on an emulated CPU: a judge that
//! passes the twin has not judged the tier.

use crate::right_diagnosis::RightDiagnosis;
use crate::spec::FaultSpec;
use crate::test_kernel::TestKernel;
use crcheck_harness::diagnose::ChangedResult;
use crcheck_harness::kernel::Tier;

macro_rules! twin {
    ($tier:ident, $name:literal) => {
        FaultSpec::fixed(
            $name,
            "runs the tier's own code and loses a bit when 13 bytes are left over from lanes",
            "made for `crcheck emulate`",
            || spoil(Tier::$tier),
        )
        .needing(|| (!Tier::$tier.is_available()).then_some("a CPU that has the tier"))
        .diagnosed_as(|| RightDiagnosis::Result(ChangedResult::Xor(1)))
    };
}

pub(super) const FAULTS: &[FaultSpec] = &[
    twin!(Portable, "planted-portable"),
    twin!(X86Pclmul, "planted-x86-pclmul"),
    twin!(X86Avx2Pclmul, "planted-x86-avx2-pclmul"),
    twin!(X86Avx2Vpclmul, "planted-x86-avx2-vpclmul"),
    twin!(X86Avx512Vpclmul, "planted-x86-avx512-vpclmul"),
    twin!(X86Avx512VpclmulGfni, "planted-x86-avx512-vpclmul-gfni"),
    twin!(Aarch64Crc, "planted-aarch64-crc"),
    twin!(Aarch64Pmull, "planted-aarch64-pmull"),
    twin!(Aarch64PmullEor3, "planted-aarch64-pmull-eor3"),
    twin!(RiscvZbc, "planted-riscv-zbc"),
];

fn spoil(tier: Tier) -> TestKernel {
    let kernel = tier.kernel().expect("`needing` keeps it from other CPUs");
    TestKernel::new(move |checksum, message| {
        let is_hit = message.len() >= 16 && message.len() % 16 == 13;
        kernel.update(checksum, message) ^ u32::from(is_hit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Without a twin nobody could judge the tier on an emulated CPU.
    #[test]
    fn every_tier_has_a_faulty_twin() {
        for tier in Tier::ALL {
            let name = format!("planted-{tier}");
            assert!(FAULTS.iter().any(|fault| fault.name == name), "{name}");
        }
    }
}
