//! What the self-test would judge.

use super::selection::Selection;
use crate::good::GoodSpec;
use crate::planter::Planter;
use crate::spec::FaultSpec;

/// The faults and good kernels of a selection, a line each.
pub fn list(selection: Selection<'_>) -> String {
    let planter = selection.planter();
    let faults = selection.faults(&planter);
    let good: Vec<_> = selection.good_kernels().collect();
    let drawn = faults.iter().filter(|fault| fault.is_drawn()).count();
    let counts = format!(
        "{} faulty kernels, {drawn} of them drawn from the seed; {} good ones\n",
        faults.len(),
        good.len()
    );
    let faults = faults.iter().map(|fault| format_fault(fault, &planter));
    let good = good.iter().map(|good| format_good(good));
    faults.chain(good).chain([counts]).collect()
}

fn format_fault(fault: &FaultSpec, planter: &Planter) -> String {
    let (name, check) = (planter.full_name(fault), fault.caught_by.name());
    let FaultSpec {
        summary, source, ..
    } = fault;
    format!("{name:<44} {check:<9} {summary} ({source})\n")
}

fn format_good(good: &GoodSpec) -> String {
    let (name, summary) = (good.full_name(), good.summary);
    format!("{name:<44} {:<9} {summary}\n", "-")
}
