//! The functions of a contender.

/// The checksum of a message.
pub type Checksum = Box<dyn Fn(&[u8]) -> u32 + Send + Sync>;

/// The checksum after a message, from the checksum before it (0 at first).
pub type Update = Box<dyn Fn(u32, &[u8]) -> u32 + Send + Sync>;
