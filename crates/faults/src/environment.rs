//! The subject that environment variables choose, for fuzz targets and tests.

use crate::resolve::{ResolveError, resolve};
use crcheck_harness::oracle::model::Model;
use crcheck_harness::report::verdict::ExitCode;
use crcheck_harness::subject::library;
use crcheck_harness::subject::library::{Convention, InProcessLibrary, LibrarySpec, Signature};
use crcheck_harness::subject::{ForeignError, Subject};
use std::fmt::Display;
use std::str::FromStr;

/// The variable that names the subject.
const SUBJECT: &str = "CRCHECK_SUBJECT";

/// The variables that say what a library's function computes, and how it is called, as the options
/// `--model`, `--signature` and `--convention` do.
const MODEL: &str = "CRCHECK_MODEL";
const SIGNATURE: &str = "CRCHECK_SIGNATURE";
const CONVENTION: &str = "CRCHECK_CONVENTION";

/// Why the environment gives no subject.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvironmentError {
    /// The subject cannot be had.
    #[error("{SUBJECT}: {0}")]
    Subject(#[from] ResolveError),
    /// A variable says something wrong.
    #[error("{variable}: {what}")]
    Variable {
        /// The variable.
        variable: &'static str,
        /// What is wrong, and what to do.
        what: String,
    },
}

impl EnvironmentError {
    /// The exit code of a command that ends with this error.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Subject(error) => error.exit_code(),
            Self::Variable { .. } => ExitCode::Usage,
        }
    }
}

/// The subject that the environment chooses; `None` if it chooses none.
///
/// # Errors
/// As [`resolve_from`].
pub fn resolve_env() -> Result<Option<Box<dyn Subject>>, EnvironmentError> {
    resolve_from(|variable| std::env::var(variable).ok())
}

/// The subject that these variables choose; `None` if they choose none. An empty variable counts as
/// none. `lib:PATH:SYMBOL` is loaded into this process, and claims to compute CRC-32/ISO-HDLC
/// unless `CRCHECK_MODEL` says otherwise.
///
/// # Errors
/// As [`resolve`], and for a library that cannot be called, a value that says nothing or
/// contradicts the subject, and a variable that is for libraries where there is none.
pub fn resolve_from(
    get: impl Fn(&str) -> Option<String>,
) -> Result<Option<Box<dyn Subject>>, EnvironmentError> {
    let get = |variable| get(variable).filter(|text| !text.is_empty());
    let subject = get(SUBJECT);
    if let Some(text) = subject.as_ref().and_then(|text| text.strip_prefix("lib:")) {
        return load_library(text, get).map(Some);
    }
    let for_libraries = [MODEL, SIGNATURE, CONVENTION];
    if let Some(variable) = for_libraries.into_iter().find(|one| get(one).is_some()) {
        let what = format!("it is for {SUBJECT}=lib:PATH:SYMBOL; unset it");
        return Err(EnvironmentError::Variable { variable, what });
    }
    Ok(subject.map(|text| resolve(&text)).transpose()?)
}

fn load_library(
    text: &str,
    get: impl Fn(&'static str) -> Option<String>,
) -> Result<Box<dyn Subject>, EnvironmentError> {
    let parse = |text: &str| -> Result<LibrarySpec, EnvironmentError> {
        let spec = text
            .parse()
            .map_err(|text| foreign(ForeignError::Usage(text)));
        Ok(spec?)
    };
    let model = get(MODEL).map(|text| Model::find(&text)).transpose();
    let model = model.map_err(|error| wrong(MODEL, error))?;
    let signature: Option<Signature> = value_of(SIGNATURE, &get)?;
    let convention: Option<Convention> = value_of(CONVENTION, &get)?;
    // Text behind the subject's own says what that leaves open: of two, the first counts.
    let mut whole = text.to_owned();
    if let Some(convention) = convention {
        whole += &format!(":{}", convention.name());
    }
    if let Some(signature) = &signature {
        whole += &format!(":{signature}");
    }
    let spec = parse(text).and_then(|_| parse(&whole))?;
    let contradicts = |variable, says: &dyn Display| {
        let what = format!("{SUBJECT} says `{says}`; let one of the two say it");
        EnvironmentError::Variable { variable, what }
    };
    if signature.is_some_and(|signature| signature != spec.interface.signature) {
        return Err(contradicts(SIGNATURE, &spec.interface.signature));
    }
    if convention.is_some_and(|convention| convention != spec.interface.convention) {
        return Err(contradicts(CONVENTION, &spec.interface.convention.name()));
    }
    let spec = LibrarySpec {
        path: library::find(&spec.path),
        ..spec
    };
    let library = InProcessLibrary::load(spec, model.unwrap_or(Model::CRC_32_ISO_HDLC));
    Ok(Box::new(library.map_err(foreign)?))
}

fn value_of<T: FromStr<Err: Display>>(
    variable: &'static str,
    get: impl Fn(&'static str) -> Option<String>,
) -> Result<Option<T>, EnvironmentError> {
    let value = get(variable).map(|text| text.parse()).transpose();
    value.map_err(|error| wrong(variable, error))
}

fn wrong(variable: &'static str, error: impl Display) -> EnvironmentError {
    let what = error.to_string();
    EnvironmentError::Variable { variable, what }
}

fn foreign(error: ForeignError) -> ResolveError {
    ResolveError::Foreign(error)
}
