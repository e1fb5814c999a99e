//! Whom saved cases were found on.

use super::load::{Content, Item};
use crate::code_hash::code_sha256;
use crcheck_oracle::model::Model;
use crcheck_subject::SubjectName;
use std::collections::BTreeMap;

/// Whom a saved case was found on, as its artifact says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundOn {
    /// The subject; `None` for a case that is kept for every subject.
    pub subject: Option<SubjectName>,
    /// The model that the subject claims to compute.
    pub model: Model,
}

impl FoundOn {
    /// The subject, if there is one.
    pub fn named(&self) -> Option<&SubjectName> {
        self.subject.as_ref()
    }

    /// Of a saved case; `None` for an input of a fuzz target, which does not say.
    pub fn of(item: &Item) -> Option<Self> {
        match &item.content {
            Content::Artifact(artifact) => Some(Self {
                subject: artifact.subject.clone(),
                model: artifact.model.clone(),
            }),
            Content::Input(..) => None,
        }
    }
}

/// Says that the code of `subject`, a library or a program, is another than the one that these
/// cases were found on; `None` if it is the same, or nobody knows.
pub fn changed_code(items: &[Item], subject: &SubjectName) -> Option<String> {
    let noun = match subject {
        SubjectName::Library(_) => "library",
        SubjectName::Program(_) => "program",
        _ => return None,
    };
    let hash_of = |item: &Item| match &item.content {
        Content::Artifact(artifact) => artifact.circumstances.code_sha256.clone(),
        Content::Input(..) => None,
    };
    let then: Vec<String> = items.iter().filter_map(hash_of).collect();
    if then.is_empty() {
        return None;
    }
    let now = code_sha256(subject)?;
    let others: Vec<&String> = then.iter().filter(|then| **then != now).collect();
    let short = |hash: &str| hash.chars().take(SHORT_HASH).collect::<String>();
    let found = match others.as_slice() {
        [] => return None,
        [other] => format!("the case was found on {}", short(other)),
        others => format!("{} cases were found on another one", others.len()),
    };
    Some(format!(
        "the {noun} has changed since: it has sha256 {}, and {found}",
        short(&now)
    ))
}

/// How many digits of a hash tell it from others.
const SHORT_HASH: usize = 16;

/// Groups cases so that one choice of subjects suits each group: by the model, and by the subject
/// unless all cases are judged on another one.
pub fn group(items: Vec<Item>, is_subject_given: bool) -> Vec<Vec<Item>> {
    let mut groups: BTreeMap<(Option<String>, String), Vec<Item>> = BTreeMap::new();
    for item in items {
        let (subject, model) = match FoundOn::of(&item) {
            Some(found_on) => (found_on.subject, found_on.model.label()),
            None => (None, String::new()),
        };
        let subject = subject.filter(|_| !is_subject_given);
        let subject = subject.map(|name| name.to_string());
        groups.entry((subject, model)).or_default().push(item);
    }
    groups.into_values().collect()
}
