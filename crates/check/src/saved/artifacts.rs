//! Artifacts of a run: each case as soon as it is found, the smallest one when it is known.

use crate::artifact::Artifact;
use crate::check_result::CheckResult;
use crate::finding::Finding;
use crcheck_oracle::model::Model;
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

/// Writes artifacts, from any thread.
pub struct ArtifactWriter {
    folder: PathBuf,
    model: Model,
    found_by: String,
    on_unwritten: fn(&UnwrittenArtifact<'_>),
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// By [`Finding::id`]: the length of the message and the file.
    written: BTreeMap<String, (usize, PathBuf)>,
    has_failed: bool,
}

/// Where the cases of findings are on disk.
#[derive(Clone, Debug, Default)]
pub struct SavedArtifacts {
    /// The artifact of each finding's smallest case, by [`Finding::id`].
    pub paths: BTreeMap<String, PathBuf>,
    /// Whether one could not be written.
    pub has_failed: bool,
}

/// An artifact that could not be written. Its text has the artifact, so that the case is not lost.
#[derive(Debug)]
pub struct UnwrittenArtifact<'a> {
    folder: &'a Path,
    artifact: &'a Artifact,
    error: io::Error,
}

impl fmt::Display for UnwrittenArtifact<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (folder, error) = (self.folder.display(), &self.error);
        let text = self.artifact.to_text();
        write!(
            f,
            "cannot write an artifact into {folder}: {error}. The artifact:\n{text}"
        )
    }
}

impl ArtifactWriter {
    /// A writer into `folder`, which it makes if it is missing. `found_by` is the command.
    pub fn new(
        folder: PathBuf,
        model: Model,
        found_by: String,
        on_unwritten: fn(&UnwrittenArtifact<'_>),
    ) -> Self {
        Self {
            folder,
            model,
            found_by,
            on_unwritten,
            state: Mutex::default(),
        }
    }

    /// Writes a finding, at once.
    pub fn write(&self, finding: &Finding) {
        let artifact = Artifact::of(finding, &self.model, &self.found_by);
        let written = artifact.write(&self.folder);
        let mut state = self.lock();
        match written {
            Ok(path) => {
                let length = finding.case.message.len();
                let known = state.written.get(&finding.id());
                // The smallest case represents the finding, and of equal ones the last.
                if known.is_none_or(|(known, _)| length <= *known) {
                    state.written.insert(finding.id(), (length, path));
                }
            }
            Err(error) => {
                state.has_failed = true;
                (self.on_unwritten)(&UnwrittenArtifact {
                    folder: &self.folder,
                    artifact: &artifact,
                    error,
                });
            }
        }
    }

    /// Writes a finding unless one of the same cause is on disk.
    pub fn write_if_new(&self, finding: &Finding) {
        let is_known = self.lock().written.contains_key(&finding.id());
        if !is_known {
            self.write(finding);
        }
    }

    /// Writes the smallest case of each finding of a check.
    pub fn write_smallest(&self, result: &CheckResult) {
        result
            .groups
            .iter()
            .for_each(|group| self.write(&group.finding));
    }

    /// Writes the smallest case of each finding that got its name at the end of the run.
    pub fn write_missing(&self, results: &[CheckResult]) {
        let groups = results.iter().flat_map(|result| &result.groups);
        groups.for_each(|group| self.write_if_new(&group.finding));
    }

    /// What is on disk now.
    pub fn finish(self) -> SavedArtifacts {
        let state = self.state.into_inner().expect("no panic while held");
        let written = state.written.into_iter();
        SavedArtifacts {
            paths: written.map(|(id, (_, path))| (id, path)).collect(),
            has_failed: state.has_failed,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic while held")
    }
}
