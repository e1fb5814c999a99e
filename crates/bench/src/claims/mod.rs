//! The claims of the article that this project starts from, each with what is found here.
//!
//! [`CLAIMS`] is the one table of claims. Each has a judge, which turns what was
//! [measured](measure) into an answer and a sentence. Arithmetic needs no measurement, and
//! statements that stand in a planted fault are judged by `verify`, which the caller runs.
//!
//! **The modules**, from the ground up. Each names only modules before it:
//!
//! 1. [`answer`]: what became of a claim; `figures`: the article's numbers.
//! 2. [`measured`]: what is measured, as plain data; `words`: how figures are compared and written;
//!    `loops`: the loops that the article compares.
//! 3. [`claim`]: a claim and its judge; `topics`: the claims.
//! 4. [`measure`]: the measurements; [`judgement`]: measurements to answers.
//! 5. [`report`]: the report in every format.

pub mod answer;
pub mod claim;
mod figures;
pub mod judgement;
mod loops;
pub mod measure;
pub mod measured;
pub mod report;
mod topics;
mod words;

pub use topics::{CLAIMS, Topic};
