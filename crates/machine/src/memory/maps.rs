//! What this process has mapped.

use super::Protection;
use std::fs;
use std::io;
use std::ops::Range;

/// The mappings of this process, read again where an address is in none of them.
#[derive(Debug)]
pub(super) struct Maps {
    mappings: Vec<(Range<u64>, Protection)>,
}

impl Maps {
    pub(super) fn read() -> io::Result<Self> {
        let text = fs::read_to_string("/proc/self/maps")?;
        Ok(Self {
            mappings: text.lines().filter_map(mapping).collect(),
        })
    }

    /// What the mapping at `address` allows.
    pub(super) fn protection(&mut self, address: u64) -> Option<Protection> {
        let known = self.known(address);
        if known.is_some() {
            return known;
        }
        if let Ok(now) = Self::read() {
            *self = now;
        }
        self.known(address)
    }

    pub(super) fn known(&self, address: u64) -> Option<Protection> {
        let mut mappings = self.mappings.iter();
        let found = mappings.find(|(range, _)| range.contains(&address));
        found.map(|(_, protection)| *protection)
    }
}

/// A line such as `7f00-7f01 r-xp 00000000 fd:00 123 /lib/libc.so.6` (proc_pid_maps(5)).
fn mapping(line: &str) -> Option<(Range<u64>, Protection)> {
    let (range, rest) = line.split_once(' ')?;
    let (start, end) = range.split_once('-')?;
    let number = |text| u64::from_str_radix(text, 16).ok();
    let allows = |letter| rest.as_bytes()[..4].contains(&letter);
    let protection = Protection {
        can_read: allows(b'r'),
        can_write: allows(b'w'),
        can_execute: allows(b'x'),
    };
    Some((number(start)?..number(end)?, protection))
}
