//! The lists that `--check` names.

use super::job::{Job, STDIN};
use super::json;
use super::options::ListOptions;
use crcheck_files::list::check::{Algorithms, Judged, Outcome, Tally, check};
use crcheck_files::list::name::{escape, is_escaped, readable};
use crcheck_files::list::parse::{Entry, Parser};
use crcheck_files::{Algorithm, Sum, SumError, Summer};
use crcheck_harness::platform::standard_streams;
use crcheck_harness::report::count_in_words;
use crcheck_harness::report::verdict::ExitCode;
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How lists are checked.
pub(crate) struct Lists<'l> {
    pub(crate) job: &'l Job<'l>,
    /// Of lines that name no model.
    pub(crate) algorithm: &'l Algorithm,
    pub(crate) options: &'l ListOptions,
    pub(crate) is_json: bool,
}

impl Lists<'_> {
    /// Checks each list; the one on stdin if there is none.
    pub(crate) fn check_all(&self, lists: &[PathBuf]) {
        let mut algorithms = Algorithms::new(self.algorithm);
        let mut summer = self.job.summer(self.algorithm);
        let stdin = [PathBuf::from(STDIN)];
        let lists = if lists.is_empty() { &stdin } else { lists };
        for list in lists {
            if self.is_over() {
                return;
            }
            let checked = open(list)
                .and_then(|mut lines| self.check(list, &mut lines, &mut algorithms, &mut summer));
            match checked {
                Ok(_) if self.is_over() => return,
                Ok(tally) => self.sum_up(list, tally),
                Err(error) => {
                    let message = format!("cannot read {}: {error}", shown(list));
                    self.job.results.fail(ExitCode::Io, &message);
                    let entry = json!({ "outcome": "unread-list", "error": error.to_string() });
                    self.add(list, None, entry);
                }
            }
        }
    }

    fn is_over(&self) -> bool {
        self.job.is_cancelled() || self.job.results.is_closed()
    }

    fn check(
        &self,
        list: &Path,
        lines: &mut impl BufRead,
        algorithms: &mut Algorithms<'_>,
        summer: &mut Summer<'_>,
    ) -> io::Result<Tally> {
        let is_stdin = list.as_os_str() == STDIN;
        let model = Arc::new(self.algorithm.model().clone());
        let mut parser = Parser::new(list.as_os_str(), &model);
        let mut sum = |name: &OsStr, other: Option<&Algorithm>| -> Result<Sum, SumError> {
            if self.job.refuses_name(name) {
                return Err(SumError::Cancelled);
            }
            let summed = match other {
                _ if is_stdin && name == STDIN => Err(io::Error::other("it is the list").into()),
                None => self.job.sum(name, summer),
                Some(other) => self.job.sum(name, &mut self.job.summer(other)),
            };
            if let Err(error) = &summed {
                let is_missing = matches!(
                    error,
                    SumError::Io(error) if error.kind() == io::ErrorKind::NotFound
                );
                if !(is_missing && self.options.ignore_missing) {
                    self.job
                        .explain(name, other.unwrap_or(self.algorithm), error);
                }
            }
            summed
        };
        let mut take = |number: u64, judged: &Judged| -> bool {
            self.report(list, number, judged);
            !self.is_over()
        };
        let is_missing_ignored = self.options.ignore_missing;
        check(
            lines,
            &mut parser,
            algorithms,
            is_missing_ignored,
            &mut sum,
            &mut take,
        )
    }

    /// Prints what became of a line.
    fn report(&self, list: &Path, number: u64, judged: &Judged) {
        let results = self.job.results;
        match judged {
            Judged::Malformed(malformed) => {
                results.note(ExitCode::Io);
                if !self.options.status {
                    let list = shown(list);
                    results.remark(&format!("error: {list}, line {number}: {malformed}"));
                }
                let entry = json!({ "outcome": "malformed", "error": malformed.to_string() });
                self.add(list, Some(number), entry);
            }
            Judged::File(_, Outcome::Unread(SumError::Cancelled)) => {}
            Judged::File(entry, outcome) => {
                results.has_one();
                let said = match outcome {
                    Outcome::Right(_) => (!self.options.quiet).then_some("OK"),
                    Outcome::Wrong(_) => {
                        results.note(ExitCode::Found);
                        Some("FAILED")
                    }
                    Outcome::Unread(_) => Some("FAILED open or read"),
                    Outcome::Ignored => None,
                };
                if let Some(said) = said.filter(|_| !self.options.status && !self.is_json) {
                    self.print(&entry.name, said);
                }
                if self.is_json {
                    self.add(list, Some(number), outcome_entry(entry, outcome));
                }
            }
        }
    }

    /// Prints a name as in a list, and what became of it.
    fn print(&self, name: &OsStr, said: &str) {
        let mut line = Vec::new();
        if is_escaped(name) {
            line.push(b'\\');
        }
        escape(name, &mut line);
        line.extend_from_slice(format!(": {said}\n").as_bytes());
        self.job.results.write(&line);
    }

    /// Adds a line of a list to the document.
    fn add(&self, list: &Path, line: Option<u64>, mut entry: Value) {
        let list = json::named(list.as_os_str());
        entry["list"] = list["name"].clone();
        if let Some(bytes) = list.get("name_base64") {
            entry["list_base64"] = bytes.clone();
        }
        entry["line"] = line.into();
        self.job.results.add(entry);
    }

    /// Says how many lines of a list were not right.
    fn sum_up(&self, list: &Path, tally: Tally) {
        let (results, list) = (self.job.results, shown(list));
        if !tally.has_files() {
            let message = format!("{list} has no line with a checksum and a name");
            results.fail(ExitCode::Io, &message);
            return;
        }
        if tally.ignored > 0 && tally.right + tally.wrong + tally.unread == 0 {
            let message = format!("no file of {list} is there, so nothing was checked");
            results.fail(ExitCode::Nothing, &message);
        }
        if self.options.status {
            return;
        }
        for (count, one, of_one, of_several) in [
            (tally.malformed, "line", "is malformed", "are malformed"),
            (
                tally.unread,
                "file",
                "could not be read",
                "could not be read",
            ),
            (
                tally.wrong,
                "file",
                "is wrong: the checksum differs",
                "are wrong: the checksums differ",
            ),
        ] {
            if count > 0 {
                let what = if count == 1 { of_one } else { of_several };
                let count = count_in_words(count as usize, one);
                results.remark(&format!("warning: {list}: {count} {what}"));
            }
        }
    }
}

fn open(list: &Path) -> io::Result<Box<dyn BufRead>> {
    Ok(match list.as_os_str() == STDIN {
        false => Box::new(BufReader::new(File::open(list)?)),
        true if standard_streams::is_stdin_closed() => {
            return Err(io::Error::other("it is closed"));
        }
        true => Box::new(io::stdin().lock()),
    })
}

fn shown(list: &Path) -> String {
    match list.as_os_str() == STDIN {
        true => "stdin".to_owned(),
        false => readable(list.as_os_str()),
    }
}

fn outcome_entry(entry: &Entry, outcome: &Outcome) -> Value {
    let model = &entry.model;
    let mut value = json::named(&entry.name);
    value["model"] = model.label().into();
    value["expected"] = json::word(model, entry.checksum).into();
    let name = match outcome {
        Outcome::Right(_) => "right",
        Outcome::Wrong(_) => "wrong",
        Outcome::Ignored => "ignored",
        Outcome::Unread(_) => "unread",
    };
    value["outcome"] = name.into();
    match outcome {
        Outcome::Right(sum) | Outcome::Wrong(sum) => json::add_sum(&mut value, model, sum),
        Outcome::Unread(error) => value["error"] = error.to_string().into(),
        Outcome::Ignored => {}
    }
    value
}
