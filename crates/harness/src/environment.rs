//! What the environment says of tests.

use crate::values;
use crcheck_check::checks::CheckSet;
use crcheck_check::depth::DepthName;
use std::env;
use std::path::PathBuf;

/// What the environment says of tests, where it says something. It beats what the code says.
#[derive(Debug, Default)]
pub(crate) struct Environment {
    pub(crate) depth: Option<DepthName>,
    pub(crate) seed: Option<u64>,
    pub(crate) checks: Option<CheckSet>,
    /// The folder for cases; empty if none are kept.
    pub(crate) artifacts: Option<PathBuf>,
    /// The variables that change what runs, as a shell takes them, without the seed.
    pub(crate) assignments: Vec<String>,
}

impl Environment {
    /// Reads `CRCHECK_DEPTH`, `CRCHECK_SEED`, `CRCHECK_CHECK` and `CRCHECK_ARTIFACTS`. An empty
    /// value says nothing, except that of the last.
    ///
    /// # Errors
    /// The variable, its value, and what is wrong with it.
    pub(crate) fn read() -> Result<Self, String> {
        let mut assignments = Vec::new();
        let depth = value("CRCHECK_DEPTH", values::depth, Some(&mut assignments))?;
        let checks = value("CRCHECK_CHECK", checks, Some(&mut assignments))?;
        Ok(Self {
            depth,
            checks,
            seed: value("CRCHECK_SEED", values::seed, None)?,
            artifacts: env::var_os("CRCHECK_ARTIFACTS").map(PathBuf::from),
            assignments,
        })
    }
}

/// The value of a variable. It joins the `assignments` if it is there.
fn value<T>(
    name: &str,
    parse: impl Fn(&str) -> Result<T, String>,
    assignments: Option<&mut Vec<String>>,
) -> Result<Option<T>, String> {
    let text = env::var_os(name).unwrap_or_default();
    let text = text.to_string_lossy();
    if text.is_empty() {
        return Ok(None);
    }
    let parsed = parse(&text).map_err(|error| format!("{name}={text}: {error}"))?;
    if let Some(assignments) = assignments {
        // What has parsed needs no quotes without its blanks.
        let words: String = text.split_whitespace().collect();
        assignments.push(format!("{name}={words}"));
    }
    Ok(Some(parsed))
}

/// The checks of these names, with commas between them.
fn checks(names: &str) -> Result<CheckSet, String> {
    names.split(',').map(str::trim).map(values::check).collect()
}
