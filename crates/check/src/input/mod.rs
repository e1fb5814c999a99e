//! The input model: one decoder from bytes to a [`Case`], the same for libFuzzer, quickcheck,
//! replay and plans, on every host.
//!
//! | offset | bytes | field |
//! |---|---|---|
//! | 0 | 1 | format: 1; other inputs are rejected |
//! | 1 | 1 | tier code (permanent numbers; 0 = every available tier) |
//! | 2 | 1 | guard side, modulo 4: none, start, end, cross |
//! | 3 | 1 | alignment, modulo 64 |
//! | 4 | 4 | length: as it is to 2 MiB, above that modulo 4097 |
//! | 8 | 8 | register before the first call, cut to the model's width |
//! | 16 | 8 | seed of the body |
//! | 24 | 1 | splits, modulo 5 |
//! | 25 | 1 | forge, modulo 3: none, checksum 0 at the first split, all ones there |
//! | 26 | 2 | reserved, 0 |
//! | 28 | 16 | four split positions of 4 bytes, each modulo length + 1 |
//! | 44 | | the body |
//!
//! Numbers are little endian. The message is the body, repeated to the length; from the second
//! repetition on it is XORed with the SplitMix64 stream of the seed, unless the seed is 0. So a few
//! bytes reach every threshold, and a body as long as the message is the message itself.

mod body;
pub mod mutate;

use crate::case::{Case, Forge, SPLITS_MAX};
use crcheck_oracle::model::Model;
use crcheck_platform::message_memory::{GuardSide, Placement};

/// The format's number.
pub const FORMAT: u8 = 1;

/// The bytes in front of the body.
pub const HEADER_BYTES: usize = 44;

/// The longest message that an input can ask for: 2 MiB.
pub const LENGTH_MAX: usize = 2 << 20;

/// Most inputs have lengths up to this. Longer ones take time, so they are rare.
pub const LENGTH_COMMON: usize = 4096;

/// The fields in front of the body, before any reduction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Header {
    pub tier_code: u8,
    /// The guard side's number.
    pub guard: u8,
    pub alignment: u8,
    pub length: u32,
    pub register: u64,
    pub seed: u64,
    /// How many of the splits hold.
    pub split_count: u8,
    /// The forge's number.
    pub forge: u8,
    pub splits: [u32; SPLITS_MAX],
}

impl Header {
    /// Reads a header and the body behind it. Missing bytes count as 0. `None` if the format is not
    /// [`FORMAT`].
    pub fn read(input: &[u8]) -> Option<(Self, &[u8])> {
        if input.first() != Some(&FORMAT) {
            return None;
        }
        let mut bytes = [0; HEADER_BYTES];
        let present = input.len().min(HEADER_BYTES);
        bytes[..present].copy_from_slice(&input[..present]);
        let u32_at = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("4 bytes"));
        let u64_at = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("8 bytes"));
        let header = Self {
            tier_code: bytes[1],
            guard: bytes[2],
            alignment: bytes[3],
            length: u32_at(4),
            register: u64_at(8),
            seed: u64_at(16),
            split_count: bytes[24],
            forge: bytes[25],
            splits: [28, 32, 36, 40].map(u32_at),
        };
        Some((header, &input[present..]))
    }

    /// The header's bytes.
    pub fn write(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[..4].copy_from_slice(&[FORMAT, self.tier_code, self.guard, self.alignment]);
        bytes[4..8].copy_from_slice(&self.length.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.register.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.seed.to_le_bytes());
        bytes[24] = self.split_count;
        bytes[25] = self.forge;
        for (slot, split) in bytes[28..].chunks_exact_mut(4).zip(self.splits) {
            slot.copy_from_slice(&split.to_le_bytes());
        }
        bytes
    }

    /// The length in bytes that the header asks for.
    pub const fn length_bytes(&self) -> usize {
        let length = self.length as usize;
        if length <= LENGTH_MAX {
            length
        } else {
            length % (LENGTH_COMMON + 1)
        }
    }
}

/// Decodes `input` into `case`, whose buffers it reuses. Returns `false`, and leaves `case` as it
/// was, if the input is not of this format.
///
/// The case records a forge, but does not carry it out: that takes an oracle.
pub fn decode_into(input: &[u8], model: &Model, case: &mut Case) -> bool {
    let Some((header, body)) = Header::read(input) else {
        return false;
    };
    let length = header.length_bytes();
    case.tier_code = header.tier_code;
    case.register = header.register & model.mask();
    case.placement = Placement {
        offset: usize::from(header.alignment % 64),
        guard: GuardSide::ALL[usize::from(header.guard % 4)],
    };
    case.splits.clear();
    let count = usize::from(header.split_count) % (SPLITS_MAX + 1);
    case.splits.extend(
        header.splits[..count]
            .iter()
            .map(|&split| split as usize % (length + 1)),
    );
    case.splits.sort_unstable();
    case.forge = [Forge::None, Forge::Zero, Forge::Ones][usize::from(header.forge % 3)];
    body::expand(body, header.seed, length, &mut case.message);
    true
}

/// Decodes `input`; `None` if it is not of this format.
pub fn decode(input: &[u8], model: &Model) -> Option<Case> {
    let mut case = Case::default();
    decode_into(input, model, &mut case).then_some(case)
}

/// An input that decodes to `case`; `None` if the case has a longer message or more splits than an
/// input can hold.
pub fn encode(case: &Case) -> Option<Vec<u8>> {
    if case.message.len() > LENGTH_MAX || case.splits.len() > SPLITS_MAX {
        return None;
    }
    let mut splits = [0; SPLITS_MAX];
    for (slot, &split) in splits.iter_mut().zip(&case.splits) {
        *slot = u32::try_from(split).ok()?;
    }
    let header = Header {
        tier_code: case.tier_code,
        guard: GuardSide::ALL
            .iter()
            .position(|&side| side == case.placement.guard)? as u8,
        alignment: case.placement.offset as u8,
        length: case.message.len() as u32,
        register: case.register,
        seed: 0,
        split_count: case.splits.len() as u8,
        forge: match case.forge {
            Forge::None => 0,
            Forge::Zero => 1,
            Forge::Ones => 2,
        },
        splits,
    };
    Some([&header.write()[..], &case.message].concat())
}
