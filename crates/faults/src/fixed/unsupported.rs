//! Dispatchers that choose a tier which the CPU does not support. Most of them run its instructions
//! too, so that an emulated CPU raises an illegal instruction.

use crate::crc32;
use crate::parts::instructions::{
    update_by_pclmulqdq, update_by_vpclmulqdq, update_with_clmul, update_with_eor3,
};
use crate::spec::{FaultCode, FaultSpec};
use crate::test_kernel::TestKernel;
use crcheck_harness::check::checks;
use crcheck_harness::kernel::Tier;
use crcheck_harness::kernel::cpu::{Feature, Features};
use crcheck_harness::subject::Kind;

pub(super) const FAULTS: &[FaultSpec] = &[
    FaultSpec::fixed(
        "dispatch-crc-for-pmull",
        "takes the CRC32 instructions for enough to run PMULL",
        "HWCAP_CRC32 taken for HWCAP_PMULL; the Raspberry Pi 4 has the first alone",
        || {
            TestKernel::right().with_select(|features| match Tier::select(&features) {
                Tier::Aarch64Crc => Tier::Aarch64Pmull,
                best => best,
            })
        },
    )
    .caught_only_by(checks::dispatch::ID, &[Kind::WrongDispatch]),
    FaultSpec::fixed(
        "dispatch-pmull-runs-eor3",
        "takes PMULL for enough to run EOR3, and runs it",
        "the cryptographic extension taken for that of ARMv8.2",
        || {
            TestKernel::new(update_with_eor3).with_select(|features| {
                match Tier::select(&features) {
                    Tier::Aarch64Pmull => Tier::Aarch64PmullEor3,
                    best => best,
                }
            })
        },
    )
    .caught_by(
        checks::dispatch::ID,
        &[Kind::WrongDispatch],
        "on a CPU without EOR3 every call is illegal",
    )
    .needing(|| (!cfg!(target_arch = "aarch64")).then_some("an ARM CPU")),
    FaultSpec::fixed(
        "dispatch-riscv-runs-zbc",
        "takes every RISC-V for one with Zbc, and runs it",
        "RVA23 has much, and Zbc is no part of it",
        || {
            TestKernel::new(update_with_clmul).with_select(|features| {
                match Tier::select(&features) {
                    Tier::Portable => Tier::RiscvZbc,
                    best => best,
                }
            })
        },
    )
    .caught_by(
        checks::dispatch::ID,
        &[Kind::WrongDispatch],
        "on a CPU without Zbc every call is illegal",
    )
    .needing(|| (!cfg!(target_arch = "riscv64")).then_some("a RISC-V CPU")),
    FaultSpec::fixed(
        "dispatch-avx2-runs-vpclmul",
        "takes AVX2 for enough to run VPCLMULQDQ on 256 bits, and runs it",
        "the article, its dispatch",
        || run_if(Feature::Avx2, update_by_vpclmulqdq).with_select(vpclmul_for_avx2),
    )
    .caught_by(
        checks::dispatch::ID,
        &[Kind::WrongDispatch],
        "on a CPU without VPCLMULQDQ every call is illegal",
    )
    .with_code(FaultCode {
        entry: run_vpclmul_for_avx2,
        tier: vpclmul_for_avx2,
        is_dispatcher: true,
    }),
    FaultSpec::fixed(
        "dispatch-sse41-runs-pclmul",
        "takes SSE4.1 for enough to run PCLMULQDQ, and runs it",
        "made for `crcheck emulate`",
        || run_if(Feature::Sse41, update_by_pclmulqdq).with_select(pclmul_for_sse41),
    )
    .caught_by(
        checks::dispatch::ID,
        &[Kind::WrongDispatch],
        "on a CPU without PCLMULQDQ every call is illegal",
    )
    .with_code(FaultCode {
        entry: run_pclmul_for_sse41,
        tier: pclmul_for_sse41,
        is_dispatcher: true,
    }),
];

fn vpclmul_for_avx2(features: Features) -> Tier {
    if features.contains(Feature::Avx2) {
        Tier::X86Avx2Vpclmul
    } else {
        Tier::select(&features)
    }
}

fn pclmul_for_sse41(features: Features) -> Tier {
    let best = Tier::select(&features);
    if best == Tier::Portable && features.contains(Feature::Sse41) {
        Tier::X86Pclmul
    } else {
        best
    }
}

/// The code of these dispatchers for an interpreter, whose CPU each call asks anew.
macro_rules! code {
    ($name:ident, $feature:ident, $update:ident) => {
        unsafe extern "C" fn $name(checksum: u32, message: *const u8, len_bytes: usize) -> u32 {
            // SAFETY: the caller vouches for the message.
            let message = unsafe { std::slice::from_raw_parts(message, len_bytes) };
            if Features::detect().contains(Feature::$feature) {
                $update(checksum, message)
            } else {
                crc32::update(checksum, message)
            }
        }
    };
}

code!(run_vpclmul_for_avx2, Avx2, update_by_vpclmulqdq);
code!(run_pclmul_for_sse41, Sse41, update_by_pclmulqdq);

/// A kernel that asks for `feature` alone before it calls `update`.
fn run_if(feature: Feature, update: fn(u32, &[u8]) -> u32) -> TestKernel {
    let has_feature = Features::detect().contains(feature);
    TestKernel::new(move |checksum, message| {
        if has_feature {
            update(checksum, message)
        } else {
            crc32::update(checksum, message)
        }
    })
}
