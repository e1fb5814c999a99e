//! From options and names to subjects that are not ours.

use crate::failure::Failure;
use crate::options::Who;
use crcheck_harness::oracle::model::Model;
use crcheck_harness::subject::library::{self, LibrarySpec, LibrarySubject};
use crcheck_harness::subject::program::ProgramSubject;
use crcheck_harness::subject::{ForeignError, Subject};
use crcheck_harness::verdict::ExitCode;
use crcheck_harness::worker::Launch;
use std::path::Path;
use std::time::Duration;

impl From<ForeignError> for Failure {
    fn from(error: ForeignError) -> Self {
        Self::new(error.exit_code(), error.to_string())
    }
}

/// Whether this is the name of a subject that is not ours.
pub(crate) fn is_foreign(name: &str) -> bool {
    name.starts_with("lib:") || name.starts_with("cmd:")
}

/// The subjects that `--lib` and `--cmd` name.
pub(crate) fn chosen(who: &Who) -> Result<Vec<Box<dyn Subject>>, Failure> {
    let mut chosen: Vec<Box<dyn Subject>> = Vec::new();
    if let Some(path) = &who.lib {
        chosen.push(library(spec(path, who)?, who.model(), who.call_timeout)?);
    }
    if let Some(line) = &who.cmd {
        chosen.push(program(line, who.model(), who.call_timeout)?);
    }
    Ok(chosen)
}

/// The subject of a full name, as artifacts have it.
pub(crate) fn named(
    name: &str,
    model: &Model,
    deadline: Duration,
) -> Result<Box<dyn Subject>, Failure> {
    if let Some(line) = name.strip_prefix("cmd:") {
        return program(line, model.clone(), deadline);
    }
    let spec = name.trim_start_matches("lib:").parse::<LibrarySpec>();
    let spec = spec.map_err(|text| Failure::new(ExitCode::Usage, text))?;
    library(spec, model.clone(), deadline)
}

fn spec(path: &Path, who: &Who) -> Result<LibrarySpec, Failure> {
    let path = &library::find(path);
    let Some(symbol) = &who.symbol else {
        let list = library::plausible(path)?;
        let text = format!("--lib needs --symbol NAME: of {} {list}", path.display());
        return Err(Failure::new(ExitCode::Usage, text));
    };
    Ok(LibrarySpec {
        path: path.to_owned(),
        symbol: symbol.clone(),
        convention: who.convention.unwrap_or_default(),
        signature: who.signature.unwrap_or_default(),
    })
}

fn library(
    spec: LibrarySpec,
    model: Model,
    deadline: Duration,
) -> Result<Box<dyn Subject>, Failure> {
    Ok(Box::new(LibrarySubject::new(
        spec,
        model,
        launch(deadline)?,
    )?))
}

fn program(line: &str, model: Model, deadline: Duration) -> Result<Box<dyn Subject>, Failure> {
    Ok(Box::new(ProgramSubject::new(
        line,
        model,
        launch(deadline)?,
    )?))
}

pub(crate) fn launch(deadline: Duration) -> Result<Launch, Failure> {
    Launch::this_program(deadline)
        .map_err(|error| Failure::new(ExitCode::Io, format!("cannot find this program: {error}")))
}
