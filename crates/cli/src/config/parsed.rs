//! The options that a table of a configuration file stands for. The command line's parsers read
//! them.

use super::place::Source;
use super::section::{Argument, Section};
use crate::failure::Failure;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, Command};
use std::error::Error;

/// The options of a table.
pub(crate) fn parse<T: Args>(source: &Source, section: &Section) -> Result<T, Failure> {
    let command = Command::new("crcheck").no_binary_name(true);
    let command = T::augment_args(command.disable_help_flag(true));
    let words = section.arguments.iter().map(Argument::word);
    let matches = command.try_get_matches_from(words);
    let options = matches.and_then(|matches| T::from_arg_matches(&matches));
    options.map_err(|error| explain(source, section, &error))
}

/// What the parsers refuse, where it stands, by the name of its key.
fn explain(source: &Source, section: &Section, error: &clap::Error) -> Failure {
    let texts = |kind| texts_of(error, kind);
    let invalid = texts(ContextKind::InvalidArg);
    let value = texts(ContextKind::InvalidValue).into_iter().next();
    let is_it = |one: &&Argument| {
        let is_of_key = invalid.iter().any(|text| option_in(text) == one.option);
        is_of_key && (value.is_none() || one.value == value)
    };
    let argument = section.arguments.iter().find(is_it);
    let at = argument.map_or(&section.at, |argument| &argument.at);
    let table = format!("[{}.{}]", section.table, section.name);
    let key = argument.map_or("", |argument| argument.key);
    let keys = |texts: &[String]| {
        let names = texts.iter().map(|text| format!("`{}`", option_in(text)));
        names.collect::<Vec<_>>().join(", ")
    };
    let message = match error.kind() {
        ErrorKind::ValueValidation => {
            let reason = error.source().map(ToString::to_string);
            format!("`{key}` of {table}: {}", reason.unwrap_or_default())
        }
        ErrorKind::InvalidValue => format!(
            "`{key}` of {table}: `{}` is not one of {}",
            value.unwrap_or_default(),
            texts(ContextKind::ValidValue).join(", ")
        ),
        ErrorKind::ArgumentConflict => format!(
            "{} and {} of {table} exclude each other",
            keys(&invalid),
            keys(&texts(ContextKind::PriorArg))
        ),
        ErrorKind::MissingRequiredArgument => {
            format!("{table} needs {} for its other keys", keys(&invalid))
        }
        _ => format!("{table}: {error}"),
    };
    source.problem(at, &message)
}

fn texts_of(error: &clap::Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        _ => Vec::new(),
    }
}

/// The option in a text such as `--depth <DEPTH>`.
fn option_in(text: &str) -> &str {
    let name = text.trim_start_matches('-');
    name.split([' ', '=']).next().unwrap_or(name)
}
