//! The files in a folder, and in the folders in it.

use crcheck_platform::files::regular::not_a_file;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use walkdir::{DirEntry, DirEntryExt, WalkDir};

/// What stands in a folder.
#[derive(Debug)]
pub enum Found {
    /// A file.
    File(PathBuf),
    /// Something else, in words: a symbolic link is not followed, and a FIFO, a socket or a device
    /// is not read.
    Other(PathBuf, &'static str),
    /// One of the files that the caller asks about.
    Known(PathBuf, FileId),
    /// It cannot be looked at, or a folder cannot be read.
    Unread(PathBuf, io::Error),
}

/// A file by its device and its number.
pub type FileId = (u64, u64);

/// What stands in `folder`, by name within each folder, in the order of bytes. The files
/// `known` come as [`Found::Known`].
pub fn walk<'k>(folder: &Path, known: &'k [FileId]) -> impl Iterator<Item = Found> + use<'k> {
    let folder = folder.to_owned();
    // The entries of a folder differ only in their names.
    let by_name = |a: &DirEntry, b: &DirEntry| a.path().as_os_str().cmp(b.path().as_os_str());
    let entries = WalkDir::new(&folder).min_depth(1).sort_by(by_name);
    entries.into_iter().filter_map(move |entry| match entry {
        Err(error) => {
            let path = error.path().unwrap_or(&folder).to_owned();
            // Its own words name the path once more.
            let kind = error.io_error().map(io::Error::kind);
            let code = error.io_error().and_then(io::Error::raw_os_error);
            let error = match (code, kind) {
                (Some(code), _) => io::Error::from_raw_os_error(code),
                (None, Some(kind)) => kind.into(),
                (None, None) => error.into(),
            };
            Some(Found::Unread(path, error))
        }
        Ok(entry) if entry.file_type().is_dir() => None,
        Ok(entry) if entry.file_type().is_file() => Some(match known_as(&entry, known) {
            Some(id) => Found::Known(entry.into_path(), id),
            None => Found::File(entry.into_path()),
        }),
        Ok(entry) => {
            let what = match entry.file_type() {
                kind if kind.is_symlink() => "a symbolic link",
                kind => not_a_file(kind).unwrap_or("something else"),
            };
            Some(Found::Other(entry.into_path(), what))
        }
    })
}

fn known_as(entry: &DirEntry, known: &[FileId]) -> Option<FileId> {
    let is_likely = known.iter().any(|(_, number)| *number == entry.ino());
    // The system is asked for the device only then.
    let found = is_likely.then(|| entry.metadata().ok()).flatten()?;
    let id = (found.dev(), found.ino());
    known.contains(&id).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    #[test]
    fn files_come_by_name_and_others_are_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("b/deep")).expect("folders");
        for name in ["c", "b/two", "b/deep/one", "a"] {
            fs::write(at(name), "text").expect("a file");
        }
        symlink("a", at("link")).expect("a link");
        symlink(".", at("circle")).expect("a link");
        let _socket = UnixListener::bind(at("socket")).expect("a socket");
        let out = fs::metadata(at("c")).expect("a file");
        let own = (out.dev(), out.ino());
        let known = [own, (out.dev() + 1, out.ino() + 1)];
        let (mut files, mut others) = (Vec::new(), Vec::new());
        for found in walk(folder.path(), &known) {
            match found {
                Found::Known(path, id) => assert_eq!((path, id), (at("c"), own)),
                Found::File(path) => files.push(path),
                Found::Other(path, what) => others.push((path, what)),
                Found::Unread(path, error) => panic!("{}: {error}", path.display()),
            }
        }
        assert_eq!(files, ["a", "b/deep/one", "b/two"].map(at));
        let link = "a symbolic link";
        let expected = [("circle", link), ("link", link), ("socket", "a socket")];
        assert_eq!(others, expected.map(|(name, what)| (at(name), what)));
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error_with_its_name() {
        let found: Vec<Found> = walk(Path::new("/nowhere/at/all"), &[]).collect();
        assert!(
            matches!(&found[..], [Found::Unread(path, error)]
                if path == Path::new("/nowhere/at/all") && !error.to_string().contains("nowhere")),
            "{found:?}"
        );
    }
}
