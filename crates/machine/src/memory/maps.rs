//! What this process has mapped.

use super::protection::Protection;
use crate::fault::AccessKind;
use std::fs;
use std::io;
use std::ops::Range;

/// The mappings of this process, read again where they refuse an access.
#[derive(Debug)]
pub(super) struct Maps {
    /// In ascending order.
    mappings: Vec<(Range<u64>, Protection)>,
    /// The lines of those that can be executed.
    code: Vec<String>,
    /// How often those have changed.
    code_changes: u64,
}

impl Maps {
    pub(super) fn read() -> io::Result<Self> {
        let text = fs::read_to_string("/proc/self/maps")?;
        let mappings: Vec<_> = text.lines().filter_map(mapping).collect();
        let is_code = |line: &&str| mapping(line).is_some_and(|(_, known)| known.can_execute);
        let code = text.lines().filter(is_code).map(str::to_owned).collect();
        Ok(Self {
            mappings,
            code,
            code_changes: 0,
        })
    }

    /// Reads them again. If that fails, they stay as they were.
    pub(super) fn refresh(&mut self) {
        let Ok(now) = Self::read() else { return };
        let changes = u64::from(now.code != self.code);
        *self = Self {
            code_changes: self.code_changes + changes,
            ..now
        };
    }

    /// How often executable mappings have come, gone, or changed.
    pub(super) fn code_changes(&self) -> u64 {
        self.code_changes
    }

    /// Whether the mapping at `address` allows the access, if need be by what is mapped now.
    pub(super) fn allow(&mut self, address: u64, access: AccessKind) -> bool {
        if self.known(address).allows(access) {
            return true;
        }
        self.refresh();
        self.known(address).allows(access)
    }

    fn known(&self, address: u64) -> Protection {
        let next = self
            .mappings
            .partition_point(|(range, _)| range.end <= address);
        match self.mappings.get(next) {
            Some((range, protection)) if range.contains(&address) => *protection,
            _ => Protection::default(),
        }
    }
}

/// A line such as `7f00-7f01 r-xp 00000000 fd:00 123 /lib/libc.so.6` (proc_pid_maps(5)).
fn mapping(line: &str) -> Option<(Range<u64>, Protection)> {
    let (range, rest) = line.split_once(' ')?;
    let (start, end) = range.split_once('-')?;
    let number = |text| u64::from_str_radix(text, 16).ok();
    let letters = rest.as_bytes().get(..4)?;
    let allows = |letter| letters.contains(&letter);
    let protection = Protection {
        can_read: allows(b'r'),
        can_write: allows(b'w'),
        can_execute: allows(b'x'),
    };
    Some((number(start)?..number(end)?, protection))
}
