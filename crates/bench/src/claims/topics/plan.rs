//! The benchmark plan and its figures.

use crate::claims::answer::{Missing, Verdict};
use crate::claims::claim::{Claim, Judge, Need};
use crate::claims::figures::{
    GIGABYTE_BYTES, OWN_SECONDS, PLAN_ARM_MB_PER_S, PLAN_GB, PLAN_RISCV_MB_PER_S, PLAN_RUNS,
    PLAN_X86_MB_PER_S,
};
use crate::claims::measured::Measured;
use crate::claims::words::{by_reach, digits, rate};

pub(super) const CLAIMS: &[Claim] = &[
    Claim {
        id: "plan-sizes",
        says: "1, 10, 50 and 100 GB are measured",
        judge: Judge::Arithmetic(|| {
            let (planned, given) = (PLAN_GB.len(), PLAN_X86_MB_PER_S.len());
            let found = format!("{planned} sizes are planned, {given} have a figure");
            if planned == given {
                Verdict::reproduced(found)
            } else {
                Verdict::refuted(found)
            }
        }),
    },
    Claim {
        id: "plan-and-headline",
        says: "the plan's 1924 MB/s and the headline's 0.17 s for 1 GB are of one program",
        judge: Judge::Arithmetic(|| {
            let seconds = GIGABYTE_BYTES / (PLAN_X86_MB_PER_S[0] * 1e6);
            let times = seconds / OWN_SECONDS;
            let found = format!(
                "1 GB at 1924 MB/s takes {} s, {} times the headline's",
                digits(seconds),
                digits(times)
            );
            if times <= 1.0 {
                Verdict::reproduced(found)
            } else {
                Verdict::refuted(found)
            }
        }),
    },
    Claim {
        id: "plan-x86",
        says: "a Xeon Platinum 8380 does 1924, 1897 and 1862 MB/s at 1, 10 and 100 GB",
        judge: Judge::Measured {
            needs: &[Need::Memory],
            judge: |measured| on(measured, "x86_64", "8380", &PLAN_X86_MB_PER_S),
        },
    },
    Claim {
        id: "plan-arm",
        says: "a Graviton3 does 2103, 2088 and 2071 MB/s at 1, 10 and 100 GB",
        judge: Judge::Measured {
            needs: &[Need::Memory],
            judge: |measured| on(measured, "aarch64", "Graviton3", &PLAN_ARM_MB_PER_S),
        },
    },
    Claim {
        id: "plan-riscv",
        says: "RISC-V in a simulator does 321, 318 and 315 MB/s at 1, 10 and 100 GB",
        judge: Judge::NotMeasurable(
            "QEMU and Spike do not model how long instructions take: their rate is that of the \
             machine that simulates",
        ),
    },
    Claim {
        id: "plan-comparison",
        says: "the plan's rates compare the CPUs",
        judge: Judge::Arithmetic(|| {
            let arm = PLAN_ARM_MB_PER_S[0] / PLAN_X86_MB_PER_S[0];
            let riscv = PLAN_X86_MB_PER_S[0] / PLAN_RISCV_MB_PER_S[0];
            Verdict::depends(format!(
                "by its figures {} and 1/{}; both fall by {} % to 100 GB, as a disk's rate does: \
                 it depends on what was measured, which the plan leaves open",
                digits(arm),
                digits(riscv),
                digits((1.0 - PLAN_X86_MB_PER_S[2] / PLAN_X86_MB_PER_S[0]) * 100.0)
            ))
        }),
    },
    Claim {
        id: "plan-runs",
        says: "three runs and their median are enough",
        judge: Judge::Arithmetic(|| {
            // Each run lies above the true median with probability 1/2.
            let missed = 2.0 * 0.5_f64.powi(PLAN_RUNS);
            let found = format!(
                "the range of {PLAN_RUNS} runs holds the true median with {} %; 95 % need 6 runs",
                digits((1.0 - missed) * 100.0)
            );
            if missed <= 0.05 {
                Verdict::reproduced(found)
            } else {
                Verdict::refuted(found)
            }
        }),
    },
    Claim {
        id: "plan-dd",
        says: "dd with direct writes of 1 MiB, and fio, prepare and load the disk",
        judge: Judge::NotMeasurable(
            "both measure a disk, and no figure of the article says which part is the disk's",
        ),
    },
];

/// Compares the rate from memory with the plan's first figure, on the plan's CPU. Our code cannot
/// refute a rate of other code.
fn on(measured: &Measured, arch: &str, cpu: &str, claimed: &[f64]) -> Result<Verdict, Missing> {
    let machine = &measured.machine;
    if machine.arch != arch || !machine.cpu.contains(cpu) {
        let here = if machine.cpu.is_empty() {
            &machine.arch
        } else {
            &machine.cpu
        };
        return Err(Missing::not_here(format!(
            "this CPU is another one: {here}"
        )));
    }
    let kernel = measured.memory()?.kernel;
    let found = format!("our kernel does {} from memory", rate(kernel));
    Ok(by_reach(claimed[0] / 1e3, kernel, "on the code", found))
}
