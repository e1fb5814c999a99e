//! What the kernel counts for this process: calls that read, page faults, memory.

use crcheck_platform::emulation::is_emulated;
use serde::{Deserialize, Serialize};
use std::fs::read_to_string;

/// Counts since the process began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Calls of `read` and its kin, by all threads (`syscr` of `/proc/self/io`). `None`: the system
    /// does not say.
    pub read_calls: Option<u64>,
    /// Page faults that found their page in memory, and those that waited for a disk
    /// (`/proc/self/stat`).
    pub faults: Option<Faults>,
}

/// Page faults.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// Those that found their page in memory.
    pub minor: u64,
    /// Those that waited for a disk.
    pub major: u64,
}

impl Counters {
    /// The counts of now. An emulator counts something else, so that there are none under one.
    pub fn now() -> Self {
        if is_emulated() {
            return Self::default();
        }
        // The calls come last: to read the other file counts as well.
        Self {
            faults: read_to_string("/proc/self/stat")
                .ok()
                .as_deref()
                .and_then(faults),
            read_calls: read_to_string("/proc/self/io")
                .ok()
                .as_deref()
                .and_then(read_calls),
        }
    }

    /// What has been counted between `earlier` and now, without the looking itself.
    pub fn since(&self, earlier: &Self) -> Self {
        let (one, two) = (Self::now(), Self::now());
        let looking = one
            .read_calls
            .zip(two.read_calls)
            .map(|(one, two)| two - one);
        let calls = self.read_calls.zip(earlier.read_calls).zip(looking);
        let faults = self.faults.zip(earlier.faults);
        Self {
            read_calls: calls.map(|((now, then), looking)| (now - then).saturating_sub(looking)),
            faults: faults.map(|(now, then)| Faults {
                minor: now.minor - then.minor,
                major: now.major - then.major,
            }),
        }
    }
}

/// The memory of this process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Footprint {
    /// Proportional set size in bytes: a page that N processes map counts as one Nth.
    pub pss_bytes: u64,
    /// The part of it that no file backs, in bytes.
    pub anonymous_bytes: u64,
}

impl Footprint {
    /// The memory of now (`/proc/self/smaps_rollup`); `None` if the system does not say, or an
    /// emulator answers for it.
    pub fn now() -> Option<Self> {
        if is_emulated() {
            return None;
        }
        footprint(&read_to_string("/proc/self/smaps_rollup").ok()?)
    }

    /// The larger of each.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Self {
            pss_bytes: self.pss_bytes.max(other.pss_bytes),
            anonymous_bytes: self.anonymous_bytes.max(other.anonymous_bytes),
        }
    }
}

fn read_calls(io: &str) -> Option<u64> {
    let mut lines = io.lines();
    lines.find_map(|line| line.strip_prefix("syscr: ")?.trim().parse().ok())
}

/// Fields 10 and 12; the second one is the program's name in brackets, which may hold blanks.
fn faults(stat: &str) -> Option<Faults> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(7);
    let minor = fields.next()?.parse().ok()?;
    let major = fields.nth(1)?.parse().ok()?;
    Some(Faults { minor, major })
}

fn footprint(rollup: &str) -> Option<Footprint> {
    let bytes = |name: &str| {
        let line = rollup.lines().find_map(|line| line.strip_prefix(name))?;
        let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
        Some(kib << 10)
    };
    Some(Footprint {
        pss_bytes: bytes("Pss:")?,
        anonymous_bytes: bytes("Anonymous:")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn fields_are_found_by_their_names_and_places() {
        assert_eq!(
            read_calls("rchar: 5\nwchar: 1\nsyscr: 17\nsyscw: 2\n"),
            Some(17)
        );
        let stat = "12 (a) b) R 1 12 12 0 -1 4194304 100 200 3 400 0 0";
        assert_eq!(
            faults(stat),
            Some(Faults {
                minor: 100,
                major: 3
            })
        );
        let rollup =
            "5-6 ---p [rollup]\nRss: 9 kB\nPss:    7 kB\nPss_Anon: 4 kB\nAnonymous: 4 kB\n";
        let expected = Footprint {
            pss_bytes: 7 << 10,
            anonymous_bytes: 4 << 10,
        };
        assert_eq!(footprint(rollup), Some(expected));
        assert_eq!(
            (read_calls(""), faults(""), footprint("")),
            (None, None, None)
        );
    }

    #[test]
    fn reads_are_counted_without_the_looking() {
        let mut zero = std::fs::File::open("/dev/zero").expect("a device");
        let before = Counters::now();
        for _ in 0..100 {
            zero.read_exact(&mut [0; 16]).expect("zeros");
        }
        let counted = Counters::now().since(&before);
        let Some(calls) = counted.read_calls else {
            // The system does not say, or the CPU is emulated.
            return;
        };
        // Other tests read meanwhile.
        assert!(calls >= 100, "{calls}");
    }
}
