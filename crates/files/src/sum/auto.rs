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
//! The kernel has one thread: it is as fast as the memory alone, and two threads were never faster.
//! Tables are slower than every way to read, so they have all processors.

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
        choice.options = choice.options.with_buffer(options.buffer_bytes);
    }
    let otherwise = choice.otherwise.take();
    choice.otherwise = otherwise.map(|read| read.with_buffer(options.buffer_bytes));
    choice.threads = threads(len_bytes, options, &mut choice.reasons);
    choice
}

fn by_rules(file: &File, is_device: bool, len_bytes: u64) -> Choice {
    if len_bytes <= SMALL_BYTES {
        return Choice::fixed(Method::Read, "a small file is read: to map it costs more");
    }
    // The name of a device lies in memory, too.
    if !is_device && is_in_memory(file) {
        return Choice::fixed(
            Method::Read,
            "a file of tmpfs is read: its pages are small, and to map each costs more",
        );
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
            threads: 1,
            reasons: vec![reason.into()],
        }
    }
}

/// How many threads: the kernel reaches the memory's limit alone, tables do not.
fn threads(len_bytes: u64, options: &SumOptions<'_>, reasons: &mut Vec<String>) -> usize {
    if let Some(threads) = options.threads {
        return threads.max(1);
    }
    if len_bytes <= PIECE_BYTES {
        return 1;
    }
    if options.algorithm.is_kernel() {
        reasons.push("one thread: the kernel is as fast as the memory alone".to_owned());
        return 1;
    }
    let threads = available_parallelism().map_or(1, usize::from);
    if threads > 1 {
        reasons.push(format!(
            "{threads} threads: {} computes slower than one thread reads",
            options.algorithm.name()
        ));
    }
    threads
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
