//! The transparent reader with a cache.

use crate::claims::answer::{Missing, Verdict};
use crate::claims::claim::{Claim, Judge, Need};
use crate::claims::figures::{
    BUFFER_BYTES, HEADLINE_TIMES, PAGES_AT_ONCE, READ_BYTES, READER_BYTES, READER_GB_PER_S,
    READER_US,
};
use crate::claims::measured::Measured;
use crate::claims::words::{by_figure, by_reach, by_rounding, digits, rate};

const NEEDS: &[Need] = &[Need::Reader];

pub(super) const CLAIMS: &[Claim] = &[
    Claim {
        id: "reader-hit",
        says: "a hit may answer without filling the caller's buffer",
        judge: Judge::Measured {
            needs: NEEDS,
            judge: |measured| {
                Ok(if measured.reader()?.is_unfilled_right {
                    Verdict::reproduced("the checksum of what such a reader gives is right")
                } else {
                    Verdict::refuted(
                        "such a reader was built here: the checksum of what it gives is wrong",
                    )
                })
            },
        },
    },
    Claim {
        id: "reader-4-kib",
        says: "reads of 4 KiB in 218 us are 4.6 GB/s",
        judge: Judge::Arithmetic(|| {
            let gb_per_s = gb_per_s(READ_BYTES, READER_US.0);
            by_rounding(READER_GB_PER_S.0, gb_per_s, 1, "4 KiB / 218 us in GB/s").with(format!(
                "it is {}; {} needs 1 MB in that time",
                rate(gb_per_s),
                rate(READER_GB_PER_S.0)
            ))
        }),
    },
    Claim {
        id: "reader-before",
        says: "1 MB in 218 us is 4.6 GB/s",
        judge: Judge::Arithmetic(|| {
            let gb_per_s = gb_per_s(READER_BYTES, READER_US.0);
            by_rounding(READER_GB_PER_S.0, gb_per_s, 1, "1 MB / 218 us in GB/s")
        }),
    },
    Claim {
        id: "reader-after",
        says: "1 MB in 4.6 us is 217 GB/s",
        judge: Judge::Arithmetic(|| {
            let gb_per_s = gb_per_s(READER_BYTES, READER_US.1);
            by_rounding(READER_GB_PER_S.1, gb_per_s, 0, "1 MB / 4.6 us in GB/s")
        }),
    },
    Claim {
        id: "reader-ratio",
        says: "218 us to 4.6 us is 47 times as fast",
        judge: Judge::Arithmetic(|| {
            by_rounding(HEADLINE_TIMES, READER_US.0 / READER_US.1, 0, "218 / 4.6")
        }),
    },
    Claim {
        id: "reader-time-before",
        says: "1 MB in random reads of 4 KiB takes 218 us",
        judge: Judge::Measured {
            needs: NEEDS,
            judge: |measured| {
                let us = measured.reader()?.pread_us;
                let found = format!("{} us by pread from the page cache", digits(us));
                Ok(by_figure(READER_US.0, us, "on the machine", found))
            },
        },
    },
    Claim {
        id: "reader-time-after",
        says: "hits of its cache take 4.6 us for 1 MB (217 GB/s)",
        judge: Judge::Measured {
            needs: NEEDS,
            judge: |measured| {
                let us = measured.reader()?.copies_us;
                let found = format!(
                    "hits that fill the buffer take {} us ({})",
                    digits(us),
                    rate(gb_per_s(READER_BYTES, us))
                );
                let (claimed, reached) = (1.0 / READER_US.1, 1.0 / us);
                let condition = "on the machine, and on whether a hit copies";
                Ok(by_reach(claimed, reached, condition, found))
            },
        },
    },
    Claim {
        id: "reader-gain",
        says: "the cache makes random reads 47 times as fast",
        judge: Judge::Measured {
            needs: NEEDS,
            judge: gain,
        },
    },
    Claim {
        id: "reader-four-pages",
        says: "pages are fetched four at a time, which saves calls",
        judge: Judge::Arithmetic(|| {
            let fetched = PAGES_AT_ONCE * READ_BYTES;
            let found = format!(
                "four pages are {} KiB; its own rule calls buffers below {} KiB too small, and a \
                 random read of 4 KiB uses a quarter of them",
                digits(fetched / 1024.0),
                digits(BUFFER_BYTES / 1024.0)
            );
            if fetched >= BUFFER_BYTES {
                Verdict::reproduced(found)
            } else {
                Verdict::refuted(found)
            }
        }),
    },
];

fn gb_per_s(bytes: f64, microseconds: f64) -> f64 {
    bytes / microseconds / 1e3
}

fn gain(measured: &Measured) -> Result<Verdict, Missing> {
    let reader = measured.reader()?;
    let times = reader.pread_us / reader.copies_us;
    let found = format!(
        "hits that fill the buffer are {} times as fast as pread from the page cache",
        digits(times)
    );
    let condition = "on the machine, and on where the pages are";
    Ok(by_reach(HEADLINE_TIMES, times, condition, found))
}
