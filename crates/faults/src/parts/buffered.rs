//! A hasher that collects whole blocks before it works on them.

use crate::crc32;
use crcheck_harness::subject::Stream;
use std::any::Any;

/// Bytes of a block, unless a fault draws another number.
pub(crate) const BLOCK_BYTES: usize = 64;

/// The hasher, which is right.
#[derive(Clone)]
pub(crate) struct Buffered {
    /// The checksum of the whole blocks.
    pub(crate) checksum: u32,
    /// The bytes behind them.
    pub(crate) buffer: Vec<u8>,
    pub(crate) block_bytes: usize,
    /// Bytes of the message so far.
    pub(crate) len_bytes: u64,
}

impl Buffered {
    pub(crate) fn new(checksum: u32) -> Self {
        Self::with_block(BLOCK_BYTES, checksum)
    }

    pub(crate) fn with_block(block_bytes: usize, checksum: u32) -> Self {
        Self {
            checksum,
            buffer: Vec::new(),
            block_bytes,
            len_bytes: 0,
        }
    }

    pub(crate) fn append(&mut self, message: &[u8]) {
        self.len_bytes += message.len() as u64;
        self.buffer.extend_from_slice(message);
        let whole = self.buffer.len() / self.block_bytes * self.block_bytes;
        self.checksum = crc32::update(self.checksum, &self.buffer[..whole]);
        self.buffer.drain(..whole);
    }

    fn value(&self) -> u32 {
        crc32::update(self.checksum, &self.buffer)
    }
}

impl Stream for Buffered {
    fn update(&mut self, message: &[u8]) {
        self.append(message);
    }

    fn checksum(&self) -> u64 {
        self.value().into()
    }

    fn fork(&self) -> Box<dyn Stream> {
        Box::new(self.clone())
    }

    fn reset(&mut self) {
        *self = Self::with_block(self.block_bytes, 0);
    }

    fn append(&mut self, other: &dyn Stream) -> bool {
        let Some(other) = other.as_any().downcast_ref::<Self>() else {
            return false;
        };
        self.checksum = crc32::combine(self.value(), other.value(), other.len_bytes);
        self.buffer.clear();
        self.len_bytes += other.len_bytes;
        true
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
