//! What is measured here, as plain data: a test can plant any of it.

use super::answer::{Answer, Missing, Verdict};
use crate::limits::instructions::InstructionTiming;
use std::collections::BTreeMap;

/// A measurement, or why there is none.
pub type Gauge<T> = Result<T, Missing>;

/// Everything that claims are judged by.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// The machine.
    pub machine: MachineFacts,
    /// The core that this process measured on; `None` if the system did not allow one.
    pub core: Option<usize>,
    /// Loops and the kernel in the cache.
    pub loops: Gauge<Loops>,
    /// The kernel from memory.
    pub memory: Gauge<FromMemory>,
    /// Instructions.
    pub instructions: Gauge<Instructions>,
    /// Files.
    pub files: Gauge<Files>,
    /// The article's reader.
    pub reader: Gauge<Reader>,
    /// Each Go that there is.
    pub go: Gauge<Vec<Go>>,
    /// What `verify` says of planted faults, by name.
    pub planted: BTreeMap<String, Planted>,
    /// What is wrong with code of this repository: a kernel that computes a wrong checksum.
    pub wrong: Vec<String>,
    /// What was to be measured and could not be, while others like it were.
    pub left_out: Vec<String>,
}

impl Measured {
    /// Nothing is measured yet.
    pub fn nothing(machine: MachineFacts) -> Self {
        Self {
            machine,
            core: None,
            loops: Err(Missing::Unfinished),
            memory: Err(Missing::Unfinished),
            instructions: Err(Missing::Unfinished),
            files: Err(Missing::Unfinished),
            reader: Err(Missing::Unfinished),
            go: Err(Missing::Unfinished),
            planted: BTreeMap::new(),
            wrong: Vec::new(),
            left_out: Vec::new(),
        }
    }

    pub(super) fn loops(&self) -> Result<&Loops, Missing> {
        self.loops.as_ref().map_err(Missing::clone)
    }

    pub(super) fn memory(&self) -> Result<&FromMemory, Missing> {
        self.memory.as_ref().map_err(Missing::clone)
    }

    pub(super) fn files(&self) -> Result<&Files, Missing> {
        self.files.as_ref().map_err(Missing::clone)
    }

    pub(super) fn reader(&self) -> Result<&Reader, Missing> {
        self.reader.as_ref().map_err(Missing::clone)
    }

    pub(super) fn go(&self) -> Result<&[Go], Missing> {
        self.go.as_deref().map_err(Missing::clone)
    }

    /// The clock of the core, and the timing of one instruction.
    pub(super) fn instruction(&self, name: &str) -> Result<&InstructionTiming, Missing> {
        let all = self.instructions.as_ref().map_err(Missing::clone)?;
        let found = all.timings.iter().find(|timing| timing.name == name);
        found.ok_or_else(|| Missing::not_here(format!("this CPU has no {name}")))
    }

    pub(super) fn clock_ghz(&self) -> Result<f64, Missing> {
        let all = self.instructions.as_ref().map_err(Missing::clone)?;
        let unknown = || Missing::not_here("the core's clock is measured on x86-64 alone");
        all.clock_ghz.ok_or_else(unknown)
    }
}

/// The machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MachineFacts {
    /// The CPU's name.
    pub cpu: String,
    /// The architecture.
    pub arch: String,
}

/// Rates in GB/s on a message that the innermost caches hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Loops {
    /// The message in bytes.
    pub message_bytes: usize,
    /// Eight steps a byte.
    pub bits: f64,
    /// A table of 256 entries, a byte at a time.
    pub byte_table: f64,
    /// The same table, with the bytes from aligned words of 32 bits.
    pub aligned_words: f64,
    /// Sixteen tables.
    pub slicing: f64,
    /// The kernel, on a message at a multiple of 64.
    pub kernel: f64,
    /// The kernel, one byte further.
    pub kernel_unaligned: f64,
    /// A copy of the message to an aligned place, and the kernel there.
    pub kernel_after_copy: f64,
    /// The tiers whose vectors have 256 bits, by name.
    pub tiers_of_256_bits: Vec<(String, f64)>,
    /// Lengths and offsets at which the kernel was compared with the judges, none a multiple of a
    /// page.
    pub compared_off_pages: usize,
}

/// The kernel on memory that no cache holds.
#[derive(Clone, Debug, PartialEq)]
pub struct FromMemory {
    /// The memory in bytes.
    pub message_bytes: usize,
    /// GB/s of the kernel.
    pub kernel: f64,
    /// GB/s of loads alone.
    pub loads: f64,
}

/// Instructions of the core.
#[derive(Clone, Debug, PartialEq)]
pub struct Instructions {
    /// The core's clock; `None` where it cannot be measured.
    pub clock_ghz: Option<f64>,
    /// Each instruction that the CPU has.
    pub timings: Vec<InstructionTiming>,
}

/// A file in the page cache.
#[derive(Clone, Debug, PartialEq)]
pub struct Files {
    /// Its size in bytes.
    pub file_bytes: usize,
    /// Mapped; `None` if nothing maps it here.
    pub mapped: Option<Mapped>,
    /// Read with each size of buffer, the smallest first.
    pub reads: Vec<BufferedRead>,
    /// The page faults that one thread takes in a second, when it does nothing else and nobody
    /// contends with it.
    pub faults_per_s: f64,
    /// Whether a pipe can be mapped.
    pub is_pipe_mapped: bool,
    /// The calls of a chain of four readers with buffers of 64 KiB.
    pub chain_calls: u64,
    /// The calls of one such reader.
    pub single_calls: u64,
    /// The bytes that the chain's buffers hold.
    pub chain_bytes: usize,
}

impl Files {
    /// The rate with a buffer of this size, in GB/s.
    pub(super) fn rate_with(&self, buffer_bytes: usize) -> Result<f64, Missing> {
        let mut reads = self.reads.iter();
        let found = reads.find(|read| read.buffer_bytes == buffer_bytes);
        let found = found.map(|read| read.gb_per_s);
        found
            .ok_or_else(|| Missing::not_here(format!("no buffer of {buffer_bytes} bytes was read")))
    }
}

/// A file that is mapped and checked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mapped {
    /// GB/s.
    pub gb_per_s: f64,
    /// Page faults of one pass.
    pub faults: f64,
    /// How much the resident memory of the process grew, in bytes.
    pub resident_bytes: usize,
}

/// A file that is read and checked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BufferedRead {
    /// The buffer in bytes.
    pub buffer_bytes: usize,
    /// GB/s.
    pub gb_per_s: f64,
}

/// One megabyte in reads of 4 KiB at random places.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reader {
    /// Microseconds, by `pread` from the page cache.
    pub pread_us: f64,
    /// Microseconds, by copies from memory of the process: the hits of a cache that fills the
    /// caller's buffer.
    pub copies_us: f64,
    /// Whether the checksum of what a reader gives whose hits do not fill the buffer is right.
    pub is_unfilled_right: bool,
}

/// One Go.
#[derive(Clone, Debug, PartialEq)]
pub struct Go {
    /// `go1.19.8`.
    pub version: String,
    /// `hash/crc32` in the cache, in GB/s.
    pub hash: f64,
    /// The same one byte further.
    pub hash_unaligned: f64,
    /// `hash/crc32` without the CPU's optional features, in GB/s.
    pub without_features: f64,
    /// A loop over one table of 256 entries in Go, in GB/s.
    pub byte_table: f64,
    /// `hash/crc32` on 10^9 bytes from memory, in seconds.
    pub gigabyte_seconds: f64,
    /// The longest pause of forced collections, in milliseconds.
    pub pause_ms: f64,
    /// Lengths up to 64 at which its checksum is not that of the judges.
    pub wrong_lengths: usize,
    /// What became of an assembly function with YMM registers, without cgo.
    pub ymm: Ymm,
}

impl Go {
    /// The verdicts of every Go as one: theirs if they agree, else it depends on the version.
    pub(super) fn joined(every: &[Self], judge: impl Fn(&Self) -> Verdict) -> Verdict {
        let verdicts: Vec<Verdict> = every.iter().map(judge).collect();
        let found: Vec<&str> = verdicts.iter().map(|one| one.found.as_str()).collect();
        let found = found.join("; ");
        let first = verdicts
            .first()
            .map_or(Answer::NotMeasurableHere, |one| one.answer);
        if verdicts.iter().all(|one| one.answer == first) {
            Verdict::new(first, found)
        } else {
            Verdict::depends(format!("{found}: it depends on the version of Go"))
        }
    }
}

/// What became of Go assembly with YMM registers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ymm {
    /// It was built, and computed what it should.
    Ran,
    /// It was built, and this CPU has no AVX2 to run it.
    Built,
    /// It was not built, for this reason.
    Refused(String),
    /// This architecture has no such registers.
    Foreign,
}

/// What `verify` says of a planted fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Planted {
    /// It is found: by which check, as what, and the diagnosis.
    Caught {
        /// The check.
        check: String,
        /// The kind of the finding.
        kind: String,
        /// The diagnosis in a sentence.
        diagnosis: String,
    },
    /// The check that must find it found nothing.
    Escaped,
    /// This machine cannot show it.
    Unavailable(String),
}
