//! Reads saved cases and inputs from disk.

use crate::artifact::{Artifact, ArtifactError, FILE_BYTES_MAX};
use crate::case::Case;
use crate::fuzz::Target;
use crate::input;
use crcheck_oracle::model::Model;
use crcheck_platform::files::regular;
use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A saved file.
#[derive(Clone, Debug)]
pub struct Item {
    /// Where it is.
    pub path: PathBuf,
    /// What it holds.
    pub content: Content,
}

/// What a saved file holds.
#[derive(Clone, Debug)]
pub enum Content {
    /// A case with what is known about it.
    Artifact(Box<Artifact>),
    /// A raw input of a fuzz target.
    Input(Target, Vec<u8>),
}

impl Content {
    /// The case of an artifact, or the one that an input decodes to for `model`; `None` if it is
    /// not a case.
    pub fn case(&self, model: &Model) -> Option<Case> {
        match self {
            Self::Artifact(artifact) => Some(artifact.case.clone()),
            Self::Input(target, bytes) if target.takes_cases() => input::decode(bytes, model),
            Self::Input(..) => None,
        }
    }
}

/// Why a path cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It cannot be read.
    #[error("cannot read {}: {error}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The operating system's error.
        error: io::Error,
    },
    /// It is a malformed artifact.
    #[error("{}: {error}", path.display())]
    Artifact {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: ArtifactError,
    },
    /// It is a raw input, and its target is unknown.
    #[error(
        "{}: which fuzz target is this an input of? Its folder does not say; give --target",
        .0.display()
    )]
    NoTarget(PathBuf),
    /// It is not an input of its target.
    #[error("{}: not an input of {target}", path.display())]
    NotAnInput {
        /// The file.
        path: PathBuf,
        /// The target.
        target: Target,
    },
}

impl LoadError {
    fn io(path: &Path, error: io::Error) -> Self {
        Self::Io {
            path: path.to_owned(),
            error,
        }
    }
}

/// What paths hold.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// The cases and inputs, in the order of their names.
    pub items: Vec<Item>,
    /// What lies in a folder and is no file.
    pub skipped: Vec<NotAFile>,
    /// The files that hold the messages of artifacts.
    pub messages: Vec<PathBuf>,
}

impl Loaded {
    /// The files that hold the cases and inputs.
    pub fn files(&self) -> impl Iterator<Item = PathBuf> {
        let items = self.items.iter().map(|item| &item.path);
        items.chain(&self.messages).cloned()
    }

    fn add(&mut self, file: &Path, target: Option<Target>) -> Result<(), LoadError> {
        let (content, message) = load_file(file, target)?;
        let path = file.to_owned();
        self.items.push(Item { path, content });
        self.messages.extend(message);
        Ok(())
    }
}

/// Something that was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAFile {
    /// Where it is.
    pub path: PathBuf,
    /// The reason.
    pub reason: String,
}

/// Reads files, and folders with everything below them, in the order of their names. A file that
/// ends in `.toml` is an artifact. The file of its message belongs to it, and so does the `.bin` of
/// the same name. Any other file is a raw input of `target`, or of the target whose name its folder
/// has.
///
/// # Errors
/// The first file that cannot be read or understood, and a path of `paths` that is neither a file
/// nor a folder.
pub fn load(paths: &[PathBuf], target: Option<Target>) -> Result<Loaded, LoadError> {
    let mut loaded = Loaded::default();
    let mut walk = Walk::default();
    for path in paths {
        let found = metadata(path)?;
        if found.is_dir() {
            walk.visit(path)?;
        } else {
            regular::require_file(&found).map_err(|error| LoadError::io(path, error))?;
            walk.files.push(path.clone());
        }
    }
    // The artifacts say which of the other files are their messages.
    let (artifacts, others): (Vec<_>, Vec<_>) =
        walk.files.into_iter().partition(|file| is_toml(file));
    for file in artifacts {
        loaded.add(&file, target)?;
    }
    for file in others {
        if !belongs_to_an_artifact(&file) && !loaded.messages.contains(&file) {
            loaded.add(&file, target)?;
        }
    }
    loaded.items.sort_by_key(|item| item.path.clone());
    loaded.skipped = walk.skipped;
    Ok(loaded)
}

fn metadata(path: &Path) -> Result<Metadata, LoadError> {
    std::fs::metadata(path).map_err(|error| LoadError::io(path, error))
}

/// A way through folders.
#[derive(Default)]
struct Walk {
    files: Vec<PathBuf>,
    skipped: Vec<NotAFile>,
    /// The folders from the first one to the present one, by device and number.
    inside: Vec<(u64, u64)>,
}

impl Walk {
    fn visit(&mut self, path: &Path) -> Result<(), LoadError> {
        let found = match std::fs::metadata(path) {
            Err(_) if path.is_symlink() && !path.exists() => {
                self.skip(path, "it is a link that leads nowhere");
                return Ok(());
            }
            found => found.map_err(|error| LoadError::io(path, error))?,
        };
        if found.is_dir() {
            let id = (found.dev(), found.ino());
            if self.inside.contains(&id) {
                self.skip(path, "a link leads back to a folder that it is in");
                return Ok(());
            }
            self.inside.push(id);
            for entry in entries(path).map_err(|error| LoadError::io(path, error))? {
                self.visit(&entry)?;
            }
            self.inside.pop();
        } else if let Some(what) = regular::not_a_file(found.file_type()) {
            self.skip(path, &format!("it is {what}, not a file"));
        } else {
            self.files.push(path.to_owned());
        }
        Ok(())
    }

    fn skip(&mut self, path: &Path, reason: &str) {
        let (path, reason) = (path.to_owned(), reason.to_owned());
        self.skipped.push(NotAFile { path, reason });
    }
}

/// What a folder holds, by name, without notes for people and placeholders for git.
fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let is_kept = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        !name.starts_with('.') && !name.ends_with(".md") && name != "vectors"
    };
    let entries = std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path()));
    let mut entries = entries.collect::<io::Result<Vec<PathBuf>>>()?;
    entries.retain(is_kept);
    entries.sort();
    Ok(entries)
}

fn belongs_to_an_artifact(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "bin") && path.with_extension("toml").exists()
}

fn is_toml(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "toml")
}

/// What a file holds, and the file of its message if it is an artifact that has one.
fn load_file(path: &Path, target: Option<Target>) -> Result<(Content, Option<PathBuf>), LoadError> {
    let folder = path
        .parent()
        .and_then(Path::file_name)
        .and_then(|name| name.to_str());
    let by_folder = folder.and_then(|name| name.parse().ok());
    // The corpus of `artifact_parse` has artifacts as inputs.
    let target = target.or(by_folder);
    if is_toml(path) && target != Some(Target::ArtifactParse) {
        let read = Artifact::read_with_file(path).map_err(|error| LoadError::Artifact {
            path: path.to_owned(),
            error,
        });
        let (artifact, message) = read?;
        return Ok((Content::Artifact(Box::new(artifact)), message));
    }
    let target = target.ok_or_else(|| LoadError::NoTarget(path.to_owned()))?;
    let bytes = regular::read(path, FILE_BYTES_MAX);
    let bytes = bytes.map_err(|error| LoadError::io(path, error))?;
    if target.takes_cases() && input::Header::read(&bytes).is_none() {
        return Err(LoadError::NotAnInput {
            path: path.to_owned(),
            target,
        });
    }
    Ok((Content::Input(target, bytes), None))
}
