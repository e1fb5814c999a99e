//! How many instructions a call may execute.

/// What every call may execute: a first call may make large tables.
const EACH: u64 = 20_000_000;

/// What it may execute besides for each byte of its message: a loop over its bits takes a tenth.
const PER_BYTE: u64 = 1000;

/// The part of that which sparing calls may execute is one in so many.
const SPARED: u64 = 16;

/// The most instructions of a call on a message of `len_bytes`; of a sparing one, after a call that
/// did not return, a part of them.
pub(super) fn step_max(len_bytes: usize, is_sparing: bool) -> u64 {
    let whole = EACH + PER_BYTE * len_bytes as u64;
    if is_sparing { whole / SPARED } else { whole }
}
