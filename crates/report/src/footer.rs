//! The last lines of a finding: its artifact, and the commands for it, of which one word is chosen.

use crate::shell::quoted;
use crate::visible::visible;
use crcheck_check::finding::Finding;
use crcheck_oracle::model::Model;
use crcheck_subject::SubjectName;
use std::fmt;
use std::path::{Path, PathBuf};

/// The last lines of a finding: its artifact, and commands for it.
#[derive(Clone, Debug)]
pub struct Footer {
    /// The artifact, or the input of a fuzz target.
    pub artifact: PathBuf,
    /// The subject as options; empty if it is not known. Every command has them, since not every
    /// file names its subject.
    pub subject: String,
}

impl Footer {
    /// The commands for the artifact: judge it again, make it smaller, find its cause.
    pub fn commands(&self) -> [String; 3] {
        ["replay", "minimize", "diagnose"].map(|verb| self.command(verb))
    }

    fn command(&self, verb: &str) -> String {
        let path = quoted(&[self.artifact.display().to_string()]);
        let on = match self.subject.as_str() {
            "" => String::new(),
            subject => format!(" {subject}"),
        };
        format!("crcheck {verb} {path}{on}")
    }
}

impl fmt::Display for Footer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let artifact = self.artifact.display().to_string();
        writeln!(f, "Artifact: {}", visible(&artifact))?;
        let next = self.command("replay|minimize|diagnose");
        write!(f, "Next: {}", visible(&next))
    }
}

/// A subject's name as options of the command line.
pub fn subject_options(name: &SubjectName) -> String {
    match name {
        SubjectName::Fault(fault) => format!("--fault {fault}"),
        SubjectName::Good(_) => format!("--fault {name}"),
        SubjectName::Tier(tier) => format!("--tier {tier}"),
        SubjectName::EmulatedTier(tier) => format!("--tier emu:{tier}"),
        SubjectName::Library(spec) => quoted(&spec.options()),
        SubjectName::Program(spec) => quoted(&spec.options()),
        SubjectName::Own(name) => name.clone(),
    }
}

/// The model as an option; empty if it is the usual one.
fn model_option(model: &Model) -> String {
    if *model == Model::CRC_32_ISO_HDLC {
        String::new()
    } else {
        format!(" {}", quoted(&["--model".to_owned(), model.label()]))
    }
}

/// The last lines of a finding with an artifact.
pub fn footer(finding: &Finding, artifact: &Path, model: &Model) -> Footer {
    Footer {
        artifact: artifact.to_owned(),
        subject: subject_options(&finding.subject) + &model_option(model),
    }
}
