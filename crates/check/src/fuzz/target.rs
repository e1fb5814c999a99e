//! The fuzz targets by name, and what each judges.

use crate::checks::{CheckSet, Fuzzing, combine, split};
use crate::fast_law::{COMBINED_FAR, FastLaw};
use crcheck_subject::Subject;
use std::fmt;
use std::io::Cursor;
use std::str::FromStr;

/// A fuzz target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Every subject against the judges, under every check.
    KernelVsOracle,
    /// The same input, cut into pieces.
    SplitPoints,
    /// The same input, its parts combined.
    Combine,
    /// Sequences of operations on a streaming hasher against a model of it.
    HasherModel,
    /// Sequences of operations on readers and writers that compute checksums against a model of
    /// them.
    ReaderModel,
    /// The judges against each other, on any model of the catalogue.
    OracleVsOracle,
    /// Artifacts: reading one fails only with an error, and writing is its inverse.
    ArtifactParse,
    /// [`Target::KernelVsOracle`] on a planted fault. It must fail, which proves that the target
    /// works.
    Canary,
}

impl Target {
    /// Whether it has a corpus. All have one but the canary, which needs none to fail.
    pub const fn has_corpus(self) -> bool {
        !matches!(self, Self::Canary)
    }

    pub const ALL: [Self; 8] = [
        Self::KernelVsOracle,
        Self::SplitPoints,
        Self::Combine,
        Self::HasherModel,
        Self::ReaderModel,
        Self::OracleVsOracle,
        Self::ArtifactParse,
        Self::Canary,
    ];

    /// The target's name, which is that of its program and of its corpus folder.
    pub const fn name(self) -> &'static str {
        match self {
            Self::KernelVsOracle => "kernel_vs_oracle",
            Self::SplitPoints => "split_points",
            Self::Combine => "combine",
            Self::HasherModel => "hasher_model",
            Self::ReaderModel => "reader_model",
            Self::OracleVsOracle => "oracle_vs_oracle",
            Self::ArtifactParse => "artifact_parse",
            Self::Canary => "canary",
        }
    }

    /// Whether its inputs are those of [`crate::input`].
    pub const fn takes_cases(self) -> bool {
        matches!(
            self,
            Self::KernelVsOracle | Self::SplitPoints | Self::Combine | Self::Canary
        )
    }

    /// Whether its inputs are sequences of operations, so that its findings have no case.
    pub(super) const fn takes_operations(self) -> bool {
        matches!(self, Self::HasherModel | Self::ReaderModel)
    }

    /// Whether it judges subjects, and not only crcheck itself.
    pub(super) const fn judges_subjects(self) -> bool {
        !matches!(self, Self::OracleVsOracle | Self::ArtifactParse)
    }

    /// The reason why it would judge nothing of these subjects; `None` if it judges one of them.
    pub fn unsuited(self, subjects: &[Box<dyn Subject>]) -> Option<String> {
        let missing = match self {
            Self::OracleVsOracle | Self::ArtifactParse => {
                return Some(format!("{self} judges crcheck itself, and no subject"));
            }
            Self::KernelVsOracle | Self::Canary => return None,
            Self::SplitPoints => "takes no checksum to go on from",
            Self::Combine => "has no function that combines checksums",
            Self::HasherModel => "has no streaming hasher",
            Self::ReaderModel => "has no reader that computes checksums",
        };
        let suits = |subject: &dyn Subject| match self {
            Self::SplitPoints => subject.capabilities().takes_checksum,
            Self::Combine => subject.combine(0, 0, 0).is_some(),
            Self::ReaderModel => subject.reader(Box::new(Cursor::new(Vec::new()))).is_some(),
            _ => subject.stream(subject.model().initial_checksum()).is_some(),
        };
        let is_suited = subjects.iter().any(|subject| suits(subject.as_ref()));
        let names: Vec<String> = subjects.iter().map(|one| one.name().to_string()).collect();
        (!is_suited).then(|| {
            format!(
                "{self} would judge nothing: {} {missing}; kernel_vs_oracle judges it",
                names.join(", ")
            )
        })
    }

    /// Whether it hunts the software versions of tiers too. `combine`, the hasher, readers
    /// and writers are the same for every tier.
    pub(super) const fn hunts_software(self) -> bool {
        matches!(self, Self::KernelVsOracle | Self::SplitPoints)
    }

    /// Whether it judges every subject under every check.
    pub(super) const fn makes_every_check(self) -> bool {
        matches!(self, Self::KernelVsOracle | Self::Canary)
    }

    /// The checks that judge each case.
    pub fn checks(self) -> CheckSet {
        match self {
            Self::KernelVsOracle | Self::Canary => CheckSet::all().filter(|check| {
                matches!(
                    check.fuzzing,
                    Fuzzing::EachInput(_) | Fuzzing::Rationed | Fuzzing::Audited
                )
            }),
            Self::SplitPoints => CheckSet::none().with(split::ID),
            Self::Combine => CheckSet::none().with(combine::ID),
            Self::HasherModel | Self::ReaderModel | Self::OracleVsOracle | Self::ArtifactParse => {
                CheckSet::none()
            }
        }
    }

    /// The laws that stand for these checks with every input. Each occurs once.
    pub(super) fn laws(self) -> Vec<&'static FastLaw> {
        let own = match self {
            Self::Combine => Some(&COMBINED_FAR),
            _ => None,
        };
        let mut laws: Vec<&FastLaw> = Vec::new();
        let of_checks = self.checks().iter().flat_map(|check| match check.fuzzing {
            Fuzzing::EachInput(laws) => laws,
            _ => &[],
        });
        for law in of_checks.copied().chain(own) {
            if !laws.iter().any(|known| std::ptr::eq(*known, law)) {
                laws.push(law);
            }
        }
        laws
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|target| target.name() == name);
        found.ok_or_else(|| {
            let names = Self::ALL.map(Self::name);
            let near = crcheck_oracle::nearest(name, names);
            let hint = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
            format!(
                "no fuzz target is called `{name}`{hint} ({})",
                names.join(", ")
            )
        })
    }
}
