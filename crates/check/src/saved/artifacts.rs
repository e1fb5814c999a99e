//! Artifacts of a run: each case as soon as it is found, the smallest one when it is known. At the
//! end only the smallest ones stay.

use crate::artifact::Artifact;
use crate::check_result::CheckResult;
use crate::circumstances::Circumstances;
use crate::code_hash::code_sha256;
use crate::finding::Finding;
use crate::group::Group;
use crcheck_subject::Models;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

/// Writes artifacts, from any thread.
pub struct ArtifactWriter {
    folder: PathBuf,
    models: Models,
    found_by: String,
    circumstances: Circumstances,
    on_unwritten: fn(&Unwritten<'_>),
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The smallest case of each finding so far, by [`Finding::id`].
    smallest: BTreeMap<String, Smallest>,
    /// The files that this run has made. Others were there before.
    made: BTreeSet<PathBuf>,
    has_failed: bool,
    /// The hash of the code of each subject, by its name.
    code: BTreeMap<String, Option<String>>,
}

struct Smallest {
    len_bytes: usize,
    /// How many cases stand behind it, once its check has ended.
    count: u64,
    place: Place,
}

enum Place {
    File(PathBuf),
    /// It could not be written.
    Nowhere(Box<Artifact>),
}

impl Smallest {
    /// As reports rank findings: of two equal lengths, the one with more cases knows more.
    const fn rank(&self) -> (usize, Reverse<u64>) {
        (self.len_bytes, Reverse(self.count))
    }
}

/// Where the cases of findings are on disk.
#[derive(Clone, Debug, Default)]
pub struct SavedArtifacts {
    /// The artifact of each finding's smallest case, by [`Finding::id`].
    pub paths: BTreeMap<String, PathBuf>,
    /// Whether one could not be written.
    pub has_failed: bool,
}

/// What a user must know if artifacts cannot be written.
#[derive(Debug)]
pub enum Unwritten<'a> {
    /// The first one could not be. Nothing is said of the next ones.
    First {
        folder: &'a Path,
        error: &'a io::Error,
    },
    /// At the end: the smallest case of a finding, which is in no file. The text has it, so that it
    /// is not lost.
    Smallest {
        /// [`Finding::id`].
        id: &'a str,
        artifact: &'a Artifact,
    },
}

impl fmt::Display for Unwritten<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::First { folder, error } => write!(
                f,
                "warning: cannot write an artifact into {}: {error}; the smallest case of each \
                 finding is printed at the end",
                folder.display()
            ),
            Self::Smallest { id, artifact } => {
                let text = artifact.to_text();
                write!(f, "the smallest case of {id}, which is in no file:\n{text}")
            }
        }
    }
}

impl ArtifactWriter {
    /// A writer into `folder`, which it makes if it is missing. `models` are those of the subjects,
    /// or the one of all. `found_by` is the command, and `circumstances` is what holds for the
    /// whole run.
    pub fn new(
        folder: PathBuf,
        models: impl Into<Models>,
        found_by: String,
        circumstances: Circumstances,
        on_unwritten: fn(&Unwritten<'_>),
    ) -> Self {
        Self {
            folder,
            models: models.into(),
            found_by,
            circumstances,
            on_unwritten,
            state: Mutex::default(),
        }
    }

    /// Writes a finding, at once.
    pub fn write(&self, finding: &Finding) {
        self.write_counted(finding, 0);
    }

    /// Writes a finding unless one of the same cause is on disk.
    pub fn write_if_new(&self, finding: &Finding) {
        let is_known = self.lock().smallest.contains_key(&finding.id());
        if !is_known {
            self.write(finding);
        }
    }

    /// Writes the smallest case of each finding of a check.
    pub fn write_smallest(&self, result: &CheckResult) {
        result
            .groups
            .iter()
            .for_each(|group| self.write_group(group));
    }

    /// Writes the smallest case of each finding that got its name at the end of the run.
    fn write_missing(&self, results: &[CheckResult]) {
        let groups = results.iter().flat_map(|result| &result.groups);
        groups.for_each(|group| self.write_if_new(&group.finding));
    }

    /// Takes the results of the whole run, once it is known which findings have the same cause. If
    /// the report joins those, only the finding that stands for the others has a file.
    pub fn settle(&self, results: &[CheckResult], is_joined: bool) {
        self.write_missing(results);
        if is_joined {
            self.forget_joined(results);
        }
    }

    /// Forgets the cases of findings for which another one stands.
    fn forget_joined(&self, results: &[CheckResult]) {
        let groups = results.iter().flat_map(|result| &result.groups);
        let (joined, standing): (Vec<_>, Vec<_>) =
            groups.partition(|group| group.same_cause_as.is_some());
        let standing: BTreeSet<String> = standing.iter().map(|group| group.finding.id()).collect();
        let mut state = self.lock();
        for id in joined.iter().map(|group| group.finding.id()) {
            if !standing.contains(&id) {
                state.smallest.remove(&id);
            }
        }
    }

    /// Writes the smallest case of a finding.
    pub fn write_group(&self, group: &Group) {
        self.write_counted(&group.finding, group.count);
    }

    fn write_counted(&self, finding: &Finding, count: u64) {
        let mut state = self.lock();
        let model = self.models.of(&finding.subject);
        let artifact = Artifact {
            circumstances: self.circumstances_of(finding, &mut state),
            ..Artifact::of(finding, model, &self.found_by)
        };
        let was_there = artifact.path_in(&self.folder).exists();
        let place = match artifact.write(&self.folder) {
            Ok(path) => {
                if !was_there {
                    state.made.insert(path.clone());
                }
                Place::File(path)
            }
            Err(error) => {
                if !std::mem::replace(&mut state.has_failed, true) {
                    let folder = &self.folder;
                    let error = &error;
                    (self.on_unwritten)(&Unwritten::First { folder, error });
                }
                Place::Nowhere(Box::new(artifact))
            }
        };
        let smallest = Smallest {
            len_bytes: finding.case.message.len(),
            count,
            place,
        };
        let known = state.smallest.get(&finding.id());
        if known.is_none_or(|known| smallest.rank() < known.rank()) {
            state.smallest.insert(finding.id(), smallest);
        }
    }

    /// Those of the run, with the hash of the subject's code.
    fn circumstances_of(&self, finding: &Finding, state: &mut State) -> Circumstances {
        let code = state.code.entry(finding.subject.to_string());
        let code_sha256 = code.or_insert_with(|| code_sha256(&finding.subject));
        Circumstances {
            code_sha256: code_sha256.clone(),
            ..self.circumstances.clone()
        }
    }

    /// Removes the larger cases of each finding that this run has written, and returns what is on
    /// disk now. The smallest cases that could not be written are handed on.
    pub fn finish(self) -> SavedArtifacts {
        let state = self.state.into_inner().expect("no panic while held");
        let mut saved = SavedArtifacts {
            has_failed: state.has_failed,
            ..SavedArtifacts::default()
        };
        for (id, smallest) in state.smallest {
            match smallest.place {
                Place::File(path) => {
                    saved.paths.insert(id, path);
                }
                Place::Nowhere(artifact) => (self.on_unwritten)(&Unwritten::Smallest {
                    id: &id,
                    artifact: &artifact,
                }),
            }
        }
        // If some could not be written, the larger ones are all that is on disk.
        if !saved.has_failed {
            let kept: BTreeSet<&PathBuf> = saved.paths.values().collect();
            let larger = state.made.iter().filter(|path| !kept.contains(path));
            larger.for_each(|path| remove(path));
        }
        saved
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic while held")
    }
}

/// Removes an artifact and the file of its message. One that cannot be removed stays, which does no
/// harm.
fn remove(path: &Path) {
    let _ = fs::remove_file(path);
    let _ = fs::remove_file(path.with_extension("bin"));
}
