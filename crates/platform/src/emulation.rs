//! Whether an emulator plays the CPU that this process runs on.

/// The environment variable that every program gets which starts on an emulated CPU.
///
/// What such a program starts by itself would run on the real CPU. A copy that it makes of itself
/// while another of its threads works may wait for that thread, in the emulator, for ever.
pub const EMULATED_VARIABLE: &str = "CRCHECK_EMULATED";

/// Whether this process runs on an emulated CPU.
pub fn is_emulated() -> bool {
    std::env::var_os(EMULATED_VARIABLE).is_some()
}
