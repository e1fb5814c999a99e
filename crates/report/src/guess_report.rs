//! What fits a subject that is wrong on every message that was tried first.

use crate::finding_report::FindingReport;
use crate::shell::quoted;
use crcheck_check::guess::{Fit, Guess};
use crcheck_diagnose::{Confidence, Diagnosis};
use crcheck_subject::Kind;
use serde::Serialize;
use std::fmt;

/// What fits a subject. One of the two is there.
#[derive(Clone, Debug, Serialize)]
pub struct GuessReport {
    /// The subject.
    pub subject: String,
    /// The interface by which it gives the stated model, as options of the command line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub options: Option<String>,
    /// The model that it gives by the stated interface.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
}

impl GuessReport {
    /// The report of a guess.
    pub fn new(guess: &Guess) -> Self {
        let (options, model) = match &guess.fit {
            Fit::Interface(words) => (Some(quoted(words)), None),
            Fit::Model(name) => (None, Some(name.clone())),
        };
        Self {
            subject: guess.subject.to_string(),
            options,
            model,
        }
    }

    /// Says of an unexplained wrong value of the subject that the model is another one.
    pub(crate) fn explain(&self, finding: &mut FindingReport) {
        let Some(model) = &self.model else {
            return;
        };
        let is_open = finding.diagnosis.confidence == Confidence::Unexplained;
        let is_value = finding.kind == Kind::WrongValue;
        if is_open && is_value && finding.subject == self.subject {
            let said =
                format!("gives the checksums of {model} on the messages that were tried first");
            finding.diagnosis = Diagnosis::observed(&said);
            let options = quoted(&["--model".to_owned(), model.clone()]);
            let advice = format!("`{options}` judges it by that model");
            finding.diagnosis.evidence.push(advice);
        }
    }
}

impl fmt::Display for GuessReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.subject)?;
        match (&self.options, &self.model) {
            (Some(options), _) if options.is_empty() => {
                f.write_str(": its values appear with the usual interface")
            }
            (Some(options), _) => write!(f, ": its values appear with `{options}`"),
            (None, model) => write!(f, ": computes {}", model.as_deref().unwrap_or_default()),
        }
    }
}
