//! `crcheck.toml`: named subjects, and profiles of runs, as options of the command line.

mod keys;
mod parsed;
mod place;
mod section;

use crate::failure::Failure;
use crate::options::SubjectOptions;
use crate::stderr::tell;
use clap::Args;
use crcheck_harness::report::verdict::ExitCode;
use crcheck_harness::report::visible;
use keys::{KINDS, PROFILE, SUBJECT, TABLES, unknown};
use place::Source;
use section::{Argument, Section};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use toml::de::{DeTable, DeValue};

/// The name of the file that is looked for.
const NAME: &str = "crcheck.toml";

/// A configuration file.
pub(crate) struct Config {
    source: Source,
    subjects: Vec<Section>,
    profiles: Vec<Section>,
}

/// Takes the subjects of a command that has no profiles. Does nothing unless the options ask for a
/// file.
pub(crate) fn take_subjects(options: &mut SubjectOptions, is_quiet: bool) -> Result<(), Failure> {
    match Config::asked_for(options, None)? {
        Some(config) => config.give_subjects(options, None, is_quiet),
        None => Ok(()),
    }
}

/// The lines of programs in the file, if it can be read, each with the folder of the file. A file
/// that is no TOML is one line.
pub(crate) fn lines_of_programs(path: Option<PathBuf>) -> Vec<(PathBuf, String)> {
    let source = path.map_or_else(find, Ok).and_then(Source::read);
    let Ok(source) = source else {
        return Vec::new();
    };
    let lines = match source.text.parse::<toml::Table>() {
        Err(_) => vec![source.text.clone()],
        Ok(table) => {
            let subjects = table.get("subject").and_then(toml::Value::as_table);
            let lines = subjects.into_iter().flatten();
            let lines = lines.filter_map(|(_, subject)| subject.get("cmd")?.as_str());
            lines.map(str::to_owned).collect()
        }
    };
    let folder = source.folder();
    lines
        .into_iter()
        .map(|line| (folder.to_owned(), line))
        .collect()
}

impl Config {
    /// The file that the options ask for; `None` if they ask for none.
    pub(crate) fn asked_for(
        options: &SubjectOptions,
        profile: Option<&str>,
    ) -> Result<Option<Self>, Failure> {
        let is_named = profile.is_some() || !options.subject.is_empty();
        match &options.config {
            Some(path) => Self::read(path.clone()).map(Some),
            None if is_named => Self::read(find()?).map(Some),
            None => Ok(None),
        }
    }

    /// The options that a profile stands for.
    pub(crate) fn profile<T: Args>(&self, name: &str) -> Result<T, Failure> {
        let profile = self.named(&self.profiles, "profile", name)?;
        parsed::parse(&self.source, profile)
    }

    /// Gives the named subjects to the options, and says so. If the options name no subject, all of
    /// the file are meant.
    pub(crate) fn give_subjects(
        &self,
        options: &mut SubjectOptions,
        profile: Option<&str>,
        is_quiet: bool,
    ) -> Result<(), Failure> {
        self.refuse_lost_options(options, profile)?;
        if !options.names_any() {
            options.subject = self.subjects.iter().map(|one| one.name.clone()).collect();
        }
        let mut configured = Vec::new();
        for name in &options.subject {
            configured.push(self.subject(name)?);
        }
        if !is_quiet {
            let mut what: Vec<String> = profile
                .iter()
                .map(|name| format!("profile {name}"))
                .collect();
            if !options.subject.is_empty() {
                let noun = if options.subject.len() == 1 {
                    "subject"
                } else {
                    "subjects"
                };
                what.push(format!("{noun} {}", options.subject.join(", ")));
            }
            let (what, path) = (visible(&what.join(", ")), self.source.path.display());
            tell(format_args!("crcheck: {what} of {path}"));
        }
        options.take_configured(configured, self.source.path.clone());
        Ok(())
    }

    /// Refuses options that would have no effect.
    fn refuse_lost_options(
        &self,
        options: &SubjectOptions,
        profile: Option<&str>,
    ) -> Result<(), Failure> {
        let path = self.source.path.display();
        let refuse = |text: String| Err(Failure::new(ExitCode::Usage, text));
        if let Some(option) = options.lost_option() {
            return refuse(format!(
                "{option} is for --lib and --cmd: a subject of {path} has a key for it"
            ));
        }
        if profile.is_some() || !options.subject.is_empty() {
            return Ok(());
        }
        if options.names_any() {
            return refuse(format!(
                "the command line names its own subjects, so that nothing of {path} is used: leave \
                 out --config, or add --subject NAME"
            ));
        }
        if self.subjects.is_empty() {
            return refuse(format!("{path} has no subject: write [subject.NAME]"));
        }
        Ok(())
    }

    fn subject(&self, name: &str) -> Result<SubjectOptions, Failure> {
        let section = self.named(&self.subjects, "subject", name)?;
        let options: SubjectOptions = parsed::parse(&self.source, section)?;
        Ok(SubjectOptions {
            in_file: Some(format!("subject {name} of {}", self.source.path.display())),
            ..options
        })
    }

    fn named<'s>(
        &self,
        sections: &'s [Section],
        what: &str,
        name: &str,
    ) -> Result<&'s Section, Failure> {
        sections.iter().find(|one| one.name == name).ok_or_else(|| {
            let text = unknown(what, name, &names(sections));
            let text = format!("{}: {}", self.source.path.display(), visible(&text));
            Failure::new(ExitCode::Usage, text)
        })
    }

    fn read(path: PathBuf) -> Result<Self, Failure> {
        let source = Source::read(path)?;
        let root = DeTable::parse(&source.text).map_err(|error| {
            let at = error.span().unwrap_or_default();
            let part = source.text.get(at.clone()).filter(|part| is_short(part));
            let part = part.map_or(String::new(), |part| format!(": `{part}`"));
            source.problem(&at, &format!("{}{part}", error.message()))
        })?;
        for (name, _) in root.get_ref() {
            if !TABLES.contains(&name.get_ref().as_ref()) {
                let message = unknown("table", name.get_ref(), &TABLES);
                return Err(source.problem(&name.span(), &message));
            }
        }
        let subjects = sections(&source, root.get_ref(), "subject", &SUBJECT)?;
        let profiles = sections(&source, root.get_ref(), "profile", &PROFILE)?;
        subjects
            .iter()
            .try_for_each(|subject| require_one_kind(&source, subject))?;
        let mut allows = profiles.iter().flat_map(|one| one.of("allow"));
        if let Some(failure) = allows.find_map(|allow| confused(&source, allow, &subjects)) {
            return Err(failure);
        }
        drop(allows);
        let known: BTreeSet<&str> = names(&subjects).into_iter().collect();
        for named in profiles.iter().flat_map(|one| one.of("subjects")) {
            let name = named.value.as_deref().unwrap_or_default();
            if !known.contains(name) {
                let message = unknown("subject", name, &names(&subjects));
                return Err(source.problem(&named.at, &message));
            }
        }
        Ok(Self {
            source,
            subjects,
            profiles,
        })
    }
}

/// The file in the working folder, or in the nearest one above it.
fn find() -> Result<PathBuf, Failure> {
    let here = std::env::current_dir();
    let here = here.map_err(|error| Failure::io("find", Path::new(NAME), &error))?;
    let mut path = PathBuf::from(NAME);
    for _ in here.ancestors() {
        if path.symlink_metadata().is_ok() {
            return Ok(path);
        }
        path = Path::new("..").join(path);
    }
    let text = format!(
        "there is no {NAME} in {} or a folder above it: write one, or name one by --config FILE",
        here.display()
    );
    Err(Failure::new(ExitCode::Usage, text))
}

/// The tables `[TABLE.NAME]` in the order of the file.
fn sections(
    source: &Source,
    root: &DeTable<'_>,
    table: &'static str,
    keys: &'static [keys::Key],
) -> Result<Vec<Section>, Failure> {
    let Some(value) = root.get(table) else {
        return Ok(Vec::new());
    };
    let DeValue::Table(named) = value.get_ref() else {
        let found = value.get_ref().type_str();
        let message = format!("`{table}` is of type {found}: write [{table}.NAME]");
        return Err(source.problem(&value.span(), &message));
    };
    let sections = named.iter();
    let sections = sections.map(|(name, value)| Section::read(source, table, keys, name, value));
    let mut sections = sections.collect::<Result<Vec<_>, _>>()?;
    sections.sort_by_key(|section| section.at.start);
    Ok(sections)
}

/// A subject is one thing: a library, a program, tiers, or planted faults. The other keys are for
/// the first two.
fn require_one_kind(source: &Source, subject: &Section) -> Result<(), Failure> {
    let name = &subject.name;
    let kinds = KINDS
        .into_iter()
        .filter(|kind| subject.of(kind).next().is_some());
    let kinds: Vec<&str> = kinds.collect();
    let [kind] = kinds[..] else {
        let all = KINDS.join(", ");
        let message = match kinds.as_slice() {
            [] => format!("[subject.{name}] has none of {all}, one of which says what it is"),
            some => format!(
                "[subject.{name}] has {}, and it can be only one of {all}",
                some.join(" and ")
            ),
        };
        return Err(source.problem(&subject.at, &message));
    };
    if ["lib", "cmd"].contains(&kind) {
        return Ok(());
    }
    let is_other = |key: &&str| *key != kind && *key != "call-timeout";
    let mut others = subject.arguments.iter().filter(|one| is_other(&one.key));
    match others.next() {
        None => Ok(()),
        Some(other) => {
            let message = format!("`{}` of [subject.{name}] is for `lib` and `cmd`", other.key);
            Err(source.problem(&other.at, &message))
        }
    }
}

/// What is said of an entry of `allow` that has the name of a subject in the file. Findings do not
/// know it.
fn confused(source: &Source, allow: &Argument, subjects: &[Section]) -> Option<Failure> {
    let (kind, name) = allow.value.as_deref()?.split_once('@')?;
    let subject = subjects.iter().find(|subject| subject.name == name)?;
    let keys = ["symbol", "tier", "fault"].iter();
    let values = keys.flat_map(|key| subject.of(key).filter_map(|one| one.value.as_deref()));
    let values: Vec<&str> = values.collect();
    if values.contains(&name) {
        return None;
    }
    let first = values.first().unwrap_or(&"SYMBOL");
    let message = format!(
        "`{name}` is a subject of this file: `allow` has a symbol, a tier, a fault or a full name \
         behind the `@`, such as {kind}@{first}"
    );
    Some(source.problem(&allow.at, &message))
}

/// Whether a message can show it.
fn is_short(part: &str) -> bool {
    !part.is_empty() && part.len() <= 40
}

fn names(sections: &[Section]) -> Vec<&str> {
    sections
        .iter()
        .map(|section| section.name.as_str())
        .collect()
}
