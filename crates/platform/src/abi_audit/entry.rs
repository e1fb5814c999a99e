//! The address of a function, and what goes into its registers.

/// What a caller passes in an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argument {
    /// The checksum so far, in the lower half of its register; the upper half may hold anything.
    Checksum32,
    /// The checksum so far.
    Checksum64,
    /// The address of the message.
    Message,
    /// The length of the message in bytes, in the lower half of its register.
    Length32,
    /// The length of the message in bytes.
    Length64,
    /// A value that belongs to the function.
    Context(u64),
}

/// The most arguments that go into registers (AMD64 ABI, 3.2.3).
pub(super) const ARGUMENTS_MAX: usize = 6;

/// A function of the C ABI that computes a checksum by the zlib convention, from integer arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawEntry {
    pub(super) address: usize,
    pub(super) arguments: [Option<Argument>; ARGUMENTS_MAX],
    pub(super) result_bits: u32,
}

impl RawEntry {
    /// The function at `address`, which takes `arguments` in their order and returns an integer of
    /// `result_bits`.
    ///
    /// # Safety
    /// There is such a function as long as this value is used. It may do anything: calls of it run
    /// under the signal handler.
    ///
    /// # Panics
    /// If there are more than six arguments, or the result has no bits or more than 64.
    pub unsafe fn new(address: usize, arguments: &[Argument], result_bits: u32) -> Self {
        assert!((1..=64).contains(&result_bits), "a result of 1 to 64 bits");
        let mut all = [None; ARGUMENTS_MAX];
        for (slot, argument) in all[..arguments.len()].iter_mut().zip(arguments) {
            *slot = Some(*argument);
        }
        Self {
            address,
            arguments: all,
            result_bits,
        }
    }

    /// The address where its code begins.
    pub const fn address(&self) -> usize {
        self.address
    }
}
