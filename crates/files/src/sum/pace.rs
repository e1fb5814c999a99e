//! Whether to map a cached file or to copy it, stretch by stretch.
//!
//! The page cache holds a file in pieces of 4 KiB to 2 MiB, and no call tells their size. A file
//! that was just written has small ones, and so has the start of a file that was read: readahead
//! takes larger pieces as it goes. But large pieces are mapped by few page faults, and small ones
//! by 16 a MiB. So the first part of each stretch is mapped and its faults are counted; they decide
//! for the rest of it.

/// The part of a stretch whose faults decide: the largest piece.
const PROBE_BYTES: u64 = 2 << 20;

/// The first stretch is short, since a file may begin otherwise than it goes on.
const FIRST_BYTES: u64 = 16 << 20;

/// No stretch is longer: 3 % of it is mapped for nothing at worst.
const LONGEST_BYTES: u64 = 64 << 20;

/// With more page faults a MiB, a copy is faster than the faults.
const FAULTS_PER_MIB_MAX: u64 = 4;

/// What one thread knows of the pieces ahead.
#[derive(Clone, Debug)]
pub(super) struct Pace {
    is_mapped: bool,
    /// What is left of the stretch; 0: the next one begins.
    left_bytes: u64,
    next_bytes: u64,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) len_bytes: u64,
    pub(super) is_mapped: bool,
    /// Whether its faults are to be counted.
    pub(super) is_probe: bool,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            is_mapped: true,
            left_bytes: 0,
            next_bytes: FIRST_BYTES,
        }
    }
}

impl Pace {
    /// What to do with the next of `rest_bytes` bytes.
    pub(super) fn next(&mut self, rest_bytes: u64) -> Stretch {
        if self.left_bytes == 0 {
            return Stretch {
                len_bytes: rest_bytes.min(PROBE_BYTES),
                is_mapped: true,
                is_probe: true,
            };
        }
        let len_bytes = rest_bytes.min(self.left_bytes);
        self.left_bytes -= len_bytes;
        Stretch {
            len_bytes,
            is_mapped: self.is_mapped,
            is_probe: false,
        }
    }

    /// Begins the rest of a stretch whose first `probe_bytes` had so many faults.
    pub(super) fn decide(&mut self, faults: u64, probe_bytes: u64) {
        self.is_mapped = faults << 20 <= FAULTS_PER_MIB_MAX * probe_bytes;
        self.left_bytes = self.next_bytes - PROBE_BYTES;
        self.next_bytes = (self.next_bytes * 2).min(LONGEST_BYTES);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of 1 GiB are mapped and copied if the faults a MiB are so at each place.
    fn parts(faults_per_mib: impl Fn(u64) -> u64) -> (u64, u64) {
        let (mut pace, mut at, len_bytes) = (Pace::default(), 0, 1 << 30);
        let (mut mapped, mut copied) = (0, 0);
        while at < len_bytes {
            let stretch = pace.next(len_bytes - at);
            if stretch.is_probe {
                let mib = stretch.len_bytes >> 20;
                pace.decide(faults_per_mib(at) * mib, stretch.len_bytes);
            }
            *if stretch.is_mapped {
                &mut mapped
            } else {
                &mut copied
            } += stretch.len_bytes;
            at += stretch.len_bytes;
        }
        assert_eq!(mapped + copied, len_bytes);
        (mapped, copied)
    }

    #[test]
    fn large_pieces_are_mapped_and_small_ones_copied() {
        assert_eq!(parts(|_| 1), (1 << 30, 0));
        let (mapped, _) = parts(|_| 16);
        assert!(mapped < (1 << 30) / 25, "{mapped}");
    }

    #[test]
    fn small_pieces_at_the_start_or_the_end_do_not_decide_for_the_rest() {
        let (_, copied) = parts(|at| if at < 7 << 20 { 16 } else { 1 });
        assert!(copied <= FIRST_BYTES, "{copied}");
        let (mapped, _) = parts(|at| if at < 512 << 20 { 1 } else { 16 });
        assert!(mapped < (512 << 20) + 2 * LONGEST_BYTES, "{mapped}");
    }
}
