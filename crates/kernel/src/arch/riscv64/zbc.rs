//! Tier `riscv-zbc`: a lane is two words, multiplied by `clmul` (the low word of the product) and
//! `clmulh` (the high one).
//!
//! The intrinsics are not stable, hence the assembly. `.option arch` lets the assembler take the
//! instructions in a program that is compiled without them, as in Linux.

use crate::cpu::Features;
#[cfg(feature = "testing")]
use crate::entry_counter;
use crate::isa::Isa;
use crate::selection::Tier;
use crate::{fold, portable};
use core::arch::asm;

/// A CPU with Zbc.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Zbc(());

impl Zbc {
    /// The witness, if the CPU has what the tier requires.
    pub(crate) fn witness(features: Features) -> Option<Self> {
        features
            .contains_all(Tier::RiscvZbc.required())
            .then_some(Self(()))
    }

    /// The checksum after `message`. Not inlined, so that every caller runs the same code.
    ///
    /// # Safety
    /// [`Self::witness`] must have answered `Some` before in this process.
    #[inline(never)]
    pub(crate) unsafe fn entry(checksum: u32, message: &[u8]) -> u32 {
        let isa = Self(());
        if message.len() < ALIGN_FROM_BYTES {
            return fold::update(isa, checksum, message);
        }
        // The operating system may emulate a load across words. So the bytes before the first
        // aligned word go first.
        let head = message.as_ptr().align_offset(8).min(7);
        let (head, rest) = message.split_at(head);
        fold::update(isa, !portable::bytes(!checksum, head), rest)
    }

    /// [`Self::entry`], counted.
    ///
    /// # Safety
    /// As for [`Self::entry`].
    #[cfg(feature = "testing")]
    pub(crate) unsafe fn counted(checksum: u32, message: &[u8]) -> u32 {
        entry_counter::count(Tier::RiscvZbc);
        // SAFETY: the caller vouches for the witness.
        unsafe { Self::entry(checksum, message) }
    }

    /// The low and the high word of the carry-less product.
    #[inline(always)]
    fn product(self, a: u64, b: u64) -> [u64; 2] {
        let (low, high);
        // SAFETY: `self` exists only if the CPU has Zbc, for which `witness` asks. The
        // instructions read and write registers alone.
        unsafe {
            asm!(
                ".option push",
                ".option arch, +zbc",
                "clmul {low}, {a}, {b}",
                "clmulh {high}, {a}, {b}",
                ".option pop",
                a = in(reg) a,
                b = in(reg) b,
                low = out(reg) low,
                high = lateout(reg) high,
                options(pure, nomem, nostack, preserves_flags),
            );
        }
        [low, high]
    }
}

/// The length in bytes from which on it pays to align the start of a message.
pub(crate) const ALIGN_FROM_BYTES: usize = 128;

/// A word at any address, by one instruction. The compiler cannot rely on the hardware to take an
/// unaligned address and would load eight bytes instead; user code on Linux can
/// (Documentation/arch/riscv/uabi.rst).
#[inline(always)]
fn word(bytes: &[u8; 8]) -> u64 {
    let word;
    // SAFETY: the reference is valid for eight bytes, and a load in user code takes any alignment.
    unsafe {
        asm!(
            "ld {word}, 0({address})",
            address = in(reg) bytes.as_ptr(),
            word = lateout(reg) word,
            options(pure, readonly, nostack, preserves_flags),
        );
    }
    word
}

impl Isa for Zbc {
    type Vector = [u64; 2];
    type Block = [u8; 16];
    type Lane = [u64; 2];

    const VECTOR_BYTES: usize = 16;
    const IS_WIDE: bool = true;

    #[inline(always)]
    fn vectors(message: &[u8]) -> (&[[u8; 16]], &[u8]) {
        message.as_chunks()
    }

    #[inline(always)]
    fn load(self, block: &[u8; 16]) -> [u64; 2] {
        let (words, _) = block.as_chunks();
        [word(&words[0]), word(&words[1])]
    }

    #[inline(always)]
    fn xor_register(self, vector: [u64; 2], register: u32) -> [u64; 2] {
        [vector[0] ^ u64::from(register), vector[1]]
    }

    #[inline(always)]
    fn multipliers(self, multipliers: [u64; 2]) -> [u64; 2] {
        multipliers
    }

    #[inline(always)]
    fn fold(self, accumulator: [u64; 2], by: [u64; 2], next: [u64; 2]) -> [u64; 2] {
        let low = self.product(accumulator[0], by[0]);
        let high = self.product(accumulator[1], by[1]);
        [low[0] ^ high[0] ^ next[0], low[1] ^ high[1] ^ next[1]]
    }

    #[inline(always)]
    fn load_last(self, block: &[u8; 16], count: usize) -> [u64; 2] {
        self.lane_load_last(block, count)
    }

    #[inline(always)]
    fn weights(self, weights: &[u64; 8]) -> [u64; 2] {
        [weights[0], weights[1]]
    }

    #[inline(always)]
    fn xor(self, a: [u64; 2], b: [u64; 2]) -> [u64; 2] {
        [a[0] ^ b[0], a[1] ^ b[1]]
    }

    #[inline(always)]
    fn sum(self, vector: [u64; 2]) -> [u64; 2] {
        vector
    }

    #[inline(always)]
    fn lane_load(self, bytes: &[u8; 16]) -> [u64; 2] {
        self.lane(u128::from_le_bytes(*bytes))
    }

    #[inline(always)]
    fn lane_load_last(self, bytes: &[u8; 16], count: usize) -> [u64; 2] {
        let missing = 8 * (16 - count) as u32;
        let word = u128::from_le_bytes(*bytes);
        let kept = word.unbounded_shr(missing).unbounded_shl(missing);
        self.lane(kept)
    }

    #[inline(always)]
    fn lane(self, word: u128) -> [u64; 2] {
        [word as u64, (word >> 64) as u64]
    }

    #[inline(always)]
    fn word(self, lane: [u64; 2]) -> u128 {
        u128::from(lane[0]) | u128::from(lane[1]) << 64
    }

    #[inline(always)]
    fn lane_xor(self, a: [u64; 2], b: [u64; 2]) -> [u64; 2] {
        self.xor(a, b)
    }

    #[inline(always)]
    fn lane_multipliers(self, multipliers: [u64; 2]) -> [u64; 2] {
        multipliers
    }

    #[inline(always)]
    fn lane_fold(self, accumulator: [u64; 2], by: [u64; 2], next: [u64; 2]) -> [u64; 2] {
        self.fold(accumulator, by, next)
    }

    #[inline(always)]
    fn clmul(self, a: u64, b: u64) -> u128 {
        self.word(self.product(a, b))
    }
}
