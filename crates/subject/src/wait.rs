//! How long calls of a subject that has hung are waited for.

/// How long calls of a subject that has hung in one of them are waited for. Until then, each call
/// may take the whole time limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wait {
    /// As long as a thousand calls take. A call at a length and alignment that have hung is not
    /// made again.
    Sparing,
    /// As long as a thousand calls take.
    #[default]
    Short,
    /// The whole time limit.
    Whole,
}
