//! Samples of this process's stacks, by the crate `pprof`: SIGPROF comes while the process uses
//! processor time, and its handler walks the stack.
//!
//! Functions that the compiler has put into others have no frame: the profiler counts by function,
//! and not by place.

use crcheck_platform::code::elf;
use pprof::{ProfilerGuard, ProfilerGuardBuilder};
use std::collections::HashMap;

/// What takes the samples, for reports.
pub const NAME: &str = "pprof (SIGPROF)";

/// The highest frequency that makes sense: the handler takes microseconds.
pub const FREQUENCY_MAX_HZ: u32 = 10_000;

/// The profiler's handler, which is on every stack that it walks.
const HANDLER: &str = "perf_signal_handler";

/// What the functions of these libraries do is not sampled: the handler must not walk the stack
/// while one of them holds a lock that the walk needs.
#[cfg(any(
    target_arch = "x86_64",
    target_arch = "aarch64",
    target_arch = "riscv64"
))]
const NOT_INTERRUPTED: [&str; 4] = ["/libc.so", "/libgcc_s.so", "/libpthread.so", "vdso"];

/// Why there is no profile.
#[derive(Debug, thiserror::Error)]
pub enum SamplerError {
    /// The profiler does not begin.
    #[error("the profiler does not start: {0}")]
    Start(#[from] pprof::Error),
    /// The addresses of a stripped program have no names.
    #[error("this program has no symbols: build it without `strip`")]
    NoSymbols,
}

/// Takes samples as long as it lives. A process has one at a time.
pub struct Sampler {
    guard: ProfilerGuard<'static>,
    /// What was taken before, by stack.
    taken: HashMap<Vec<usize>, u64>,
}

impl Sampler {
    /// Begins.
    ///
    /// # Errors
    /// If another one runs, if the system refuses, or if the program has no symbols.
    pub fn start(frequency_hz: u32) -> Result<Self, SamplerError> {
        if elf::function_at(Self::start as fn(u32) -> _ as usize).is_none() {
            return Err(SamplerError::NoSymbols);
        }
        let builder = ProfilerGuardBuilder::default()
            .frequency(frequency_hz.clamp(1, FREQUENCY_MAX_HZ) as i32);
        #[cfg(any(
            target_arch = "x86_64",
            target_arch = "aarch64",
            target_arch = "riscv64"
        ))]
        let builder = builder.blocklist(&NOT_INTERRUPTED);
        Ok(Self {
            guard: builder.build()?,
            taken: HashMap::new(),
        })
    }

    /// The stacks since the last call, each with its count. The innermost function comes first.
    ///
    /// # Errors
    /// What the profiler says.
    pub fn take(&mut self) -> Result<Vec<(Vec<String>, u64)>, SamplerError> {
        let report = self.guard.report().build_unresolved()?;
        let mut total: HashMap<Vec<usize>, u64> = HashMap::new();
        for (frames, count) in report.data {
            // Functions by the addresses where they begin. One that is interrupted at its first
            // instruction has none, since the unwinder looks at the byte before it.
            let stack = frames
                .frames
                .iter()
                .map(|frame| match frame.symbol_address() {
                    start if start.is_null() => frame.ip() as usize,
                    start => start as usize,
                });
            *total.entry(stack.collect()).or_default() += count.unsigned_abs() as u64;
        }
        let mut new = Vec::new();
        for (stack, &count) in &total {
            let count = count - self.taken.get(stack).copied().unwrap_or(0).min(count);
            if count > 0 {
                new.push((interrupted(stack), count));
            }
        }
        self.taken = total;
        Ok(new)
    }
}

/// The names of the functions below the handler.
fn interrupted(stack: &[usize]) -> Vec<String> {
    let names: Vec<Option<String>> = stack.iter().map(|&start| elf::function_at(start)).collect();
    let handler = names
        .iter()
        .position(|name| name.as_deref() == Some(HANDLER));
    // Between the handler and the function that it has interrupted is where the system comes back.
    let first = handler.map_or(0, |place| place + 2);
    let interrupted = names.into_iter().skip(first);
    interrupted
        .map(|name| name.unwrap_or_else(|| "[library]".to_owned()))
        .collect()
}
