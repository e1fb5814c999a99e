//! What a caller passes to a function.

/// How many bits an integer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum IntegerBits {
    /// `uint8_t`.
    B8 = 8,
    /// `uint16_t`.
    B16 = 16,
    /// `uint32_t`.
    B32 = 32,
    /// `uint64_t`, and `size_t` on machines of 64 bits.
    B64 = 64,
}

impl IntegerBits {
    /// All of them, from the narrowest.
    pub const ALL: [Self; 4] = [Self::B8, Self::B16, Self::B32, Self::B64];

    /// Those of an address and of a `size_t`.
    pub const ADDRESS: Self = match usize::BITS {
        64 => Self::B64,
        _ => Self::B32,
    };

    /// The number.
    pub const fn get(self) -> u32 {
        self as u32
    }

    /// All bits set: the largest unsigned integer.
    pub const fn mask(self) -> u64 {
        u64::MAX >> (64 - self.get())
    }
}

/// What a caller passes in an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argument {
    /// The checksum so far.
    Checksum(IntegerBits),
    /// The address of an integer that holds the checksum before and after the call.
    ChecksumAt(IntegerBits),
    /// The address of [`ANSWER_BYTES`](super::ANSWER_BYTES) bytes that take the result.
    Answer,
    /// The address of the message. With an [`Argument::Offset`], the address that is so far in
    /// front of it.
    Message,
    /// The address behind the last byte of the message.
    End,
    /// The length of the message in bytes.
    Length(IntegerBits),
    /// How far the message begins behind [`Argument::Message`], in bytes.
    Offset(IntegerBits),
    /// The address of memory that takes a copy of the message.
    Destination,
    /// A value that belongs to the function: a constant, or the address of its context.
    Word(u64),
    /// The state of a stream, as [`RawEntry::with_state`](super::RawEntry::with_state) has it.
    State(IntegerBits),
}
