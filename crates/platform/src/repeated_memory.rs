//! A message of any length in little memory: one small piece, the tile, is mapped again and again.

use crate::mapping::{MapAccess, Mapping, page_bytes};
use rustix::fs::{MemfdFlags, memfd_create};
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;

/// The tile's size. A tile stays in a cache of the second level, and 5 GiB are 5120 mappings of it.
pub const TILE_BYTES: usize = 1 << 20;

/// Read-only memory in which the tile follows itself, with an inaccessible page behind.
#[derive(Debug)]
pub struct RepeatedMemory {
    mapping: Mapping,
    tiles: usize,
}

impl RepeatedMemory {
    /// Memory for messages of up to `len_bytes` that repeat `tile`.
    ///
    /// # Errors
    /// If the operating system refuses the file or a mapping.
    ///
    /// # Panics
    /// If the tile does not have [`TILE_BYTES`].
    pub fn new(tile: &[u8], len_bytes: usize) -> io::Result<Self> {
        assert_eq!(tile.len(), TILE_BYTES);
        let tiles = len_bytes.div_ceil(TILE_BYTES);
        let mut mapping = Mapping::reserve(tiles * TILE_BYTES + page_bytes())?;
        let mut file = File::from(memfd_create(c"crcheck-tile", MemfdFlags::CLOEXEC)?);
        file.write_all(tile)?;
        for index in 0..tiles {
            let offset = index * TILE_BYTES;
            mapping.map_file(offset, file.as_fd(), TILE_BYTES, MapAccess::Read)?;
        }
        Ok(Self { mapping, tiles })
    }

    pub fn tile(&self) -> &[u8] {
        self.message(TILE_BYTES)
    }

    /// The message of `len_bytes` that ends with a whole tile, at the inaccessible page.
    ///
    /// # Panics
    /// If it does not fit.
    pub fn message(&self, len_bytes: usize) -> &[u8] {
        let all = self.tiles * TILE_BYTES;
        assert!(len_bytes <= all);
        // SAFETY: the tiles are mapped readable, and nobody writes to their file.
        unsafe { self.mapping.bytes(all - len_bytes, len_bytes) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulation::is_emulated;

    /// The kB that `/proc/self/smaps` gives for the tile's mappings.
    fn tile_kb(field: &str) -> u64 {
        let text = std::fs::read_to_string("/proc/self/smaps").expect("the maps");
        let mut is_tile = false;
        let mut sum = 0;
        for line in text.lines() {
            if line.contains("crcheck-tile") {
                is_tile = true;
            } else if line
                .split_once(' ')
                .is_some_and(|(first, _)| first.contains('-'))
            {
                is_tile = false;
            } else if is_tile && line.starts_with(field) {
                let kb = line.split_whitespace().nth(1).expect("a number");
                sum += kb.parse::<u64>().expect("a number");
            }
        }
        sum
    }

    #[test]
    fn five_gigabytes_take_less_than_sixty_four_megabytes() {
        let tile: Vec<u8> = (0..TILE_BYTES).map(|i| (i % 251) as u8).collect();
        let len_bytes = 5 << 30;
        let memory = RepeatedMemory::new(&tile, len_bytes).expect("memory");
        let message = memory.message(len_bytes - 7);
        assert_eq!(message[0], tile[7]);
        assert_eq!(message[message.len() - 1], tile[TILE_BYTES - 1]);
        // Every page is in use before it is measured.
        let sum: u64 = message
            .iter()
            .step_by(4096)
            .map(|&byte| u64::from(byte))
            .sum();
        assert!(sum > 0);
        if is_emulated() {
            // The maps that an emulator gives have no sizes.
            return;
        }
        let (rss, pss) = (tile_kb("Rss:"), tile_kb("Pss:"));
        assert!(rss > 4 << 20, "{rss} kB mapped");
        assert!(pss < 64 << 10, "{pss} kB");
    }
}
