//! The machine that a benchmark runs on.

use crcheck_bench::report::Machine;
use crcheck_harness::report::environment::Environment;

pub(crate) fn machine() -> Machine {
    let here = Environment::of_this_process();
    Machine {
        crcheck: here.crcheck.to_owned(),
        is_release: !cfg!(debug_assertions),
        arch: here.arch.to_owned(),
        cpu: here.cpu,
        features: here.features.into_iter().map(str::to_owned).collect(),
        tier: here.tier.to_owned(),
        core: None,
    }
}
