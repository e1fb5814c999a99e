//! What interpreted calls have executed.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// What the interpreted calls of one caller have executed so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The CPU, by its name in the matrix.
    pub cpu: String,
    /// How many instructions.
    pub instructions: u64,
    /// The extensions that the subject's own code has executed, by the names that compilers use.
    pub extensions: BTreeSet<String>,
    /// The instructions of those that neither this CPU nor a recording confirms, by mnemonic.
    pub unconfirmed: BTreeSet<String>,
    /// The instruction that ended interpretation, if the interpreter does not know it.
    pub unmodelled: Option<Unmodelled>,
}

impl Account {
    /// Adds what other calls of the same subject on the same CPU have executed. Accounts grow, so
    /// the larger number of instructions stands for both.
    pub fn join(&mut self, other: Self) {
        self.instructions = self.instructions.max(other.instructions);
        self.extensions.extend(other.extensions);
        self.unconfirmed.extend(other.unconfirmed);
        if self.cpu.is_empty() {
            self.cpu = other.cpu;
        }
        if self.unmodelled.is_none() {
            self.unmodelled = other.unmodelled;
        }
    }
}

/// An instruction that the interpreter does not know. Nothing is known of the call, so the run
/// ends: that is no finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unmodelled {
    /// The mnemonic, such as `VGATHERQPD`, or what else is not modelled: `SYSCALL`.
    pub what: String,
    /// Where it stands, such as `libmine.so+0x12 (my_crc32+0x2)`.
    pub place: String,
    /// The instruction's bytes, in hexadecimal.
    pub bytes: String,
}

/// What ends a run, and what to do about it.
impl fmt::Display for Unmodelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, place, bytes } = self;
        write!(
            f,
            "not modelled: {what} at {place} ({bytes}); nothing is known of the call. To report \
             it, open an issue with this line"
        )
    }
}
