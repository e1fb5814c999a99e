//! The formats of reports, by name.

use std::fmt;
use std::str::FromStr;

/// A format of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Text for people.
    #[default]
    Human,
    /// One JSON object.
    Json,
    /// One JSON object per line: findings as they come, the report last.
    Jsonl,
    /// JUnit XML for CI: a test case for each check of each subject.
    Junit,
    /// Markdown for people: summaries of jobs, issues.
    Markdown,
    /// One HTML document for people, which needs no network and has a map of the visited cells.
    Html,
    /// Commands for the workflows of GitHub: an annotation for each finding.
    Github,
    /// SARIF for code scanning and editors: a result for each finding.
    Sarif,
}

impl Format {
    pub const ALL: [Self; 8] = [
        Self::Human,
        Self::Json,
        Self::Jsonl,
        Self::Junit,
        Self::Markdown,
        Self::Html,
        Self::Github,
        Self::Sarif,
    ];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Junit => "junit",
            Self::Markdown => "markdown",
            Self::Html => "html",
            Self::Github => "github",
            Self::Sarif => "sarif",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|format| format.name() == name);
        let known = Self::ALL.map(Self::name).join(", ");
        found.ok_or_else(|| format!("no format is called `{name}`; the formats are {known}"))
    }
}
