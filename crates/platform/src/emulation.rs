//! Whether this process runs on an emulated CPU.

/// The environment variable of every program that starts on an emulated CPU.
///
/// A program that such a program starts would run on the real CPU. A copy that it forks while
/// another of its threads works may hang: in the emulator, the copy may wait for that thread
/// without end.
pub const EMULATED_VARIABLE: &str = "CRCHECK_EMULATED";

/// Whether this process runs on an emulated CPU.
pub fn is_emulated() -> bool {
    std::env::var_os(EMULATED_VARIABLE).is_some()
}
