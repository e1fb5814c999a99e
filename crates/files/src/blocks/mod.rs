//! The bytes of a range of a file, block by block, by each method.
//!
//! A [`Reader`] owns the buffers, which serve many files. [`Reader::open`] gives the [`Blocks`] of
//! one file:
//!
//! ```
//! use crcheck_files::Method;
//! use crcheck_files::blocks::{ReadOptions, Reader};
//!
//! let file = std::fs::File::open("Cargo.toml").unwrap();
//! let len_bytes = file.metadata().unwrap().len();
//! let options = ReadOptions::new(Method::Read).with_buffer(Some(4096));
//! let mut seen_bytes = 0;
//! let mut reader = Reader::new(options);
//! let is_all = reader.open(&file)?.read(0..len_bytes, &mut |block| {
//!     seen_bytes += block.len() as u64;
//!     true
//! })?;
//! assert!(is_all && seen_bytes == len_bytes);
//! # Ok::<(), crcheck_files::blocks::BlockError>(())
//! ```

mod block_error;
mod copied;
mod direct;
mod fill;
mod mapped;
mod options;
mod past_cache;
mod ring;
mod stream;

pub use block_error::{BlockError, Unavailable};
pub use crcheck_platform::mapping::Paging;
pub use options::{BLOCK_BYTES_MAX, BUFFER_BYTES_MAX, ReadOptions};
pub use stream::read_stream;

use crate::method::Method;
use crcheck_platform::page_buffer::PageBuffer;
use crcheck_platform::read_ring::ReadRing;
use std::fs::File;
use std::io;
use std::ops::Range;

/// What reads files one way, and owns the buffers for it. They are made at the first use.
pub struct Reader {
    options: ReadOptions,
    buffer: Option<PageBuffer>,
    ring: Option<ReadRing>,
}

/// One file, open for a [`Reader`].
pub struct Blocks<'a> {
    reader: &'a mut Reader,
    file: &'a File,
    /// The same file past the page cache, for the methods that want it.
    past_cache: Option<File>,
}

impl Reader {
    /// A reader by `options`.
    pub const fn new(options: ReadOptions) -> Self {
        Self {
            options,
            buffer: None,
            ring: None,
        }
    }

    /// How it reads.
    pub const fn options(&self) -> &ReadOptions {
        &self.options
    }

    /// Opens `file` for this way to read.
    ///
    /// # Errors
    /// If the method cannot read this file, or not on this system.
    pub fn open<'a>(&'a mut self, file: &'a File) -> Result<Blocks<'a>, BlockError> {
        let past_cache = match self.options.method {
            Method::Mmap | Method::Read => None,
            Method::Direct => Some(
                past_cache::open(file)
                    .map_err(|reason| Unavailable::new(Method::Direct, reason))?,
            ),
            Method::Uring => {
                if self.ring.is_none() {
                    self.ring = Some(ring::new(&self.options)?);
                }
                past_cache::open(file).ok()
            }
        };
        Ok(Blocks {
            reader: self,
            file,
            past_cache,
        })
    }

    /// The buffer, of the size of a read.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub fn buffer(&mut self) -> io::Result<&mut [u8]> {
        let len_bytes = match self.options.method {
            Method::Direct => {
                let alignment = past_cache::alignment_bytes() as usize;
                self.options.buffer_bytes.next_multiple_of(alignment)
            }
            _ => self.options.buffer_bytes,
        };
        let buffer = match self.buffer.take() {
            Some(buffer) => buffer,
            None => PageBuffer::new(len_bytes)?,
        };
        Ok(self.buffer.insert(buffer).bytes_mut())
    }
}

impl Blocks<'_> {
    /// Whether the blocks come past the page cache.
    pub const fn is_past_cache(&self) -> bool {
        self.past_cache.is_some()
    }

    /// Gives the bytes of `range` to `take`, block by block in order, until `take` returns `false`.
    /// Returns whether it took all of them.
    ///
    /// A block is no longer than the buffer, and of a mapping no longer than [`BLOCK_BYTES_MAX`].
    /// A block of a mapping can vanish while `take` reads it; then `take` is abandoned where it is.
    /// So it should own nothing, and hold no lock, while it does so.
    ///
    /// # Errors
    /// What the system says, or that the file ends before the range does.
    pub fn read(
        &mut self,
        range: Range<u64>,
        take: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<bool, BlockError> {
        let file = self.file;
        match self.reader.options.method {
            Method::Mmap => mapped::read(file, &self.reader.options, range, take),
            Method::Read => copied::read(file, self.reader.buffer()?, range, take),
            Method::Direct => {
                let past_cache = self.past_cache.as_ref().unwrap_or(file);
                direct::read(past_cache, file, self.reader.buffer()?, range, take)
            }
            Method::Uring => {
                let ring = self.reader.ring.as_mut().expect("made by `open`");
                ring::read(ring, self.past_cache.as_ref(), file, range, take)
            }
        }
    }
}
