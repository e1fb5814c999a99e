//! A tier is available where nothing is missing, and the one that is chosen is preferred.

use crcheck_kernel::Tier;
use crcheck_subject::{missing_features, unpreferred_reasons};

#[test]
fn what_is_missing_says_whether_a_tier_is_available() {
    for &tier in Tier::ALL {
        let missing = missing_features(tier);
        assert_eq!(
            missing.is_empty(),
            tier.is_available(),
            "{tier}: {missing:?}"
        );
    }
}

#[test]
fn a_tier_of_another_architecture_has_one_reason() {
    let is_other = |tier: &Tier| tier.architecture().is_some_and(|own| !own.is_here());
    let mut others = Tier::ALL.iter().copied().filter(is_other);
    let other = others.next().expect("there are several architectures");
    assert_eq!(missing_features(other).len(), 1);
}

#[test]
fn the_chosen_tier_lacks_nothing() {
    let chosen = Tier::detect();
    assert_eq!(missing_features(chosen), [""; 0]);
    assert_eq!(unpreferred_reasons(Tier::Portable), [""; 0]);
}
