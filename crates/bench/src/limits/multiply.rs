//! Carry-less multiplications that do not wait for each other: enough chains to hide the latency.

/// The multiplications of one call.
pub(super) const COUNT: u64 = (CHAINS * STEPS) as u64;

/// Latencies are 3 to 8 cycles, and no CPU begins more than two multiplications a cycle.
const CHAINS: usize = 12;

const STEPS: usize = 20_000;

/// Makes [`COUNT`] multiplications; `None` where the CPU cannot.
pub(super) type Work = fn() -> Option<()>;

/// The widths that the CPU has, in bytes of a vector, each with its work.
pub(super) fn widths() -> Vec<(usize, Work)> {
    #[cfg(target_arch = "x86_64")]
    return x86::widths();
    #[cfg(not(target_arch = "x86_64"))]
    Vec::new()
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::super::with_features::with_features;
    use super::{CHAINS, STEPS, Work};
    use std::arch::x86_64::*;
    use std::hint::black_box;

    pub(super) fn widths() -> Vec<(usize, Work)> {
        let widths: [(usize, Work); 3] = [(16, xmm), (32, ymm), (64, zmm)];
        let widths = widths.into_iter();
        widths.filter(|(_, work)| work().is_some()).collect()
    }

    /// The chains at one width.
    macro_rules! chains {
        ($name:ident, $features:tt, $set:expr, $multiply:expr) => {
            with_features! {
                $features
                fn $name() -> () {
                    let factor = $set(black_box(3));
                    let mut chains = [factor; CHAINS];
                    for _ in 0..STEPS {
                        for chain in &mut chains {
                            *chain = $multiply(*chain, factor);
                        }
                    }
                    black_box(chains);
                }
            }
        };
    }

    chains!(
        xmm,
        ["pclmulqdq"],
        _mm_set1_epi64x,
        _mm_clmulepi64_si128::<0>
    );
    chains!(
        ymm,
        ["vpclmulqdq", "avx2"],
        _mm256_set1_epi64x,
        _mm256_clmulepi64_epi128::<0>
    );
    chains!(
        zmm,
        ["vpclmulqdq", "avx512f"],
        _mm512_set1_epi64,
        _mm512_clmulepi64_epi128::<0>
    );
}
