//! Executors check each other: both execute the same cases, and all that they leave is equal.

mod difference;
mod outcome;
mod pair;
mod rig;
mod undefined;
mod unread;

pub use difference::{Difference, Side};
pub use outcome::Outcome;
pub use pair::{Agreement, compare};
pub use rig::Rig;
