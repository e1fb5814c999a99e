//! The rates that were measured, beside those of the article.

use crate::claims::figures::{GO_MB_PER_S, OWN_GB_PER_S};
use crate::claims::measured::{FromMemory, Go, Loops, Measured};
use serde::{Deserialize, Serialize};

/// A rate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FigureRow {
    /// What computes, and on what.
    pub what: String,
    /// What the article says of it, in GB/s; `None` if it says nothing.
    pub article_gb_per_s: Option<f64>,
    /// What was measured here, in GB/s.
    pub here_gb_per_s: f64,
    /// The time of 10^9 bytes at this rate, in seconds.
    pub gigabyte_s: f64,
}

/// Every rate that was measured.
pub(super) fn rows(measured: &Measured) -> Vec<FigureRow> {
    let mut rows = Vec::new();
    if let Ok(loops) = &measured.loops {
        rows.extend(of_loops(loops));
    }
    if let Ok(memory) = &measured.memory {
        rows.extend(of_memory(memory));
    }
    for go in measured.go.iter().flatten() {
        rows.extend(of_go(go));
    }
    rows
}

fn row(what: impl Into<String>, article: Option<f64>, here: f64) -> FigureRow {
    FigureRow {
        what: what.into(),
        article_gb_per_s: article,
        here_gb_per_s: rounded(here),
        gigabyte_s: rounded(1.0 / here),
    }
}

fn of_loops(loops: &Loops) -> Vec<FigureRow> {
    let in_cache = format!("{} KiB in the cache", loops.message_bytes >> 10);
    let mut rows = vec![
        row(format!("loop over bits, {in_cache}"), None, loops.bits),
        row("byte table", Some(GO_MB_PER_S / 1e3), loops.byte_table),
        row("byte table, aligned words", None, loops.aligned_words),
        row("sixteen tables", None, loops.slicing),
        row("our kernel", Some(OWN_GB_PER_S), loops.kernel),
    ];
    let tiers = loops.tiers_of_256_bits.iter();
    rows.extend(tiers.map(|(name, rate)| row(format!("our {name}"), Some(OWN_GB_PER_S), *rate)));
    rows
}

fn of_memory(memory: &FromMemory) -> [FigureRow; 2] {
    let from = format!("{} MiB in no cache", memory.message_bytes >> 20);
    [
        row(
            format!("our kernel, {from}"),
            Some(OWN_GB_PER_S),
            memory.kernel,
        ),
        row(format!("loads alone, {from}"), None, memory.loads),
    ]
}

fn of_go(go: &Go) -> [FigureRow; 4] {
    let Go { version, .. } = go;
    let article = Some(GO_MB_PER_S / 1e3);
    [
        row(
            format!("{version} hash/crc32, in the cache"),
            article,
            go.hash,
        ),
        row(
            format!("{version} hash/crc32, in no cache"),
            article,
            1.0 / go.gigabyte_seconds,
        ),
        row(
            format!("{version} hash/crc32 without CPU features"),
            None,
            go.without_features,
        ),
        row(format!("{version} byte table"), article, go.byte_table),
    ]
}

/// Four significant digits: more than the measurement gives.
fn rounded(value: f64) -> f64 {
    format!("{value:.3e}").parse().unwrap_or(value)
}
