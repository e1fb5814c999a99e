//! The lengths that a run has not visited, as far as its subjects can be called with them.

use crcheck_check::check_result::{CheckResult, Ending};
use crcheck_check::checks::huge;
use crcheck_check::coverage::visited::readable_bytes;
use serde::Serialize;
use std::fmt;

/// From here on a length does not fit a signed integer of 32 bits.
const TWO_GIB: u64 = 1 << 31;

/// The lengths of a subject that no check has visited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NotCovered {
    pub subject: String,
    /// Every length up to this was visited; `None` if length 0 was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub every_length_to: Option<u64>,
    /// No longer message was visited, in bytes.
    pub longest: u64,
    /// The rest of a sentence that begins with "not covered:".
    pub what: String,
}

impl NotCovered {
    /// What the results of a run leave open, for each subject that was called on messages.
    pub(crate) fn of(results: &[CheckResult]) -> Vec<Self> {
        let mut subjects: Vec<String> = Vec::new();
        for result in results {
            let name = result.subject.to_string();
            if !subjects.contains(&name) {
                subjects.push(name);
            }
        }
        let of_one = |subject: String| {
            let of_subject = results.iter();
            let of_subject = of_subject.filter(|result| result.subject.to_string() == subject);
            Self::of_subject(subject.clone(), &of_subject.collect::<Vec<_>>())
        };
        subjects.into_iter().filter_map(of_one).collect()
    }

    fn of_subject(subject: String, results: &[&CheckResult]) -> Option<Self> {
        let visited = || results.iter().map(|result| &result.visited);
        let longest = visited().filter_map(|visited| visited.longest).max()? as u64;
        let every = visited().filter_map(|visited| visited.every_length_to);
        let every_length_to = every.max().map(|length| length as u64);
        let length_max = results.iter().map(|result| result.length_max).min()?;
        let mut parts = Vec::new();
        match every_length_to {
            Some(to) if to >= longest.min(length_max) => {}
            Some(to) => parts.push(format!("most lengths above {}", readable_bytes(to))),
            None => parts.push("most lengths".to_owned()),
        }
        if longest < length_max {
            let above = format!("all above {}", readable_bytes(longest));
            parts.push(if longest < TWO_GIB && length_max >= TWO_GIB {
                let why = why_not_huge(results);
                format!("{above}, those of 2^31 bytes and more among them ({why})")
            } else {
                above
            });
        }
        (!parts.is_empty()).then(|| Self {
            subject,
            every_length_to,
            longest,
            what: parts.join("; "),
        })
    }
}

/// Why the check of such lengths has not visited any.
fn why_not_huge(results: &[&CheckResult]) -> String {
    let result = results.iter().find(|result| result.check == huge::ID);
    match result.map(|result| &result.ending) {
        Some(Ending::Skipped(skip)) => format!("`{}` did not run: {}", huge::ID, skip.reason),
        Some(_) => format!("`{}` did not reach them", huge::ID),
        None => format!("`{}` is not selected", huge::ID),
    }
}

impl fmt::Display for NotCovered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.subject, self.what)
    }
}

/// What subjects have not covered, a line for each sentence. One that holds for all of several
/// subjects is said once.
pub(crate) fn lines(not_covered: &[NotCovered]) -> Vec<String> {
    match not_covered {
        [] => Vec::new(),
        [first, rest @ ..] if rest.iter().all(|other| other.what == first.what) => {
            vec![format!("not covered: {}", first.what)]
        }
        several => several
            .iter()
            .map(|one| format!("not covered, {one}"))
            .collect(),
    }
}
