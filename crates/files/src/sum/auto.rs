//! The rules of `auto`: which method for which file, and how many threads. The figures behind them
//! are in `docs/performance.md`:
//!
//! | file | method | because |
//! |---|---|---|
//! | up to 4 MiB | `read` | 3 µs a file of 4 KiB with a kept buffer; a mapping costs 9 µs |
//! | on tmpfs | `read` | its pages are small: a mapping has half the speed |
//! | in the page cache, in large pieces | `mmap` | no copy, and two page faults for 4 MiB |
//! | in the page cache, in small pieces | `read` | 64 page faults for 4 MiB cost more than a copy |
//! | not in the page cache | `uring` | several reads keep the disk busy while one is computed |
//! | the same, without io_uring | `direct` | no copy, and large reads |
//! | partly in the page cache | `read` | the only way that takes what is there and reads ahead |
//!
//! | more than 32 MiB in memory | two threads | 1.4 to 1.9 times as fast; more not measured |
//! | past the page cache | one thread | the disk is slower than it |
//! | any, by tables | all processors | tables are slower than every way to read |

use super::kind::is_in_memory;
use super::request::SumOptions;
use crate::blocks::{Paging, ReadOptions};
use crate::method::{Method, MethodChoice};
use crcheck_platform::file_window::FileWindow;
use std::fs::File;
use std::os::fd::AsFd;
use std::thread::available_parallelism;

/// Up to here a file is read in whatever state it is: to map and unmap costs more than to copy.
pub(super) const SMALL_BYTES: u64 = 4 << 20;

/// What a thread takes at once. The faster thread takes more of them.
pub(super) const PIECE_BYTES: u64 = 16 << 20;

/// From here on two threads are faster than one: 1.3 times at 32 MiB, 1.5 at 64; 1.0 at 20.
const SHARED_BYTES: u64 = 32 << 20;

/// How many pages of a file are looked for in the page cache.
const SAMPLES: u64 = 64;

/// What `auto` or the user has chosen.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    pub(super) options: ReadOptions,
    /// How those parts are read whose mapping is slow.
    pub(super) otherwise: Option<ReadOptions>,
    /// What to try before `read`, if this cannot be here.
    pub(super) fallbacks: Vec<Method>,
    /// Whether the bytes are in memory, as far as is known.
    is_in_memory: bool,
    pub(super) threads: usize,
    pub(super) reasons: Vec<String>,
}

/// The way to read `len_bytes` bytes of `file`, which may be a device.
pub(super) fn choose(
    file: &File,
    is_device: bool,
    len_bytes: u64,
    options: &SumOptions<'_>,
) -> Choice {
    let mut choice = match options.method {
        MethodChoice::This(method) => Choice::fixed(method, format!("`{method}` was asked for")),
        MethodChoice::Auto => by_rules(file, is_device, len_bytes),
    };
    // A small window makes a mapping slow, so `auto` keeps its own.
    if choice.otherwise.is_none() {
        let own = choice.options;
        choice.options = own.with_buffer_for(options.buffer_bytes, len_bytes);
    }
    let otherwise = choice.otherwise.take();
    let buffer = |read: ReadOptions| read.with_buffer_for(options.buffer_bytes, len_bytes);
    choice.otherwise = otherwise.map(buffer);
    choice.share(len_bytes, options);
    choice
}

fn by_rules(file: &File, is_device: bool, len_bytes: u64) -> Choice {
    if len_bytes <= SMALL_BYTES {
        return Choice::fixed(Method::Read, "a small file is read: to map it costs more");
    }
    // The name of a device lies in memory, too.
    if !is_device && is_in_memory(file) {
        let mut choice = Choice::fixed(
            Method::Read,
            "a file of tmpfs is read: its pages are small, and to map each costs more",
        );
        choice.is_in_memory = true;
        return choice;
    }
    if !FileWindow::SURVIVES {
        return Choice::fixed(
            Method::Read,
            "the file is read: this architecture cannot survive a mapping that becomes shorter",
        );
    }
    let Some(resident) = resident_of_samples(file, len_bytes) else {
        return Choice::fixed(Method::Read, "the file is read: it cannot be mapped");
    };
    let sampled = format!("{resident} of {SAMPLES} sampled pages are in the page cache");
    if resident * 16 >= SAMPLES * 15 {
        let mut choice = Choice::fixed(Method::Mmap, format!("{sampled}: mapped without a copy"));
        choice.otherwise = Some(ReadOptions::new(Method::Read));
        choice.is_in_memory = true;
        choice
    } else if resident * 8 <= SAMPLES {
        let mut choice = Choice::fixed(
            Method::Uring,
            format!("{sampled}: read past it, with several reads under way at once"),
        );
        choice.fallbacks = vec![Method::Direct];
        choice
    } else {
        Choice::fixed(
            Method::Read,
            format!("{sampled}: read, which takes both what is there and what is not"),
        )
    }
}

impl Choice {
    pub(super) fn fixed(method: Method, reason: impl Into<String>) -> Self {
        Self {
            options: ReadOptions::new(method),
            otherwise: None,
            fallbacks: Vec::new(),
            is_in_memory: false,
            threads: 1,
            reasons: vec![reason.into()],
        }
    }

    /// Sets how many threads share `len_bytes` bytes.
    fn share(&mut self, len_bytes: u64, options: &SumOptions<'_>) {
        if let Some(threads) = options.threads {
            self.threads = threads.max(1);
            return;
        }
        let is_kernel = options.algorithm.is_kernel();
        let least_bytes = if is_kernel { SHARED_BYTES } else { PIECE_BYTES };
        if len_bytes <= least_bytes || (is_kernel && !self.is_in_memory) {
            return;
        }
        let processors = available_parallelism().map_or(1, usize::from);
        self.threads = if is_kernel {
            processors.min(2)
        } else {
            processors
        };
        if self.threads > 1 {
            self.reasons.push(if is_kernel {
                "two threads: one takes half of what the memory gives".to_owned()
            } else {
                let name = options.algorithm.name();
                format!("{processors} threads: {name} computes slower than one thread reads")
            });
        }
    }
}

/// How many of `SAMPLES` pages, evenly over the file, are in the page cache; `None` if it cannot be
/// mapped.
fn resident_of_samples(file: &File, len_bytes: u64) -> Option<u64> {
    let len = usize::try_from(len_bytes).ok()?;
    let window = FileWindow::new(file.as_fd(), 0, len, Paging::OnDemand).ok()?;
    let sample = |index: u64| {
        let at = u128::from(index) * u128::from(len_bytes - 1) / u128::from(SAMPLES - 1);
        // It is below the length.
        window.is_resident(at as usize)
    };
    Some((0..SAMPLES).filter(|&index| sample(index)).count() as u64)
}
