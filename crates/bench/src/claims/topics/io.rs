//! The article's rules of thumb for reading files.

use crate::claims::answer::{Missing, Verdict};
use crate::claims::claim::{Claim, Judge, Need};
use crate::claims::figures::{BUFFER_BYTES, FAULTS_PER_S, READ_BYTES, READER_BYTES};
use crate::claims::measured::{Files, Mapped, Measured};
use crate::claims::words::{FAR_TIMES, NEAR_TIMES, digits, rate};

/// A step between buffers that noise does not make. Half the buffer makes twice the calls, so no
/// step can be more than 2.
const STEP_TIMES: f64 = 1.5;

const NEEDS: &[Need] = &[Need::Files];

pub(super) const CLAIMS: &[Claim] = &[
    Claim {
        id: "io-mmap-memory",
        says: "mmap needs little memory",
        judge: Judge::Measured {
            needs: NEEDS,
            judge: mmap_memory,
        },
    },
    Claim {
        id: "io-mmap-random",
        says: "mmap is fast at random places",
        judge: Judge::Measured {
            needs: &[Need::Reader],
            judge: |measured| {
                let reader = measured.reader()?;
                let reads = READER_BYTES / READ_BYTES;
                let times = reader.pread_us / reader.copies_us;
                let found = format!(
                    "a read of 4 KiB costs {} ns by a call, {} ns as a copy from memory that is \
                     there, as a mapped page is after its first fault",
                    digits(reader.pread_us / reads * 1e3),
                    digits(reader.copies_us / reads * 1e3)
                );
                Ok(if times > NEAR_TIMES {
                    Verdict::reproduced(found)
                } else {
                    Verdict::refuted(found)
                })
            },
        },
    },
    Claim {
        id: "io-mmap-calls",
        says: "mmap needs few system calls",
        judge: Judge::Measured {
            needs: NEEDS,
            judge: mmap_calls,
        },
    },
    Claim {
        id: "io-mmap-large-files",
        says: "mmap is the way for large read-only files",
        judge: Judge::Measured {
            needs: NEEDS,
            judge: mmap_or_read,
        },
    },
    Claim {
        id: "io-read-streams",
        says: "read with a buffer is for streams",
        judge: Judge::Measured {
            needs: NEEDS,
            judge: |measured| {
                Ok(if measured.files()?.is_pipe_mapped {
                    Verdict::refuted("a pipe can be mapped here")
                } else {
                    Verdict::reproduced("a pipe cannot be mapped, and can be read")
                })
            },
        },
    },
    Claim {
        id: "io-chain-calls",
        says: "a chain of readers makes many calls",
        judge: Judge::Measured {
            needs: NEEDS,
            judge: |measured| {
                let files = measured.files()?;
                let found = format!(
                    "four readers with buffers of 64 KiB make {} system calls for {} MiB, one \
                     makes {}",
                    files.chain_calls,
                    files.file_bytes >> 20,
                    files.single_calls
                );
                let times = files.chain_calls as f64 / files.single_calls as f64;
                Ok(if times > NEAR_TIMES {
                    Verdict::reproduced(found)
                } else {
                    Verdict::refuted(found)
                })
            },
        },
    },
    Claim {
        id: "io-chain-memory",
        says: "a chain of readers needs much memory",
        judge: Judge::Measured {
            needs: NEEDS,
            judge: |measured| {
                let files = measured.files()?;
                let part = files.chain_bytes as f64 / files.file_bytes as f64;
                let found = format!(
                    "the buffers of four readers hold {} KiB, whatever the file's size",
                    files.chain_bytes >> 10
                );
                // Much would be a part of the file that one notices.
                Ok(if part > 0.1 {
                    Verdict::reproduced(found)
                } else {
                    Verdict::refuted(found)
                })
            },
        },
    },
    Claim {
        id: "io-faults",
        says: "more than 10,000 page faults a second show that mmap suffers from contention",
        judge: Judge::Measured {
            needs: NEEDS,
            judge: faults,
        },
    },
    Claim {
        id: "io-small-buffers",
        says: "buffers below 64 KiB cost too many calls",
        judge: Judge::Measured {
            needs: NEEDS,
            judge: small_buffers,
        },
    },
];

fn mapped(files: &Files) -> Result<Mapped, Missing> {
    let none = || Missing::not_here("files are not mapped here");
    files.mapped.ok_or_else(none)
}

/// The best rate of all buffers.
fn best_read(files: &Files) -> f64 {
    let rates = files.reads.iter().map(|read| read.gb_per_s);
    rates.fold(0.0, f64::max)
}

fn mmap_memory(measured: &Measured) -> Result<Verdict, Missing> {
    let files = measured.files()?;
    let resident = mapped(files)?.resident_bytes;
    let found = format!(
        "resident memory grows by {} MiB while a file of {} MiB is mapped and checked",
        resident >> 20,
        files.file_bytes >> 20
    );
    Ok(if resident > files.file_bytes / 2 {
        Verdict::depends(format!(
            "{found}; these pages are the page cache's: it depends on what counts"
        ))
    } else {
        Verdict::reproduced(found)
    })
}

fn mmap_calls(measured: &Measured) -> Result<Verdict, Missing> {
    let files = measured.files()?;
    let faults = mapped(files)?.faults;
    let buffer_bytes = files.reads.last().map_or(1, |read| read.buffer_bytes);
    let calls = files.file_bytes.div_ceil(buffer_bytes) as f64;
    let found = format!(
        "the mapping enters the system {} times by page faults, reads of {} KiB {} times",
        digits(faults),
        buffer_bytes >> 10,
        digits(calls)
    );
    Ok(if faults > calls * NEAR_TIMES {
        Verdict::depends(format!("{found}: it depends on whether faults count"))
    } else {
        Verdict::reproduced(found)
    })
}

fn mmap_or_read(measured: &Measured) -> Result<Verdict, Missing> {
    let files = measured.files()?;
    let (mapped, read) = (mapped(files)?.gb_per_s, best_read(files));
    let found = format!(
        "from the page cache: mapped {}, read {}",
        rate(mapped),
        rate(read)
    );
    // Both vary from run to run, so either answer needs a clear lead.
    Ok(if mapped >= read * FAR_TIMES {
        Verdict::reproduced(found)
    } else if read > mapped * FAR_TIMES {
        Verdict::refuted(found)
    } else {
        Verdict::depends(format!("{found}: it depends on the machine"))
    })
}

/// One thread that waits for nobody makes as many faults as a core can. If these are more than the
/// rule's, the number alone shows no contention.
fn faults(measured: &Measured) -> Result<Verdict, Missing> {
    let per_s = measured.files()?.faults_per_s;
    let found = format!(
        "one thread, with nobody to contend with, takes {} faults a second",
        digits(per_s)
    );
    Ok(if per_s <= FAULTS_PER_S {
        Verdict::reproduced(found)
    } else if per_s <= FAULTS_PER_S * FAR_TIMES {
        Verdict::depends(format!("{found}: it depends on the machine"))
    } else {
        Verdict::refuted(format!("{found}: the number alone shows no contention"))
    })
}

fn small_buffers(measured: &Measured) -> Result<Verdict, Missing> {
    let files = measured.files()?;
    let limit = BUFFER_BYTES as usize;
    let (half, whole) = (files.rate_with(limit / 2)?, files.rate_with(limit)?);
    let rates = files.reads.iter();
    let rates =
        rates.map(|read| format!("{} KiB {}", read.buffer_bytes >> 10, rate(read.gb_per_s)));
    let found = rates.collect::<Vec<String>>().join(", ");
    let smallest = files.reads.first().map_or(whole, |read| read.gb_per_s);
    Ok(if whole > half * STEP_TIMES {
        Verdict::reproduced(found)
    } else if best_read(files) > smallest * NEAR_TIMES {
        Verdict::depends(format!(
            "{found}: calls cost, but nothing begins at 64 KiB; it depends on the buffer"
        ))
    } else {
        Verdict::refuted(format!("{found}: nothing begins at 64 KiB"))
    })
}
