//! How a file is read, in numbers.

use crate::method::Method;
use crcheck_platform::mapping::{Paging, page_bytes};

/// The most that is computed at once of a mapping: a cancelled sum ends within it. The kernel takes
/// messages of 12 MiB and more in order, as what comes from memory wants it: 33 GB/s on Zen 5,
/// against 26 in blocks of 1 or 4 MiB.
pub const BLOCK_BYTES_MAX: usize = 16 << 20;

/// The largest read that is useful. From a few megabytes on a larger one is no faster, and io_uring
/// takes less than 4 GiB.
pub const BUFFER_BYTES_MAX: usize = 1 << 30;

/// How to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadOptions {
    /// The way.
    pub method: Method,
    /// The size of a read, or of a window of a mapping, in bytes.
    pub buffer_bytes: usize,
    /// When the pages of a mapping are had. Other methods have none.
    pub paging: Paging,
    /// How many reads of io_uring are under way at once. Other methods have one.
    pub depth: usize,
}

/// The memory for all reads of io_uring that are under way, as far as two of them leave a choice.
const RING_BYTES_MAX: usize = 16 << 20;

impl ReadOptions {
    /// The best sizes for `method`, as measured for files that are longer than they are.
    pub fn new(method: Method) -> Self {
        let buffer_bytes = match method {
            Method::Mmap => 16 << 20,
            Method::Read => 1 << 20,
            Method::Direct => 4 << 20,
            Method::Uring => 512 << 10,
        };
        let options = Self {
            method,
            buffer_bytes,
            paging: Paging::OnDemand,
            depth: 16,
        };
        options.with_buffer(Some(buffer_bytes))
    }

    /// As [`ReadOptions::with_buffer`] for a file of `len_bytes`: a buffer beyond the best size is
    /// no longer than the file.
    #[must_use]
    pub fn with_buffer_for(self, buffer_bytes: Option<usize>, len_bytes: u64) -> Self {
        let len_bytes = usize::try_from(len_bytes).unwrap_or(usize::MAX);
        let useful_bytes = len_bytes.max(self.buffer_bytes);
        self.with_buffer(buffer_bytes.map(|asked| asked.min(useful_bytes)))
    }

    /// With reads, or windows, of `buffer_bytes`, as far as the method can: past the page cache
    /// whole pages, and no more than [`BUFFER_BYTES_MAX`]. `None`: as it is.
    #[must_use]
    pub fn with_buffer(self, buffer_bytes: Option<usize>) -> Self {
        let buffer_bytes = buffer_bytes.unwrap_or(self.buffer_bytes);
        let buffer_bytes = match self.method {
            Method::Mmap | Method::Read => buffer_bytes.max(1),
            Method::Direct | Method::Uring => {
                let wanted_bytes = buffer_bytes.clamp(1, BUFFER_BYTES_MAX);
                wanted_bytes.next_multiple_of(page_bytes())
            }
        };
        Self {
            buffer_bytes,
            depth: (RING_BYTES_MAX / buffer_bytes).clamp(2, 16),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_is_what_the_method_can_use() {
        for method in Method::ALL {
            let best = ReadOptions::new(method);
            let huge = best.with_buffer(Some(usize::MAX)).buffer_bytes;
            let of_short = best.with_buffer_for(Some(usize::MAX), 9);
            assert_eq!(of_short, best);
            let of_long = best.with_buffer_for(Some(usize::MAX), 100 << 20);
            assert_eq!(of_long.buffer_bytes, 100 << 20);
            let small = best.with_buffer_for(Some(12_345), 1 << 30).buffer_bytes;
            let is_exact = matches!(method, Method::Mmap | Method::Read);
            assert_eq!(small == 12_345, is_exact);
            assert_eq!(huge == BUFFER_BYTES_MAX, !is_exact);
            assert!(is_exact || small.is_multiple_of(page_bytes()));
        }
    }
}
