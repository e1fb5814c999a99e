//! Where people look for a finding: a file and a line of their source, by the path that CI knows.

use crate::finding_report::FindingReport;
use crcheck_platform::code::source_location::{Line, SourceLocation, locate_function};
use crcheck_subject::SubjectName;
use std::path::{Component, Path, PathBuf};

/// A file of source code, and the place in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SourcePlace {
    pub file: SourceFile,
    /// From 1 on.
    pub line: u32,
    /// From 1 on.
    pub column: Option<u32>,
}

/// A file, by the path that CI knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SourceFile {
    /// Below the root of the sources: the path from there.
    OfSources(PathBuf),
    /// Somewhere else: the whole path.
    Elsewhere(PathBuf),
}

impl SourceFile {
    pub(crate) fn of(root: &Path, path: &Path) -> Self {
        // GitHub matches no path with a symbolic link in it.
        let real = |path: &Path| std::fs::canonicalize(path).ok();
        let whole = without_dots(&root.join(path));
        let real_root = real(root);
        let from_real = real(&whole)
            .zip(real_root.as_ref())
            .and_then(|(file, root)| file.strip_prefix(root).ok().map(Path::to_owned));
        let from = from_real.or_else(|| {
            // A file that is not here, whose name a compiler has built from either.
            let roots = [Some(root), real_root.as_deref()].into_iter().flatten();
            let mut below = roots.filter_map(|root| whole.strip_prefix(root).ok());
            below.next().map(Path::to_owned)
        });
        from.map_or(Self::Elsewhere(whole), Self::OfSources)
    }

    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::OfSources(path) | Self::Elsewhere(path) => path,
        }
    }
}

/// The root of the sources: the checkout of GitHub's workflow, else the working folder.
pub(crate) fn root() -> PathBuf {
    let workspace = std::env::var_os("GITHUB_WORKSPACE").filter(|folder| !folder.is_empty());
    let workspace = workspace
        .map(PathBuf::from)
        .filter(|folder| folder.is_dir());
    workspace
        .or_else(|| std::env::current_dir().ok())
        .unwrap_or_default()
}

/// The path without `.` and `..`, as text.
fn without_dots(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            part => clean.push(part),
        }
    }
    clean
}

impl SourcePlace {
    /// The line of a finding: that of the instruction that stopped the call if it is the subject's,
    /// or of the subject's call that led there; else the line where the function begins. `None`
    /// where the file of the code does not say.
    pub(crate) fn of(finding: &FindingReport, root: &Path) -> Option<Self> {
        let code = finding.code.as_ref();
        let of_subject = code.filter(|code| code.is_of_subject);
        let stopped = of_subject.map(|code| &code.location);
        let called = code.and_then(|code| code.called_at.as_ref());
        let known = [stopped, called].into_iter().flatten();
        let mut known = known.filter_map(|location| Self::in_location(location, root));
        known.next().or_else(|| {
            let SubjectName::Library(spec) = SubjectName::parse(&finding.subject) else {
                return None;
            };
            let library = std::path::absolute(&spec.path).ok()?;
            let function = locate_function(&library, &spec.symbol)?;
            Self::in_location(&function, root)
        })
    }

    /// The innermost line that is of the sources, since what is inlined may be of a header of the
    /// compiler; else the innermost one.
    fn in_location(location: &SourceLocation, root: &Path) -> Option<Self> {
        let lines = std::iter::once(&location.line).chain(&location.inlined_by);
        let places: Vec<Self> = lines.filter_map(|line| Self::of_line(line, root)).collect();
        let is_of_sources = |place: &&Self| matches!(place.file, SourceFile::OfSources(_));
        let best = places.iter().find(is_of_sources).or(places.first());
        best.cloned()
    }

    fn of_line(line: &Line, root: &Path) -> Option<Self> {
        Some(Self {
            file: SourceFile::of(root, Path::new(line.file.as_ref()?)),
            line: line.line?,
            column: line.column,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_below_the_root_is_named_from_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path();
        let of = |path: &str| SourceFile::of(root, Path::new(path));
        let inside = |path: &str| SourceFile::OfSources(path.into());
        std::fs::create_dir(root.join("src")).expect("a folder");
        std::fs::write(root.join("src/crc.c"), "").expect("a file");
        std::os::unix::fs::symlink("src", root.join("link")).expect("a link");
        let whole = |path: &str| root.join(path).display().to_string();
        for path in [
            "src/crc.c",
            "./src/crc.c",
            "build/../src/crc.c",
            "link/crc.c",
        ] {
            assert_eq!(of(path), inside("src/crc.c"), "{path}");
            assert_eq!(of(&whole(path)), inside("src/crc.c"), "{path}");
        }
        assert_eq!(of(&whole("gone.c")), inside("gone.c"));
        let elsewhere = SourceFile::Elsewhere("/usr/include/x.h".into());
        assert_eq!(of("/usr/include/x.h"), elsewhere);
        assert_eq!(of("/usr/lib/../include/x.h"), elsewhere);
    }
}
