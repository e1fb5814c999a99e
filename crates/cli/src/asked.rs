//! What a command line asks for as to reports, whether or not it can be parsed.

use crate::report_to;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// The commands whose output is no report: they judge nothing, or stand for another program.
const WITHOUT_REPORTS: [&str; 11] = [
    "sum",
    "identify",
    "show",
    "tiers",
    "models",
    "corpus",
    "completions",
    "man",
    "help",
    "worker",
    "mask-cpu",
];

/// The file of a certificate, unless the command line names another one.
pub(crate) const CERTIFICATE: &str = "crcheck-certificate.json";

/// What the words of a command line say.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    /// The files that reports go to.
    pub(crate) files: Vec<PathBuf>,
    /// The other words.
    pub(crate) others: Vec<OsString>,
    /// Whether a report is for the workflows of GitHub.
    pub(crate) has_github: bool,
    /// Whether that report goes to stdout.
    pub(crate) has_github_on_stdout: bool,
}

impl Asked {
    pub(crate) fn of_this_process() -> Self {
        Self::of(std::env::args_os().skip(1))
    }

    /// Reads the words behind the program's name.
    fn of(words: impl Iterator<Item = OsString>) -> Self {
        let mut asked = Self::default();
        let (mut outputs, mut certificates) = (Vec::new(), Vec::new());
        let mut words = words.peekable();
        while let Some(word) = words.next() {
            let (option, value) = match word.as_bytes().starts_with(b"--") {
                true => report_to::split(&word),
                false => (word.as_os_str(), None),
            };
            let known = ["--output", "--certificate", "--format"];
            let Some(option) = known.into_iter().find(|known| option == *known) else {
                asked.others.push(word);
                continue;
            };
            let value = value.map(OsStr::to_owned).or_else(|| words.next());
            let value = value.unwrap_or_default();
            match option {
                "--output" => outputs.push(value.into()),
                "--certificate" => certificates.push(value.into()),
                _ => asked.add_format(&value),
            }
        }
        if asked.judges_nothing() {
            return Self::default();
        }
        asked.has_github_on_stdout &= outputs.is_empty();
        asked.files.append(&mut outputs);
        // With --again no certificate is written.
        if !asked.has_option("--again") {
            if asked.command() == "certify" && certificates.is_empty() {
                certificates.push(CERTIFICATE.into());
            }
            asked.files.append(&mut certificates);
        }
        asked
    }

    fn add_format(&mut self, value: &OsStr) {
        let (kind, file) = report_to::split(value);
        self.files.extend(file.map(PathBuf::from));
        if kind == "github" {
            self.has_github = true;
            self.has_github_on_stdout |= file.is_none();
        }
    }

    /// Whether the command is one without reports, or only lists what would run.
    fn judges_nothing(&self) -> bool {
        WITHOUT_REPORTS.contains(&self.command()) || self.has_option("--list")
    }

    fn command(&self) -> &str {
        let is_name = |word: &&OsString| !word.as_bytes().starts_with(b"-");
        let command = self.others.iter().find(is_name);
        command.and_then(|word| word.to_str()).unwrap_or_default()
    }

    /// The last value of `--config`.
    pub(crate) fn config(&self) -> Option<PathBuf> {
        let others = self.others.iter().map(|word| report_to::split(word));
        let next = self.others.iter().skip(1).map(OsString::as_os_str);
        let values = others.zip(next.map(Some).chain([None]));
        let values = values.filter(|((option, _), _)| *option == "--config");
        let values = values.filter_map(|((_, value), next)| value.or(next));
        values.last().map(PathBuf::from)
    }

    /// Whether the command reads a configuration file.
    pub(crate) fn has_config(&self) -> bool {
        let options = ["--config", "--profile", "--subject"];
        options.iter().any(|option| self.has_option(option))
    }

    fn has_option(&self, option: &str) -> bool {
        let mut others = self.others.iter();
        others.any(|word| report_to::split(word).0 == option)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(line: &str) -> Asked {
        Asked::of(line.split(' ').map(OsString::from))
    }

    #[test]
    fn every_way_to_name_a_file_is_seen() {
        for (line, files) in [
            ("verify --output a", &["a"][..]),
            ("verify --output=a --bogus", &["a"]),
            ("verfy --format junit=a --format=html=b=c", &["a", "b=c"]),
            ("certify --certificate a --format json", &["a"]),
            ("emulate --cpu x -- verify --output a", &["a"]),
            ("verify --output", &[""]),
            ("verify a --lib=b", &[]),
            ("certify --again a --certificate b", &[]),
            ("certify", &[CERTIFICATE]),
            ("certify --bogus --certificate=a", &["a"]),
            ("sum --output a b", &[]),
            ("verify --list --output a", &[]),
        ] {
            let files: Vec<PathBuf> = files.iter().map(PathBuf::from).collect();
            assert_eq!(asked(line).files, files, "{line}");
        }
        assert_eq!(asked("verify --lib=b a").others.len(), 3);
    }

    #[test]
    fn the_configuration_is_seen() {
        for (line, has, file) in [
            ("verify --config a --config=b", true, Some("b")),
            ("verify --profile a", true, None),
            ("verify --subject=a --config", true, None),
            ("verify a", false, None),
        ] {
            let asked = asked(line);
            assert_eq!(asked.has_config(), has, "{line}");
            assert_eq!(asked.config(), file.map(PathBuf::from), "{line}");
        }
    }

    #[test]
    fn what_is_for_github_is_seen() {
        for (line, expected) in [
            ("verify --format github", (true, true)),
            ("verify --format=github --output a", (true, false)),
            ("verify --format json --format github=a", (true, false)),
            ("verify --format json", (false, false)),
        ] {
            let asked = asked(line);
            let found = (asked.has_github, asked.has_github_on_stdout);
            assert_eq!(found, expected, "{line}");
        }
    }
}
