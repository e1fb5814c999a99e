//! What is asked of a sum.

use crate::algorithm::Algorithm;
use crate::method::MethodChoice;
use std::sync::atomic::{AtomicBool, Ordering};

/// How to read, and what to do meanwhile.
#[derive(Clone, Copy)]
pub struct SumOptions<'a> {
    /// What computes.
    pub algorithm: &'a Algorithm,
    /// The way to read.
    pub method: MethodChoice,
    /// The size of a read in bytes; `None`: the best one for the method.
    pub buffer_bytes: Option<usize>,
    /// How many threads read and compute; `None`: as many as help.
    pub threads: Option<usize>,
    /// Whether an oracle computes the same beside, and a difference ends the sum.
    pub is_verified: bool,
    /// Takes how many more bytes are done, from any thread. It may be called while a file is
    /// mapped, so it does not read the file.
    pub on_progress: &'a (dyn Fn(u64) + Sync),
    /// Ends the sum early.
    pub cancelled: &'a AtomicBool,
}

impl SumOptions<'_> {
    pub(super) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}
