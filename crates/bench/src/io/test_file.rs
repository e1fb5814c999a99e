//! The file that is read: written, or sparse where the disk does not hold it. It is removed when it
//! is dropped, and when the process ends by a signal.

use crate::io::content::{BLOCK_BYTES, Content};
use crcheck_oracle::model::Model;
use crcheck_platform::leftovers::ScratchFolder;
use rustix::fs::{FallocateFlags, fallocate};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// The seed of the bytes: which they are makes no difference.
const SEED: u64 = 1;

/// How the file came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileForm {
    /// Its blocks were allocated first, and then written.
    Preallocated,
    /// It was written; the file system allocates nothing ahead.
    Written,
    /// It is one hole, which no disk is read for: its figures say nothing about a disk.
    Sparse,
}

impl FileForm {
    /// The name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Preallocated => "preallocated",
            Self::Written => "written",
            Self::Sparse => "sparse",
        }
    }
}

/// A file as its readers see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileAt<'a> {
    /// Its name.
    pub path: &'a Path,
    /// Its length in bytes.
    pub len_bytes: u64,
}

/// The file.
#[derive(Debug)]
pub struct TestFile {
    /// Dropping it removes the file.
    _folder: ScratchFolder,
    path: PathBuf,
    file: File,
    len_bytes: u64,
    form: FileForm,
    content: Content,
    checksum: u64,
}

impl TestFile {
    /// Makes a file in `folder`: sparse, or of random bytes, the same in every run. `None`:
    /// `cancelled` became true.
    ///
    /// # Errors
    /// What the system says.
    pub fn create(
        folder: &Path,
        len_bytes: u64,
        is_sparse: bool,
        cancelled: &AtomicBool,
    ) -> io::Result<Option<Self>> {
        let folder = ScratchFolder::new_in(folder)?;
        let path = folder.path().join("crcheck-bench-io");
        let file = File::options()
            .read(true)
            .write(true)
            .create_new(true)
            .open(&path)?;
        let model = Model::CRC_32_ISO_HDLC;
        let (form, content) = if is_sparse {
            file.set_len(len_bytes)?;
            (FileForm::Sparse, Content::zeros(&model))
        } else {
            let allocated = fallocate(&file, FallocateFlags::empty(), 0, len_bytes);
            let form = match allocated {
                Ok(()) => FileForm::Preallocated,
                Err(_) => FileForm::Written,
            };
            (form, Content::random(&model, SEED))
        };
        let checksum = content.checksum(len_bytes);
        let mut made = Self {
            _folder: folder,
            path,
            file,
            len_bytes,
            form,
            content,
            checksum,
        };
        let is_whole = is_sparse || made.write(cancelled)?;
        Ok(is_whole.then_some(made))
    }

    /// Writes all blocks. Returns whether nobody cancelled.
    fn write(&mut self, cancelled: &AtomicBool) -> io::Result<bool> {
        for number in 0..self.len_bytes.div_ceil(BLOCK_BYTES as u64) {
            if cancelled.load(Ordering::Relaxed) {
                return Ok(false);
            }
            let rest = self.len_bytes - number * BLOCK_BYTES as u64;
            let block = self.content.block(number);
            let len_bytes = rest.min(BLOCK_BYTES as u64) as usize;
            self.file.write_all(&block[..len_bytes])?;
        }
        // Otherwise the system writes to the disk while something is measured.
        self.file.sync_all()?;
        Ok(true)
    }

    /// What its readers see.
    pub fn at(&self) -> FileAt<'_> {
        FileAt {
            path: &self.path,
            len_bytes: self.len_bytes,
        }
    }

    /// Its name.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The open file.
    pub const fn file(&self) -> &File {
        &self.file
    }

    /// Its length in bytes.
    pub const fn len_bytes(&self) -> u64 {
        self.len_bytes
    }

    /// How it came to be.
    pub const fn form(&self) -> FileForm {
        self.form
    }

    /// What it holds.
    pub const fn content(&self) -> &Content {
        &self.content
    }

    /// The oracle's checksum of it.
    pub const fn checksum(&self) -> u64 {
        self.checksum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(folder: &Path) -> usize {
        std::fs::read_dir(folder).expect("a folder").count()
    }

    #[test]
    fn a_file_holds_what_its_checksum_is_of_and_is_removed() {
        let folder = tempfile::tempdir().expect("a folder");
        let go_on = AtomicBool::new(false);
        for is_sparse in [false, true] {
            let made = TestFile::create(folder.path(), 1_100_000, is_sparse, &go_on);
            let file = made.expect("a file").expect("nobody cancels");
            assert_eq!(file.form() == FileForm::Sparse, is_sparse);
            let bytes = std::fs::read(file.path()).expect("a file");
            let expected = u64::from(crcheck_kernel::checksum(&bytes));
            assert_eq!((bytes.len(), file.checksum()), (1_100_000, expected));
            assert_eq!(count(folder.path()), 1);
            drop(file);
            assert_eq!(count(folder.path()), 0);
        }
    }

    #[test]
    fn a_file_that_is_cancelled_is_removed() {
        let folder = tempfile::tempdir().expect("a folder");
        let made = TestFile::create(folder.path(), 1 << 21, false, &AtomicBool::new(true));
        assert!(made.expect("no error").is_none());
        assert_eq!(count(folder.path()), 0);
    }
}
