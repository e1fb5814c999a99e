//! The pipeline of eight lanes, and Barrett's reduction.

use crate::claims::answer::Verdict;
use crate::claims::claim::{Claim, Judge, Need};
use crate::claims::figures::{OWN_GB_PER_S, STAGE_NS};
use crate::claims::words::{by_distance, by_figure, digits, rate};
use crcheck_oracle::model::Model;

pub(super) const CLAIMS: &[Claim] = &[
    Claim {
        id: "pipeline-eight-way",
        says: "eight lanes compute this CRC side by side",
        judge: Judge::PlantedFault("article-eight-way"),
    },
    Claim {
        id: "pipeline-rate",
        says: "stages of 3 ns that take one byte a cycle make 5.9 GB/s possible",
        judge: Judge::Arithmetic(|| {
            let gb_per_s = 1.0 / STAGE_NS;
            let found = format!(
                "a byte in {STAGE_NS} ns is {}; the headline's {OWN_GB_PER_S} GB/s is {} times \
                 that",
                rate(gb_per_s),
                digits(OWN_GB_PER_S / gb_per_s)
            );
            if gb_per_s >= OWN_GB_PER_S {
                Verdict::reproduced(found)
            } else {
                Verdict::refuted(found)
            }
        }),
    },
    Claim {
        id: "pipeline-stage",
        says: "a stage of 3 ns is one cycle",
        judge: Judge::Measured {
            needs: &[Need::Instructions],
            judge: |measured| {
                let clock_ghz = measured.clock_ghz()?;
                let cycles = STAGE_NS * clock_ghz;
                let found = format!(
                    "3 ns are {} cycles of this core's {} GHz; they are one cycle at {} GHz",
                    digits(cycles),
                    digits(clock_ghz),
                    digits(1.0 / STAGE_NS)
                );
                Ok(by_distance(1.0, cycles, found))
            },
        },
    },
    Claim {
        id: "pipeline-byte-a-cycle",
        says: "the pipeline takes one byte a cycle",
        judge: Judge::Measured {
            needs: &[Need::Instructions, Need::Loops],
            judge: |measured| {
                let clock_ghz = measured.clock_ghz()?;
                let loops = measured.loops()?;
                let per_cycle = |gb_per_s: f64| gb_per_s / clock_ghz;
                let found = format!(
                    "bytes a cycle here: {} by a byte table, {} by sixteen tables, {} by our \
                     kernel",
                    digits(per_cycle(loops.byte_table)),
                    digits(per_cycle(loops.slicing)),
                    digits(per_cycle(loops.kernel))
                );
                Ok(by_figure(
                    1.0,
                    per_cycle(loops.kernel),
                    "on the code",
                    found,
                ))
            },
        },
    },
    Claim {
        id: "barrett",
        says: "with mu = floor(2^(2k) / p) the remainder comes by shifts and multiplications",
        judge: Judge::Arithmetic(barrett),
    },
];

/// The degree of the polynomial.
const DEGREE: u32 = 32;

/// Reduces by mu as polynomials over GF(2), and as integers, and compares both with long division
/// of polynomials.
fn barrett() -> Verdict {
    const SAMPLES: u64 = 1000;
    let poly = u128::from(Model::CRC_32_ISO_HDLC.poly) | 1 << DEGREE;
    let (mu, _) = divide(1 << (2 * DEGREE), poly);
    let mu_of_integers = (1_u128 << (2 * DEGREE)) / poly;
    let mut random = crate::random::SplitMix64(0);
    let (mut right, mut right_of_integers) = (0, 0);
    for _ in 0..SAMPLES {
        let value = u128::from(random.next());
        let (_, expected) = divide(value, poly);
        let quotient = multiply(value >> DEGREE, mu) >> DEGREE;
        right += u64::from(value ^ multiply(quotient, poly) == expected);
        let quotient = ((value >> DEGREE) * mu_of_integers) >> DEGREE;
        let rest = value.wrapping_sub(quotient * poly);
        right_of_integers += u64::from(rest == expected);
    }
    let found = format!(
        "of {SAMPLES} random values, {right} are right if the operations are those of polynomials \
         over GF(2), and {right_of_integers} if they are those of integers"
    );
    match (right == SAMPLES, right_of_integers == SAMPLES) {
        (true, true) => Verdict::reproduced(found),
        (true, false) => Verdict::depends(format!("{found}: it depends on the operations")),
        (false, _) => Verdict::refuted(found),
    }
}

/// The product of polynomials over GF(2).
fn multiply(a: u128, b: u128) -> u128 {
    let terms = (0..128).filter(|power| b >> power & 1 == 1);
    terms.fold(0, |sum, power| sum ^ a << power)
}

/// Quotient and remainder of polynomials over GF(2).
fn divide(value: u128, by: u128) -> (u128, u128) {
    let degree = by.ilog2();
    (degree..128)
        .rev()
        .fold((0, value), |(quotient, rest), power| {
            if rest >> power & 1 == 0 {
                return (quotient, rest);
            }
            let shift = power - degree;
            (quotient | 1 << shift, rest ^ by << shift)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quotient_times_its_divisor_and_the_rest_give_the_value() {
        for value in [0, 1, 0x1_2345_6789, u128::from(u64::MAX)] {
            let (quotient, rest) = divide(value, 0x1_04c1_1db7);
            assert_eq!(multiply(quotient, 0x1_04c1_1db7) ^ rest, value);
            assert!(rest < 1 << DEGREE);
        }
    }
}
