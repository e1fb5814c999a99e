//! The lines of a list against the files that they name.

use super::lines::{NextLine, next_line};
use super::parse::{Entry, Malformed, Parser};
use crate::algorithm::Algorithm;
use crate::sum::{Sum, SumError};
use std::ffi::OsStr;
use std::io::{self, BufRead};

/// What became of a line that names a file.
#[derive(Debug)]
pub enum Outcome {
    /// The file has the checksum of the line.
    Right(Sum),
    /// It has another one.
    Wrong(Sum),
    /// There is no such file, and that is to be ignored.
    Ignored,
    /// It has no checksum.
    Unread(SumError),
}

/// A line of a list, judged.
#[derive(Debug)]
pub enum Judged {
    /// It names a file.
    File(Entry, Outcome),
    /// It is no line of a list.
    Malformed(Malformed),
}

/// How many lines of a list became what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Files that have the checksum of their line.
    pub right: u64,
    /// Files that have another one.
    pub wrong: u64,
    /// Files that are not there, which is ignored.
    pub ignored: u64,
    /// Files that could not be read.
    pub unread: u64,
    /// Lines that are none of a list.
    pub malformed: u64,
}

impl Tally {
    /// Whether a line named a file.
    pub const fn has_files(&self) -> bool {
        self.right + self.wrong + self.ignored + self.unread > 0
    }

    /// Counts a line.
    const fn add(&mut self, judged: &Judged) {
        let count = match judged {
            Judged::File(_, Outcome::Right(_)) => &mut self.right,
            Judged::File(_, Outcome::Wrong(_)) => &mut self.wrong,
            Judged::File(_, Outcome::Ignored) => &mut self.ignored,
            Judged::File(_, Outcome::Unread(_)) => &mut self.unread,
            Judged::Malformed(_) => &mut self.malformed,
        };
        *count += 1;
    }
}

/// What computes the checksums of lists: tables are made once for each model.
#[derive(Debug)]
pub struct Algorithms<'a> {
    first: &'a Algorithm,
    others: Vec<Algorithm>,
}

impl<'a> Algorithms<'a> {
    /// With that of the lines that name no model.
    pub const fn new(first: &'a Algorithm) -> Self {
        Self {
            first,
            others: Vec::new(),
        }
    }

    /// The one for this line; `None` for the first.
    fn other(&mut self, entry: &Entry) -> Option<&Algorithm> {
        if *self.first.model() == *entry.model {
            return None;
        }
        let is_of = |one: &Algorithm| *one.model() == *entry.model;
        let index = self.others.iter().position(is_of).unwrap_or_else(|| {
            self.others.push(Algorithm::new(&entry.model));
            self.others.len() - 1
        });
        Some(&self.others[index])
    }
}

/// Gives the checksum of a name, by the first algorithm or another.
pub type SumName<'s> = dyn FnMut(&OsStr, Option<&Algorithm>) -> Result<Sum, SumError> + 's;

/// Compares the lines of `list` with the files that they name. `sum` gives the checksum of a name,
/// by the first algorithm unless it gets another. `take` gets the number of each line, from 1, and
/// what became of it, and returns whether to go on.
///
/// # Errors
/// What the system says when it reads the list.
pub fn check(
    list: &mut impl BufRead,
    parser: &mut Parser,
    algorithms: &mut Algorithms<'_>,
    is_missing_ignored: bool,
    sum: &mut SumName<'_>,
    take: &mut dyn FnMut(u64, &Judged) -> bool,
) -> io::Result<Tally> {
    let (mut line, mut tally) = (Vec::new(), Tally::default());
    for number in 1.. {
        let parsed = match next_line(list, &mut line)? {
            NextLine::End => break,
            NextLine::TooLong => Err(Malformed::TooLong),
            NextLine::Line => parser.parse(&line),
        };
        let judged = match parsed {
            Ok(None) => continue,
            Err(malformed) => Judged::Malformed(malformed),
            Ok(Some(entry)) => {
                let sum = sum(&entry.name, algorithms.other(&entry));
                let outcome = outcome(sum, entry.checksum, is_missing_ignored);
                Judged::File(entry, outcome)
            }
        };
        tally.add(&judged);
        if !take(number, &judged) {
            break;
        }
    }
    Ok(tally)
}

fn outcome(sum: Result<Sum, SumError>, expected: u64, is_missing_ignored: bool) -> Outcome {
    match sum {
        Ok(sum) if sum.checksum == expected => Outcome::Right(sum),
        Ok(sum) => Outcome::Wrong(sum),
        Err(SumError::Io(error))
            if is_missing_ignored && error.kind() == io::ErrorKind::NotFound =>
        {
            Outcome::Ignored
        }
        Err(error) => Outcome::Unread(error),
    }
}
