//! The row of a profile.

use crate::build::{Build, NotBuilt};
use crcheck_harness::report::Report;
use crcheck_harness::report::verdict::{ExitCode, Verdict};
use serde::Serialize;
use std::fmt;

/// What came of a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ProfileVerdict {
    /// All that was selected ran and passed.
    Pass,
    /// There is a finding.
    Fail,
    /// It was stopped before the end, and has no finding so far.
    Incomplete,
    /// The harness cannot judge it.
    Void,
    /// It was not built.
    Skipped,
}

impl ProfileVerdict {
    /// The name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Incomplete => "incomplete",
            Self::Void => "void",
            Self::Skipped => "skipped",
        }
    }
}

impl From<Verdict> for ProfileVerdict {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Pass => Self::Pass,
            Verdict::Fail => Self::Fail,
            Verdict::Incomplete => Self::Incomplete,
            Verdict::Void => Self::Void,
        }
    }
}

impl fmt::Display for ProfileVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The row of a profile.
#[derive(Clone, Debug, Serialize)]
pub struct ProfileReport {
    /// The compiler and the level.
    pub name: String,
    /// What the compiler says about its version; `None` if it is not here.
    pub compiler: Option<String>,
    /// What tells the profile from the others.
    pub flags: Vec<String>,
    pub verdict: ProfileVerdict,
    /// Why it is not a pass: the first finding in words, or why it was not judged.
    pub reason: Option<String>,
    /// The profile whose library has the same code, so that this one was not judged again.
    pub same_code_as: Option<String>,
    /// Whether the run does not pass without it.
    #[serde(rename = "required")]
    pub is_required: bool,
    /// How many cells the checks visited.
    pub cells: u64,
    /// How many calls they made.
    pub calls: u64,
    #[serde(skip)]
    code: ExitCode,
}

impl ProfileReport {
    /// The row of a build that nobody has judged yet.
    pub(super) fn of(build: &Build) -> Self {
        let profile = &build.profile;
        let not_built = build.library.as_ref().err();
        let is_interrupted = not_built == Some(&NotBuilt::Interrupted);
        let (verdict, code) = match (is_interrupted, profile.is_required) {
            (true, _) => (ProfileVerdict::Incomplete, ExitCode::Incomplete),
            (false, true) => (ProfileVerdict::Skipped, ExitCode::Unavailable),
            (false, false) => (ProfileVerdict::Skipped, ExitCode::Passed),
        };
        let compiler = profile.compiler.as_ref().ok();
        Self {
            name: profile.name.clone(),
            compiler: compiler.map(|compiler| compiler.version.clone()),
            flags: profile.recipe.words(),
            verdict,
            reason: not_built.map(NotBuilt::to_string),
            same_code_as: None,
            is_required: profile.is_required,
            cells: 0,
            calls: 0,
            code,
        }
    }

    /// The harness cannot judge it, for a reason.
    pub(super) fn not_judged(&mut self, code: ExitCode, reason: String) {
        self.verdict = ProfileVerdict::Void;
        self.reason = Some(reason);
        self.code = code;
    }

    /// The harness has judged it.
    pub(super) fn judged(&mut self, report: &Report) {
        self.verdict = report.verdict.into();
        self.code = report.exit_code;
        self.cells = report.checks.iter().map(|check| check.cells).sum();
        self.calls = report.checks.iter().map(|check| check.calls).sum();
        let required = report.skipped.iter().filter(|skipped| skipped.required);
        let prevented: Vec<String> = required
            .map(|skipped| format!("{}: {}", skipped.what, skipped.reason))
            .collect();
        self.reason = match self.verdict {
            ProfileVerdict::Incomplete => gave_up(report),
            ProfileVerdict::Void if prevented.is_empty() => {
                Some("no check had anything to judge".to_owned())
            }
            ProfileVerdict::Void => Some(prevented.join("; ")),
            _ => None,
        };
    }

    /// It has the code of another profile, so what was found there holds here.
    pub(super) fn is_like(&mut self, other: &Self) {
        *self = Self {
            same_code_as: Some(other.name.clone()),
            verdict: other.verdict,
            reason: other.reason.clone(),
            code: other.code,
            cells: other.cells,
            calls: other.calls,
            ..self.clone()
        };
    }

    /// The exit code that the profile stands for.
    pub(super) const fn exit_code(&self) -> ExitCode {
        self.code
    }

    /// Whether it was not built.
    pub(super) fn is_skipped(&self) -> bool {
        self.verdict == ProfileVerdict::Skipped
    }

    /// Whether it says something about the kernel.
    pub(super) fn has_result(&self) -> bool {
        matches!(self.verdict, ProfileVerdict::Pass | ProfileVerdict::Fail)
    }
}

/// After what the first check gave up that did, where, and why.
fn gave_up(report: &Report) -> Option<String> {
    let mut checks = report.checks.iter();
    let check = checks.find(|check| check.gave_up.is_some())?;
    let reason = check.reason.as_ref()?;
    Some(format!("`{}` {reason}", check.id))
}
