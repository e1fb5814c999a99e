//! What the self-test judges.

use crate::faults;
use crate::good::{GoodSpec, good_kernels};
use crate::planter::Planter;
use crate::spec::FaultSpec;
use crcheck_harness::check::depth::DepthName;
use crcheck_harness::subject::worker::Launch;

/// What to judge, and how.
#[derive(Clone, Copy, Debug)]
pub struct Selection<'s> {
    /// Judge faults and good kernels with this in their names.
    pub only: &'s str,
    /// The seed of everything random, drawn faults included.
    pub seed: u64,
    /// The depth at which faults must go unnoticed without their check.
    pub ablation: DepthName,
    /// How to start the worker processes that call the library in C.
    pub worker: Option<&'s Launch>,
}

impl Selection<'_> {
    pub(super) fn planter(&self) -> Planter {
        Planter::with_library(self.seed, self.worker)
    }

    pub(super) fn faults(&self, planter: &Planter) -> Vec<&'static FaultSpec> {
        let is_selected = |fault: &&FaultSpec| planter.full_name(fault).contains(self.only);
        faults().filter(is_selected).collect()
    }

    pub(super) fn good_kernels(&self) -> impl Iterator<Item = &'static GoodSpec> {
        let is_selected = |good: &&GoodSpec| good.full_name().contains(self.only);
        good_kernels().filter(is_selected)
    }
}
