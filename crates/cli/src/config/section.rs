//! A table of a configuration file as arguments of the command line.

use super::keys::{ALLOW, Form, Key, unknown};
use super::place::Source;
use crate::failure::Failure;
use crcheck_harness::report::shell_words;
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A named table.
pub(crate) struct Section {
    /// `subject` or `profile`.
    pub(crate) table: &'static str,
    pub(crate) name: String,
    /// Where its name stands.
    pub(crate) at: Range<usize>,
    pub(crate) arguments: Vec<Argument>,
}

/// An option, as the file has it.
pub(crate) struct Argument {
    /// The key.
    pub(crate) key: &'static str,
    /// The name of the option.
    pub(crate) option: &'static str,
    /// The value as the command line takes it; `None` for a flag.
    pub(crate) value: Option<String>,
    /// Where the value stands.
    pub(crate) at: Range<usize>,
}

impl Argument {
    /// As a word of the command line. A value may begin with a dash.
    pub(crate) fn word(&self) -> String {
        let Self { option, value, .. } = self;
        match value {
            Some(value) => format!("--{option}={value}"),
            None => format!("--{option}"),
        }
    }
}

/// Reads tables.
pub(crate) struct Reader<'s> {
    source: &'s Source,
    /// The table in brackets, for messages.
    table: String,
    keys: &'static [Key],
    arguments: Vec<Argument>,
    /// Each text so far, by its key.
    texts: BTreeSet<(&'static str, String)>,
}

impl Section {
    /// Reads `[TABLE.NAME]`, which has these keys.
    pub(crate) fn read(
        source: &Source,
        table: &'static str,
        keys: &'static [Key],
        name: &Spanned<impl AsRef<str>>,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<Self, Failure> {
        let (at, name) = (name.span(), name.get_ref().as_ref());
        let full = format!("[{table}.{name}]");
        let DeValue::Table(entries) = value.get_ref() else {
            let message =
                format!("`{name}` is no table: write [{table}.NAME] above the keys of a {table}");
            return Err(source.problem(&at, &message));
        };
        if name.trim().is_empty() {
            let message = format!("a {table} has a name: [{table}.NAME]");
            return Err(source.problem(&at, &message));
        }
        let mut reader = Reader {
            source,
            table: full,
            keys,
            arguments: Vec::new(),
            texts: BTreeSet::new(),
        };
        reader.read(entries)?;
        Ok(Self {
            table,
            name: name.to_owned(),
            at,
            arguments: reader.arguments,
        })
    }

    /// The values of a key.
    pub(crate) fn of<'s>(&'s self, key: &'s str) -> impl Iterator<Item = &'s Argument> {
        self.arguments.iter().filter(move |one| one.key == key)
    }
}

impl Reader<'_> {
    fn read(&mut self, entries: &DeTable<'_>) -> Result<(), Failure> {
        let mut entries: Vec<_> = entries.iter().collect();
        entries.sort_by_key(|(name, _)| name.span().start);
        for (name, value) in entries {
            let known = self.keys.iter().find(|key| key.name == name.get_ref());
            let Some(key) = known else {
                let names: Vec<&str> = self.keys.iter().map(|key| key.name).collect();
                let what = format!("key of {}:", self.table);
                let message = unknown(&what, name.get_ref(), &names);
                return Err(self.source.problem(&name.span(), &message));
            };
            self.take(key, value)?;
        }
        Ok(())
    }

    fn take(&mut self, key: &'static Key, value: &Spanned<DeValue<'_>>) -> Result<(), Failure> {
        match (key.form, value.get_ref()) {
            (Form::Allows, DeValue::Array(entries)) => {
                let mut entries = entries.iter();
                return entries.try_for_each(|entry| self.take_allow(key, entry));
            }
            (Form::Flag, DeValue::Boolean(true)) => self.push(key, None, value.span()),
            (Form::Flag, DeValue::Boolean(false)) => {}
            (Form::Texts, DeValue::Array(entries)) => {
                if entries.is_empty() {
                    return Err(self.of_key(key, value, "is empty: leave it out"));
                }
                for entry in entries.iter() {
                    let DeValue::String(text) = entry.get_ref() else {
                        return Err(self.of_type(key, entry));
                    };
                    self.take_text(key, entry, text)?;
                }
            }
            (Form::Number, DeValue::Integer(number)) => {
                self.push(key, Some(number.to_string()), value.span());
            }
            (Form::Flag | Form::Allows, _) => return Err(self.of_type(key, value)),
            (_, DeValue::String(text)) => self.take_text(key, value, text)?,
            _ => return Err(self.of_type(key, value)),
        }
        Ok(())
    }

    fn take_text(
        &mut self,
        key: &'static Key,
        value: &Spanned<DeValue<'_>>,
        text: &str,
    ) -> Result<(), Failure> {
        if text.trim().is_empty() {
            return Err(self.of_key(key, value, "is empty"));
        }
        if text.contains('\0') {
            return Err(self.of_key(key, value, "has a zero byte"));
        }
        let folder = self.source.folder();
        let text = match key.form {
            Form::Library => library(folder, Path::new(text)).display().to_string(),
            Form::Command => command(folder, text),
            _ => text.to_owned(),
        };
        if !self.texts.insert((key.name, text.clone())) {
            return Err(self.of_key(key, value, &format!("has `{text}` twice")));
        }
        self.push(key, Some(text), value.span());
        Ok(())
    }

    /// An entry of `allow`: a finding, and the reason.
    fn take_allow(&mut self, key: &Key, entry: &Spanned<DeValue<'_>>) -> Result<(), Failure> {
        let DeValue::Table(parts) = entry.get_ref() else {
            return Err(self.of_type(key, entry));
        };
        for (name, _) in parts {
            if !ALLOW.contains(&name.get_ref().as_ref()) {
                let what = format!("key of `{}` in {}:", key.name, self.table);
                let message = unknown(&what, name.get_ref(), &ALLOW);
                return Err(self.source.problem(&name.span(), &message));
            }
        }
        for (name, option) in ALLOW.into_iter().zip(["allow", "because"]) {
            let part = parts.get(name);
            let text = part.and_then(|part| part.get_ref().as_str());
            let (Some(part), Some(text)) = (part, text) else {
                let message = format!("needs `{name}`, a string: {ALLOW_EXAMPLE}");
                return Err(self.of_key(key, part.unwrap_or(entry), &message));
            };
            if text.trim().is_empty() {
                return Err(self.of_key(key, part, &format!("has an empty `{name}`")));
            }
            self.arguments.push(Argument {
                key: "allow",
                option,
                value: Some(text.to_owned()),
                at: part.span(),
            });
        }
        Ok(())
    }

    fn push(&mut self, key: &Key, value: Option<String>, at: Range<usize>) {
        self.arguments.push(Argument {
            key: key.name,
            option: key.option,
            value,
            at,
        });
    }

    fn of_type(&self, key: &Key, value: &Spanned<DeValue<'_>>) -> Failure {
        let wanted = match key.form {
            Form::Text | Form::Library | Form::Command => "a string",
            Form::Number => "a string or an integer",
            Form::Texts => "a string or a list of strings",
            Form::Flag => "true or false",
            Form::Allows => ALLOW_EXAMPLE,
        };
        let found = value.get_ref().type_str();
        self.of_key(
            key,
            value,
            &format!("takes {wanted}; this is of type {found}"),
        )
    }

    fn of_key(&self, key: &Key, value: &Spanned<DeValue<'_>>, message: &str) -> Failure {
        let message = format!("`{}` of {} {message}", key.name, self.table);
        self.source.problem(&value.span(), &message)
    }
}

const ALLOW_EXAMPLE: &str = "[{ finding = \"KIND@SUBJECT\", because = \"REASON\" }]";

/// A library of the file in `folder`. A bare name that is no file there is one for the loader.
fn library(folder: &Path, path: &Path) -> PathBuf {
    let is_bare = path.components().count() == 1;
    let joined: PathBuf = folder.join(path).components().collect();
    let is_left = folder.as_os_str().is_empty() || is_bare && !joined.exists();
    if is_left { path.to_owned() } else { joined }
}

/// A command line of the file in `folder`: a program with a relative path is relative to it.
fn command(folder: &Path, line: &str) -> String {
    let words: Vec<PathBuf> = match shlex::split(line) {
        Some(words) => words.into_iter().map(PathBuf::from).collect(),
        None => return line.to_owned(),
    };
    match words.split_first() {
        Some((program, rest))
            if program.is_relative()
                && program.components().count() > 1
                && !folder.as_os_str().is_empty() =>
        {
            let program: PathBuf = folder.join(program).components().collect();
            let words: Vec<PathBuf> = [program].into_iter().chain(rest.iter().cloned()).collect();
            shell_words(&words)
        }
        _ => line.to_owned(),
    }
}
