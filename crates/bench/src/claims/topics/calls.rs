//! How the code is to be called.

use crate::claims::answer::{Missing, Verdict};
use crate::claims::claim::{Claim, Judge, Need};
use crate::claims::figures::ALIGNMENT_BYTES;
use crate::claims::measured::Measured;
use crate::claims::words::{NEAR_TIMES, digits, rate};

pub(super) const CLAIMS: &[Claim] = &[
    Claim {
        id: "calls-zero-copy",
        says: "a pointer hands the message over without a copy",
        judge: Judge::Arithmetic(|| {
            let header = size_of::<&[u8]>();
            let found = format!("a call hands over {header} bytes, whatever the message's length");
            if header <= 3 * size_of::<usize>() {
                Verdict::reproduced(found)
            } else {
                Verdict::refuted(found)
            }
        }),
    },
    Claim {
        id: "calls-alignment",
        says: "the address modulo 4096 must be 0",
        judge: Judge::Measured {
            needs: &[Need::Loops],
            judge: alignment,
        },
    },
    Claim {
        id: "calls-aligned-loads",
        says: "data may be loaded by movdqa",
        judge: Judge::PlantedFault("article-movdqa"),
    },
    Claim {
        id: "calls-aligned-copy",
        says: "it pays to copy what is not aligned",
        judge: Judge::Measured {
            needs: &[Need::Loops],
            judge: aligned_copy,
        },
    },
    Claim {
        id: "calls-rounded-length",
        says: "the wrapper may round the length up to 4096",
        judge: Judge::PlantedFault("article-rounded-length"),
    },
    Claim {
        id: "calls-stack",
        says: "each copy is counted, and a stack is printed while developing",
        judge: Judge::NotMeasurable("it is the wish for a log, and nobody has the program"),
    },
];

fn alignment(measured: &Measured) -> Result<Verdict, Missing> {
    let loops = measured.loops()?;
    let found = format!(
        "our kernel gives the judges' checksum at {} places that are no multiple of \
         {ALIGNMENT_BYTES}; one byte further it does {} instead of {}",
        loops.compared_off_pages,
        rate(loops.kernel_unaligned),
        rate(loops.kernel)
    );
    let needs_it = loops.compared_off_pages == 0;
    Ok(if needs_it {
        Verdict::reproduced(found)
    } else {
        Verdict::refuted(found)
    })
}

fn aligned_copy(measured: &Measured) -> Result<Verdict, Missing> {
    let loops = measured.loops()?;
    let times = loops.kernel_after_copy / loops.kernel_unaligned;
    let found = format!(
        "with a copy before it our kernel does {}, without one {} ({} times)",
        rate(loops.kernel_after_copy),
        rate(loops.kernel_unaligned),
        digits(times)
    );
    Ok(if times > NEAR_TIMES {
        Verdict::reproduced(found)
    } else if times * NEAR_TIMES > 1.0 {
        Verdict::depends(format!("{found}: it depends on the machine"))
    } else {
        Verdict::refuted(found)
    })
}
