//! The checksums of many files, in their order.

use super::job::{Job, STDIN};
use super::json;
use super::options::LineOptions;
use crcheck_files::list::checksum_form;
use crcheck_files::list::name::readable;
use crcheck_files::small_files::{Ahead, Candidate, Chunk, sum_ahead};
use crcheck_files::walk::{FileId, Found, walk};
use crcheck_files::{Algorithm, Sum, SumError, Summer};
use crcheck_harness::report::verdict::ExitCode;
use std::io;
use std::path::{Path, PathBuf};
use std::thread::available_parallelism;

/// Which files, and how their checksums are printed.
pub(crate) struct Files<'f> {
    pub(crate) job: &'f Job<'f>,
    pub(crate) algorithm: &'f Algorithm,
    pub(crate) lines: &'f LineOptions,
    pub(crate) is_recursive: bool,
    /// The files of the output, which are not summed.
    pub(crate) own: &'f [FileId],
}

/// Something to be summed, or to be said at its turn.
enum Item {
    /// A name of the command line.
    Name(PathBuf),
    /// What stands in a folder.
    Found(Found),
}

impl Item {
    fn candidate(&self) -> Option<Candidate<'_>> {
        match self {
            Self::Name(name) if name.as_os_str() == STDIN => None,
            Self::Name(name) => Some(Candidate::Any(name)),
            Self::Found(Found::File(path)) => Some(Candidate::File(path)),
            Self::Found(_) => None,
        }
    }
}

impl Files<'_> {
    /// Sums what each name stands for; stdin if there is none.
    pub(crate) fn sum_all(&self, names: &[PathBuf]) {
        let stdin = [PathBuf::from(STDIN)];
        let names = if names.is_empty() { &stdin } else { names };
        let items = names.iter().flat_map(|name| self.items(name));
        let mut summer = self.job.summer(self.algorithm);
        let mut lines = Vec::new();
        let cpus = available_parallelism().map_or(1, usize::from);
        let threads = self.job.reading.threads.0.unwrap_or(cpus);
        let take = |chunk| {
            let goes_on = self.take(chunk, &mut summer, &mut lines);
            self.flush(&mut lines);
            goes_on && !self.job.results.is_closed()
        };
        let algorithm = self.algorithm;
        match self.job.takes_small_files() {
            true => sum_ahead(items, Item::candidate, algorithm, threads, take),
            false => sum_ahead(items, |_| None, algorithm, 1, take),
        }
        if self.job.results.is_empty() && !self.job.is_cancelled() {
            let message = "there is no file in what the command line names";
            self.job.results.fail(ExitCode::Nothing, message);
        }
    }

    /// What a name of the command line stands for.
    fn items(&self, name: &Path) -> Box<dyn Iterator<Item = Item> + Send + '_> {
        if self.is_recursive && name.as_os_str() != STDIN && name.is_dir() {
            return Box::new(walk(name, self.own).map(Item::Found));
        }
        Box::new(std::iter::once(Item::Name(name.to_owned())))
    }

    /// Returns whether to go on.
    fn take(&self, chunk: Chunk<Item>, summer: &mut Summer<'_>, lines: &mut Vec<u8>) -> bool {
        chunk.into_iter().all(|(item, ahead)| {
            if self.job.is_cancelled() {
                return false;
            }
            match item {
                Item::Name(path) | Item::Found(Found::File(path)) => {
                    self.take_file(&path, ahead, summer, lines)
                }
                Item::Found(Found::Known(path, id)) => !self.job.refuses(id, path.as_os_str()),
                Item::Found(Found::Other(path, what)) => {
                    self.skip(&path, what);
                    true
                }
                Item::Found(Found::Unread(path, error)) => {
                    self.fail(&path, &error);
                    true
                }
            }
        })
    }

    fn take_file(
        &self,
        path: &Path,
        ahead: Ahead,
        summer: &mut Summer<'_>,
        lines: &mut Vec<u8>,
    ) -> bool {
        let name = path.as_os_str();
        let summed = match ahead {
            Ahead::Sum(sum) => Ok(sum),
            other => {
                // It may take long.
                self.flush(lines);
                match other {
                    Ahead::Opened(file) => self.job.sum_file(name, &file, summer),
                    _ => self.job.sum(name, summer),
                }
            }
        };
        match summed {
            Ok(sum) => self.print(path, &sum, lines),
            Err(SumError::Cancelled) => return false,
            Err(error) => {
                let reason = self.job.explain(name, self.algorithm, &error);
                let mut entry = json::named(name);
                entry["error"] = reason.into();
                self.job.results.add(entry);
            }
        }
        true
    }

    fn print(&self, path: &Path, sum: &Sum, lines: &mut Vec<u8>) {
        let (name, model) = (path.as_os_str(), self.algorithm.model());
        if self.lines.json {
            let mut entry = json::named(name);
            json::add_sum(&mut entry, model, sum);
            self.job.results.add(entry);
            return self.job.results.has_one();
        }
        if self.lines.raw {
            lines.extend(checksum_form::bytes(model, sum.checksum));
        } else {
            let style = self.lines.style();
            style.write(model, sum.checksum, name, lines);
        }
        if lines.len() >= LINES_BYTES {
            self.flush(lines);
        }
    }

    /// Writes the lines so far: whole ones, so that those of other processes come between them.
    fn flush(&self, lines: &mut Vec<u8>) {
        if !lines.is_empty() {
            self.job.results.has_one();
            self.job.results.write(lines);
            lines.clear();
        }
    }

    fn skip(&self, path: &Path, what: &str) {
        let name = path.as_os_str();
        let mut entry = json::named(name);
        entry["skipped"] = what.into();
        self.job.results.add(entry);
        let message = format!("skipped {}: it is {what}", readable(name));
        self.job.results.remark(&message);
    }

    fn fail(&self, path: &Path, error: &io::Error) {
        let name = path.as_os_str();
        let mut entry = json::named(name);
        entry["error"] = error.to_string().into();
        self.job.results.add(entry);
        let message = format!("cannot read {}: {error}", readable(name));
        self.job.results.fail(ExitCode::Io, &message);
    }
}

/// What a pipe takes at once has `PIPE_BUF` bytes, 4096 on Linux. With the last line it is rarely
/// more.
const LINES_BYTES: usize = 3072;
