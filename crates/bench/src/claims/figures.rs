//! The numbers of the article, each once. Units come last in the names; G, M and k are powers of
//! ten, as in the article.

/// The message of the headline.
pub(super) const GIGABYTE_BYTES: f64 = 1e9;
/// Go's library on the headline's message.
pub(super) const GO_SECONDS: f64 = 8.2;
/// Go's library, as a rate.
pub(super) const GO_MB_PER_S: f64 = 122.0;
/// The article's code on the headline's message.
pub(super) const OWN_SECONDS: f64 = 0.17;
/// The article's code, as a rate.
pub(super) const OWN_GB_PER_S: f64 = 5.9;
/// The headline.
pub(super) const HEADLINE_TIMES: f64 = 47.0;
/// The CPU of the headline.
pub(super) const HEADLINE_CPU: &str = "i7-11800H";

/// The powers of x in the polynomial that the article gives for its CRC.
pub(super) const EXPONENTS: [u32; 17] = [
    28, 27, 26, 25, 23, 22, 20, 19, 18, 14, 13, 11, 10, 9, 8, 6, 0,
];
/// What the article calls the reflected form of the polynomial.
pub(super) const CALLED_REFLECTED: u32 = 0x04c1_1db7;

/// A byte table against the loop over bits.
pub(super) const TABLE_TIMES: f64 = 4.2;
/// Aligned words of 32 bits against bytes.
pub(super) const WORDS_TIMES: f64 = 1.8;
/// The steps of the loop over bits for a byte, by the article.
pub(super) const STEPS_OF_A_BYTE: usize = 32;

/// The frame of the Go assembly: arguments and results.
pub(super) const FRAME_BYTES: usize = 40;
/// Where the frame holds the result.
pub(super) const RESULT_OFFSET_BYTES: usize = 24;

/// The latency of `pclmulqdq`, at least and at most.
pub(super) const MULTIPLY_CYCLES: (f64, f64) = (3.0, 5.0);
/// `pclmulqdq` in a cycle.
pub(super) const MULTIPLY_PER_CYCLE: f64 = 1.0;
/// The latency of `vpxor` and of `movdqa`.
pub(super) const SIMPLE_CYCLES: f64 = 1.0;
/// `vpxor`, and `movdqa`, in a cycle.
pub(super) const SIMPLE_PER_CYCLE: f64 = 2.0;
/// The latency of `crc32q`.
pub(super) const CRC32Q_CYCLES: f64 = 3.0;
/// The ports of `crc32q`.
pub(super) const CRC32Q_PORTS: f64 = 1.0;
/// The ports of `vpxor`, and of `vpshufb`.
pub(super) const VECTOR_PORTS: f64 = 2.0;

/// A stage of the pipeline.
pub(super) const STAGE_NS: f64 = 3.0;

/// The page faults above which `mmap` is said to suffer.
pub(super) const FAULTS_PER_S: f64 = 10_000.0;
/// Buffers below this are said to need too many calls.
pub(super) const BUFFER_BYTES: f64 = 65_536.0;

/// The sizes of the benchmark plan, in gigabytes.
pub(super) const PLAN_GB: [f64; 4] = [1.0, 10.0, 50.0, 100.0];
/// The figures of the plan: MB/s at 1, 10 and 100 GB.
pub(super) const PLAN_X86_MB_PER_S: [f64; 3] = [1924.0, 1897.0, 1862.0];
/// On ARM64.
pub(super) const PLAN_ARM_MB_PER_S: [f64; 3] = [2103.0, 2088.0, 2071.0];
/// On a simulator of RISC-V.
pub(super) const PLAN_RISCV_MB_PER_S: [f64; 3] = [321.0, 318.0, 315.0];
/// The plan's runs of each measurement.
pub(super) const PLAN_RUNS: i32 = 3;

/// The slow case: the 95 % quantile before and after, in milliseconds.
pub(super) const SLOW_MS: (f64, f64) = (12.0, 217.0);
/// The cycles before and after, in millions.
pub(super) const SLOW_MEGACYCLES: (f64, f64) = (8.2, 41.6);
/// The garbage collector's pauses before and after, in milliseconds.
pub(super) const SLOW_PAUSE_MS: (f64, f64) = (0.3, 18.7);
/// The samples of the flame graph in a second.
pub(super) const PERF_HZ: f64 = 99.0;
/// The duration of the flame graph's samples.
pub(super) const PERF_SECONDS: f64 = 30.0;

/// The alignment that calls need, by the article.
pub(super) const ALIGNMENT_BYTES: usize = 4096;

/// The reader: microseconds before and after.
pub(super) const READER_US: (f64, f64) = (218.0, 4.6);
/// The reader: gigabytes a second before and after.
pub(super) const READER_GB_PER_S: (f64, f64) = (4.6, 217.0);
/// The reader's message.
pub(super) const READER_BYTES: f64 = 1e6;
/// A read of the reader.
pub(super) const READ_BYTES: f64 = 4096.0;
/// The pages that the reader fetches at once.
pub(super) const PAGES_AT_ONCE: f64 = 4.0;
