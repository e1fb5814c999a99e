//! Landlock: this process changes no file, reaches no network, and signals no process outside.

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr,
    RulesetCreatedAttr, RulesetStatus, Scope, path_beneath_rules,
};

/// Whether files can still be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Files {
    /// They can: the operating system has no Landlock.
    Kept,
    /// They can in some ways: the operating system has an older Landlock.
    GivenUpInPart,
    /// They cannot.
    GivenUp,
}

pub(super) fn give_up() -> Files {
    let abi = ABI::V6;
    // Reading and executing stay: a library loads others. Runtimes open /dev/null to write to it.
    let null = path_beneath_rules(["/dev/null"], AccessFs::WriteFile);
    let ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_write(abi))
        .and_then(|ruleset| ruleset.handle_access(AccessNet::from_all(abi)))
        .and_then(|ruleset| ruleset.scope(Scope::from_all(abi)))
        .and_then(|ruleset| ruleset.create())
        .and_then(|ruleset| ruleset.add_rules(null))
        .and_then(|ruleset| ruleset.restrict_self());
    match ruleset.map(|status| status.ruleset) {
        Ok(RulesetStatus::FullyEnforced) => Files::GivenUp,
        Ok(RulesetStatus::PartiallyEnforced) => Files::GivenUpInPart,
        Ok(RulesetStatus::NotEnforced) | Err(_) => Files::Kept,
    }
}
