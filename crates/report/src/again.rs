//! A certificate made again: how it differs from the earlier one, in everything that either states.

use crate::certificate::{Certificate, Hashed, LENGTHS, SCHEMA};
use crcheck_platform::files::regular;
use crcheck_subject::SubjectName;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// An earlier certificate: what a repetition needs of it, and all that it states.
#[derive(Clone, Debug)]
pub struct Earlier {
    /// The name of the subject that it is about.
    pub subject: String,
    /// The model that the subject computes.
    pub model: String,
    pub seed: String,
    /// The most stack that a call might use, in bytes.
    pub max_stack_bytes: Option<usize>,
    /// The CPU that the subject was interpreted on, if it was.
    pub interpreted_on: Option<String>,
    stated: Value,
}

/// The part that a repetition needs.
#[derive(Deserialize)]
struct Needed {
    schema: String,
    subject: Named,
    model: String,
    seed: String,
    max_stack_bytes: Option<usize>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
    interpreted_on: Option<String>,
}

/// Why a text is not a certificate.
#[derive(Debug, thiserror::Error)]
pub enum EarlierError {
    /// It is not JSON of this form.
    #[error("not a certificate: {0}")]
    Json(#[from] serde_json::Error),
    /// It has another version.
    #[error("it has the schema `{0}`; this program reads {SCHEMA}")]
    Schema(String),
}

/// How a repeated certificate differs from the earlier one, a sentence for each difference.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Differences {
    /// The differences of files: the certificate is about something else.
    pub of_files: Vec<String>,
    /// The differences of the machine: what is stated of the earlier one was not repeated there.
    pub of_machine: Vec<String>,
    /// The differences of how far the plan went on a program, whose measured speed decides that.
    pub of_extent: Vec<String>,
    /// All others: a claim does not hold.
    pub of_claims: Vec<String>,
    /// How many statements were compared.
    pub compared: usize,
    /// What was not compared, and why.
    pub not_compared: Vec<String>,
}

impl Earlier {
    /// Reads the JSON form.
    ///
    /// # Errors
    /// If the text is not a certificate.
    pub fn parse(text: &str) -> Result<Self, EarlierError> {
        let stated: Value = serde_json::from_str(text)?;
        let needed = Needed::deserialize(&stated)?;
        if needed.schema != SCHEMA {
            return Err(EarlierError::Schema(needed.schema));
        }
        Ok(Self {
            subject: needed.subject.name,
            model: needed.model,
            seed: needed.seed,
            max_stack_bytes: needed.max_stack_bytes,
            interpreted_on: needed.subject.interpreted_on,
            stated,
        })
    }

    /// Compares all that it states with all that a new certificate states.
    pub fn compare(&self, now: &Certificate) -> Differences {
        let stated = serde_json::to_value(now).expect("plain data is always JSON");
        let mut differences = Differences {
            not_compared: not_compared(now),
            ..Differences::default()
        };
        compare("", &self.stated, &stated, &mut differences);
        if matches!(SubjectName::parse(&self.subject), SubjectName::Program(_)) {
            differences.set_extent_apart();
        }
        if is_linked_by_go(&now.subject.code) {
            differences.leave_stack_out();
        }
        if !differences.of_machine.is_empty() {
            differences.not_compared.push(format!(
                "what the code does on the machine of the certificate: this is another one, {} \
                 ({})",
                now.environment.cpu, now.environment.arch
            ));
        }
        differences
    }
}

/// Whether the Go toolchain linked this file: it marks what it links, and adds its runtime.
fn is_linked_by_go(code: &Hashed) -> bool {
    const MARK: &[u8] = b"\xff Go buildinf:";
    let bytes = regular::read(Path::new(&code.file), regular::CODE_BYTES_MAX);
    code.is_file()
        && bytes.is_ok_and(|bytes| bytes.windows(MARK.len()).any(|window| window == MARK))
}

/// What no comparison of two certificates shows.
fn not_compared(now: &Certificate) -> Vec<String> {
    let mut list = vec![
        "times: a certificate has none".to_owned(),
        "the choice of subject, model, seed and limit of the stack: they are taken from the \
         certificate"
            .to_owned(),
    ];
    if now.subject.code.is_file() {
        list.push(format!(
            "the files that {} loads or reads: a certificate has no hash of them",
            now.subject.code.file
        ));
    }
    list
}

impl Differences {
    /// Takes the differences that the speed of a program explains from those of claims.
    fn set_extent_apart(&mut self) {
        let claims = std::mem::take(&mut self.of_claims);
        let is_extent = |difference: &String| {
            let path = difference.split(' ').next().unwrap_or_default();
            let lengths = format!("not_covered.{LENGTHS}.");
            let of_extent = ["what", "visited", "cells", "calls", "bound"];
            let mut parts = path.split('.').skip(2);
            path.starts_with(&lengths)
                || path.starts_with("covered.") && parts.any(|part| of_extent.contains(&part))
        };
        (self.of_extent, self.of_claims) = claims.into_iter().partition(is_extent);
        if !self.of_extent.is_empty() {
            let why = "how far the plan goes: it follows the measured speed of a program";
            self.not_compared.push(why.to_owned());
        }
    }

    /// Takes the stack that calls used from what was compared: the runtime of Go decides it.
    fn leave_stack_out(&mut self) {
        let claims = self.of_claims.len();
        self.of_claims
            .retain(|difference| !difference.contains(".stack_bytes was "));
        self.compared -= claims - self.of_claims.len();
        let why = "the stack that calls use: the Go runtime changes it from run to run";
        self.not_compared.push(why.to_owned());
    }

    /// The subject and this program are files, the environment is the machine, and all the rest are
    /// claims.
    fn add(&mut self, path: &str, difference: &str) {
        let of_program = path.starts_with("program.") || path == "environment.crcheck";
        let list = if path.starts_with("subject.") || of_program {
            &mut self.of_files
        } else if path.starts_with("environment") {
            &mut self.of_machine
        } else {
            &mut self.of_claims
        };
        list.push(format!("{path} {difference}"));
    }
}

/// Compares what two certificates state at `path`.
fn compare(path: &str, before: &Value, now: &Value, into: &mut Differences) {
    match (before, now) {
        (Value::Object(before), Value::Object(now)) => {
            let keys: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
            for key in keys {
                let of = |map: &serde_json::Map<String, Value>| map.get(key).cloned();
                let (before, now) = (of(before), of(now));
                let path = join(path, key);
                compare(
                    &path,
                    &before.unwrap_or_default(),
                    &now.unwrap_or_default(),
                    into,
                );
            }
        }
        (Value::Array(before), Value::Array(now)) => compare_lists(path, before, now, into),
        _ => {
            into.compared += 1;
            if before != now {
                into.add(path, &format!("was {}, is {}", words(before), words(now)));
            }
        }
    }
}

/// Compares lists by the names of their entries. An entry without a name is its own, and the order
/// states nothing.
fn compare_lists(path: &str, before: &[Value], now: &[Value], into: &mut Differences) {
    let names: BTreeSet<String> = before.iter().chain(now).map(name).collect();
    for name_of_both in names {
        let of = |list: &[Value]| -> Vec<Value> {
            let same = list.iter().filter(|entry| name(entry) == name_of_both);
            same.cloned().collect()
        };
        match (of(before).as_slice(), of(now).as_slice()) {
            ([before], [now]) if before.is_object() && now.is_object() => {
                compare(&join(path, &name_of_both), before, now, into);
            }
            (before, now) => {
                into.compared += 1;
                if before != now {
                    let how = match (before.len(), now.len()) {
                        (_, 0) => "no longer has".to_owned(),
                        (0, _) => "now has".to_owned(),
                        (before, now) => format!("had {before} times, and has {now} times,"),
                    };
                    into.add(path, &format!("{how} {name_of_both}"));
                }
            }
        }
    }
}

/// What an entry of a list is about.
fn name(entry: &Value) -> String {
    let key = ["check", "what"].iter().find_map(|key| entry.get(key));
    words(key.unwrap_or(entry))
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

fn words(value: &Value) -> String {
    match value {
        Value::Null => "not stated".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
