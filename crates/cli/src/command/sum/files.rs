//! The checksums of many files, in their order.

use super::job::{Job, STDIN};
use super::json;
use super::options::LineOptions;
use crcheck_files::list::checksum_form;
use crcheck_files::list::name::readable;
use crcheck_files::walk::{FileId, Found, walk};
use crcheck_files::{Algorithm, Sum, Summer};
use crcheck_harness::report::verdict::ExitCode;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// Which files, and how their checksums are printed.
pub(crate) struct Files<'f> {
    pub(crate) job: &'f Job<'f>,
    pub(crate) algorithm: &'f Algorithm,
    pub(crate) lines: &'f LineOptions,
    pub(crate) is_recursive: bool,
    /// Files that folders do not count.
    pub(crate) except: &'f [FileId],
}

impl Files<'_> {
    /// Sums what each name stands for; stdin if there is none.
    pub(crate) fn sum_all(&self, names: &[PathBuf]) {
        let mut summer = self.job.summer(self.algorithm);
        let mut line = Vec::new();
        let stdin = [PathBuf::from(STDIN)];
        let names = if names.is_empty() { &stdin } else { names };
        for name in names {
            let is_folder = self.is_recursive && name.as_os_str() != STDIN && name.is_dir();
            let goes_on = match is_folder {
                true => self.sum_folder(name, &mut summer, &mut line),
                false => self.sum(name.as_os_str(), &mut summer, &mut line),
            };
            if !goes_on {
                return;
            }
        }
    }

    fn sum_folder(&self, folder: &Path, summer: &mut Summer<'_>, line: &mut Vec<u8>) -> bool {
        walk(folder, self.except).all(|found| match found {
            Found::File(path) => self.sum(path.as_os_str(), summer, line),
            Found::Other(path, what) => {
                let name = path.as_os_str();
                let mut entry = json::named(name);
                entry["skipped"] = what.into();
                self.job.results.add(entry);
                let shown = readable(name);
                self.job
                    .results
                    .remark(&format!("skipped {shown}: it is {what}"));
                true
            }
            Found::Unread(path, error) => {
                let name = path.as_os_str();
                let mut entry = json::named(name);
                entry["error"] = error.to_string().into();
                self.job.results.add(entry);
                let message = format!("cannot read {}: {error}", readable(name));
                self.job.results.fail(ExitCode::Io, &message);
                true
            }
        })
    }

    /// Returns whether to go on.
    fn sum(&self, name: &OsStr, summer: &mut Summer<'_>, line: &mut Vec<u8>) -> bool {
        let results = self.job.results;
        if self.job.is_cancelled() || results.is_reader_gone() {
            return false;
        }
        match self.job.sum(name, summer) {
            Ok(sum) => {
                self.print(name, &sum, line);
                results.has_one();
            }
            Err(error) => {
                let Some(reason) = self.job.explain(name, self.algorithm, &error) else {
                    return false;
                };
                let mut entry = json::named(name);
                entry["error"] = reason.into();
                results.add(entry);
            }
        }
        true
    }

    fn print(&self, name: &OsStr, sum: &Sum, line: &mut Vec<u8>) {
        let model = self.algorithm.model();
        line.clear();
        if self.lines.json {
            let mut entry = json::named(name);
            json::add_sum(&mut entry, model, sum);
            self.job.results.add(entry);
        } else if self.lines.raw {
            line.extend(checksum_form::bytes(model, sum.checksum));
        } else {
            let style = self.lines.style();
            style.write(model, sum.checksum, name, line);
        }
        self.job.results.write(line);
    }
}
