//! Faults that are planted where a tier is judged on a CPU that is played: a judge who lets one of
//! these pass there has not judged the tier.

use super::ANYWHERE;
use crate::base;
use crate::exhibit::{BY_VALUE, Exhibit, Fault, Necessity};
use crcheck_harness::check::CheckId;
use crcheck_harness::finding::Kind;
use crcheck_harness::kernel::Tier;
use crcheck_harness::kernel::cpu::{Feature, Features};

/// The code of a tier, with a wrong result for some messages.
macro_rules! planted {
    ($name:literal, $tier:ident) => {
        Fault {
            name: $name,
            summary: "runs the tier's own code and loses a bit when 13 bytes are left over from lanes",
            source: "made for `crcheck emulate`",
            caught_by: CheckId::Agree,
            kinds: &[Kind::WrongValue],
            necessity: BY_VALUE,
            unavailable: || (!Tier::$tier.is_available()).then_some("a CPU that has the tier"),
            make: || spoiled(Tier::$tier),
        }
    };
}

pub(super) const FAULTS: &[Fault] = &[
    planted!("planted-portable", Portable),
    planted!("planted-x86-pclmul", X86Pclmul),
    planted!("planted-x86-avx2-pclmul", X86Avx2Pclmul),
    planted!("planted-x86-avx2-vpclmul", X86Avx2Vpclmul),
    planted!("planted-x86-avx512-vpclmul", X86Avx512Vpclmul),
    planted!("planted-x86-avx512-vpclmul-gfni", X86Avx512VpclmulGfni),
    planted!("planted-aarch64-crc", Aarch64Crc),
    planted!("planted-aarch64-pmull", Aarch64Pmull),
    planted!("planted-aarch64-pmull-eor3", Aarch64PmullEor3),
    planted!("planted-riscv-zbc", RiscvZbc),
    Fault {
        name: "dispatch-crc-for-pmull",
        summary: "takes the CRC32 instructions for enough to run PMULL",
        source: "HWCAP_CRC32 taken for HWCAP_PMULL; the Raspberry Pi 4 has the first alone",
        caught_by: CheckId::Dispatch,
        kinds: &[Kind::WrongDispatch],
        necessity: Necessity::Alone,
        unavailable: ANYWHERE,
        make: || Exhibit {
            select: Some(Box::new(|features| match Tier::select(&features) {
                Tier::Aarch64Crc => Tier::Aarch64Pmull,
                best => best,
            })),
            ..Exhibit::right()
        },
    },
    Fault {
        name: "dispatch-pmull-runs-eor3",
        summary: "takes PMULL for enough to run EOR3, and runs it",
        source: "the cryptographic extension taken for that of ARMv8.2",
        caught_by: CheckId::Dispatch,
        kinds: &[Kind::WrongDispatch],
        necessity: Necessity::Shared("on a CPU without EOR3 every call is illegal"),
        unavailable: || (!cfg!(target_arch = "aarch64")).then_some("an ARM CPU"),
        make: || Exhibit {
            select: Some(Box::new(|features| match Tier::select(&features) {
                Tier::Aarch64Pmull => Tier::Aarch64PmullEor3,
                best => best,
            })),
            ..Exhibit::of(xor_of_three)
        },
    },
    Fault {
        name: "dispatch-riscv-runs-zbc",
        summary: "takes every RISC-V for one with Zbc, and runs it",
        source: "RVA23 has much, and Zbc is no part of it",
        caught_by: CheckId::Dispatch,
        kinds: &[Kind::WrongDispatch],
        necessity: Necessity::Shared("on a CPU without Zbc every call is illegal"),
        unavailable: || (!cfg!(target_arch = "riscv64")).then_some("a RISC-V CPU"),
        make: || Exhibit {
            select: Some(Box::new(|features| match Tier::select(&features) {
                Tier::Portable => Tier::RiscvZbc,
                best => best,
            })),
            ..Exhibit::of(carry_less)
        },
    },
    Fault {
        name: "dispatch-avx2-runs-vpclmul",
        summary: "takes AVX2 for enough to run VPCLMULQDQ on 256 bits, and runs it",
        source: "the article, its dispatch",
        caught_by: CheckId::Dispatch,
        kinds: &[Kind::WrongDispatch],
        necessity: Necessity::Shared("on a CPU without VPCLMULQDQ every call is illegal"),
        unavailable: ANYWHERE,
        make: || Exhibit {
            select: Some(Box::new(|features| {
                if features.contains(Feature::Avx2) {
                    Tier::X86Avx2Vpclmul
                } else {
                    Tier::select(&features)
                }
            })),
            ..only_with(Feature::Avx2, vpclmulqdq)
        },
    },
    Fault {
        name: "dispatch-sse41-runs-pclmul",
        summary: "takes SSE4.1 for enough to run PCLMULQDQ, and runs it",
        source: "made for `crcheck emulate`",
        caught_by: CheckId::Dispatch,
        kinds: &[Kind::WrongDispatch],
        necessity: Necessity::Shared("on a CPU without PCLMULQDQ every call is illegal"),
        unavailable: ANYWHERE,
        make: || Exhibit {
            select: Some(Box::new(|features| {
                let best = Tier::select(&features);
                if best == Tier::Portable && features.contains(Feature::Sse41) {
                    Tier::X86Pclmul
                } else {
                    best
                }
            })),
            ..only_with(Feature::Sse41, pclmulqdq)
        },
    },
];

fn spoiled(tier: Tier) -> Exhibit {
    let kernel = tier.kernel().expect("`unavailable` was asked before");
    Exhibit::of(move |checksum, message| {
        let is_hit = message.len() >= 16 && message.len() % 16 == 13;
        kernel.update(checksum, message) ^ u32::from(is_hit)
    })
}

/// A kernel whose dispatcher asks for `feature`, and for nothing else, before it calls `update`.
fn only_with(feature: Feature, update: fn(u32, &[u8]) -> u32) -> Exhibit {
    let has_feature = Features::detect().contains(feature);
    Exhibit::of(move |checksum, message| {
        if has_feature {
            update(checksum, message)
        } else {
            base::update(checksum, message)
        }
    })
}

/// Folds blocks of N bytes into one by `fold`, and goes on from there with the base.
#[cfg(target_arch = "x86_64")]
fn folded<const N: usize>(
    checksum: u32,
    message: &[u8],
    fold: impl FnOnce([u8; N], &[[u8; N]], [i64; 2]) -> [u8; N],
) -> u32 {
    let (blocks, tail) = message.as_chunks::<N>();
    let [first, rest @ ..] = blocks else {
        return base::update(checksum, message);
    };
    let mut first = *first;
    for (byte, part) in first.iter_mut().zip((!checksum).to_le_bytes()) {
        *byte ^= part;
    }
    // A reflected product of 64-bit words stands one bit off, and a remainder of 32 bits stands 32
    // bits up in its word: x^33 in all, which the exponents leave out.
    let distance_bits = 8 * N as u128;
    let by = [distance_bits + 64 - 33, distance_bits - 33];
    let left = fold(first, rest, by.map(|bits| i64::from(base::power(bits))));
    !base::register(base::register(0, &left), tail)
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
    // SAFETY: none: that the CPU has the instruction is what the faulty dispatcher takes for
    // granted. It is called under the harness's fault handler only.
    folded(checksum, message, |first, blocks, by| unsafe {
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
    folded(checksum, message, |first, blocks, by| unsafe {
        run(first, blocks, by)
    })
}

/// The checksum of the base, and one XOR of three by the way.
#[inline(never)]
fn xor_of_three(checksum: u32, message: &[u8]) -> u32 {
    #[cfg(target_arch = "aarch64")]
    // SAFETY: none: that the CPU has the instruction is what the faulty dispatcher takes for granted.
    // It is called under the harness's fault handler only.
    unsafe {
        std::arch::asm!(
            ".arch_extension sha3",
            "eor3 v0.16b, v0.16b, v0.16b, v0.16b",
            ".arch_extension nosha3",
            out("v0") _,
            options(nomem, nostack),
        );
    }
    base::update(checksum, message)
}

/// The checksum of the base, and one carry-less product by the way.
#[inline(never)]
fn carry_less(checksum: u32, message: &[u8]) -> u32 {
    #[cfg(target_arch = "riscv64")]
    // SAFETY: none: that the CPU has the instruction is what the faulty dispatcher takes for granted.
    // It is called under the harness's fault handler only.
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
    base::update(checksum, message)
}

/// On other architectures the instructions do not exist, and no CPU has the features.
#[cfg(not(target_arch = "x86_64"))]
fn pclmulqdq(checksum: u32, message: &[u8]) -> u32 {
    base::update(checksum, message)
}

#[cfg(not(target_arch = "x86_64"))]
use pclmulqdq as vpclmulqdq;

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;

    /// A tier without one could not be judged on a CPU that is played.
    #[test]
    fn every_tier_has_a_faulty_twin() {
        for tier in Tier::ALL {
            let name = format!("planted-{tier}");
            assert!(FAULTS.iter().any(|fault| fault.name == name), "{name}");
        }
    }

    /// Where the CPU has the instruction nothing but the dispatcher is wrong.
    #[test]
    fn what_the_dispatchers_run_is_right_where_the_cpu_has_it() {
        let text: Vec<u8> = (0..300).map(|i| (i * 7) as u8).collect();
        let features = Features::of_the_machine();
        for length in 0..text.len() {
            let (checksum, message) = (length as u32 * 0x9e37, &text[..length]);
            let right = base::update(checksum, message);
            if features.contains(Feature::Pclmulqdq) {
                assert_eq!(pclmulqdq(checksum, message), right);
            }
            if features.contains(Feature::Vpclmulqdq) {
                assert_eq!(vpclmulqdq(checksum, message), right);
            }
        }
    }
}
