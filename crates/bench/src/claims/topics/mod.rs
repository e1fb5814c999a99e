//! The claims by topic, in the article's order.

mod calls;
mod go_library;
mod headline;
mod instructions;
mod io;
mod listing;
mod pipeline;
mod plan;
mod polynomial;
mod reader;
mod requirement;
mod slow_case;
mod tables;

use super::claim::Claim;

/// Claims about one thing.
#[derive(Debug)]
pub struct Topic {
    /// Its name for people.
    pub name: &'static str,
    /// Its claims.
    pub claims: &'static [Claim],
}

/// Every claim.
pub static CLAIMS: &[Topic] = &[
    topic("headline", headline::CLAIMS),
    topic("polynomial", polynomial::CLAIMS),
    topic("tables", tables::CLAIMS),
    topic("Go's library", go_library::CLAIMS),
    topic("listing", listing::CLAIMS),
    topic("instructions", instructions::CLAIMS),
    topic("pipeline and reduction", pipeline::CLAIMS),
    topic("rules of input and output", io::CLAIMS),
    topic("benchmark plan", plan::CLAIMS),
    topic("slow case", slow_case::CLAIMS),
    topic("calls", calls::CLAIMS),
    topic("reader", reader::CLAIMS),
    topic("requirement", requirement::CLAIMS),
];

const fn topic(name: &'static str, claims: &'static [Claim]) -> Topic {
    Topic { name, claims }
}
