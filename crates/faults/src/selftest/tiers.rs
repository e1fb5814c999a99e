//! In which of the kernel's tiers the self-test found a planted fault.

use super::row::{SelftestOutcome, SelftestRow};
use crcheck_harness::kernel::Tier;
use crcheck_harness::subject::{SubjectName, TiersRun, is_of_this_architecture};

/// The tiers whose faulty twin is among the rows, by whether this machine could run it.
pub fn tiers_run(rows: &[SelftestRow]) -> TiersRun {
    let tiers = Tier::ALL.iter().copied();
    let twins = tiers.filter_map(|tier| {
        let name = format!("fault:planted-{tier}");
        let row = rows.iter().find(|row| row.name == name)?;
        let is_skipped = matches!(row.outcome, SelftestOutcome::Skipped(_));
        (is_of_this_architecture(tier) || !is_skipped).then_some((tier, is_skipped))
    });
    let (skipped, judged): (Vec<_>, Vec<_>) = twins.partition(|(_, is_skipped)| *is_skipped);
    let names = |tiers: Vec<(Tier, bool)>| -> Vec<SubjectName> {
        let tiers = tiers.into_iter();
        tiers.map(|(tier, _)| SubjectName::Tier(tier)).collect()
    };
    TiersRun::new(&names(judged), &names(skipped))
}
