//! Dispatchers that choose a tier which the CPU does not support. Most of them run its instructions
//! too, so that an emulated CPU raises an illegal instruction.

use crate::crc32;
use crate::spec::FaultSpec;
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
            TestKernel::new(xor_of_three).with_select(|features| match Tier::select(&features) {
                Tier::Aarch64Pmull => Tier::Aarch64PmullEor3,
                best => best,
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
            TestKernel::new(carry_less).with_select(|features| match Tier::select(&features) {
                Tier::Portable => Tier::RiscvZbc,
                best => best,
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
        || {
            run_if(Feature::Avx2, vpclmulqdq).with_select(|features| {
                if features.contains(Feature::Avx2) {
                    Tier::X86Avx2Vpclmul
                } else {
                    Tier::select(&features)
                }
            })
        },
    )
    .caught_by(
        checks::dispatch::ID,
        &[Kind::WrongDispatch],
        "on a CPU without VPCLMULQDQ every call is illegal",
    ),
    FaultSpec::fixed(
        "dispatch-sse41-runs-pclmul",
        "takes SSE4.1 for enough to run PCLMULQDQ, and runs it",
        "made for `crcheck emulate`",
        || {
            run_if(Feature::Sse41, pclmulqdq).with_select(|features| {
                let best = Tier::select(&features);
                if best == Tier::Portable && features.contains(Feature::Sse41) {
                    Tier::X86Pclmul
                } else {
                    best
                }
            })
        },
    )
    .caught_by(
        checks::dispatch::ID,
        &[Kind::WrongDispatch],
        "on a CPU without PCLMULQDQ every call is illegal",
    ),
];

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

/// Folds blocks of N bytes into one by `fold`, and goes on with plain code.
#[cfg(target_arch = "x86_64")]
fn fold_blocks<const N: usize>(
    checksum: u32,
    message: &[u8],
    fold: impl FnOnce([u8; N], &[[u8; N]], [i64; 2]) -> [u8; N],
) -> u32 {
    let (blocks, tail) = message.as_chunks::<N>();
    let [first, rest @ ..] = blocks else {
        return crc32::update(checksum, message);
    };
    let mut first = *first;
    for (byte, part) in first.iter_mut().zip((!checksum).to_le_bytes()) {
        *byte ^= part;
    }
    // A reflected product of 64-bit words stands one bit off, and a remainder of 32 bits stands 32
    // bits up in its word: x^33 in all, which the exponents leave out.
    let distance_bits = 8 * N as u128;
    let by = [distance_bits + 64 - 33, distance_bits - 33];
    let left = fold(first, rest, by.map(|bits| i64::from(crc32::power(bits))));
    !crc32::update_register(crc32::update_register(0, &left), tail)
}

#[cfg(target_arch = "x86_64")]
fn pclmulqdq(checksum: u32, message: &[u8]) -> u32 {
    use std::arch::x86_64::*;
    #[inline(never)]
    #[target_feature(enable = "pclmulqdq")]
    fn run(first: [u8; 16], blocks: &[[u8; 16]], by: [i64; 2]) -> [u8; 16] {
        let by = _mm_set_epi64x(by[1], by[0]);
        // SAFETY: references of 16 bytes, loaded and stored at any alignment.
        let load = |block: &[u8; 16]| unsafe { _mm_loadu_si128(block.as_ptr().cast()) };
        let mut sum = load(&first);
        for block in blocks {
            let low = _mm_clmulepi64_si128::<0x00>(sum, by);
            let high = _mm_clmulepi64_si128::<0x11>(sum, by);
            sum = _mm_xor_si128(_mm_xor_si128(low, high), load(block));
        }
        let mut bytes = [0; 16];
        // SAFETY: as above.
        unsafe { _mm_storeu_si128(bytes.as_mut_ptr().cast(), sum) };
        bytes
    }
    // SAFETY: none: the faulty dispatcher takes for granted that the CPU has the instruction. The
    // harness's signal handler survives it.
    fold_blocks(checksum, message, |first, blocks, by| unsafe {
        run(first, blocks, by)
    })
}

#[cfg(target_arch = "x86_64")]
fn vpclmulqdq(checksum: u32, message: &[u8]) -> u32 {
    use std::arch::x86_64::*;
    #[inline(never)]
    #[target_feature(enable = "avx2,vpclmulqdq")]
    fn run(first: [u8; 32], blocks: &[[u8; 32]], by: [i64; 2]) -> [u8; 32] {
        let by = _mm256_set_epi64x(by[1], by[0], by[1], by[0]);
        // SAFETY: references of 32 bytes, loaded and stored at any alignment.
        let load = |block: &[u8; 32]| unsafe { _mm256_loadu_si256(block.as_ptr().cast()) };
        let mut sum = load(&first);
        for block in blocks {
            let low = _mm256_clmulepi64_epi128::<0x00>(sum, by);
            let high = _mm256_clmulepi64_epi128::<0x11>(sum, by);
            sum = _mm256_xor_si256(_mm256_xor_si256(low, high), load(block));
        }
        let mut bytes = [0; 32];
        // SAFETY: as above.
        unsafe { _mm256_storeu_si256(bytes.as_mut_ptr().cast(), sum) };
        bytes
    }
    // SAFETY: none, as in `pclmulqdq`.
    fold_blocks(checksum, message, |first, blocks, by| unsafe {
        run(first, blocks, by)
    })
}

/// The right checksum, and one XOR of three on the way.
#[inline(never)]
fn xor_of_three(checksum: u32, message: &[u8]) -> u32 {
    #[cfg(target_arch = "aarch64")]
    // SAFETY: none: the faulty dispatcher takes for granted that the CPU has the instruction. The
    // harness's signal handler survives it.
    unsafe {
        std::arch::asm!(
            ".arch_extension sha3",
            "eor3 v0.16b, v0.16b, v0.16b, v0.16b",
            ".arch_extension nosha3",
            out("v0") _,
            options(nomem, nostack),
        );
    }
    crc32::update(checksum, message)
}

/// The right checksum, and one carry-less product on the way.
#[inline(never)]
fn carry_less(checksum: u32, message: &[u8]) -> u32 {
    #[cfg(target_arch = "riscv64")]
    // SAFETY: none: the faulty dispatcher takes for granted that the CPU has the instruction. The
    // harness's signal handler survives it.
    unsafe {
        std::arch::asm!(
            ".option push",
            ".option arch, +zbc",
            "clmul {product}, {checksum}, {checksum}",
            ".option pop",
            product = out(reg) _,
            checksum = in(reg) u64::from(checksum),
            options(nomem, nostack),
        );
    }
    crc32::update(checksum, message)
}

/// On other architectures the instructions do not exist, and no CPU has the features.
#[cfg(not(target_arch = "x86_64"))]
fn pclmulqdq(checksum: u32, message: &[u8]) -> u32 {
    crc32::update(checksum, message)
}

#[cfg(not(target_arch = "x86_64"))]
use pclmulqdq as vpclmulqdq;

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;

    /// Where the CPU has the instruction nothing but the dispatcher is wrong.
    #[test]
    fn what_the_dispatchers_run_is_right_where_the_cpu_has_it() {
        let text: Vec<u8> = (0..300).map(|i| (i * 7) as u8).collect();
        let features = Features::of_the_machine();
        for length in 0..text.len() {
            let (checksum, message) = (length as u32 * 0x9e37, &text[..length]);
            let right = crc32::update(checksum, message);
            if features.contains(Feature::Pclmulqdq) {
                assert_eq!(pclmulqdq(checksum, message), right);
            }
            if features.contains(Feature::Vpclmulqdq) {
                assert_eq!(vpclmulqdq(checksum, message), right);
            }
        }
    }
}
