//! C functions with mistakes of the ABI, most of them in the assembly of x86-64. Each goes on to
//! [`right`], so that it is right apart from what its own lines do.

use crate::crc32;
use crate::need::Need;
use crate::test_kernel::TestKernel;
use crcheck_harness::platform::abi_audit;
use crcheck_harness::platform::raw_entry::{Argument, IntegerBits, RawEntry};

/// The right checksum, as a C function.
pub(crate) extern "C" fn right(checksum: u32, message: *const u8, len_bytes: usize) -> u32 {
    // SAFETY: the caller passes a message of `len_bytes` bytes.
    let message = unsafe { std::slice::from_raw_parts(message, len_bytes) };
    crc32::update(checksum, message)
}

/// Loads the checksum as eight bytes: `vmovq` for `vmovd`.
pub(crate) extern "C" fn take_wide_checksum(
    checksum: u64,
    message: *const u8,
    len_bytes: usize,
) -> u32 {
    // SAFETY: the caller passes a message of `len_bytes` bytes.
    let message = unsafe { std::slice::from_raw_parts(message, len_bytes) };
    let Some((first, rest)) = message.split_first_chunk::<8>() else {
        return crc32::update(checksum as u32, message);
    };
    let upper = checksum & !0xffff_ffff;
    let first = (u64::from_le_bytes(*first) ^ upper).to_le_bytes();
    crc32::update(crc32::update(checksum as u32, &first), rest)
}

/// Refuses what it takes for more than 4 GiB.
pub(crate) extern "C" fn take_wide_length(
    checksum: u32,
    message: *const u8,
    len_bytes: u64,
) -> u32 {
    if len_bytes >> 32 != 0 {
        return checksum;
    }
    right(checksum, message, len_bytes as usize)
}

/// Defines a function in assembly with the signature of [`right`], which `{right}` stands for.
macro_rules! assembly {
    ($name:ident: $($line:literal)+) => {
        std::arch::global_asm!(
            concat!(".pushsection .text.", stringify!($name), ",\"ax\",@progbits"),
            concat!(".globl ", stringify!($name)),
            concat!(".type ", stringify!($name), ",@function"),
            concat!(stringify!($name), ":"),
            $($line,)+
            concat!(".size ", stringify!($name), ", . - ", stringify!($name)),
            ".popsection",
            right = sym $crate::parts::assembly::right,
        );

        unsafe extern "C" {
            fn $name(checksum: u32, message: *const u8, len_bytes: usize) -> u32;
        }
    };
}

pub(crate) use assembly;

/// A kernel whose function has the signature of [`right`].
pub(crate) fn call_c(function: *const ()) -> TestKernel {
    let arguments = [
        Argument::Checksum(IntegerBits::B32),
        Argument::Message,
        Argument::Length(IntegerBits::B64),
    ];
    call_c_with(function, &arguments)
}

/// A kernel whose function has these arguments and returns a checksum of 32 bits.
pub(crate) fn call_c_with(function: *const (), arguments: &[Argument]) -> TestKernel {
    // SAFETY: the callers pass functions of the C ABI with these arguments, which live as long as
    // the program.
    TestKernel::from_entry(unsafe { RawEntry::new(function as usize, arguments, 32) })
}

pub(crate) const AUDITED_CALLS: Need = || {
    let is_audited = abi_audit::available().is_ok();
    (!is_audited).then_some("a program without AddressSanitizer")
};

pub(crate) const AUDITED_CALLS_AND_AVX: Need = || {
    let has_avx = is_x86_feature_detected!("avx");
    if has_avx {
        AUDITED_CALLS()
    } else {
        Some("AVX")
    }
};

pub(crate) const TRUSTED_VECTOR_STATE: Need = || {
    let is_known = abi_audit::vector_state_known().is_ok();
    AUDITED_CALLS_AND_AVX().or((!is_known).then_some("XGETBV with ECX = 1 that can be trusted"))
};
