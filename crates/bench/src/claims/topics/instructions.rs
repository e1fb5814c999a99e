//! Latency, throughput and ports of instructions. Figures of another CPU are no error of the
//! article's, so what differs depends on the CPU.

use crate::claims::answer::{Answer, Missing, Verdict};
use crate::claims::claim::{Claim, Judge, Need};
use crate::claims::figures::{
    CRC32Q_CYCLES, CRC32Q_PORTS, HEADLINE_CPU, MULTIPLY_CYCLES, MULTIPLY_PER_CYCLE, SIMPLE_CYCLES,
    SIMPLE_PER_CYCLE, VECTOR_PORTS,
};
use crate::claims::measured::Measured;
use crate::claims::words::{digits, with_condition};

/// Cycles and rates within this part are those claimed: they are whole numbers in the CPU.
const TOLERANCE: f64 = 0.1;

const NEEDS: &[Need] = &[Need::Instructions];

pub(super) const CLAIMS: &[Claim] = &[
    Claim {
        id: "pclmulqdq-latency",
        says: "pclmulqdq takes 3 to 5 cycles",
        judge: Judge::Measured {
            needs: NEEDS,
            judge: |measured| latency(measured, "pclmulqdq", MULTIPLY_CYCLES),
        },
    },
    Claim {
        id: "pclmulqdq-throughput",
        says: "one pclmulqdq begins in a cycle",
        judge: Judge::Measured {
            needs: NEEDS,
            judge: |measured| throughput(measured, "pclmulqdq", MULTIPLY_PER_CYCLE),
        },
    },
    Claim {
        id: "vpxor-latency",
        says: "vpxor takes one cycle",
        judge: Judge::Measured {
            needs: NEEDS,
            judge: |measured| latency(measured, "vpxor", (SIMPLE_CYCLES, SIMPLE_CYCLES)),
        },
    },
    Claim {
        id: "vpxor-throughput",
        says: "two vpxor begin in a cycle",
        judge: Judge::Measured {
            needs: NEEDS,
            judge: |measured| throughput(measured, "vpxor", SIMPLE_PER_CYCLE),
        },
    },
    Claim {
        id: "movdqa-latency",
        says: "movdqa takes one cycle",
        judge: Judge::Measured {
            needs: NEEDS,
            judge: |measured| latency(measured, "movdqa", (SIMPLE_CYCLES, SIMPLE_CYCLES)),
        },
    },
    Claim {
        id: "movdqa-throughput",
        says: "two movdqa begin in a cycle",
        judge: Judge::Measured {
            needs: NEEDS,
            judge: |measured| throughput(measured, "movdqa", SIMPLE_PER_CYCLE),
        },
    },
    Claim {
        id: "crc32q-latency",
        says: "crc32q takes 3 cycles",
        judge: Judge::Measured {
            needs: NEEDS,
            judge: |measured| latency(measured, "crc32q", (CRC32Q_CYCLES, CRC32Q_CYCLES)),
        },
    },
    Claim {
        id: "crc32q-port",
        says: "crc32q runs on port 1",
        judge: Judge::Measured {
            needs: NEEDS,
            judge: |measured| ports(measured, "crc32q", CRC32Q_PORTS),
        },
    },
    Claim {
        id: "vpxor-ports",
        says: "vpxor runs on ports 0 and 1",
        judge: Judge::Measured {
            needs: NEEDS,
            judge: |measured| ports(measured, "vpxor", VECTOR_PORTS),
        },
    },
    Claim {
        id: "vpshufb-ports",
        says: "vpshufb runs on ports 0 and 1",
        judge: Judge::Measured {
            needs: NEEDS,
            judge: |measured| ports(measured, "vpshufb", VECTOR_PORTS),
        },
    },
];

fn by_range(value: f64, (least, most): (f64, f64), found: String) -> Verdict {
    let is_inside = value >= least * (1.0 - TOLERANCE) && value <= most * (1.0 + TOLERANCE);
    let answer = if is_inside {
        Answer::Reproduced
    } else {
        Answer::Depends
    };
    Verdict::new(answer, with_condition(answer, "on the CPU", found))
}

fn latency(measured: &Measured, name: &str, range: (f64, f64)) -> Result<Verdict, Missing> {
    let cycles = measured.instruction(name)?.latency_cycles;
    let gone = if cycles < 1.0 - TOLERANCE {
        "; the CPU renames registers instead of moving, so there is nothing to wait for"
    } else {
        ""
    };
    let found = format!("{} cycles here{gone}", digits(cycles));
    Ok(by_range(cycles, range, found))
}

fn throughput(measured: &Measured, name: &str, claimed: f64) -> Result<Verdict, Missing> {
    let per_cycle = measured.instruction(name)?.per_cycle;
    let found = format!("{} a cycle here", digits(per_cycle));
    Ok(by_range(per_cycle, (claimed, claimed), found))
}

/// A CPU that begins more instructions in a cycle than the article has ports has more ports, which
/// refutes the article if the CPU is the article's. Which ports they are, only the CPU's counters
/// show.
fn ports(measured: &Measured, name: &str, ports: f64) -> Result<Verdict, Missing> {
    let per_cycle = measured.instruction(name)?.per_cycle;
    let found = format!("{} a cycle here", digits(per_cycle));
    if per_cycle > ports * (1.0 + TOLERANCE) {
        let ports = if ports > 1.0 { "two ports" } else { "one port" };
        let found = format!("{found}, more than {ports} can take: this CPU has others too");
        return Ok(if measured.machine.cpu.contains(HEADLINE_CPU) {
            Verdict::refuted(found)
        } else {
            Verdict::depends(format!("{found}, so it depends on the CPU"))
        });
    }
    Err(Missing::not_here(format!(
        "{found}; only the CPU's counters show which port takes an instruction"
    )))
}
