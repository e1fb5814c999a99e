//! Accepted findings. Reports list and count them like any other, but they do not make a run fail.

use crate::check_report::CheckReport;
use crate::finding_report::FindingReport;
use crcheck_check::finding::Finding;
use crcheck_oracle::nearest;
use crcheck_subject::{Kind, SubjectName};
use serde::Serialize;
use std::fmt;
use std::str::FromStr;

/// The findings to accept: those of a kind, of any subject or of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allow {
    kind: Kind,
    symbol: Option<String>,
}

impl Allow {
    /// Whether a finding of this kind, of a subject of this name, is one of these. The symbol is
    /// the subject's whole name, or a part of it between colons, such as the exported function of a
    /// library or the name of a tier, or the name of the function in its source.
    pub fn covers(&self, kind: Kind, subject: &str) -> bool {
        let is_of = |symbol: &String| {
            let mut parts = subject.split(':').skip(1);
            let source = || SubjectName::parse(subject).source_name();
            subject == *symbol
                || parts.any(|part| part == symbol)
                || source().is_some_and(|name| name.is(symbol))
        };
        kind == self.kind && self.symbol.as_ref().is_none_or(is_of)
    }
}

/// Whether one of these entries accepts a finding.
pub fn accepts(allows: &[(Allow, String)], finding: &Finding) -> bool {
    let subject = finding.subject.to_string();
    let mut allows = allows.iter();
    allows.any(|(allow, _)| allow.covers(finding.kind, &subject))
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
            Some((_, "")) => return Err(format!("`{text}`: a symbol must follow the `@`")),
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
            return Err(format!("no kind of finding is called `{name}`; {hint}"));
        };
        Ok(Self { kind, symbol })
    }
}

/// An entry of `--allow`, and how many findings it covers.
#[derive(Clone, Debug, Serialize)]
pub struct Allowed {
    /// The kind, then the symbol after an `@`.
    pub allow: String,
    /// The reason.
    pub because: String,
    /// How many findings it covers. Reports name an entry that covers none.
    pub findings: usize,
}

/// The findings of a check, accepted or not.
pub(crate) fn findings_of<'r>(
    findings: &'r [FindingReport],
    check: &'r CheckReport,
) -> impl Iterator<Item = &'r FindingReport> {
    let is_of_check = |id: &String| check.findings.contains(id);
    findings
        .iter()
        .filter(move |finding| finding.ids.iter().any(is_of_check))
}
