//! The checksum of one name, and what is said if there is none.

use super::difference;
use super::options::ReadingOptions;
use super::results::Results;
use crate::destination;
use crate::meter::Meter;
use crcheck_files::list::name::readable;
use crcheck_files::walk::FileId;
use crcheck_files::{Algorithm, MethodChoice};
use crcheck_files::{Difference, Sum, SumError, SumOptions, Summer};
use crcheck_harness::platform::standard_streams;
use crcheck_harness::report::Footer;
use crcheck_harness::report::verdict::ExitCode;
use std::ffi::OsStr;
use std::fs::{File, Metadata};
use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// The name of stdin.
pub(crate) const STDIN: &str = "-";

/// The path of what stdin is.
pub(crate) fn stdin_path() -> PathBuf {
    PathBuf::from("/dev/stdin")
}

/// How every file of the command is summed.
pub(crate) struct Job<'j> {
    pub(crate) reading: &'j ReadingOptions,
    pub(crate) meter: &'j Meter<'j>,
    pub(crate) on_progress: &'j (dyn Fn(u64) + Sync),
    pub(crate) cancelled: &'j AtomicBool,
    pub(crate) results: &'j Results<'j>,
    /// The file that the output would replace.
    pub(crate) replaced: Option<FileId>,
    /// Whether folders on the command line are walked through.
    pub(crate) may_walk: bool,
}

impl Job<'_> {
    /// Whether an interrupt has come.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// Whether the output would replace this file, which has this name. Then there is no output.
    pub(crate) fn refuses(&self, id: FileId, name: &OsStr) -> bool {
        let is_replaced = self.replaced == Some(id);
        if is_replaced {
            self.results.refuse(&readable(name));
        }
        is_replaced
    }

    /// As [`Job::refuses`] for what a name of a list stands for.
    pub(crate) fn refuses_name(&self, name: &OsStr) -> bool {
        let path = if name == STDIN {
            stdin_path()
        } else {
            PathBuf::from(name)
        };
        // Most have no file to replace, and no other to look for.
        let id = self.replaced.and_then(|_| destination::id(&path));
        id.is_some_and(|id| self.refuses(id, name))
    }

    /// What sums by `algorithm`.
    pub(crate) fn summer<'s>(&'s self, algorithm: &'s Algorithm) -> Summer<'s> {
        Summer::new(SumOptions {
            algorithm,
            method: self.reading.io,
            buffer_bytes: self.reading.buffer,
            threads: self.reading.threads.0,
            is_verified: self.reading.verify,
            on_progress: self.on_progress,
            cancelled: self.cancelled,
        })
    }

    /// Whether small files may be summed ahead of their turn: nothing else was asked for.
    pub(crate) fn takes_small_files(&self) -> bool {
        let ReadingOptions {
            io, buffer, verify, ..
        } = self.reading;
        *io == MethodChoice::Auto && buffer.is_none() && !verify
    }

    /// The checksum of what is open under a name.
    pub(crate) fn sum_file(
        &self,
        name: &OsStr,
        file: &File,
        summer: &mut Summer<'_>,
    ) -> Result<Sum, SumError> {
        let describe = || {
            let found = file.metadata().ok().filter(Metadata::is_file);
            (readable(name), found.map(|found| found.len()))
        };
        self.meter.measure(describe, || summer.sum_file(file))
    }

    /// The checksum of what a name stands for.
    pub(crate) fn sum(&self, name: &OsStr, summer: &mut Summer<'_>) -> Result<Sum, SumError> {
        let path = Path::new(name);
        if name != STDIN {
            let describe = || {
                let found = std::fs::metadata(path).ok();
                let found = found.filter(Metadata::is_file);
                (readable(name), found.map(|found| found.len()))
            };
            return self.meter.measure(describe, || summer.sum_path(path));
        }
        if standard_streams::is_stdin_closed() {
            return Err(io::Error::other("it is closed").into());
        }
        let stdin = File::from(io::stdin().as_fd().try_clone_to_owned()?);
        self.sum_file(OsStr::new("stdin"), &stdin, summer)
    }

    /// Says why a name has no checksum, and notes the exit code. Returns the reason for a report.
    /// An interrupt needs no word.
    pub(crate) fn explain(&self, name: &OsStr, algorithm: &Algorithm, error: &SumError) -> String {
        let shown = readable(name);
        let (code, reason) = match error {
            SumError::Cancelled => return error.to_string(),
            SumError::Differs(difference) => {
                let reason = format!("{difference}");
                self.results
                    .fail(ExitCode::Found, &format!("{shown}: {reason}"));
                self.save(difference, algorithm, &shown);
                return reason;
            }
            SumError::Io(error) if error.kind() == io::ErrorKind::IsADirectory => {
                let reason = match self.may_walk {
                    true => "it is a folder; -r sums the files in it",
                    false => "it is a folder",
                };
                (ExitCode::Io, reason.to_owned())
            }
            SumError::Io(_) if name.is_empty() => {
                let reason = "the name is empty, and no file has such a name";
                (ExitCode::Io, reason.to_owned())
            }
            SumError::Unavailable(error) => (ExitCode::Unavailable, error.to_string()),
            error => (ExitCode::Io, error.to_string()),
        };
        let shown = if name == STDIN { "stdin" } else { &shown };
        self.results
            .fail(code, &format!("cannot sum {shown}: {reason}"));
        reason
    }

    /// Writes the artifact of a difference, and says how to go on.
    fn save(&self, difference: &Difference, algorithm: &Algorithm, name: &str) {
        if difference.block.is_empty() {
            let text = "there is no artifact, since no block shows it: crcheck verify --check \
                        combine judges how checksums are combined";
            return self.results.remark(text);
        }
        let artifact = difference::artifact(difference, algorithm, name);
        let folder = &self.reading.artifacts;
        match artifact.write(folder) {
            Ok(path) => {
                let footer = Footer {
                    artifact: path,
                    subject: String::new(),
                };
                for line in footer.to_string().lines() {
                    self.results.remark(line);
                }
            }
            Err(error) => {
                let (folder, text) = (folder.display(), artifact.to_text());
                let message = format!(
                    "cannot write an artifact into {folder}: {error}. The artifact:\n{text}"
                );
                self.results.fail(ExitCode::Io, &message);
            }
        }
    }
}
