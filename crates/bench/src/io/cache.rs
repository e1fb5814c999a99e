//! The state of the page cache before a file is read.

use crate::io::test_file::TestFile;
use crcheck_platform::page_cache;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io::{self, Read};
use std::ops::Range;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};

/// Longer files are looked at in parts.
const WHOLE_BYTES_MAX: u64 = 8 << 30;

/// How many parts.
const SAMPLES: u64 = 128;

/// The size of a part in bytes.
const SAMPLE_BYTES: u64 = 16 << 20;

/// The state of the page cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CacheState {
    /// As writing the file left it: in the pages that the writes made.
    Fresh,
    /// The file was dropped and read back, so that it lies in the larger pages of the read-ahead.
    Warm,
    /// The file is dropped before every run.
    Cold,
}

impl CacheState {
    /// Every state, in the order of a run.
    pub const ALL: [Self; 3] = [Self::Fresh, Self::Warm, Self::Cold];

    /// The name on the command line and in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Warm => "warm",
            Self::Cold => "cold",
        }
    }

    /// Brings the cache into this state for the first run on a file.
    ///
    /// # Errors
    /// What the system says.
    pub fn begin(self, file: &TestFile, cancelled: &AtomicBool) -> io::Result<()> {
        match self {
            Self::Fresh => Ok(()),
            Self::Cold => drop_pages(file),
            Self::Warm => {
                drop_pages(file)?;
                read_back(file, cancelled)
            }
        }
    }

    /// Brings the cache into this state again. Returns the part of the file that it holds, from 0
    /// to 1.
    ///
    /// # Errors
    /// What the system says.
    pub fn renew(self, file: &TestFile, cancelled: &AtomicBool) -> io::Result<f64> {
        match self {
            Self::Fresh => {}
            Self::Cold => drop_pages(file)?,
            // Memory may be too small for the file, and then reading again does not help.
            Self::Warm if cached_part(file)? < 0.99 => read_back(file, cancelled)?,
            Self::Warm => {}
        }
        cached_part(file)
    }
}

impl fmt::Display for CacheState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for CacheState {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|state| state.name() == name);
        found.ok_or_else(|| format!("no state of the cache is called `{name}` (fresh, warm, cold)"))
    }
}

/// The part of a file that the page cache holds, from 0 to 1.
///
/// # Errors
/// What the system says.
pub fn cached_part(file: &TestFile) -> io::Result<f64> {
    let (mut looked_at, mut cached) = (0, 0);
    for range in samples(file.len_bytes()) {
        looked_at += range.end - range.start;
        cached += page_cache::cached_bytes(file.file(), range)?;
    }
    Ok(cached as f64 / looked_at as f64)
}

/// The whole of a file, or parts that stand for a long one: to look at a gigabyte takes some ten
/// milliseconds.
fn samples(len_bytes: u64) -> Vec<Range<u64>> {
    if len_bytes <= WHOLE_BYTES_MAX {
        return std::iter::once(0..len_bytes).collect();
    }
    // Each begins with a page.
    let step = len_bytes / SAMPLES / SAMPLE_BYTES * SAMPLE_BYTES;
    let starts = (0..SAMPLES).map(|index| index * step);
    starts.map(|start| start..start + SAMPLE_BYTES).collect()
}

/// Drops the file from the page cache; if the system keeps a part, everything, where this user may.
fn drop_pages(file: &TestFile) -> io::Result<()> {
    page_cache::evict(file.file())?;
    if cached_part(file)? > 0.01 {
        // Only root may, and the report says what is left.
        let _ = std::fs::write("/proc/sys/vm/drop_caches", "1");
    }
    Ok(())
}

fn read_back(file: &TestFile, cancelled: &AtomicBool) -> io::Result<()> {
    let mut stream = std::fs::File::open(file.path())?;
    let mut buffer = vec![0; 1 << 20];
    while !cancelled.load(Ordering::Relaxed) && stream.read(&mut buffer)? > 0 {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_read_as_it_is_written() {
        for state in CacheState::ALL {
            assert_eq!(state.name().parse(), Ok(state));
        }
        assert!("hot".parse::<CacheState>().is_err());
    }

    #[test]
    fn parts_of_a_long_file_are_apart_and_inside() {
        assert!(samples(5).into_iter().eq(std::iter::once(0..5)));
        let len_bytes = WHOLE_BYTES_MAX + 1;
        let parts = samples(len_bytes);
        assert!(parts.windows(2).all(|two| two[0].end <= two[1].start));
        assert!(parts.iter().all(|part| part.end <= len_bytes));
    }

    #[test]
    fn a_file_that_was_read_back_is_cached() {
        let folder = tempfile::tempdir().expect("a folder");
        let go_on = AtomicBool::new(false);
        let made = TestFile::create(folder.path(), 1 << 20, false, &go_on);
        let file = made.expect("a file").expect("nobody cancels");
        CacheState::Warm.begin(&file, &go_on).expect("read back");
        assert_eq!(
            CacheState::Warm.renew(&file, &go_on).expect("looked at"),
            1.0
        );
        // In memory alone nothing is ever cold.
        let cold = CacheState::Cold.renew(&file, &go_on).expect("dropped");
        assert!((0.0..=1.0).contains(&cold));
    }
}
