//! What a soak draws, and how it went.

use crate::run::Ended;

/// What is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Family {
    Kernels,
    Programs,
    Libraries,
    Files,
    Interrupts,
}

/// Each family with its name and its share of draws.
pub(crate) const FAMILIES: [(Family, &str, usize); 5] = [
    (Family::Kernels, "hostile kernels", 8),
    (Family::Programs, "hostile programs", 2),
    (Family::Libraries, "mutated libraries", 5),
    (Family::Files, "malformed files", 8),
    (Family::Interrupts, "interrupts", 4),
];

/// One draw, and how it went.
pub(crate) struct Tried {
    /// What was drawn, in a word: faults of one kind probably have one cause.
    pub(crate) kind: String,
    /// All that was drawn.
    pub(crate) what: String,
    pub(crate) words: Vec<String>,
    pub(crate) ended: Ended,
}

/// The family of a draw: draws that follow each other have each in its share.
pub(crate) fn family_of(index: u64) -> Family {
    let all = FAMILIES
        .iter()
        .flat_map(|&(family, _, share)| std::iter::repeat_n(family, share));
    let all: Vec<Family> = all.collect();
    // 7 has no common divisor with the sum of the shares, 27, so this visits all.
    all[(index as usize).wrapping_mul(7) % all.len()]
}
