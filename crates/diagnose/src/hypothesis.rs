//! What every hypothesis does: it predicts answers, and it says in words what it supposes.

use crate::call::Call;
use crate::reference::Reference;
use std::fmt;

/// A hypothesis of what a subject computes instead of the checksum. Its text is the verb phrase of
/// a sentence whose subject is the kernel: "gives its result with ...". The width of the formatter
/// is the number of hexadecimal digits of a word.
pub(crate) trait Hypothesis: fmt::Display {
    /// The answer of a subject for which the hypothesis holds. `expected` is the right answer.
    fn predict(&self, reference: &Reference, call: &Call, expected: u64) -> u64;

    /// Its text for a subject that is given no register. A word has this many hexadecimal digits.
    fn text_of_one_shot(&self, digits: usize) -> String {
        format!("{self:digits$}")
    }
}
