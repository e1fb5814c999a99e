//! The functions by names of our own, and what the library says of itself.

use crate::sums::export;
use core::ffi::{CStr, c_char};
use crcheck_kernel::Tier;
use std::ffi::CString;
use std::sync::OnceLock;

export!(
    crcheck_crc32,
    crcheck_crc32_z,
    crcheck_crc32_combine,
    crcheck_crc32_combine64,
    crcheck_crc32_combine_gen,
    crcheck_crc32_combine_gen64,
    crcheck_crc32_combine_op
);

/// The name of the tier that this CPU gets.
#[unsafe(no_mangle)]
pub extern "C" fn crcheck_tier() -> *const c_char {
    static NAME: OnceLock<CString> = OnceLock::new();
    NAME.get_or_init(|| CString::new(Tier::detect().name()).unwrap_or_default())
        .as_ptr()
}

/// The version of the library.
#[unsafe(no_mangle)]
pub extern "C" fn crcheck_version() -> *const c_char {
    const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");
    const TERMINATED: &CStr = match CStr::from_bytes_with_nul(VERSION.as_bytes()) {
        Ok(version) => version,
        Err(_) => panic!("the version has no NUL but the last"),
    };
    TERMINATED.as_ptr()
}
