//! A function of the C ABI that computes a checksum, and calls of it.
//!
//! All arguments are integers or addresses. So one type of function serves every signature: each
//! argument fills the registers or the words of the stack that it would fill in its own type, and
//! registers that no argument needs may hold anything.

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
    /// The address of the message.
    Message,
    /// The address behind the last byte of the message.
    End,
    /// The length of the message in bytes.
    Length(IntegerBits),
    /// A value that belongs to the function: a constant, or the address of its context.
    Word(u64),
}

impl Argument {
    /// The value, and the bits of its type.
    pub(crate) fn value(
        self,
        checksum: u64,
        message: *const u8,
        len_bytes: usize,
    ) -> (u64, IntegerBits) {
        const ADDRESS: IntegerBits = match usize::BITS {
            64 => IntegerBits::B64,
            _ => IntegerBits::B32,
        };
        match self {
            Self::Checksum(bits) => (checksum & bits.mask(), bits),
            Self::Message => (message as u64, ADDRESS),
            Self::End => (message.wrapping_add(len_bytes) as u64, ADDRESS),
            Self::Length(bits) => (len_bytes as u64 & bits.mask(), bits),
            Self::Word(word) => (word, ADDRESS),
        }
    }
}

/// The most arguments: those that go into registers on x86-64 (AMD64 ABI, 3.2.3).
pub const ARGUMENTS_MAX: usize = 6;

/// A function of the C ABI that computes a checksum by the zlib convention, from integer arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawEntry {
    pub(crate) address: usize,
    pub(crate) arguments: [Option<Argument>; ARGUMENTS_MAX],
    result_bits: u32,
}

impl RawEntry {
    /// The function at `address`, which takes `arguments` in their order and returns a checksum in
    /// the lowest `result_bits` of its result.
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

    /// The checksum in a result register: the ABI leaves the bits above it undefined.
    pub(crate) const fn checksum_in(&self, result: u64) -> u64 {
        result & (u64::MAX >> (64 - self.result_bits))
    }

    /// Calls the function.
    ///
    /// # Safety
    /// `message` is valid for reads of `len_bytes` while the call lasts. The caller survives
    /// whatever else the function does, as in [`RawEntry::new`].
    #[inline]
    pub unsafe fn call(&self, checksum: u64, message: *const u8, len_bytes: usize) -> u64 {
        let value = |index: usize| {
            self.arguments[index].map_or((0, IntegerBits::B32), |argument| {
                argument.value(checksum, message, len_bytes)
            })
        };
        // SAFETY: the caller vouches for the function and the message.
        self.checksum_in(unsafe { call_with(self.address, value) })
    }
}

/// # Safety
/// As of [`RawEntry::call`].
#[cfg(target_pointer_width = "64")]
#[inline]
unsafe fn call_with(address: usize, value: impl Fn(usize) -> (u64, IntegerBits)) -> u64 {
    type Function = unsafe extern "C" fn(u64, u64, u64, u64, u64, u64) -> u64;
    let word = |index| match value(index) {
        // riscv64 alone extends an unsigned integer of 32 bits by its sign (RISC-V psABI, integer
        // calling convention).
        (value, IntegerBits::B32) if cfg!(target_arch = "riscv64") => {
            i64::from(value as u32 as i32).cast_unsigned()
        }
        (value, _) => value,
    };
    // SAFETY: the caller vouches for the function.
    unsafe {
        let function = std::mem::transmute::<usize, Function>(address);
        function(word(0), word(1), word(2), word(3), word(4), word(5))
    }
}

/// # Safety
/// As of [`RawEntry::call`].
#[cfg(target_arch = "x86")]
unsafe fn call_with(address: usize, value: impl Fn(usize) -> (u64, IntegerBits)) -> u64 {
    type W = u32;
    type Function = unsafe extern "C" fn(W, W, W, W, W, W, W, W, W, W, W, W) -> u64;
    // Each argument takes one word of the stack, or two if it has 64 bits (System V ABI, Intel386).
    let mut words = [0; 2 * ARGUMENTS_MAX];
    let mut used = 0;
    for index in 0..ARGUMENTS_MAX {
        let (value, bits) = value(index);
        words[used] = value as u32;
        used += 1;
        if bits == IntegerBits::B64 {
            words[used] = (value >> 32) as u32;
            used += 1;
        }
    }
    let [a, b, c, d, e, f, g, h, i, j, k, l] = words;
    // SAFETY: the caller vouches for the function.
    unsafe {
        let function = std::mem::transmute::<usize, Function>(address);
        function(a, b, c, d, e, f, g, h, i, j, k, l)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use IntegerBits::{B8, B16, B32, B64};

    fn entry(address: *const (), arguments: &[Argument], result_bits: u32) -> RawEntry {
        // SAFETY: the functions below live as long as the process.
        unsafe { RawEntry::new(address as usize, arguments, result_bits) }
    }

    fn call(entry: &RawEntry, checksum: u64, message: &[u8]) -> u64 {
        // SAFETY: a slice is valid for reads; the functions below read nothing.
        unsafe { entry.call(checksum, message.as_ptr(), message.len()) }
    }

    #[test]
    fn each_argument_arrives_in_its_type() {
        extern "C" fn all(a: u8, b: u64, c: u32, d: *const u8, e: *const u8, f: u16) -> u64 {
            let distance = e as u64 - d as u64;
            b ^ u64::from(a) << 32 ^ u64::from(c) << 16 ^ u64::from(f) << 8 ^ distance
        }
        let arguments = [
            Argument::Checksum(B8),
            Argument::Checksum(B64),
            Argument::Length(B32),
            Argument::Message,
            Argument::End,
            Argument::Checksum(B16),
        ];
        let entry = entry(all as *const (), &arguments, 64);
        let checksum = 0xfedc_ba98_7654_3210;
        let expected = checksum ^ 0x10 << 32 ^ 3 << 16 ^ 0x3210 << 8 ^ 3;
        assert_eq!(call(&entry, checksum, b"abc"), expected);
    }

    #[test]
    fn bits_above_the_result_do_not_count() {
        extern "C" fn garbage(checksum: u64) -> u64 {
            checksum | !0xffff
        }
        for (bits, expected) in [(16, 0x1234), (12, 0x234), (32, 0xffff_1234)] {
            let entry = entry(garbage as *const (), &[Argument::Checksum(B64)], bits);
            assert_eq!(call(&entry, 0x1234, b""), expected);
        }
    }

    #[test]
    fn a_word_is_passed_as_it_is() {
        extern "C" fn add(word: usize, checksum: u32) -> u32 {
            checksum.wrapping_add(word as u32)
        }
        let arguments = [Argument::Word(7), Argument::Checksum(B32)];
        let entry = entry(add as *const (), &arguments, 32);
        assert_eq!(call(&entry, u64::from(u32::MAX), b""), 6);
    }
}
