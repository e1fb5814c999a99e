//! A function of the C ABI that computes a checksum, and calls of it.
//!
//! All arguments are integers or addresses. So one type of function serves every signature: each
//! argument fills the registers or the words of the stack that it would fill in its own type, and
//! registers that no argument needs may hold anything.

mod argument;
mod destination;
mod memory;
mod returns;
mod state_memory;

pub use argument::{Argument, IntegerBits};
pub use destination::COPIED_BYTES_MAX;
pub use memory::{ANSWER_BYTES, Broken};
pub use returns::{Form, Returns};
pub use state_memory::{STATE_BYTES_MAX, StateMemory, is_near_state};

pub(crate) use memory::{CallMemory, text_of_this_process};

use memory::TEXT_BYTES;
use std::ops::Range;

/// The most arguments: those that go into registers on x86-64 (AMD64 ABI, 3.2.3).
pub const ARGUMENTS_MAX: usize = 6;

/// A function of the C ABI that computes a checksum, from integers and addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawEntry {
    pub(crate) address: usize,
    pub(crate) arguments: [Option<Argument>; ARGUMENTS_MAX],
    returns: Returns,
    /// Whether one of the arguments is an offset.
    has_offset: bool,
    /// What is exclusive-ored with a checksum to make what the function takes and gives, and back.
    xor: u64,
    /// The state of a stream: its value or its address.
    state: u64,
}

/// A call as registers and memory see it.
#[derive(Clone, Debug)]
pub struct PlainCall {
    /// The address where the function's code begins.
    pub address: usize,
    /// The values of the arguments, and the bits of their types; `None` behind the last.
    pub arguments: [Option<(u64, IntegerBits)>; ARGUMENTS_MAX],
    /// The addresses of this process that the function may write, and whose bytes decide about its
    /// checksum. They are valid for writes until the call is over, and nothing else uses them.
    pub writable: Vec<Range<usize>>,
}

/// Makes calls by other means than the CPU.
pub trait CallBy {
    /// What stops a call.
    type Stop;

    /// Makes the call, and returns what the function returned.
    ///
    /// # Errors
    /// What stopped it.
    fn call(&mut self, call: &PlainCall) -> Result<u64, Self::Stop>;

    /// Reads the bytes at an address that a function has returned, as far as they can be read.
    fn read_text(&mut self, address: u64, into: &mut [u8]);
}

impl RawEntry {
    /// The function at `address`, which takes `arguments` in their order and returns a checksum in
    /// the lowest `result_bits` of its result. It is of the zlib convention.
    ///
    /// # Safety
    /// There is such a function as long as this value is used. It may do anything: calls of it run
    /// under the signal handler.
    ///
    /// # Panics
    /// If there are more than six arguments, or the result has no bits or more than 64.
    pub unsafe fn new(address: usize, arguments: &[Argument], result_bits: u32) -> Self {
        let mut all = [None; ARGUMENTS_MAX];
        for (slot, argument) in all[..arguments.len()].iter_mut().zip(arguments) {
            *slot = Some(*argument);
        }
        let entry = Self {
            address,
            arguments: all,
            returns: Returns::integer(result_bits),
            has_offset: arguments
                .iter()
                .any(|argument| matches!(argument, Argument::Offset(_))),
            xor: 0,
            state: 0,
        };
        entry.returning(Returns::integer(result_bits))
    }

    /// The function if it gives a checksum back in this way.
    ///
    /// # Panics
    /// If the checksum has no bits or more than 64.
    #[must_use]
    pub fn returning(self, returns: Returns) -> Self {
        assert!(
            (1..=64).contains(&returns.bits),
            "a checksum of 1 to 64 bits"
        );
        Self { returns, ..self }
    }

    /// The function if what it takes and gives are checksums exclusive-ored with `xor`: with the
    /// model's xorout, they are registers.
    #[must_use]
    pub const fn of_registers(self, xor: u64) -> Self {
        Self { xor, ..self }
    }

    /// The function for the stream that has this state: a value or an address.
    #[must_use]
    pub const fn with_state(self, state: u64) -> Self {
        Self { state, ..self }
    }

    /// The address where its code begins.
    pub const fn address(&self) -> usize {
        self.address
    }

    /// Calls the function. If it breaks what it owes its caller besides the checksum, the value is
    /// [`Broken::value`].
    ///
    /// # Safety
    /// `message` is valid for reads of `len_bytes` while the call lasts. The caller survives
    /// whatever else the function does, as in [`RawEntry::new`].
    #[inline]
    pub unsafe fn call(&self, checksum: u64, message: *const u8, len_bytes: usize) -> u64 {
        let mut memory = CallMemory::default();
        // SAFETY: the caller vouches for the function and the message; `memory` stays where it is
        // until the result is read.
        unsafe {
            let values = memory.values(self, checksum, message, len_bytes);
            let value = |index: usize| values[index].unwrap_or((0, IntegerBits::B32));
            let returned = call_with(self.address, value);
            memory.checksum(self, returned, message, |address| {
                text_of_this_process(address)
            })
        }
    }

    /// Makes a call by other means than the CPU: `by` makes it.
    ///
    /// # Errors
    /// Those of `by`.
    ///
    /// # Safety
    /// `message` is valid for reads of `len_bytes` if the function takes a destination.
    pub unsafe fn call_by<B: CallBy>(
        &self,
        by: &mut B,
        checksum: u64,
        message: *const u8,
        len_bytes: usize,
    ) -> Result<u64, B::Stop> {
        let mut memory = CallMemory::default();
        // SAFETY: the caller vouches for the message; `memory` stays where it is until the result
        // is read.
        let arguments = unsafe { memory.values(self, checksum, message, len_bytes) };
        let returned = by.call(&PlainCall {
            address: self.address,
            arguments,
            writable: memory.writable(),
        })?;
        let mut text = [0; TEXT_BYTES];
        let text_at = |address| {
            by.read_text(address, &mut text);
            text
        };
        // SAFETY: the call had these values.
        Ok(unsafe { memory.checksum(self, returned, message, text_at) })
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

    #[test]
    fn a_checksum_in_memory_is_read_and_written_there() {
        extern "C" fn add(checksum: *mut u16, len: usize) -> i32 {
            // SAFETY: the caller passes the address of an integer of 16 bits.
            unsafe { *checksum = (*checksum).wrapping_add(len as u16) };
            -3
        }
        let arguments = [Argument::ChecksumAt(B16), Argument::Length(B64)];
        let entry = entry(add as *const (), &arguments, 16);
        assert_eq!(call(&entry, 0xfffe, b"abc"), 1);
        let with_status = |status| {
            entry.returning(Returns {
                status: Some(status),
                ..Returns::integer(16)
            })
        };
        assert_eq!(call(&with_status(-3_i32 as u32), 0xfffe, b"abc"), 1);
        let refused = Broken::Status(-3_i32 as u32);
        assert_eq!(call(&with_status(0), 0xfffe, b"abc"), refused.value());
        assert_eq!(Broken::of(refused.value()), Some(refused));
        assert_eq!(Broken::of(0xcbf4_3926), None);
    }

    #[test]
    fn an_offset_leads_to_the_message() {
        extern "C" fn second(buf: *const u8, offset: u32, len: u32) -> u32 {
            // SAFETY: the message has three bytes, `offset` behind `buf`.
            len << 8 | u32::from(unsafe { *buf.wrapping_add(offset as usize).add(1) })
        }
        let arguments = [
            Argument::Message,
            Argument::Offset(B32),
            Argument::Length(B32),
        ];
        let entry = entry(second as *const (), &arguments, 32);
        assert_eq!(call(&entry, 0, b"abc"), 0x0300 | u64::from(b'b'));
    }

    #[test]
    fn a_copy_that_is_not_made_is_seen() {
        extern "C" fn copy(checksum: u32, from: *const u8, to: *mut u8, len: usize) -> u32 {
            // SAFETY: both have `len` bytes. The function copies them if `checksum` is even.
            unsafe { to.copy_from(from, len & 0_usize.wrapping_sub(1 - checksum as usize % 2)) };
            checksum
        }
        let arguments = [
            Argument::Checksum(B32),
            Argument::Message,
            Argument::Destination,
            Argument::Length(B64),
        ];
        let entry = entry(copy as *const (), &arguments, 32);
        assert_eq!(call(&entry, 2, b"abc"), 2);
        assert_eq!(call(&entry, 3, b"abc"), Broken::Copy.value());
    }

    #[test]
    fn a_checksum_is_read_in_its_form() {
        extern "C" fn bytes(to: *mut u8, len: usize) {
            // SAFETY: the caller passes room for many bytes.
            unsafe { to.copy_from([0x12, 0x34, len as u8].as_ptr(), 3) };
        }
        extern "C" fn text(len: usize) -> *const u8 {
            [&b"0x1F\0"[..], b"none\0"][len].as_ptr()
        }
        extern "C" fn swapped(checksum: u32) -> u32 {
            (checksum.swap_bytes() + 1).swap_bytes()
        }
        let form = |form, bits| Returns {
            form,
            ..Returns::integer(bits)
        };
        let into = entry(
            bytes as *const (),
            &[Argument::Answer, Argument::Length(B64)],
            24,
        );
        let big = into.returning(form(Form::BigEndian, 24));
        assert_eq!(call(&big, 0, b"abc"), 0x12_3403);
        let little = into.returning(form(Form::LittleEndian, 16));
        assert_eq!(call(&little, 0, b""), 0x3412);
        let text = entry(text as *const (), &[Argument::Length(B64)], 32)
            .returning(form(Form::Hexadecimal, 32));
        assert_eq!(call(&text, 0, b""), 0x1f);
        assert_eq!(call(&text, 0, b"a"), Broken::Text.value());
        if cfg!(target_endian = "little") {
            let swapped = entry(swapped as *const (), &[Argument::Checksum(B32)], 32)
                .returning(form(Form::BigEndian, 32));
            assert_eq!(call(&swapped, 0x1234_56ff, b""), 0x1234_5700);
        }
    }

    #[test]
    fn a_state_is_passed_in_its_type() {
        extern "C" fn is(state: u64, narrow: u32) -> u64 {
            state ^ u64::from(narrow)
        }
        let arguments = [Argument::State(B64), Argument::State(B16)];
        let entry = entry(is as *const (), &arguments, 64).with_state(0x12_3456_789a);
        assert_eq!(call(&entry, 0, b""), 0x12_3456_789a ^ 0x789a);
    }

    #[test]
    fn registers_are_checksums_exclusive_ored() {
        extern "C" fn complement(register: u32) -> u32 {
            register.wrapping_add(1)
        }
        let entry = entry(complement as *const (), &[Argument::Checksum(B32)], 32);
        assert_eq!(call(&entry.of_registers(0xffff_ffff), 0, b""), 0xffff_ffff);
    }
}
