//! Instructions of x86-64.

use crate::crc32;

/// The register after `message` by the instruction CRC32, whose polynomial is Castagnoli's.
///
/// The CPU must have SSE4.2: faults that use it need [`crate::need::SSE4_2`].
pub(crate) fn update_by_crc32(register: u32, message: &[u8]) -> u32 {
    use std::arch::x86_64::{_mm_crc32_u8, _mm_crc32_u64};
    #[target_feature(enable = "sse4.2")]
    fn run(register: u32, message: &[u8]) -> u32 {
        let (words, rest) = message.as_chunks::<8>();
        let register = words.iter().fold(u64::from(register), |register, word| {
            _mm_crc32_u64(register, u64::from_le_bytes(*word))
        });
        rest.iter().fold(register as u32, |register, &byte| {
            _mm_crc32_u8(register, byte)
        })
    }
    // SAFETY: `SSE4_2` keeps the fault from CPUs without it.
    unsafe { run(register, message) }
}

/// The register after `message` by a fold of 128 bits that leaves out the product of the high
/// halves.
///
/// The CPU must have PCLMULQDQ: faults that use it need [`crate::need::PCLMULQDQ`].
pub(crate) fn fold_low_halves(register: u32, message: &[u8]) -> u32 {
    use std::arch::x86_64::*;
    #[target_feature(enable = "pclmulqdq")]
    fn run(lane: [u8; 16], lanes: &[[u8; 16]]) -> [u8; 16] {
        let constant = i64::from(crc32::power(128 + 31));
        let by = _mm_set_epi64x(0, constant);
        // SAFETY: references of 16 bytes, loaded and stored at any alignment.
        let mut sum = unsafe { _mm_loadu_si128(lane.as_ptr().cast()) };
        for next in lanes {
            // SAFETY: as above.
            let next = unsafe { _mm_loadu_si128(next.as_ptr().cast()) };
            sum = _mm_xor_si128(_mm_clmulepi64_si128::<0x00>(sum, by), next);
        }
        let mut bytes = [0; 16];
        // SAFETY: as above.
        unsafe { _mm_storeu_si128(bytes.as_mut_ptr().cast(), sum) };
        bytes
    }
    let (lanes, tail) = message.as_chunks::<16>();
    let [first, rest @ ..] = lanes else {
        return crc32::update_register(register, message);
    };
    let mut first = *first;
    for (byte, part) in first.iter_mut().zip(register.to_le_bytes()) {
        *byte ^= part;
    }
    // SAFETY: `PCLMULQDQ` keeps the fault from CPUs without it.
    let lane = unsafe { run(first, rest) };
    crc32::update_register(crc32::update_register(0, &lane), tail)
}

/// Folds blocks of N bytes into one by `fold`, and goes on with plain code.
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

/// The right checksum by PCLMULQDQ, whether the CPU has it or not.
pub(crate) fn update_by_pclmulqdq(checksum: u32, message: &[u8]) -> u32 {
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

/// The right checksum by VPCLMULQDQ, whether the CPU has it or not.
pub(crate) fn update_by_vpclmulqdq(checksum: u32, message: &[u8]) -> u32 {
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
    // SAFETY: none, as in `update_by_pclmulqdq`.
    fold_blocks(checksum, message, |first, blocks, by| unsafe {
        run(first, blocks, by)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crcheck_harness::kernel::cpu::{Feature, Features};

    /// Where the CPU has the instruction nothing but the dispatcher is wrong.
    #[test]
    fn what_the_dispatchers_run_is_right_where_the_cpu_has_it() {
        let text: Vec<u8> = (0..300).map(|i| (i * 7) as u8).collect();
        let features = Features::of_the_machine();
        for length in 0..text.len() {
            let (checksum, message) = (length as u32 * 0x9e37, &text[..length]);
            let right = crc32::update(checksum, message);
            if features.contains(Feature::Pclmulqdq) {
                assert_eq!(update_by_pclmulqdq(checksum, message), right);
            }
            if features.contains(Feature::Vpclmulqdq) {
                assert_eq!(update_by_vpclmulqdq(checksum, message), right);
            }
        }
    }
}
