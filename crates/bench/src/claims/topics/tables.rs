//! Loops over bits, bytes and words.

use crate::claims::answer::Verdict;
use crate::claims::claim::{Claim, Judge, Need};
use crate::claims::figures::{STEPS_OF_A_BYTE, TABLE_TIMES, WORDS_TIMES};
use crate::claims::loops::steps_of_bits;
use crate::claims::words::{by_gain, digits, rate};

pub(super) const CLAIMS: &[Claim] = &[
    Claim {
        id: "table-shifts",
        says: "a table is built with left shifts and used with right shifts",
        judge: Judge::PlantedFault("article-table"),
    },
    Claim {
        id: "table-order",
        says: "without a table the loop takes O(32 n) steps for n bytes",
        judge: Judge::Arithmetic(|| {
            let message = [0; 100];
            let steps = steps_of_bits(&message) / message.len();
            let found = format!(
                "the loop takes {steps} steps a byte, one for each bit of the message; \
                 the register's {STEPS_OF_A_BYTE} bits do not count"
            );
            if steps == STEPS_OF_A_BYTE {
                Verdict::reproduced(found)
            } else {
                Verdict::refuted(found)
            }
        }),
    },
    Claim {
        id: "table-linear",
        says: "a table turns O(32 n) into O(n)",
        judge: Judge::Arithmetic(|| {
            let steps = |len_bytes: usize| steps_of_bits(&vec![0; len_bytes]);
            let times = steps(2000) as f64 / steps(1000) as f64;
            let found = format!(
                "twice the bytes take {} times the steps without a table too: \
                 both are O(n), and the table saves a constant factor",
                digits(times)
            );
            if times > 2.0 {
                Verdict::reproduced(found)
            } else {
                Verdict::refuted(found)
            }
        }),
    },
    Claim {
        id: "table-gain",
        says: "a byte table is 4.2 times as fast as the loop over bits",
        judge: Judge::Measured {
            needs: &[Need::Loops],
            judge: |measured| {
                let loops = measured.loops()?;
                let times = loops.byte_table / loops.bits;
                let found = format!(
                    "{} times: {} against {}",
                    digits(times),
                    rate(loops.byte_table),
                    rate(loops.bits)
                );
                Ok(by_gain(TABLE_TIMES, times, found))
            },
        },
    },
    Claim {
        id: "words-gain",
        says: "aligned reads of 32 bits make the byte table 1.8 times as fast",
        judge: Judge::Measured {
            needs: &[Need::Loops],
            judge: |measured| {
                let loops = measured.loops()?;
                let times = loops.aligned_words / loops.byte_table;
                let found = format!(
                    "{} times: {} against {}; the four look-ups wait for each other as before, \
                     and sixteen tables, whose look-ups do not, give {}",
                    digits(times),
                    rate(loops.aligned_words),
                    rate(loops.byte_table),
                    rate(loops.slicing)
                );
                Ok(by_gain(WORDS_TIMES, times, found))
            },
        },
    },
];
