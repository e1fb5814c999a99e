//! Reads a message with the widest loads that the CPU has. The XOR of what is loaded keeps the
//! compiler from leaving the loads out.

/// The XOR of the words of `message`, without the bytes at its end that fill no vector.
pub(crate) fn xor_words(message: &[u8]) -> u32 {
    #[cfg(target_arch = "x86_64")]
    return x86::xor_words(message);
    #[cfg(not(target_arch = "x86_64"))]
    portable(message)
}

/// With whatever vectors the compiler may use.
#[cfg_attr(target_arch = "x86_64", cfg(test))]
fn portable(message: &[u8]) -> u32 {
    let (words, _) = message.as_chunks::<64>();
    let sum = words.iter().fold([0_u64; 8], |mut sum, chunk| {
        for (lane, bytes) in sum.iter_mut().zip(chunk.as_chunks::<8>().0) {
            *lane ^= u64::from_le_bytes(*bytes);
        }
        sum
    });
    let sum = sum.iter().fold(0, |sum, lane| sum ^ lane);
    (sum ^ (sum >> 32)) as u32
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::super::with_features::with_features;
    use std::arch::x86_64::*;

    pub(super) fn xor_words(message: &[u8]) -> u32 {
        let message = message.as_chunks::<64>().0;
        let sum = zmm(message)
            .or_else(|| ymm(message))
            .or_else(|| xmm(message));
        sum.expect("SSE2 is part of x86-64")
    }

    /// A loop with eight vectors a step, whatever their width.
    macro_rules! loads {
        ($name:ident, $features:tt, $vector:ty, $zero:ident, $load:ident, $xor:ident) => {
            with_features! {
                $features
                fn $name(message: &[[u8; 64]]) -> u32 {
                    const VECTORS: usize = 8;
                    const VECTOR_BYTES: usize = size_of::<$vector>();
                    let message = message.as_flattened();
                    let (steps, _) = message.as_chunks::<{ VECTORS * VECTOR_BYTES }>();
                    let mut sums = [$zero(); VECTORS];
                    for step in steps {
                        let vectors = step.as_chunks::<VECTOR_BYTES>().0;
                        for (sum, vector) in sums.iter_mut().zip(vectors) {
                            // SAFETY: the array has as many bytes as are loaded, and the load takes
                            // any address.
                            *sum = $xor(*sum, unsafe { $load(vector.as_ptr().cast()) });
                        }
                    }
                    let sum = sums.iter().fold($zero(), |sum, &other| $xor(sum, other));
                    // SAFETY: a vector is as many bytes, each of any value.
                    let bytes: [u8; VECTOR_BYTES] = unsafe { std::mem::transmute(sum) };
                    let words = bytes.as_chunks::<4>().0.iter();
                    words.fold(0, |sum, &word| sum ^ u32::from_le_bytes(word))
                }
            }
        };
    }

    loads!(
        zmm,
        ["avx512f"],
        __m512i,
        _mm512_setzero_si512,
        _mm512_loadu_si512,
        _mm512_xor_si512
    );
    loads!(
        ymm,
        ["avx2"],
        __m256i,
        _mm256_setzero_si256,
        _mm256_loadu_si256,
        _mm256_xor_si256
    );
    loads!(
        xmm,
        ["sse2"],
        __m128i,
        _mm_setzero_si128,
        _mm_loadu_si128,
        _mm_xor_si128
    );

    #[cfg(test)]
    mod tests {
        use super::super::portable;
        use super::{xmm, xor_words, ymm, zmm};

        #[test]
        fn every_width_reads_every_word() {
            let mut random = crate::random::SplitMix64(1);
            let mut message: Vec<u8> = (0..4096).map(|_| random.next() as u8).collect();
            for word in 0..message.len() / 4 {
                let sum = portable(&message);
                assert_eq!(xor_words(&message), sum);
                message[word * 4 + word % 4] ^= 1;
                assert_ne!(xor_words(&message), sum, "word {word}");
            }
            let sum = portable(&message);
            let chunks = message.as_chunks::<64>().0;
            assert_eq!(xmm(chunks), Some(sum));
            for wide in [ymm(chunks), zmm(chunks)].into_iter().flatten() {
                assert_eq!(wide, sum);
            }
        }
    }
}
