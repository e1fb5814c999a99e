//! Reports of the same facts in several formats; certificates; verdicts and exit codes.

#![forbid(unsafe_code)]

mod accepted;
pub mod again;
mod bound;
pub mod certificate;
mod check_report;
mod code_location;
mod count;
pub mod environment;
mod excerpt;
mod finding_report;
mod footer;
mod format;
mod fuzz_finding;
mod github;
mod guess_report;
mod html;
mod human;
mod json;
mod junit;
mod markdown;
mod not_covered;
mod races;
mod refusal;
mod report;
mod scaled;
mod shell;
mod stack;
pub mod verdict;

pub use accepted::{Allow, Allowed};
pub use bound::{Bound, DrawnBound};
pub use check_report::CheckReport;
pub use code_location::CodeLocation;
pub use count::count_in_words;
pub use excerpt::Excerpt;
pub use finding_report::{CellReport, FindingReport};
pub use footer::{Footer, footer, subject_options};
pub use format::Format;
pub use fuzz_finding::{save_fuzz_finding, save_sanitizer_finding};
pub use github::{Annotation, annotations, github};
pub use guess_report::GuessReport;
pub use html::html;
pub use human::{brief, finding_text, human, human_in_full};
pub use json::{json, jsonl_finding};
pub use junit::junit;
pub use markdown::{markdown, plain as markdown_text, table as markdown_table};
pub use not_covered::NotCovered;
pub use races::{RacesOfReport, RacesReport};
pub use refusal::refusal;
pub use report::{Facts, MinedReport, Report, SCHEMA, Skipped, SkippedCheck, sandbox};
pub use scaled::{Scaled, Sweep};
pub use stack::{StackRange, StackReport};
