//! Files to write. A reader sees the old content or the new one, and never a part.

use super::regular;
use crate::leftovers::PartialFile;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The most links on the way to a file, as the kernel has it.
const LINKS_MAX: usize = 40;

/// A file that replaces another as a whole when it is complete. Until then it has a name beside it
/// that ends in `.partial`, and it is removed if it is dropped.
#[derive(Debug)]
pub struct WholeFile {
    partial: PartialFile,
    path: PathBuf,
}

impl WholeFile {
    /// Begins the new content of `path`, or of the file that a symbolic link of this name leads to.
    ///
    /// # Errors
    /// If the operating system refuses.
    pub fn create(path: &Path) -> io::Result<Self> {
        let path = follow_links(path)?;
        // A device must not become a file.
        let kind = std::fs::metadata(&path).map(|found| found.file_type());
        if let Some(what) = kind.ok().and_then(regular::not_a_file) {
            return Err(io::Error::other(format!("it is {what}, not a file")));
        }
        let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let prefix = format!(".{}.", name.to_string_lossy());
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let partial = PartialFile::new(|| {
            tempfile::Builder::new()
                .prefix(&prefix)
                .suffix(".partial")
                // Errors of this file name no path, since nobody else knows its name.
                .make_in(folder, |path| {
                    File::options().write(true).create_new(true).open(path)
                })
        });
        let partial = partial.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => io::Error::new(
                error.kind(),
                format!("there is no folder {}", folder.display()),
            ),
            _ => error,
        })?;
        Ok(Self { partial, path })
    }

    /// The file that it replaces.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the new content is until it is complete.
    pub fn partial_path(&self) -> &Path {
        self.partial.path()
    }

    /// Puts the content in its place.
    ///
    /// # Errors
    /// If the operating system refuses. The old content, if there is any, is then as it was.
    pub fn finish(mut self) -> io::Result<()> {
        let file = self.partial.file().as_file_mut();
        file.flush()?;
        file.sync_all()?;
        self.partial.persist(&self.path)
    }
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.partial.file().as_file_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.partial.file().as_file_mut().flush()
    }
}

/// Replaces the content of a file as a whole.
///
/// # Errors
/// As for [`WholeFile`].
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = WholeFile::create(path)?;
    file.write_all(bytes)?;
    file.finish()
}

/// Where a name leads, whether or not there is something.
fn follow_links(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..LINKS_MAX {
        match std::fs::read_link(&path) {
            // The target of a link is relative to the link's folder.
            Ok(target) => path = path.parent().unwrap_or(Path::new("")).join(target),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::from(rustix::io::Errno::LOOP))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_link_is_followed_and_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("elsewhere")).expect("a folder");
        symlink("elsewhere/file", at("link")).expect("a link");
        symlink("link", at("link-to-link")).expect("a link");
        // The first creates the file, the second replaces it.
        for content in ["one", "two"] {
            write(&at("link-to-link"), content.as_bytes()).expect("written");
            let text = std::fs::read_to_string(at("elsewhere/file")).expect("a file");
            assert_eq!(text, content);
            assert!(at("link").is_symlink() && at("link-to-link").is_symlink());
        }
        symlink("circle", at("circle")).expect("a link");
        assert!(write(&at("circle"), b"").is_err());
        symlink("/dev/null", at("device")).expect("a link");
        assert!(write(&at("device"), b"").is_err());
    }

    #[test]
    fn a_file_is_there_as_a_whole_or_not_at_all() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        let count = || std::fs::read_dir(folder.path()).expect("a folder").count();
        let mut file = WholeFile::create(&path).expect("a file");
        file.write_all(b"half").expect("written");
        assert!(count() == 1 && !path.exists());
        drop(file);
        assert_eq!(count(), 0);
        write(&path, b"whole").expect("written");
        assert_eq!(std::fs::read(&path).expect("a file"), b"whole");
        assert_eq!(count(), 1);
    }
}
