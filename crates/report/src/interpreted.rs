//! What an interpreter executed of a subject, in a report.

use crate::finding_report::FindingReport;
use crcheck_check::check_result::CheckResult;
use crcheck_subject::{Account, ExecutedBy};
use serde::Serialize;

/// What interpreted calls of a subject have executed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InterpretedReport {
    pub subject: String,
    #[serde(flatten)]
    pub account: Account,
}

impl InterpretedReport {
    /// That of each subject that an interpreter executed, once.
    pub(crate) fn of(results: &[CheckResult]) -> Vec<Self> {
        let mut reports: Vec<Self> = Vec::new();
        let interpreted = results
            .iter()
            .filter(|result| result.executed_by == ExecutedBy::Interpretation);
        for result in interpreted {
            let subject = result.subject.to_string();
            let account = result.account.clone().unwrap_or_default();
            match reports.iter_mut().find(|known| known.subject == subject) {
                Some(known) => known.account.join(account),
                None => reports.push(Self { subject, account }),
            }
        }
        reports
    }

    /// Adds to the commands of its findings how to interpret the subject again.
    pub(crate) fn explain(&self, findings: &mut [FindingReport]) {
        let own = findings
            .iter_mut()
            .filter(|one| one.subject == self.subject);
        for footer in own.filter_map(|finding| finding.footer.as_mut()) {
            footer.subject += &format!(" {}", self.option());
        }
    }

    /// The option that interprets the subject again.
    fn option(&self) -> String {
        match self.account.cpu.as_str() {
            "" => "--interpret".to_owned(),
            cpu => format!("--interpret={cpu}"),
        }
    }

    /// What is known of it, a phrase each.
    pub(crate) fn facts(&self) -> Vec<String> {
        let Account {
            cpu,
            instructions,
            extensions,
            unconfirmed,
            ..
        } = &self.account;
        let names = |names: &std::collections::BTreeSet<String>| {
            names.iter().cloned().collect::<Vec<_>>().join(" ")
        };
        let mut facts = vec![format!("{instructions} instructions as on CPU `{cpu}`")];
        if !extensions.is_empty() {
            facts.push(format!("executed {}", names(extensions)));
        }
        if !unconfirmed.is_empty() {
            facts.push(format!("semantics unconfirmed: {}", names(unconfirmed)));
        }
        facts
    }
}

/// `interpreted, not hardware: tier:x86-avx512-vpclmul`; empty if nothing was interpreted.
pub(crate) fn in_words(interpreted: &[InterpretedReport]) -> String {
    let executed = interpreted
        .iter()
        .filter(|one| one.account.instructions > 0);
    let names: Vec<&str> = executed.map(|one| one.subject.as_str()).collect();
    match names.as_slice() {
        [] => String::new(),
        names => format!("; interpreted, not hardware: {}", names.join(", ")),
    }
}
