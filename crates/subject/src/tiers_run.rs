//! Which of the kernel's tiers a run judged, and which it did not.

use crate::subject_name::SubjectName;
use crcheck_kernel::Tier;
use serde::Serialize;
use std::fmt;

/// What people must know of a tier's software version wherever it passes.
pub const SOFTWARE: &str = "software, tests no instruction";

/// The tiers that a run was asked to judge, in the order of [`Tier::ALL`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TiersRun {
    /// The tiers whose machine code it judged.
    pub ran: Vec<&'static str>,
    /// The tiers that it was asked for, and did not judge.
    pub not_run: Vec<&'static str>,
    /// The tiers whose software version it judged, which may be of any architecture.
    pub software: Vec<&'static str>,
}

/// Whether a CPU of this architecture may have `tier`.
pub fn is_of_this_architecture(tier: Tier) -> bool {
    tier.architecture().is_none_or(|of| of.is_here())
}

/// The tiers that CPUs of this architecture may have.
pub fn tiers_of_this_architecture() -> impl Iterator<Item = Tier> {
    let tiers = Tier::ALL.iter().copied();
    tiers.filter(|&tier| is_of_this_architecture(tier))
}

impl TiersRun {
    /// The tiers among the subjects that were judged, and those among the subjects that were not.
    pub fn new(judged: &[SubjectName], not_judged: &[SubjectName]) -> Self {
        let names = |is_in: &dyn Fn(Tier) -> bool| {
            let tiers = Tier::ALL.iter().filter(|&&tier| is_in(tier));
            tiers.map(|tier| tier.name()).collect()
        };
        let ran = |tier| judged.contains(&SubjectName::Tier(tier));
        let is_asked = |tier| not_judged.contains(&SubjectName::Tier(tier));
        Self {
            ran: names(&ran),
            not_run: names(&|tier| is_asked(tier) && !ran(tier)),
            software: names(&|tier| judged.contains(&SubjectName::EmulatedTier(tier))),
        }
    }

    /// The tiers among the subjects, and every other tier of this architecture as one that is
    /// missing.
    pub fn of_all(judged: &[SubjectName]) -> Self {
        let all: Vec<_> = tiers_of_this_architecture()
            .map(SubjectName::Tier)
            .collect();
        Self::new(judged, &all)
    }

    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        self.to_string().is_empty()
    }

    /// Whether the run was asked for every tier of this architecture.
    fn is_of_all(&self) -> bool {
        let is_in = |name: &str| self.ran.contains(&name) || self.not_run.contains(&name);
        let asked = self.ran.len() + self.not_run.len();
        let mut tiers = tiers_of_this_architecture();
        tiers.all(|tier| is_in(tier.name())) && asked == tiers_of_this_architecture().count()
    }
}

impl TiersRun {
    /// `4 of 6 x86-64 tiers ran; not x86-avx512-vpclmul, x86-avx512-vpclmul-gfni`, with this word
    /// for what happened to them. Of a selection of tiers it names only those that are missing.
    pub fn say(&self, ran_word: &str) -> String {
        let (ran, asked) = (self.ran.len(), self.ran.len() + self.not_run.len());
        let mut parts = Vec::new();
        if self.is_of_all() {
            let architecture = std::env::consts::ARCH.replace('_', "-");
            parts.push(format!("{ran} of {asked} {architecture} tiers {ran_word}"));
        } else if !self.not_run.is_empty() {
            parts.push(format!("{ran} of {asked} selected tiers {ran_word}"));
        }
        if !self.not_run.is_empty() {
            parts.push(format!("not {}", self.not_run.join(", ")));
        }
        if !self.software.is_empty() {
            let names: Vec<_> = self
                .software
                .iter()
                .map(|tier| format!("emu:{tier}"))
                .collect();
            parts.push(format!("{}: {SOFTWARE}", names.join(", ")));
        }
        parts.join("; ")
    }
}

impl fmt::Display for TiersRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.say("ran"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<SubjectName> {
        tiers_of_this_architecture()
            .map(SubjectName::Tier)
            .collect()
    }

    #[test]
    fn a_tier_that_did_not_run_is_named() {
        let (judged, missing) = (all(), all().pop().expect("a tier"));
        assert!(!TiersRun::of_all(&judged).to_string().contains("not "));
        let SubjectName::Tier(tier) = missing else {
            panic!("{missing} is a tier");
        };
        let without = TiersRun::of_all(&judged[..judged.len() - 1]);
        assert_eq!(without.not_run, [tier.name()]);
        let text = without.to_string();
        assert!(text.ends_with(&format!(" tiers ran; not {tier}")), "{text}");
    }

    #[test]
    fn of_selected_tiers_it_names_those_that_did_not_run() {
        let portable = SubjectName::Tier(Tier::Portable);
        if all().len() > 2 {
            assert!(TiersRun::new(std::slice::from_ref(&portable), &[]).is_empty());
            let asked = &all()[1];
            let text = TiersRun::new(&[portable], std::slice::from_ref(asked)).to_string();
            assert!(
                text.starts_with("1 of 2 selected tiers ran; not "),
                "{text}"
            );
        }
    }

    #[test]
    fn software_tests_no_instruction() {
        let judged = [SubjectName::EmulatedTier(Tier::X86Avx512Vpclmul)];
        let run = TiersRun::new(&judged, &[]);
        assert_eq!(run.ran, Vec::<&str>::new());
        let text = "emu:x86-avx512-vpclmul: software, tests no instruction";
        assert_eq!(run.to_string(), text);
    }
}
