//! A message of any length in little memory: one small piece, the tile, mapped again and again.

use crate::message_memory::page_bytes;
use std::io;
use std::ptr;

/// The tile's size: it stays in a cache of the second level, and 5 GiB are 5120 mappings of it.
pub const TILE_BYTES: usize = 1 << 20;

/// Read-only memory in which the tile follows itself, with an inaccessible page behind.
#[derive(Debug)]
pub struct RepeatedMemory {
    base: *mut u8,
    tiles: usize,
}

impl RepeatedMemory {
    /// Memory for messages of up to `len_bytes`, that repeat `tile`.
    ///
    /// # Errors
    /// What the operating system says when it refuses the file or a mapping.
    ///
    /// # Panics
    /// If the tile has not [`TILE_BYTES`].
    pub fn new(tile: &[u8], len_bytes: usize) -> io::Result<Self> {
        assert_eq!(tile.len(), TILE_BYTES);
        let tiles = len_bytes.div_ceil(TILE_BYTES);
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        // SAFETY: a new mapping at an address of the kernel's choice.
        let base = unsafe {
            libc::mmap(
                ptr::null_mut(),
                tiles * TILE_BYTES + page_bytes(),
                libc::PROT_NONE,
                flags,
                -1,
                0,
            )
        };
        if base == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        // Owned from here on, so that an error unmaps it.
        let memory = Self {
            base: base.cast(),
            tiles,
        };
        memory.map(tile)?;
        Ok(memory)
    }

    fn map(&self, tile: &[u8]) -> io::Result<()> {
        use std::io::Write;
        use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
        // SAFETY: the name is a C string; the call has no other precondition.
        let descriptor = unsafe { libc::memfd_create(c"crcheck-tile".as_ptr(), libc::MFD_CLOEXEC) };
        if descriptor < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the descriptor is open, and owned by nobody else.
        let mut file = std::fs::File::from(unsafe { OwnedFd::from_raw_fd(descriptor) });
        file.write_all(tile)?;
        for index in 0..self.tiles {
            // SAFETY: inside the reservation of `new`, which nothing else uses.
            let mapped = unsafe {
                libc::mmap(
                    self.base.add(index * TILE_BYTES).cast(),
                    TILE_BYTES,
                    libc::PROT_READ,
                    libc::MAP_SHARED | libc::MAP_FIXED,
                    file.as_raw_fd(),
                    0,
                )
            };
            if mapped == libc::MAP_FAILED {
                return Err(io::Error::last_os_error());
            }
        }
        Ok(())
    }

    /// The tile.
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
        // SAFETY: mapped and readable until `drop`; nobody writes to the file.
        unsafe { std::slice::from_raw_parts(self.base.add(all - len_bytes), len_bytes) }
    }
}

impl Drop for RepeatedMemory {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours, and nothing refers to it.
        unsafe { libc::munmap(self.base.cast(), self.tiles * TILE_BYTES + page_bytes()) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulation::is_emulated;

    /// The kB that `/proc/self/smaps` gives for the tile's mappings.
    fn of_tiles(field: &str) -> u64 {
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
        let (rss, pss) = (of_tiles("Rss:"), of_tiles("Pss:"));
        assert!(rss > 4 << 20, "{rss} kB mapped");
        assert!(pss < 64 << 10, "{pss} kB");
    }
}
