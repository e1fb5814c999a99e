//! The report of the crcheck that runs on the CPU: the parts that decide a leg.

use crcheck_harness::platform::code::illegal_instruction::Illegal;
use crcheck_harness::subject::Account;
use serde::Deserialize;

/// A report of `verify` or `replay`.
#[derive(Clone, Deserialize)]
pub(crate) struct ChildReport {
    pub(crate) verdict: String,
    pub(crate) depth: String,
    pub(crate) environment: ChildEnvironment,
    pub(crate) checks: Vec<ChildCheck>,
    /// As they are, so that a leg can pass them on.
    pub(crate) findings: Vec<serde_json::Value>,
    #[serde(default)]
    pub(crate) interpreted: Vec<ChildInterpreted>,
}

/// What was interpreted of a subject.
#[derive(Clone, Deserialize)]
pub(crate) struct ChildInterpreted {
    pub(crate) subject: String,
    #[serde(flatten)]
    pub(crate) account: Account,
}

/// The CPU that the program saw.
#[derive(Clone, Deserialize)]
pub(crate) struct ChildEnvironment {
    pub(crate) features: Vec<String>,
    pub(crate) tier: String,
}

/// A check of a subject.
#[derive(Clone, Deserialize)]
pub(crate) struct ChildCheck {
    pub(crate) subject: String,
    pub(crate) verdict: String,
    pub(crate) cells: u64,
}

/// The parts of a finding that decide.
#[derive(Deserialize)]
pub(crate) struct ChildFinding {
    pub(crate) kind: String,
    pub(crate) subject: String,
    pub(crate) illegal: Option<Illegal>,
    #[serde(default)]
    also_seen_by: Vec<ChildSeenBy>,
}

/// What another check found of the same cause.
#[derive(Deserialize)]
struct ChildSeenBy {
    kind: String,
}

impl ChildFinding {
    /// The kinds under which its cause was found.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = &str> {
        let others = self.also_seen_by.iter().map(|one| one.kind.as_str());
        std::iter::once(self.kind.as_str()).chain(others)
    }
}

impl ChildReport {
    /// The report of both runs, which judged different subjects alike.
    pub(crate) fn with(mut self, other: Self) -> Self {
        let gravest = ["fail", "incomplete", "void", "pass"];
        let rank = |verdict: &String| gravest.iter().position(|name| name == verdict);
        if rank(&other.verdict) < rank(&self.verdict) {
            self.verdict = other.verdict;
        }
        self.checks.extend(other.checks);
        self.findings.extend(other.findings);
        self.interpreted.extend(other.interpreted);
        self
    }

    /// The findings.
    pub(crate) fn findings(&self) -> impl Iterator<Item = ChildFinding> {
        let read = |finding: &serde_json::Value| serde_json::from_value(finding.clone()).ok();
        self.findings.iter().filter_map(read)
    }

    /// The checks of a subject.
    pub(crate) fn checks_of(&self, subject: &str) -> impl Iterator<Item = &ChildCheck> {
        let checks = self.checks.iter();
        checks.filter(move |check| check.subject == subject)
    }

    /// The cells that were visited with a subject.
    pub(crate) fn cells_of(&self, subject: &str) -> u64 {
        self.checks_of(subject).map(|check| check.cells).sum()
    }
}
