//! The tiers of this program, interpreted: each once in a run, whatever CPUs choose it.

use crate::child_report::ChildReport;
use crate::early_end::EarlyEnd;
use crate::in_process::{self, Judged};
use crate::interpreted_cpu::every_extension;
use crate::leg_options::LegOptions;
use crate::leg_outcome::LegOutcome;
use crcheck_harness::check::checks::CheckSet;
use crcheck_harness::check::depth::{Depth, DepthName};
use crcheck_harness::check::saved::load::{self, Item};
use crcheck_harness::check::verification::Seeds;
use crcheck_harness::kernel::Tier;
use crcheck_harness::subject::interpretation::InterpretedTier;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};

/// What all legs of a run share, and the tiers that one of them has interpreted.
pub struct InterpretedTiers<'a> {
    options: &'a LegOptions<'a>,
    verified: Mutex<HashMap<(Tier, &'static str), Arc<Verified>>>,
    saved: OnceLock<Result<Vec<Item>, String>>,
}

/// The report of a tier, once it is there. Who asks meanwhile waits.
type Verified = OnceLock<Result<ChildReport, EarlyEnd>>;

impl<'a> InterpretedTiers<'a> {
    /// Nothing is interpreted yet.
    pub fn new(options: &'a LegOptions<'a>) -> Self {
        Self {
            options,
            verified: Mutex::default(),
            saved: OnceLock::new(),
        }
    }

    /// What all legs of the run have in common.
    pub fn options(&self) -> &'a LegOptions<'a> {
        self.options
    }

    /// The report of `tier` at this depth, on a CPU that has every extension. Its account says
    /// which of them the tier has executed.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) fn verify(
        &self,
        tier: Tier,
        depth: DepthName,
        messages: Option<usize>,
    ) -> Result<ChildReport, EarlyEnd> {
        let verified = {
            let mut all = self.verified.lock().expect("no panic while held");
            Arc::clone(all.entry((tier, depth.name())).or_default())
        };
        let verify = || self.verify_now(tier, Depth::of(depth), messages);
        verified.get_or_init(verify).clone()
    }

    fn verify_now(
        &self,
        tier: Tier,
        depth: Depth,
        messages: Option<usize>,
    ) -> Result<ChildReport, EarlyEnd> {
        let cpu = every_extension();
        let folder = self.options.artifacts.join(&cpu.name);
        let subject = InterpretedTier::new(tier, cpu).map_err(not_interpreted)?;
        let judged = Judged {
            depth: messages.map_or(depth, |messages| depth.with_messages(messages)),
            checks: CheckSet::all(),
            seeds: Seeds::LeftOut,
        };
        in_process::verify(Box::new(subject), judged, self.options, folder)
    }

    /// The saved cases.
    ///
    /// # Errors
    /// If they cannot be read.
    pub(crate) fn saved_cases(&self) -> Result<&[Item], EarlyEnd> {
        let load = || {
            let folder: PathBuf = self.options.corpus.to_owned();
            let loaded = load::load(&[folder], None);
            loaded
                .map(|loaded| loaded.items)
                .map_err(|error| error.to_string())
        };
        let saved = self.saved.get_or_init(load).as_ref();
        let saved = saved.map_err(|error| EarlyEnd::new(LegOutcome::Broken, error))?;
        Ok(saved)
    }
}

/// Why code of this program is not interpreted.
pub(crate) fn not_interpreted(reason: String) -> EarlyEnd {
    EarlyEnd::new(LegOutcome::Broken, reason)
}
