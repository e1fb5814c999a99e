//! A check that met a cause.

use crcheck_subject::{CheckId, Kind};
use serde::Serialize;

/// A check that met a cause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SeenBy {
    pub check: CheckId,
    /// What it found.
    pub kind: Kind,
    /// How many cases showed that.
    pub count: u64,
}
