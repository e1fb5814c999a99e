//! How many instructions a call may execute.

/// What every call may execute: a first call may make large tables.
const EACH: u64 = 20_000_000;

/// What it may execute besides for each byte of its message: a loop over its bits takes a tenth.
const PER_BYTE: u64 = 1000;

/// After one call that did not return, each further one may execute a part of that.
const AFTER_A_HANG: u64 = 16;

/// The most instructions of a call on a message of `len_bytes`, after `hangs` calls that did not
/// return.
pub(super) fn step_max(len_bytes: usize, hangs: u64) -> u64 {
    let whole = EACH + PER_BYTE * len_bytes as u64;
    if hangs == 0 {
        whole
    } else {
        whole / AFTER_A_HANG
    }
}
