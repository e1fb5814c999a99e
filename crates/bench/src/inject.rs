//! Slow cases that are planted on purpose, to show that a regression is seen: by `--compare`, and
//! in a flame graph. What they compute is right.

use std::fmt;
use std::str::FromStr;

/// A slow case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Injection {
    /// The bytes behind the last whole 64 go bit by bit, in [`slow_tail`].
    SlowTail,
}

/// A message has a tail unless its length is a multiple of this.
pub const TAIL_BYTES: usize = 64;

impl Injection {
    /// Every slow case.
    pub const ALL: [Self; 1] = [Self::SlowTail];

    /// The name on the command line and in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SlowTail => "slow-tail",
        }
    }

    /// `update`, slowed.
    pub fn slow<F>(self, update: F) -> impl Fn(u32, &[u8]) -> u32 + Clone + use<F>
    where
        F: Fn(u32, &[u8]) -> u32 + Clone,
    {
        // What has no tail must cost next to nothing: all else is in a function of its own.
        move |checksum, message| match self {
            Self::SlowTail if message.len() % TAIL_BYTES == 0 => update(checksum, message),
            Self::SlowTail => with_slow_tail(&update, checksum, message),
        }
    }
}

#[cold]
#[inline(never)]
fn with_slow_tail<F: Fn(u32, &[u8]) -> u32>(update: &F, checksum: u32, message: &[u8]) -> u32 {
    let (body, tail) = message.split_at(message.len() - message.len() % TAIL_BYTES);
    slow_tail(update(checksum, body), tail)
}

/// The checksum after `tail`, bit by bit. It is a function of its own, so that a flame graph names
/// it.
#[inline(never)]
pub fn slow_tail(checksum: u32, tail: &[u8]) -> u32 {
    /// The generator of CRC-32/ISO-HDLC, reflected.
    const POLY: u32 = 0xedb8_8320;
    !tail.iter().fold(!checksum, |register, &byte| {
        (0..8).fold(register ^ u32::from(byte), |register, _| {
            (register >> 1) ^ (POLY & (register & 1).wrapping_neg())
        })
    })
}

impl fmt::Display for Injection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// No slow case has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no slow case is called `{0}` (slow-tail)")]
pub struct UnknownInjection(String);

impl FromStr for Injection {
    type Err = UnknownInjection;

    fn from_str(name: &str) -> Result<Self, UnknownInjection> {
        let found = Self::ALL.into_iter().find(|other| other.name() == name);
        found.ok_or_else(|| UnknownInjection(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slowed_kernel_is_right_and_leaves_the_kernel_what_is_no_tail() {
        let message: Vec<u8> = (0..=255).collect();
        for injection in Injection::ALL {
            assert_eq!(injection.name().parse(), Ok(injection));
            let slowed = injection.slow(crcheck_kernel::update);
            for len_bytes in 0..message.len() {
                let message = &message[..len_bytes];
                let expected = crcheck_kernel::update(7, message);
                assert_eq!(slowed(7, message), expected, "{len_bytes}");
                let seen = injection.slow(|_, message: &[u8]| message.len() as u32);
                if len_bytes % TAIL_BYTES == 0 {
                    assert_eq!(seen(7, message), len_bytes as u32);
                }
            }
        }
    }
}
