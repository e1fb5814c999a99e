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

    /// Samples of one figure.
    const SAMPLES: usize = 15;

    /// Passes over the instructions of one sample.
    const PASSES: u64 = 2000;

    /// How often the lines of a work stand in one pass: see `.rept` below.
    const REPEATS: u64 = 16;

    /// Instructions to be timed.
    struct Work {
        run: fn(),
        /// How many lines it has.
        lines: u64,
    }

    /// Runs the lines [`REPEATS`] times in each of [`PASSES`] passes.
    macro_rules! work {
        ($name:ident, $($line:expr),+ $(,)?) => {
            const $name: Work = Work {
                run: || {
                    // SAFETY: `measure` calls this only where the CPU has the instructions. They
                    // change the registers that are declared, the flags, and nothing else.
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
                            out("r12") _, out("r13") _,
                            out("xmm0") _, out("xmm1") _, out("xmm2") _, out("xmm3") _,
                            out("xmm4") _, out("xmm5") _, out("xmm6") _, out("xmm7") _,
                            in("rcx") 3_u64,
                            options(nomem, nostack)
                        );
                    }
                },
                lines: [$($line),+].len() as u64,
            };
        };
    }

    /// The same line with each of eight registers.
    macro_rules! work_apart {
        ($name:ident, $before:literal, $after:literal) => {
            work!(
                $name,
                concat!($before, "0", $after),
                concat!($before, "1", $after),
                concat!($before, "2", $after),
                concat!($before, "3", $after),
                concat!($before, "4", $after),
                concat!($before, "5", $after),
                concat!($before, "6", $after),
                concat!($before, "7", $after),
            );
        };
    }

    work_apart!(MULTIPLY_APART, "pclmulqdq xmm", ", xmm15, 0");
    work!(MULTIPLY_CHAIN, "pclmulqdq xmm0, xmm15, 0");
    // The XOR of a register with itself is known to be zero and takes no time, so the operands are
    // two registers.
    work_apart!(XOR_APART, "vpxor ymm", ", ymm14, ymm15");
    work!(XOR_CHAIN, "vpxor ymm0, ymm0, ymm15");
    work_apart!(SHUFFLE_APART, "vpshufb ymm", ", ymm14, ymm15");
    work!(SHUFFLE_CHAIN, "vpshufb ymm0, ymm0, ymm15");
    work_apart!(MOVE_APART, "movdqa xmm", ", xmm15");
    work!(
        MOVE_CHAIN,
        "movdqa xmm1, xmm0",
        "movdqa xmm2, xmm1",
        "movdqa xmm3, xmm2",
        "movdqa xmm0, xmm3",
    );
    work!(
        CRC_APART,
        "crc32 rax, rcx",
        "crc32 rdx, rcx",
        "crc32 rsi, rcx",
        "crc32 rdi, rcx",
        "crc32 r8, rcx",
        "crc32 r9, rcx",
        "crc32 r10, rcx",
        "crc32 r11, rcx",
        "crc32 r12, rcx",
        "crc32 r13, rcx",
    );
    work!(CRC_CHAIN, "crc32 rax, rcx");

    pub(super) fn measure(cancelled: &AtomicBool) -> Vec<InstructionTiming> {
        let has_avx2 = is_x86_feature_detected!("avx2");
        let has_multiplication = is_x86_feature_detected!("pclmulqdq");
        let has_crc32 = is_x86_feature_detected!("sse4.2");
        let works = [
            (
                "pclmulqdq",
                has_multiplication,
                MULTIPLY_CHAIN,
                MULTIPLY_APART,
            ),
            ("vpxor", has_avx2, XOR_CHAIN, XOR_APART),
            ("vpshufb", has_avx2, SHUFFLE_CHAIN, SHUFFLE_APART),
            ("movdqa", true, MOVE_CHAIN, MOVE_APART),
            ("crc32q", has_crc32, CRC_CHAIN, CRC_APART),
        ];
        let here = works.into_iter().filter(|(_, is_here, ..)| *is_here);
        here.map(|(name, _, chain, apart)| InstructionTiming {
            name: name.to_owned(),
            latency_cycles: cycles(cancelled, &chain),
            per_cycle: 1.0 / cycles(cancelled, &apart),
        })
        .collect()
    }

    /// The cycles of one instruction of `work`.
    fn cycles(cancelled: &AtomicBool, work: &Work) -> f64 {
        let additions = clock::additions().expect("x86-64 has them");
        let samples: Vec<f64> = (0..SAMPLES)
            .take_while(|_| !cancelled.load(Ordering::Relaxed))
            .map(|_| {
                let cycle_ns = nanoseconds(additions) / clock::COUNT as f64;
                clear_upper_halves();
                nanoseconds(work.run) / (PASSES * REPEATS * work.lines) as f64 / cycle_ns
            })
            .collect();
        median(&samples)
    }

    /// An instruction without VEX keeps the upper half of its register, and waits for it unless it
    /// is zero.
    fn clear_upper_halves() {
        if is_x86_feature_detected!("avx") {
            // SAFETY: the CPU has the instruction, and callers keep nothing in vector registers.
            unsafe {
                asm!("vzeroupper", out("xmm0") _, out("xmm1") _, out("xmm2") _, out("xmm3") _,
                    out("xmm4") _, out("xmm5") _, out("xmm6") _, out("xmm7") _, out("xmm8") _,
                    out("xmm9") _, out("xmm10") _, out("xmm11") _, out("xmm12") _,
                    out("xmm13") _, out("xmm14") _, out("xmm15") _, options(nomem, nostack));
            }
        }
    }

    fn nanoseconds(run: fn()) -> f64 {
        let start = Instant::now();
        run();
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
