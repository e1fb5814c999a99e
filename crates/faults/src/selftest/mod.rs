//! The self-test judges the harness: each fault must turn its check red and go unnoticed without
//! it, and each good kernel must stay green.

mod counts;
mod json;
mod junit;
mod list;
mod row;
mod run;
mod selection;
mod table;
mod tiers;

pub use counts::Counts;
pub use json::{SCHEMA, to_json};
pub use junit::to_junit;
pub use list::list;
pub use row::{SelftestOutcome, SelftestRow};
pub use run::run;
pub use selection::Selection;
pub use table::{format_ablation, format_matrix, last_line};
pub use tiers::tiers_run;
