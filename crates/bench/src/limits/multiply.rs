//! Carry-less multiplications that do not wait for each other: as many chains as hide the latency.

/// Multiplications of one call.
pub(crate) const COUNT: u64 = (CHAINS * STEPS) as u64;

/// Latencies are 3 to 8 cycles, and no CPU begins more than two a cycle.
const CHAINS: usize = 12;

const STEPS: usize = 20_000;

/// The widths that the CPU has, in bytes of a vector, each with its work.
pub(crate) fn widths() -> Vec<(usize, fn())> {
    #[cfg(target_arch = "x86_64")]
    return x86::widths();
    #[cfg(not(target_arch = "x86_64"))]
    Vec::new()
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{CHAINS, STEPS};
    use std::arch::x86_64::*;
    use std::hint::black_box;

    pub(super) fn widths() -> Vec<(usize, fn())> {
        let mut widths: Vec<(usize, fn())> = Vec::new();
        if is_x86_feature_detected!("pclmulqdq") {
            // SAFETY: the CPU was asked.
            widths.push((16, || unsafe { xmm() }));
        }
        if is_x86_feature_detected!("vpclmulqdq") && is_x86_feature_detected!("avx2") {
            // SAFETY: the CPU was asked.
            widths.push((32, || unsafe { ymm() }));
        }
        if is_x86_feature_detected!("vpclmulqdq") && is_x86_feature_detected!("avx512f") {
            // SAFETY: the CPU was asked.
            widths.push((64, || unsafe { zmm() }));
        }
        widths
    }

    /// The chains at one width.
    macro_rules! chains {
        ($name:ident, $features:literal, $set:expr, $multiply:expr) => {
            #[target_feature(enable = $features)]
            fn $name() {
                let factor = $set(black_box(3));
                let mut chains = [factor; CHAINS];
                for _ in 0..STEPS {
                    for chain in &mut chains {
                        *chain = $multiply(*chain, factor);
                    }
                }
                black_box(chains);
            }
        };
    }

    chains!(xmm, "pclmulqdq", _mm_set1_epi64x, _mm_clmulepi64_si128::<0>);
    chains!(
        ymm,
        "vpclmulqdq,avx2",
        _mm256_set1_epi64x,
        _mm256_clmulepi64_epi128::<0>
    );
    chains!(
        zmm,
        "vpclmulqdq,avx512f",
        _mm512_set1_epi64,
        _mm512_clmulepi64_epi128::<0>
    );
}
