//! How long single instructions take, in cycles of the core's clock. The clock is timed beside each
//! sample, so that a core that changes its pace does not change the figure.

use serde::{Deserialize, Serialize};
use std::sync::atomic::AtomicBool;

/// An instruction between registers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InstructionTiming {
    /// The instruction.
    pub name: String,
    /// The cycles from one to the next that waits for it.
    pub latency_cycles: f64,
    /// How many begin in a cycle if none waits.
    pub per_cycle: f64,
}

/// The instructions that are timed.
pub const NAMES: [&str; 5] = ["pclmulqdq", "vpxor", "vpshufb", "movdqa", "crc32q"];

/// Times each of [`NAMES`] that this CPU has; none on other architectures than x86-64. When
/// `cancelled` is set it ends soon, and the figures mean nothing.
pub fn measure(cancelled: &AtomicBool) -> Vec<InstructionTiming> {
    #[cfg(target_arch = "x86_64")]
    return x86::measure(cancelled);
    #[cfg(not(target_arch = "x86_64"))]
    {
        let _ = cancelled;
        Vec::new()
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::super::clock;
    use super::InstructionTiming;
    use crate::statistics::median;
    use std::arch::asm;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Instant;

    type Work = fn();

    /// Samples of one figure.
    const SAMPLES: usize = 15;

    /// Passes over the instructions of one sample.
    const PASSES: u64 = 2000;

    /// How often the lines of a kernel stand in one pass.
    const REPEATS: u64 = 16;

    /// Instructions in one copy of a kernel's lines.
    const LINES: u64 = 8;

    /// Runs the lines [`REPEATS`] times in each of [`PASSES`] passes.
    macro_rules! work {
        ($name:ident, $($line:expr),+) => {
            fn $name() {
                // SAFETY: `timing` calls this only where the CPU has the instructions. They change
                // the registers that are declared, the flags, and nothing else.
                unsafe {
                    asm!(
                        "2:",
                        ".rept 16",
                        $($line,)+
                        ".endr",
                        "dec {passes}",
                        "jnz 2b",
                        passes = inout(reg) PASSES => _,
                        out("rax") _, out("rdx") _, out("rsi") _, out("rdi") _,
                        out("r8") _, out("r9") _, out("r10") _, out("r11") _,
                        out("xmm0") _, out("xmm1") _, out("xmm2") _, out("xmm3") _,
                        out("xmm4") _, out("xmm5") _, out("xmm6") _, out("xmm7") _,
                        in("rcx") 3_u64,
                        options(nomem, nostack)
                    );
                }
            }
        };
    }

    /// The same line with each of the registers: as many chains.
    macro_rules! work_of_vectors {
        ($chain:ident, $apart:ident, $before:literal, $between:literal, $after:literal) => {
            work!(
                $chain,
                concat!($before, "0", $between, "0", $after),
                concat!($before, "0", $between, "0", $after),
                concat!($before, "0", $between, "0", $after),
                concat!($before, "0", $between, "0", $after),
                concat!($before, "0", $between, "0", $after),
                concat!($before, "0", $between, "0", $after),
                concat!($before, "0", $between, "0", $after),
                concat!($before, "0", $between, "0", $after)
            );
            work!(
                $apart,
                concat!($before, "0", $between, "0", $after),
                concat!($before, "1", $between, "1", $after),
                concat!($before, "2", $between, "2", $after),
                concat!($before, "3", $between, "3", $after),
                concat!($before, "4", $between, "4", $after),
                concat!($before, "5", $between, "5", $after),
                concat!($before, "6", $between, "6", $after),
                concat!($before, "7", $between, "7", $after)
            );
        };
    }

    // The second operand is another register than the first: XOR of a register with itself is known
    // to be zero and takes no time.
    work_of_vectors!(xor_chain, xor_apart, "vpxor ymm", ", ymm", ", ymm15");
    work_of_vectors!(
        shuffle_chain,
        shuffle_apart,
        "vpshufb ymm",
        ", ymm",
        ", ymm15"
    );

    work!(
        multiply_chain,
        "pclmulqdq xmm0, xmm15, 0",
        "pclmulqdq xmm0, xmm15, 0",
        "pclmulqdq xmm0, xmm15, 0",
        "pclmulqdq xmm0, xmm15, 0",
        "pclmulqdq xmm0, xmm15, 0",
        "pclmulqdq xmm0, xmm15, 0",
        "pclmulqdq xmm0, xmm15, 0",
        "pclmulqdq xmm0, xmm15, 0"
    );
    work!(
        multiply_apart,
        "pclmulqdq xmm0, xmm15, 0",
        "pclmulqdq xmm1, xmm15, 0",
        "pclmulqdq xmm2, xmm15, 0",
        "pclmulqdq xmm3, xmm15, 0",
        "pclmulqdq xmm4, xmm15, 0",
        "pclmulqdq xmm5, xmm15, 0",
        "pclmulqdq xmm6, xmm15, 0",
        "pclmulqdq xmm7, xmm15, 0"
    );
    work!(
        move_chain,
        "movdqa xmm1, xmm0",
        "movdqa xmm2, xmm1",
        "movdqa xmm3, xmm2",
        "movdqa xmm4, xmm3",
        "movdqa xmm5, xmm4",
        "movdqa xmm6, xmm5",
        "movdqa xmm7, xmm6",
        "movdqa xmm0, xmm7"
    );
    work!(
        move_apart,
        "movdqa xmm0, xmm15",
        "movdqa xmm1, xmm15",
        "movdqa xmm2, xmm15",
        "movdqa xmm3, xmm15",
        "movdqa xmm4, xmm15",
        "movdqa xmm5, xmm15",
        "movdqa xmm6, xmm15",
        "movdqa xmm7, xmm15"
    );
    work!(
        crc_chain,
        "crc32 rax, rcx",
        "crc32 rax, rcx",
        "crc32 rax, rcx",
        "crc32 rax, rcx",
        "crc32 rax, rcx",
        "crc32 rax, rcx",
        "crc32 rax, rcx",
        "crc32 rax, rcx"
    );
    work!(
        crc_apart,
        "crc32 rax, rcx",
        "crc32 rdx, rcx",
        "crc32 rsi, rcx",
        "crc32 rdi, rcx",
        "crc32 r8, rcx",
        "crc32 r9, rcx",
        "crc32 r10, rcx",
        "crc32 r11, rcx"
    );

    pub(super) fn measure(cancelled: &AtomicBool) -> Vec<InstructionTiming> {
        let has_avx2 = is_x86_feature_detected!("avx2");
        let works: [(&str, bool, Work, Work); 5] = [
            (
                "pclmulqdq",
                is_x86_feature_detected!("pclmulqdq"),
                multiply_chain,
                multiply_apart,
            ),
            ("vpxor", has_avx2, xor_chain, xor_apart),
            ("vpshufb", has_avx2, shuffle_chain, shuffle_apart),
            ("movdqa", true, move_chain, move_apart),
            (
                "crc32q",
                is_x86_feature_detected!("sse4.2"),
                crc_chain,
                crc_apart,
            ),
        ];
        let here = works.into_iter().filter(|(_, is_here, ..)| *is_here);
        here.map(|(name, _, chain, apart)| InstructionTiming {
            name: name.to_owned(),
            latency_cycles: cycles(cancelled, chain),
            per_cycle: 1.0 / cycles(cancelled, apart),
        })
        .collect()
    }

    /// The cycles of one instruction of `work`.
    fn cycles(cancelled: &AtomicBool, work: Work) -> f64 {
        let additions = clock::additions().expect("x86-64 has them");
        let samples: Vec<f64> = (0..SAMPLES)
            .take_while(|_| !cancelled.load(Ordering::Relaxed))
            .map(|_| {
                let cycle_ns = nanoseconds(additions) / clock::COUNT as f64;
                nanoseconds(work) / (PASSES * REPEATS * LINES) as f64 / cycle_ns
            })
            .collect();
        median(&samples)
    }

    fn nanoseconds(work: Work) -> f64 {
        let start = Instant::now();
        work();
        start.elapsed().as_nanos().max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_takes_no_less_than_what_does_not() {
        let timings = measure(&AtomicBool::new(false));
        assert_eq!(timings.is_empty(), !cfg!(target_arch = "x86_64"));
        for timing in timings {
            assert!(NAMES.contains(&timing.name.as_str()));
            let (latency, rate) = (timing.latency_cycles, timing.per_cycle);
            assert!(latency.is_finite() && rate.is_finite() && rate > 0.0);
        }
    }
}
