//! The cases that a test has failed, which it judges again first.

use crcheck_check::artifact::Artifact;
use crcheck_check::saved::artifacts::Unwritten;
use crcheck_check::saved::load::{self, Content, Item, LoadError, Loaded};
use crcheck_oracle::model::Model;
use std::io::ErrorKind;
use std::path::PathBuf;

/// The folder of one test's cases; none if it keeps none.
pub(crate) struct Regressions(pub(crate) Option<PathBuf>);

impl Regressions {
    /// Reads the cases of a subject that claims to compute `model`.
    ///
    /// # Errors
    /// The first file that is no case, or a case of another model.
    pub(crate) fn load(&self, model: &Model) -> Result<Loaded, String> {
        let Some(folder) = &self.0 else {
            return Ok(Loaded::default());
        };
        let absent = [ErrorKind::NotFound, ErrorKind::NotADirectory];
        let found = std::fs::metadata(folder);
        if found.is_err_and(|error| absent.contains(&error.kind())) {
            return Ok(Loaded::default());
        }
        let loaded = load::load(std::slice::from_ref(folder), None);
        let loaded = loaded.map_err(|error| match error {
            LoadError::NoTarget(file) => format!(
                "{}: it is no case of the test, whose cases are files that end in `.toml`; \
                 remove it from this folder",
                file.display()
            ),
            error => {
                format!("{error}; the test judges the cases of this folder: mend or remove it")
            }
        })?;
        loaded
            .items
            .iter()
            .try_for_each(|item| of_model(item, model))?;
        Ok(loaded)
    }

    /// Writes a case, and returns its file. A case that is there stays as it is. One that cannot be
    /// written is printed, and is no failure.
    pub(crate) fn save(&self, id: &str, artifact: &Artifact) -> Option<PathBuf> {
        let folder = self.0.as_ref()?;
        let path = artifact.path_in(folder);
        if path.exists() {
            return Some(path);
        }
        let written = artifact.write(folder);
        if let Err(error) = &written {
            eprintln!("{}", Unwritten::First { folder, error });
            eprintln!("{}", Unwritten::Smallest { id, artifact });
        }
        written.ok()
    }
}

fn of_model(item: &Item, model: &Model) -> Result<(), String> {
    match &item.content {
        Content::Artifact(artifact) if artifact.model != *model => Err(format!(
            "{}: it is a case of {}, and this test judges {}; remove it, or state its model",
            item.path.display(),
            artifact.model.label(),
            model.label()
        )),
        _ => Ok(()),
    }
}
