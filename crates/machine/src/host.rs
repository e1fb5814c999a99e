//! What the CPU at hand has.

use crcheck_platform::extension::EXTENSIONS;
use std::collections::BTreeSet;
use std::sync::OnceLock;

/// Whether this CPU is one of x86-64 and has all these extensions.
pub(crate) fn has(extensions: &[String]) -> bool {
    static PRESENT: OnceLock<BTreeSet<&'static str>> = OnceLock::new();
    let present = PRESENT.get_or_init(|| {
        let present = EXTENSIONS.iter().filter(|one| one.absence().is_none());
        present.map(|one| one.name).collect()
    });
    let mut extensions = extensions.iter();
    cfg!(target_arch = "x86_64") && extensions.all(|name| present.contains(name.as_str()))
}
