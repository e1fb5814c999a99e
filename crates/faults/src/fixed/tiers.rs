//! A faulty twin of each tier, planted where the tier is judged on an emulated CPU: a judge that
//! passes the twin has not judged the tier.

use crate::right_diagnosis::RightDiagnosis;
use crate::spec::{FaultCode, FaultSpec};
use crate::test_kernel::TestKernel;
use crcheck_harness::diagnose::ChangedResult;
use crcheck_harness::kernel::Tier;
#[cfg(target_arch = "x86_64")]
use crcheck_harness::subject::interpretation::ProgramEntry;

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

/// The twin of a tier that any x86-64 interprets.
macro_rules! interpreted_twin {
    ($tier:ident, $name:literal) => {
        twin!($tier, $name).with_code(FaultCode {
            entry: twin_of::<{ Tier::$tier.code() }>,
            tier: |_| Tier::$tier,
            is_dispatcher: false,
        })
    };
}

pub(super) const FAULTS: &[FaultSpec] = &[
    interpreted_twin!(Portable, "planted-portable"),
    interpreted_twin!(X86Pclmul, "planted-x86-pclmul"),
    interpreted_twin!(X86Avx2Pclmul, "planted-x86-avx2-pclmul"),
    interpreted_twin!(X86Avx2Vpclmul, "planted-x86-avx2-vpclmul"),
    interpreted_twin!(X86Avx512Vpclmul, "planted-x86-avx512-vpclmul"),
    interpreted_twin!(X86Avx512VpclmulGfni, "planted-x86-avx512-vpclmul-gfni"),
    twin!(Aarch64Crc, "planted-aarch64-crc"),
    twin!(Aarch64Pmull, "planted-aarch64-pmull"),
    twin!(Aarch64PmullEor3, "planted-aarch64-pmull-eor3"),
    twin!(RiscvZbc, "planted-riscv-zbc"),
];

fn spoil(tier: Tier) -> TestKernel {
    let kernel = tier.kernel().expect("`needing` keeps it from other CPUs");
    TestKernel::new(move |checksum, message| {
        kernel.update(checksum, message) ^ spoiled_bit(message.len())
    })
}

/// What is wrong in the checksum of a message of this length.
fn spoiled_bit(len_bytes: usize) -> u32 {
    u32::from(len_bytes >= 16 && len_bytes % 16 == 13)
}

/// The twin of the tier with this number, for an interpreter: the CPU that it asks may lack the
/// tier.
#[cfg(target_arch = "x86_64")]
unsafe extern "C" fn twin_of<const TIER: u8>(
    checksum: u32,
    message: *const u8,
    len_bytes: usize,
) -> u32 {
    let tier = Tier::from_code(TIER).expect("the number of a tier");
    let entry = tier.raw_entry().expect("a tier of this architecture");
    // SAFETY: the kernel's functions at these addresses have this type.
    let entry: ProgramEntry = unsafe { std::mem::transmute::<*const (), ProgramEntry>(entry) };
    // SAFETY: the caller vouches for the message. Only interpreters run it on CPUs without the
    // tier.
    unsafe { entry(checksum, message, len_bytes) ^ spoiled_bit(len_bytes) }
}

/// Nothing interprets it on other architectures.
#[cfg(not(target_arch = "x86_64"))]
unsafe extern "C" fn twin_of<const TIER: u8>(checksum: u32, _: *const u8, _: usize) -> u32 {
    checksum
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
