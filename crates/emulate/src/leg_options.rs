//! What all legs of a run have in common.

use crcheck_harness::check::depth::DepthName;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// What all legs have in common.
pub struct LegOptions<'a> {
    /// The crcheck that runs on the CPUs, by architecture.
    pub workers: &'a BTreeMap<String, PathBuf>,
    /// The folder of the saved cases.
    pub corpus: &'a Path,
    /// The number of the saved cases.
    pub corpus_cases: usize,
    /// The depth of `verify`.
    pub depth: DepthName,
    /// Whether every tier of the CPU is judged at this depth, and not only the chosen one.
    pub judges_all_tiers: bool,
    /// The seed.
    pub seed: u64,
    /// How long one program may run.
    pub deadline: Duration,
    /// The folder for the artifacts of findings.
    pub artifacts: &'a Path,
    /// The folder for the artifacts of planted faults, which are thrown away.
    pub scratch: &'a Path,
    /// Set to stop the run.
    pub interrupted: &'a Arc<AtomicBool>,
}
