//! Saved cases: corpora, and their replay.

pub mod artifacts;
pub mod corpus;
pub mod found_on;
pub mod load;
pub mod replay;
