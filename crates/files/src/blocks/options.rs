//! How a file is read, in numbers.

use crate::method::Method;
use crcheck_platform::mapping::Paging;

/// The most that is computed at once of a mapping: a cancelled sum ends within it. The kernel takes
/// messages of 12 MiB and more in order, as what comes from memory wants it: 33 GB/s on Zen 5,
/// against 26 in blocks of 1 or 4 MiB.
pub const BLOCK_BYTES_MAX: usize = 16 << 20;

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

    /// With reads, or windows, of `buffer_bytes`; `None`: as it is.
    #[must_use]
    pub fn with_buffer(self, buffer_bytes: Option<usize>) -> Self {
        let buffer_bytes = buffer_bytes.unwrap_or(self.buffer_bytes).max(1);
        Self {
            buffer_bytes,
            depth: (RING_BYTES_MAX / buffer_bytes).clamp(2, 16),
            ..self
        }
    }
}
