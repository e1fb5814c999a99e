//! Why this CPU does not have a tier, or does not prefer it.

use crcheck_kernel::Tier;
use crcheck_kernel::cpu::{Absence, Features};

/// What `tier` needs and this CPU lacks, one reason for each feature.
pub fn missing_features(tier: Tier) -> Vec<String> {
    if let Some(other) = tier
        .architecture()
        .filter(|architecture| !architecture.is_here())
    {
        return vec![Absence::Architecture(other).to_string()];
    }
    absence_reasons(tier.required())
}

/// Why this CPU has `tier` and does not prefer it, one reason for each feature.
pub fn unpreferred_reasons(tier: Tier) -> Vec<String> {
    absence_reasons(tier.preferred().without(tier.required()))
}

fn absence_reasons(wanted: Features) -> Vec<String> {
    let missing = wanted.without(Features::detect());
    let reason = |feature| match Features::absence_here(feature) {
        Some(absence) => format!("{feature}: {absence}"),
        None => format!("{feature}: masked by CRCHECK_DISABLE"),
    };
    missing.iter().map(reason).collect()
}
