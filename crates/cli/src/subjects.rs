//! From options to subjects. What is not available is skipped, with the reason.

use crate::failure::Failure;
use crate::foreign;
use crate::interpret::offer;
use crate::options::SubjectOptions;
use crate::seed;
use crate::stderr::tell;
use crcheck_faults::{ResolveError, reader_faults, resolve_with};
use crcheck_harness::check::saved::found_on::{self, FoundOn};
use crcheck_harness::check::saved::load::{Item, Loaded};
use crcheck_harness::kernel::Tier;
use crcheck_harness::kernel::cpu;
use crcheck_harness::oracle::model::Model;
use crcheck_harness::report::Skipped;
use crcheck_harness::report::verdict::ExitCode;
use crcheck_harness::subject::{
    Models, Subject, SubjectName, TiersRun, is_of_this_architecture, missing_features,
};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// The files that a command reads: those of its subjects, and the saved cases with the files of the
/// subjects that they were found on.
pub(crate) fn files(options: &SubjectOptions, saved: &Loaded) -> Vec<PathBuf> {
    let found_on = saved.items.iter().filter_map(FoundOn::of);
    let subjects = found_on.filter_map(|found_on| found_on.subject);
    let named: BTreeSet<String> = subjects.map(|name| name.to_string()).collect();
    let of_named = named
        .iter()
        .flat_map(|name| foreign::files_of(&name.as_str().into()));
    let selected = foreign::selected_files(options);
    saved.files().chain(selected).chain(of_named).collect()
}

/// Says if the code of a library or a program is another than the one that cases were found on.
pub(crate) fn tell_changed_code(items: &[Item], subjects: &Subjects) {
    let names = subjects.available.iter().map(|subject| subject.name());
    let changed = names.filter_map(|name| found_on::changed_code(items, &name));
    changed.for_each(tell);
}

/// Subjects that can run, and those that cannot.
#[derive(Default)]
pub(crate) struct Subjects {
    pub(crate) available: Vec<Box<dyn Subject>>,
    pub(crate) skipped: Vec<Skipped>,
}

impl Subjects {
    /// Starts the subjects that the options name; every tier if they name none.
    pub(crate) fn select(options: &SubjectOptions) -> Result<Self, Failure> {
        let mut options = options.clone();
        options.draw_faults(seed::fresh());
        let mut subjects = Self::default();
        for part in options.parts() {
            let selected = Self::select_part(part).and_then(|selected| subjects.join(selected));
            selected.map_err(|failure| failure.about(part.in_file.as_deref()))?;
        }
        Ok(subjects)
    }

    /// Starts the subjects of a part of the options.
    fn select_part(options: &SubjectOptions) -> Result<Self, Failure> {
        let has_built_in = !options.has_own_foreign() || options.has_own_built_in();
        if options.model.is_some() && has_built_in {
            return Err(Failure::new(
                ExitCode::Usage,
                "--model is for --lib and --cmd: the built-in kernels compute CRC-32/ISO-HDLC",
            ));
        }
        cpu::mask().map_err(|error| Failure::new(ExitCode::Usage, error.to_string()))?;
        let mut subjects = Self::default();
        for (name, is_required) in built_in_names(options) {
            subjects.take(&name, options, is_required)?;
        }
        if options.tier.is_empty() {
            subjects.skipped = subjects
                .skipped
                .into_iter()
                .map(without_other_architectures)
                .collect();
        }
        subjects.available.extend(foreign::start_selected(options)?);
        Ok(subjects)
    }

    /// Takes others too. Findings and artifacts name a subject without its model, so that one
    /// function has one model in a run.
    fn join(&mut self, others: Self) -> Result<(), Failure> {
        for subject in others.available {
            let (name, model) = (subject.name(), subject.model());
            match self.available.iter().find(|known| known.name() == name) {
                None => self.available.push(subject),
                Some(known) if known.model() == model => {}
                Some(known) => {
                    let (one, other) = (known.model().label(), model.label());
                    let text = format!(
                        "{name} is to compute {one} and {other} in the same run: judge one after \
                         the other"
                    );
                    return Err(Failure::new(ExitCode::Usage, text));
                }
            }
        }
        for skipped in others.skipped {
            match self
                .skipped
                .iter_mut()
                .find(|known| known.what == skipped.what)
            {
                Some(known) => known.required |= skipped.required,
                None => self.skipped.push(skipped),
            }
        }
        Ok(())
    }

    /// Starts the subjects that the options name, for a command that calls their kernels alone. The
    /// kernel of a faulty reader is right, so such a command would pass the fault.
    pub(crate) fn select_kernels(options: &SubjectOptions) -> Result<Self, Failure> {
        let bare = |name: &String| name.trim_start_matches("fault:").to_owned();
        let is_reader = |name: &String| reader_faults().iter().any(|fault| fault.name == name);
        let faults = options.parts().flat_map(|part| &part.fault);
        if let Some(name) = faults.map(bare).find(is_reader) {
            let text = format!(
                "the fault {name} is in a reader or writer, and its kernel is right; judge it by \
                 `CRCHECK_SUBJECT=fault:{name} scripts/fuzz reader_model`, or by `crcheck replay \
                 corpus/reader_model --fault {name}`"
            );
            return Err(Failure::new(ExitCode::Usage, text));
        }
        Self::select(options)
    }

    /// Starts the subjects for a saved case: those that the options name, else the one that it was
    /// found on, else every tier. The case gives the model if the options do not.
    pub(crate) fn select_for(
        options: &SubjectOptions,
        found_on: Option<&FoundOn>,
    ) -> Result<Self, Failure> {
        let Some(FoundOn { subject, model }) = found_on else {
            return Self::select(options);
        };
        match subject {
            Some(name) if options.is_empty() => Self::named(name, model, options, false),
            _ => Self::select(&with_model(options, model)),
        }
    }

    /// Starts the subject of a full name, as artifacts and certificates have it. A library or a
    /// program claims `model`. The options say how it is run.
    pub(crate) fn named(
        name: &SubjectName,
        model: &Model,
        options: &SubjectOptions,
        is_required: bool,
    ) -> Result<Self, Failure> {
        let mut subjects = Self::default();
        match foreign::start_named(name, model, options)? {
            Some(subject) => subjects.available.push(subject),
            None => subjects.take(name, options, is_required)?,
        }
        Ok(subjects)
    }

    /// The kernel's tiers among them, by whether they can run.
    pub(crate) fn tiers(&self) -> TiersRun {
        let names = self.available.iter().map(|subject| subject.name());
        let missing = self.skipped.iter().filter(|skipped| skipped.applies);
        let missing = missing.map(|skipped| SubjectName::parse(&skipped.what));
        TiersRun::new(&names.collect::<Vec<_>>(), &missing.collect::<Vec<_>>())
    }

    /// The models that they claim to compute.
    pub(crate) fn models(&self) -> Models {
        Models::of_subjects(&self.available)
    }

    /// Takes a built-in subject by its full name.
    fn take(
        &mut self,
        name: &SubjectName,
        options: &SubjectOptions,
        is_required: bool,
    ) -> Result<(), Failure> {
        let text = name.to_string();
        if let (SubjectName::Tier(tier), Some(interpret)) = (name, &options.interpret)
            && let Some(subject) = interpret.tier(*tier)?
        {
            match subject {
                Ok(subject) => self.available.push(subject),
                Err(reason) => self.skipped.push(Skipped::new(text, reason, is_required)),
            }
            return Ok(());
        }
        let launch = foreign::launch(options.call_timeout())?;
        match resolve_with(&text, Some(&launch)) {
            Ok(subject) => self.available.push(subject),
            Err(ResolveError::Unavailable { reason, .. }) => {
                let reason = unavailable_reason(name).unwrap_or(reason);
                self.skipped.push(Skipped::new(text, reason, is_required));
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }
}

/// The options with the model of a saved case for each library and program without one.
fn with_model(options: &SubjectOptions, model: &Model) -> SubjectOptions {
    let configured = options.configured.iter();
    let is_foreign = options.has_own_foreign() && !options.has_own_built_in();
    let own = options.model.clone();
    SubjectOptions {
        model: own.or_else(|| is_foreign.then(|| model.clone())),
        configured: configured.map(|one| with_model(one, model)).collect(),
        ..options.clone()
    }
}

/// The full names of the tiers and faults that the options name, each with whether it is required;
/// every tier if the options name no subject.
fn built_in_names(options: &SubjectOptions) -> Vec<(SubjectName, bool)> {
    let mut names: Vec<(SubjectName, bool)> = Vec::new();
    let mut add = |name: SubjectName, is_required: bool| {
        match names.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known |= is_required,
            None => names.push((name, is_required)),
        };
    };
    let names_others = options.has_own_foreign() || !options.configured.is_empty();
    if options.tier.is_empty() && options.fault.is_empty() && !names_others {
        for tier in Tier::ALL {
            add(SubjectName::Tier(*tier), false);
        }
    }
    for name in &options.tier {
        add(format!("tier:{name}").into(), false);
    }
    for name in &options.fault {
        add(name.as_str().into(), false);
    }
    for name in &options.require_tier {
        add(format!("tier:{name}").into(), true);
    }
    names
}

/// Of all tiers, those of another architecture are not meant.
fn without_other_architectures(skipped: Skipped) -> Skipped {
    match SubjectName::parse(&skipped.what) {
        SubjectName::Tier(tier) if !skipped.required && !is_of_this_architecture(tier) => {
            skipped.inapplicable()
        }
        _ => skipped,
    }
}

/// Why a tier is not available: each feature that is missing, and where the CPU says so.
fn unavailable_reason(name: &SubjectName) -> Option<String> {
    let SubjectName::Tier(tier) = name else {
        return None;
    };
    let reasons = missing_features(*tier);
    (!reasons.is_empty()).then(|| reasons.join("; ") + offer(*tier))
}
