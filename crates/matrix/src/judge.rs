//! Has the harness judge each build.

use crate::build::Build;
use crcheck_harness::check::check_result::CheckResult;
use crcheck_harness::check::control::Control;
use crcheck_harness::check::guess::{Fit, Guess};
use crcheck_harness::check::plan::Plan;
use crcheck_harness::check::run::RunError;
use crcheck_harness::check::verification::{self, Seeds};
use crcheck_harness::oracle::model::Model;
use crcheck_harness::report::verdict::ExitCode;
use crcheck_harness::report::{GuessReport, sandbox};
use crcheck_harness::subject::library::{Interface, LibrarySpec, LibrarySubject, Stated};
use crcheck_harness::subject::worker::Launch;
use crcheck_harness::subject::{Subject, SubjectName};
use std::path::{Path, PathBuf};

/// The function to judge in each build.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its name.
    pub symbol: String,
    /// How it is called.
    pub interface: Interface,
    /// Which parts of the interface the user has stated; `None` to judge it by the stated interface
    /// whatever its values are.
    pub stated: Option<Stated>,
    /// What it claims to compute.
    pub model: Model,
}

/// What became of one profile.
#[derive(Clone, Debug)]
pub struct Judged {
    pub build: Build,
    pub outcome: Outcome,
}

/// What came of a build.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// There is no library.
    NotBuilt,
    /// The harness cannot judge the library, for a reason.
    NotJudged(ExitCode, String),
    /// These are the results of the checks.
    Results(Vec<CheckResult>),
    /// It has the code of this profile, which was judged.
    SameCode(String),
}

/// The outcomes of all profiles, and the rights that the workers had given up.
#[derive(Clone, Debug)]
pub struct AllJudged {
    pub profiles: Vec<Judged>,
    pub sandbox: String,
}

/// A build that the harness can judge.
struct Ready {
    /// The index of the build.
    index: usize,
    subject: Box<dyn Subject>,
}

/// Judges every build, those of equal code once. The results name a library by its file in `shown`,
/// the folder that keeps them; without one, by its name alone.
///
/// # Errors
/// If no judge knows the model, or the operating system refuses memory.
///
/// # Panics
/// If the judges differ on a case: that is a bug of theirs.
pub fn judge_all(
    builds: Vec<Build>,
    function: &Function,
    launch: &Launch,
    plan: &Plan,
    control: &Control<'_>,
    shown: Option<&Path>,
) -> Result<AllJudged, RunError> {
    let mut outcomes: Vec<Outcome> = Vec::new();
    let mut ready = Vec::new();
    for (index, build) in builds.iter().enumerate() {
        outcomes.push(match (&build.library, &build.same_code_as) {
            (Err(_), _) => Outcome::NotBuilt,
            (Ok(_), Some(other)) => Outcome::SameCode(other.clone()),
            (Ok(library), None) => match start(library, function, launch) {
                Ok(subject) => {
                    ready.push(Ready { index, subject });
                    Outcome::Results(Vec::new())
                }
                Err((code, reason)) => Outcome::NotJudged(code, reason),
            },
        });
    }
    let (indices, subjects): (Vec<usize>, Vec<Box<dyn Subject>>) = ready
        .into_iter()
        .map(|one| (one.index, one.subject))
        .unzip();
    // The names, since replayed cases come in another order.
    let names: Vec<SubjectName> = subjects.iter().map(|subject| subject.name()).collect();
    let results = match subjects.is_empty() {
        true => Vec::new(),
        false => verification::judge(
            &subjects,
            plan,
            Vec::new(),
            Seeds::Judged,
            control,
            &mut |_| {},
        )?,
    };
    for result in results {
        let at = names.iter().position(|name| *name == result.subject);
        let index = at.map(|at| indices[at]);
        if let Some(Outcome::Results(of_build)) = index.map(|index| &mut outcomes[index]) {
            of_build.push(renamed(result, shown));
        }
    }
    let profiles = builds.into_iter().zip(outcomes);
    Ok(AllJudged {
        sandbox: sandbox(&subjects),
        profiles: profiles
            .map(|(build, outcome)| Judged { build, outcome })
            .collect(),
    })
}

/// A worker that calls the function, unless its values appear by another interface.
fn start(
    library: &Path,
    function: &Function,
    launch: &Launch,
) -> Result<Box<dyn Subject>, (ExitCode, String)> {
    let spec = LibrarySpec {
        path: library.to_owned(),
        symbol: function.symbol.clone(),
        interface: function.interface.clone(),
    };
    let file = |path: &Path| path.file_name().map(PathBuf::from).unwrap_or_default();
    // The folder of the build says nothing to its owner.
    let brief = |text: String| {
        let (long, short) = (library.display(), file(library));
        text.replace(&long.to_string(), &short.display().to_string())
    };
    let subject = LibrarySubject::new(spec, function.model.clone(), launch.clone())
        .map_err(|error| (ExitCode::from(&error), brief(error.to_string())))?;
    let Some(stated) = function.stated else {
        return Ok(Box::new(subject));
    };
    let subject = subject.stated(stated);
    match Guess::of(&subject) {
        Some(guess) if matches!(guess.fit, Fit::Interface(_)) => {
            let report = GuessReport::new(&guess);
            Err((ExitCode::Usage, brief(report.to_string())))
        }
        _ => Ok(Box::new(subject)),
    }
}

/// The result with the name that the library has for the user.
fn renamed(mut result: CheckResult, shown: Option<&Path>) -> CheckResult {
    let rename = |name: &mut SubjectName| {
        if let SubjectName::Library(spec) = name {
            let file = spec.path.file_name().map(PathBuf::from).unwrap_or_default();
            spec.path = shown.map_or(file.clone(), |folder| folder.join(&file));
        }
    };
    rename(&mut result.subject);
    for group in &mut result.groups {
        rename(&mut group.finding.subject);
        rename(&mut group.first.subject);
    }
    result
}
