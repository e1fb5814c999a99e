//! The kernel on memory that no cache holds.

use super::control::MeasureControl;
use super::rates::{self, scenario};
use crate::claims::answer::Missing;
use crate::claims::measured::FromMemory;
use crate::contender::{Contender, ContenderKind, LOAD};
use crate::limits::{data_cache_bytes, load};
use std::fs;
use std::time::Duration;

const BUDGET: Duration = Duration::from_secs(4);

/// Caches hold nothing of a message that is this much larger.
const TIMES_THE_CACHE: usize = 4;

/// The least message.
const LEAST_BYTES: usize = 256 << 20;

/// The longest message: the headline's gigabyte.
const MOST_BYTES: usize = 1 << 30;

pub(super) fn measure(
    control: &MeasureControl<'_>,
    wrong: &mut Vec<String>,
) -> Result<FromMemory, Missing> {
    let message_bytes = (data_cache_bytes() * TIMES_THE_CACHE).clamp(LEAST_BYTES, MOST_BYTES);
    if let Some(free) = free_bytes().filter(|free| *free < 2 * message_bytes) {
        return Err(Missing::not_here(format!(
            "a message that no cache holds needs {} MiB of memory, and {} MiB are free",
            (2 * message_bytes) >> 20,
            free >> 20
        )));
    }
    let contenders = [
        Contender::new(
            "checksum()",
            ContenderKind::Subject,
            Box::new(crcheck_kernel::checksum),
        ),
        Contender::new(LOAD, ContenderKind::Load, Box::new(load::xor_words)),
    ];
    let scenarios = [scenario(message_bytes, 0)];
    let rates = rates::measure(&contenders, &scenarios, BUDGET, control, wrong)?;
    match rates.first().map(Vec::as_slice) {
        Some(&[Some(kernel), Some(loads)]) => Ok(FromMemory {
            message_bytes,
            kernel,
            loads,
        }),
        _ => Err(Missing::Unfinished),
    }
}

/// The memory that processes can still get; `None` if the system does not say.
fn free_bytes() -> Option<usize> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: usize = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib.saturating_mul(1024))
}
