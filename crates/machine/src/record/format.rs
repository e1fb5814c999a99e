//! The text of a recording.

use crcheck_platform::files::hash::sha256;
use std::fmt::{self, Write};

/// The results of one CPU on the forms that need the same extensions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// The generator's name.
    pub generator: String,
    pub seed: u64,
    /// The CPU's name.
    pub cpu: String,
    pub extensions: Vec<String>,
    pub entries: Vec<Entry>,
}

/// The results of one form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The form's name.
    pub form: String,
    /// One case with all that it changes.
    pub shown: Option<Shown>,
    /// A digest for each case; `None` where there is no such instruction, or silicon did not
    /// execute it.
    pub digests: Vec<Option<u32>>,
}

/// What one case has changed, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    pub case: u32,
    pub changes: String,
}

/// A line of a recording that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// The number of the line, from 1.
    pub line: usize,
    pub what: String,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

/// The first line, whose number is that of the format.
const TITLE: &str = "crcheck instruction vectors 1";

/// What stands for a case without a result.
const NO_RESULT: &str = "--------";

/// The digits of a digest.
const DIGITS: usize = 8;

impl Recording {
    /// The name of its file.
    pub fn file_name(&self) -> String {
        format!("{}.txt", self.extensions.join("+"))
    }

    /// Its text.
    pub fn render(&self) -> String {
        let mut lines = Lines::default();
        lines.push(TITLE);
        lines.push(&format!("generator {}", self.generator));
        lines.push(&format!("seed {:#x}", self.seed));
        lines.push(&format!("cpu {}", self.cpu));
        lines.push(&format!("extensions {}", self.extensions.join(" ")));
        for entry in &self.entries {
            lines.push(&format!("form {}", entry.form));
            if let Some(shown) = &entry.shown {
                lines.push(&format!("case {} {}", shown.case, shown.changes));
            }
            let digests = entry.digests.iter().map(|digest| match digest {
                Some(digest) => format!("{digest:0DIGITS$x}"),
                None => NO_RESULT.to_owned(),
            });
            lines.push(&format!("digests {}", digests.collect::<String>()));
        }
        lines.push(&format!("end {}", self.entries.len()));
        lines.text
    }

    /// Reads a recording.
    ///
    /// # Errors
    /// The first line that is not as [`Recording::render`] writes it.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let mut reader = Reader::new(text);
        let title = reader.line()?;
        if title != TITLE {
            return Err(reader.error(format!("it does not begin with `{TITLE}`")));
        }
        let mut recording = Self {
            generator: reader.value("generator")?.to_owned(),
            seed: reader.seed()?,
            cpu: reader.value("cpu")?.to_owned(),
            extensions: reader
                .value("extensions")?
                .split(' ')
                .map(str::to_owned)
                .collect(),
            entries: Vec::new(),
        };
        loop {
            let line = reader.line()?;
            if let Some(form) = line.strip_prefix("form ") {
                recording.entries.push(reader.entry(form)?);
            } else if line == format!("end {}", recording.entries.len()) {
                break;
            } else {
                return Err(reader.error("neither a form nor the end".to_owned()));
            }
        }
        match reader.lines.next() {
            None => Ok(recording),
            Some(_) => {
                reader.number += 1;
                Err(reader.error("something follows the end".to_owned()))
            }
        }
    }
}

/// Lines, each with a check of itself and all before it.
#[derive(Default)]
struct Lines {
    text: String,
    check: String,
}

impl Lines {
    fn push(&mut self, line: &str) {
        self.check = check(&self.check, line);
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "{line} #{}", self.check);
    }
}

/// The check of a line behind one with the check `before`.
fn check(before: &str, line: &str) -> String {
    let mut digits = sha256(format!("{before}{line}").as_bytes());
    digits.truncate(DIGITS);
    digits
}

struct Reader<'a> {
    lines: std::str::Lines<'a>,
    number: usize,
    check: String,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            lines: text.lines(),
            number: 0,
            check: String::new(),
        }
    }

    const fn error(&self, what: String) -> Malformed {
        Malformed {
            line: self.number,
            what,
        }
    }

    /// The next line, without its check.
    fn line(&mut self) -> Result<&'a str, Malformed> {
        self.number += 1;
        let Some(whole) = self.lines.next() else {
            return Err(self.error("the file ends too early".to_owned()));
        };
        let Some((line, found)) = whole.rsplit_once(" #") else {
            return Err(self.error("it has no check at its end".to_owned()));
        };
        self.check = check(&self.check, line);
        if found != self.check {
            let what = "it, or a line before it, is not as it was written: its check is wrong";
            return Err(self.error(what.to_owned()));
        }
        Ok(line)
    }

    /// What follows `key` on the next line.
    fn value(&mut self, key: &str) -> Result<&'a str, Malformed> {
        let line = self.line()?;
        let rest = line
            .strip_prefix(key)
            .and_then(|rest| rest.strip_prefix(' '));
        rest.ok_or_else(|| self.error(format!("it does not begin with `{key}`")))
    }

    fn seed(&mut self) -> Result<u64, Malformed> {
        let digits = self.value("seed")?.strip_prefix("0x");
        let seed = digits.and_then(|digits| u64::from_str_radix(digits, 16).ok());
        seed.ok_or_else(|| self.error("the seed is no hexadecimal number".to_owned()))
    }

    fn entry(&mut self, form: &str) -> Result<Entry, Malformed> {
        let mut line = self.line()?;
        let mut shown = None;
        if let Some(rest) = line.strip_prefix("case ") {
            let (case, changes) = rest.split_once(' ').unwrap_or((rest, ""));
            let Ok(case) = case.parse() else {
                return Err(self.error("the case is no number".to_owned()));
            };
            let changes = changes.to_owned();
            shown = Some(Shown { case, changes });
            line = self.line()?;
        }
        let digests = line.strip_prefix("digests ").and_then(digests);
        let Some(digests) = digests else {
            return Err(self.error("there are no digests of 8 digits".to_owned()));
        };
        let form = form.to_owned();
        Ok(Entry {
            form,
            shown,
            digests,
        })
    }
}

fn digests(text: &str) -> Option<Vec<Option<u32>>> {
    let chunks = text.as_bytes().chunks(DIGITS);
    let one = |chunk: &[u8]| {
        let digits = std::str::from_utf8(chunk).ok()?;
        if digits == NO_RESULT {
            return Some(None);
        }
        let number = u32::from_str_radix(digits, 16).ok();
        number.filter(|_| digits.len() == DIGITS).map(Some)
    };
    chunks.map(one).collect()
}
