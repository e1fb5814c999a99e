//! One call of a subject, as data.

use crcheck_platform::message_memory::{GuardSide, Placement};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub placement: Placement,
    /// The checksum before the message.
    pub checksum: u64,
    pub message: Vec<u8>,
    /// The value of the bytes around the message.
    pub fill: u8,
}

/// Start addresses count modulo this.
const PAGE_BYTES: usize = 4096;

impl Call {
    /// The length of the message in bytes.
    pub fn length(&self) -> usize {
        self.message.len()
    }

    /// The address of the message modulo 4096.
    pub fn start(&self) -> usize {
        start(self.length(), self.placement)
    }

    /// The same call with another message.
    pub(crate) fn with_message(&self, message: Vec<u8>) -> Self {
        Self {
            message,
            ..self.clone()
        }
    }

    /// The same call with one bit of its message flipped.
    pub(crate) fn with_flipped_bit(&self, byte: usize, bit: u32) -> Self {
        let mut call = self.clone();
        call.message[byte] ^= 1 << bit;
        call
    }
}

/// The address modulo 4096 of a message of `length` bytes at this placement.
pub(crate) fn start(length: usize, placement: Placement) -> usize {
    match placement.guard {
        GuardSide::None => placement.offset % PAGE_BYTES,
        GuardSide::Cross => PAGE_BYTES - 64 + placement.offset % 64,
        GuardSide::Start => 0,
        GuardSide::End => length.wrapping_neg() % PAGE_BYTES,
    }
}
