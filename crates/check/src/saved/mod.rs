//! Saved cases: corpora, and their replay.

pub mod corpus;
pub mod replay;
