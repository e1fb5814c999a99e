//! What a leg asks of crcheck on its CPU, and the trait of what answers.

use crate::child_report::ChildReport;
use crate::early_end::EarlyEnd;
use crate::report::PlantedFault;
use crcheck_harness::check::depth::DepthName;
use crcheck_harness::kernel::Tier;
use std::path::Path;

/// What a leg asks of crcheck on its CPU.
pub(crate) struct Task<'t> {
    pub(crate) what: What<'t>,
    /// The folder for the artifacts of findings.
    pub(crate) artifacts: &'t Path,
}

/// The subcommand, and what it judges.
#[derive(Clone, Copy)]
pub(crate) enum What<'t> {
    /// `verify` of these tiers, or of every tier of the CPU if there are none. The seeds are among
    /// the saved cases, which have a task of their own.
    Tiers {
        depth: DepthName,
        /// How many messages each cell has; `None` for as many as the depth says.
        messages: Option<usize>,
        tiers: &'t [Tier],
    },
    /// `replay` of the saved cases on these tiers, or on every tier of the CPU if there are none.
    SavedCases { tiers: &'t [Tier] },
    /// `verify` of a planted fault, which values or the dispatcher betray.
    Fault(&'t str),
}

impl Task<'_> {
    /// The name of the subcommand.
    pub(crate) const fn subcommand(&self) -> &'static str {
        match self.what {
            What::Tiers { .. } | What::Fault(_) => "verify",
            What::SavedCases { .. } => "replay",
        }
    }
}

/// Makes the tasks of one leg.
pub(crate) trait Verifier {
    /// Makes a task.
    ///
    /// # Errors
    /// Why there is no report.
    fn run(&self, task: &Task<'_>) -> Result<ChildReport, EarlyEnd>;

    /// Judges faults in the machine code of a tier, which it makes itself; none if it cannot.
    ///
    /// # Errors
    /// Why one was not judged.
    fn catch_changed_code(&self, tier: Tier) -> Result<Vec<PlantedFault>, EarlyEnd> {
        let _ = tier;
        Ok(Vec::new())
    }
}
