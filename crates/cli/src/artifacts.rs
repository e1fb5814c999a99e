//! Artifacts of a run: each case as soon as it is found, the smallest one when it is known.

use crcheck_harness::check::artifact::Artifact;
use crcheck_harness::check::check_result::CheckResult;
use crcheck_harness::check::finding::Finding;
use crcheck_harness::oracle::model::Model;
use crcheck_harness::report::finding_id;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;

/// Writes artifacts, from any thread.
pub(crate) struct ArtifactWriter {
    folder: PathBuf,
    model: Model,
    found_by: String,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// By [`finding_id`]: the length of the message and the file.
    written: BTreeMap<String, (usize, PathBuf)>,
    has_failed: bool,
}

/// What an [`ArtifactWriter`] wrote.
pub(crate) struct WrittenArtifacts {
    /// The artifact of each finding's smallest case, by [`finding_id`].
    pub(crate) paths: BTreeMap<String, PathBuf>,
    /// Whether one could not be written.
    pub(crate) has_failed: bool,
}

impl ArtifactWriter {
    pub(crate) fn new(folder: PathBuf, model: Model, found_by: String) -> Self {
        Self {
            folder,
            model,
            found_by,
            state: Mutex::default(),
        }
    }

    /// Writes a finding, at once.
    pub(crate) fn write(&self, finding: &Finding) {
        let artifact = Artifact::of(finding, &self.model, &self.found_by);
        let written = artifact.write(&self.folder);
        let mut state = self.state.lock().expect("no panic while held");
        match written {
            Ok(path) => {
                let length = finding.case.message.len();
                let known = state.written.get(&finding_id(finding));
                // The smallest case represents the finding, and of equal ones the last.
                if known.is_none_or(|(known, _)| length <= *known) {
                    state.written.insert(finding_id(finding), (length, path));
                }
            }
            Err(error) => {
                state.has_failed = true;
                let folder = self.folder.display();
                eprintln!("error: cannot write an artifact into {folder}: {error}. The artifact:");
                eprintln!("{}", artifact.to_text());
            }
        }
    }

    /// Writes a finding unless one of the same cause is on disk.
    pub(crate) fn write_if_new(&self, finding: &Finding) {
        let state = self.state.lock().expect("no panic while held");
        let is_known = state.written.contains_key(&finding_id(finding));
        drop(state);
        if !is_known {
            self.write(finding);
        }
    }

    /// Writes the smallest case of each finding of a check.
    pub(crate) fn write_smallest(&self, result: &CheckResult) {
        result
            .groups
            .iter()
            .for_each(|group| self.write(&group.finding));
    }

    pub(crate) fn finish(self) -> WrittenArtifacts {
        let state = self.state.into_inner().expect("no panic while held");
        WrittenArtifacts {
            paths: state
                .written
                .into_iter()
                .map(|(id, (_, path))| (id, path))
                .collect(),
            has_failed: state.has_failed,
        }
    }
}
