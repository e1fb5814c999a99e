//! Faults that are known and accepted: told and counted like any other, but no reason to fail.

use super::{CheckReport, FindingReport, Report, exit_code};
use crate::finding::Kind;
use crate::verdict::Verdict;
use crcheck_oracle::nearest;
use serde::Serialize;
use std::fmt;
use std::str::FromStr;

/// Which faults: those of a kind, of any subject or of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allow {
    kind: Kind,
    symbol: Option<String>,
}

impl Allow {
    /// Whether a fault is one of these. The symbol is the subject's whole name, or a part of it between
    /// colons: the exported function of a library, the name of a tier.
    fn covers(&self, finding: &FindingReport) -> bool {
        let is_of = |symbol: &String| {
            let mut parts = finding.subject.split(':').skip(1);
            finding.subject == *symbol || parts.any(|part| part == symbol)
        };
        finding.kind == self.kind.name() && self.symbol.as_ref().is_none_or(is_of)
    }
}

impl fmt::Display for Allow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.symbol {
            Some(symbol) => write!(f, "{}@{symbol}", self.kind),
            None => write!(f, "{}", self.kind),
        }
    }
}

impl FromStr for Allow {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, symbol) = match text.split_once('@') {
            Some((_, "")) => return Err(format!("`{text}`: a symbol goes behind the `@`")),
            Some((name, symbol)) => (name, Some(symbol.to_owned())),
            None => (text, None),
        };
        let mut kinds = Kind::ALL.iter();
        let Some(&kind) = kinds.find(|kind| kind.name() == name) else {
            let known = || Kind::ALL.iter().map(|kind| kind.name());
            let hint = match nearest(name, known()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the kinds are {}", known().collect::<Vec<_>>().join(", ")),
            };
            return Err(format!("no kind of fault is called `{name}`; {hint}"));
        };
        Ok(Self { kind, symbol })
    }
}

/// What was allowed, and what it came to.
#[derive(Clone, Debug, Serialize)]
pub struct Allowed {
    /// The kind, and the symbol behind an `@`.
    pub allow: String,
    /// Why.
    pub because: String,
    /// How many findings it covers; what covers none is told.
    pub findings: usize,
}

impl Report {
    /// With the faults that are covered accepted, each for the reason beside it. The first that
    /// covers a fault counts.
    #[must_use]
    pub fn accepting(mut self, allows: &[(Allow, String)]) -> Self {
        self.allowed = allows
            .iter()
            .map(|(allow, because)| Allowed {
                allow: allow.to_string(),
                because: because.clone(),
                findings: 0,
            })
            .collect();
        for finding in &mut self.findings {
            let covering = allows.iter().position(|(allow, _)| allow.covers(finding));
            if let Some(index) = covering {
                finding.accepted = Some(allows[index].1.clone());
                self.allowed[index].findings += 1;
            }
        }
        for check in &mut self.checks {
            let faults = || of_check(&self.findings, check);
            if check.verdict == Verdict::Fail && faults().all(|fault| fault.accepted.is_some()) {
                let accepted = counted(faults().count(), "fault");
                (check.verdict, check.reason) = check.without_faults.clone();
                let reason = check.reason.take().map(|reason| format!("{reason}; "));
                check.reason = Some(format!("{}{accepted} accepted", reason.unwrap_or_default()));
                // What is wrong somewhere was not missed by chance.
                check.bound = None;
            }
        }
        self.exit_code = exit_code(&self.checks, &self.skipped, &self.findings);
        self.verdict = self.exit_code.verdict();
        self
    }

    /// The faults that nothing accepts.
    pub fn faults(&self) -> impl Iterator<Item = &FindingReport> {
        let findings = self.findings.iter();
        findings.filter(|finding| finding.accepted.is_none())
    }

    /// The faults that are accepted.
    pub fn accepted(&self) -> impl Iterator<Item = &FindingReport> {
        let findings = self.findings.iter();
        findings.filter(|finding| finding.accepted.is_some())
    }
}

/// What a check has found, accepted or not.
pub(super) fn of_check<'r>(
    findings: &'r [FindingReport],
    check: &'r CheckReport,
) -> impl Iterator<Item = &'r FindingReport> {
    findings
        .iter()
        .filter(|finding| check.findings.contains(&finding.id))
}

/// `1 fault`, `2 faults`.
pub(super) fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
