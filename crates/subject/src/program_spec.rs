//! Which program, and how it takes messages and gives checksums, as text.

use crate::c_function::Convention;
use crate::output_form::OutputForm;
use std::fmt;
use std::str::FromStr;

/// Which program, and how to call it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProgramSpec {
    /// The command line, split as a shell does.
    pub line: String,
    /// How it takes messages and gives checksums.
    pub form: ProgramForm,
    /// What it takes and returns.
    pub convention: Convention,
}

/// How a program takes messages and gives checksums.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProgramForm {
    /// It answers requests until its stdin ends.
    #[default]
    Persistent,
    /// It reads one message, writes its checksum in this form, and ends.
    OneShot(OutputForm),
}

/// The name of the second form.
const ONE_SHOT: &str = "one-shot";

impl ProgramSpec {
    /// A program that answers requests.
    pub fn persistent(line: &str) -> Self {
        Self {
            line: line.to_owned(),
            ..Self::default()
        }
    }

    /// The program as options of the command line.
    pub fn options(&self) -> Vec<String> {
        let mut words = vec!["--cmd".to_owned(), self.line.clone()];
        if let ProgramForm::OneShot(result) = self.form {
            words.extend(["--cmd-form", ONE_SHOT].map(str::to_owned));
            if result != OutputForm::default() {
                words.extend(["--result", result.name()].map(str::to_owned));
            }
        }
        if self.convention != Convention::default() {
            words.extend(["--convention", self.convention.name()].map(str::to_owned));
        }
        words
    }
}

/// `:LINE`, after the form, result and convention in brackets if they are not the usual ones: a
/// line may have anything in it.
impl fmt::Display for ProgramSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words = Vec::new();
        if let ProgramForm::OneShot(result) = self.form {
            words.extend([ONE_SHOT, result.name()]);
        }
        if self.convention != Convention::default() {
            words.push(self.convention.name());
        }
        if !words.is_empty() {
            write!(f, "[{}]", words.join(","))?;
        }
        write!(f, ":{}", self.line)
    }
}

impl FromStr for ProgramSpec {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let not_one = || format!("`{text}` is not [WORDS]:COMMAND");
        if let Some(line) = text.strip_prefix(':') {
            return Ok(Self::persistent(line));
        }
        let bracketed = text
            .strip_prefix('[')
            .and_then(|rest| rest.split_once("]:"));
        let (words, line) = bracketed.ok_or_else(not_one)?;
        let mut spec = Self::persistent(line);
        for word in words.split(',') {
            if word == ONE_SHOT {
                spec.form = ProgramForm::OneShot(OutputForm::default());
            } else if let Ok(convention) = word.parse() {
                spec.convention = convention;
            } else if let ProgramForm::OneShot(result) = &mut spec.form {
                *result = word.parse()?;
            } else {
                return Err(not_one());
            }
        }
        Ok(spec)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_back_as_it_was_written() {
        for text in [
            ":python3 crc.py --fast",
            ":[one-shot,hex]:f",
            "[register]:./crc",
            "[one-shot,hex]:crc32 {}",
            "[one-shot,le,register]:sh -c 'gzip -c | tail -c8 | head -c4 # ]:'",
        ] {
            let spec: ProgramSpec = text.parse().expect(text);
            assert_eq!(spec.to_string(), text);
        }
        for bad in ["", "crc", "[hex]:crc", "[one-shot,oct]:crc", "[one-shot]"] {
            assert!(bad.parse::<ProgramSpec>().is_err(), "{bad}");
        }
    }
}
