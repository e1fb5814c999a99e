//! What is built: files in C, or a crate.

use std::path::{Path, PathBuf};

/// What is built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Files that a compiler for C takes, assembly too.
    C {
        files: Vec<PathBuf>,
        /// More words for the compiler.
        flags: Vec<String>,
    },
    /// A crate.
    Cargo {
        /// Its `Cargo.toml`.
        manifest: PathBuf,
        /// Which package of a workspace.
        package: Option<String>,
    },
}

/// Why a command line names no source.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// A crate is built alone.
    #[error("{0} is a crate: name it alone")]
    Mixed(String),
    /// Flags for a compiler for C.
    #[error("--cflags and --compiler are for files in C; {0} is a crate")]
    Flags(String),
    /// A package of a file in C.
    #[error("--package is for a Cargo.toml")]
    Package,
    /// There is no such file.
    #[error("there is no file {0}")]
    Missing(String),
}

impl Source {
    /// The source that these files are: a crate if it is one `Cargo.toml`, or its folder.
    ///
    /// # Errors
    /// Why they are none.
    pub fn of(
        files: &[PathBuf],
        flags: &[String],
        package: Option<&str>,
    ) -> Result<Self, SourceError> {
        let files: Vec<PathBuf> = files.iter().map(|file| manifest_in(file)).collect();
        let name = |file: &Path| file.display().to_string();
        if let Some(missing) = files.iter().find(|file| !file.is_file()) {
            return Err(SourceError::Missing(name(missing)));
        }
        let is_manifest = |file: &&PathBuf| file.extension().is_some_and(|end| end == "toml");
        match (files.iter().find(is_manifest), files.len()) {
            (Some(manifest), 1) if !flags.is_empty() => Err(SourceError::Flags(name(manifest))),
            (Some(manifest), 1) => Ok(Self::Cargo {
                manifest: manifest.clone(),
                package: package.map(str::to_owned),
            }),
            (Some(manifest), _) => Err(SourceError::Mixed(name(manifest))),
            (None, _) if package.is_some() => Err(SourceError::Package),
            (None, _) => Ok(Self::C {
                files,
                flags: flags.to_vec(),
            }),
        }
    }

    /// The files that the command line names.
    pub fn files(&self) -> Vec<PathBuf> {
        match self {
            Self::C { files, .. } => files.clone(),
            Self::Cargo { manifest, .. } => vec![manifest.clone()],
        }
    }
}

/// A folder with a crate stands for its manifest.
fn manifest_in(path: &Path) -> PathBuf {
    let manifest = path.join("Cargo.toml");
    if manifest.is_file() {
        manifest
    } else {
        path.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_stands_alone() {
        let own = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let manifest = own.join("Cargo.toml");
        let crate_of = |files: &[PathBuf], flags: &[String]| Source::of(files, flags, None);
        let expected = Source::Cargo {
            manifest: manifest.clone(),
            package: None,
        };
        let alone = std::slice::from_ref(&manifest);
        assert_eq!(crate_of(&[own], &[]), Ok(expected.clone()));
        assert_eq!(crate_of(alone, &[]), Ok(expected));
        assert!(crate_of(&[manifest.clone(), manifest.clone()], &[]).is_err());
        assert!(crate_of(alone, &["-g".to_owned()]).is_err());
        assert!(crate_of(&["no-such.c".into()], &[]).is_err());
    }
}
