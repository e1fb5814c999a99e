//! One fault has one sentence: through every signature, and in models of every width.

mod at_widths;
mod diagnosed;
mod signature;
mod through_signatures;
