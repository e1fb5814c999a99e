//! The report: a row for each profile, the distinct findings, the verdict.
//!
//! Each module uses only those above it: `row`, `shown`, `matrix_report`, `table`, and the formats
//! `human` and `markdown`.

mod human;
mod markdown;
mod matrix_report;
mod row;
mod shown;
mod table;

pub use human::human;
pub use markdown::markdown;
pub use matrix_report::{MatrixFacts, MatrixReport, SCHEMA};
pub use row::{ProfileReport, ProfileVerdict};
pub use shown::MatrixFinding;
