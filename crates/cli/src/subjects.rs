//! From options to subjects; what cannot be had is skipped, with the reason.

use crate::failure::Failure;
use crate::foreign;
use crate::options::{self, Who};
use crcheck_faults::{ResolveError, resolve};
use crcheck_harness::kernel::Tier;
use crcheck_harness::kernel::cpu::{self, Absence, Features};
use crcheck_harness::oracle::model::Model;
use crcheck_harness::report::Skipped;
use crcheck_harness::subject::Subject;
use crcheck_harness::verdict::ExitCode;
use std::time::Duration;

/// Those that are here, and those that are not.
#[derive(Default)]
pub(crate) struct Subjects {
    pub(crate) here: Vec<Box<dyn Subject>>,
    pub(crate) skipped: Vec<Skipped>,
}

impl Subjects {
    /// What the options name; every tier if they name none.
    pub(crate) fn select(who: &Who) -> Result<Self, Failure> {
        let (has_model, has_ours) = (who.model.is_some(), !who.has_foreign() || who.has_ours());
        if has_model && has_ours {
            return Err(Failure::new(
                ExitCode::Usage,
                "--model is for --lib and --cmd: the built-in kernels compute CRC-32/ISO-HDLC",
            ));
        }
        cpu::mask().map_err(|error| Failure::new(ExitCode::Usage, error.to_string()))?;
        let mut who = who.clone();
        who.draw(options::fresh_seed());
        let mut names: Vec<(String, bool)> = Vec::new();
        let mut add = |name: String, required: bool| {
            match names.iter_mut().find(|(known, _)| *known == name) {
                Some((_, known)) => *known |= required,
                None => names.push((name, required)),
            };
        };
        if who.tier.is_empty() && who.fault.is_empty() && !who.has_foreign() {
            Tier::ALL
                .iter()
                .for_each(|tier| add(format!("tier:{tier}"), false));
        }
        who.tier
            .iter()
            .for_each(|name| add(format!("tier:{name}"), false));
        who.fault.iter().for_each(|name| add(name.clone(), false));
        who.require_tier
            .iter()
            .for_each(|name| add(format!("tier:{name}"), true));
        let mut subjects = Self::default();
        for (name, required) in names {
            subjects.take(&name, required)?;
        }
        subjects.here.extend(foreign::chosen(&who)?);
        Ok(subjects)
    }

    /// The subject of a full name, as artifacts and certificates have it; a foreign one claims `model`.
    pub(crate) fn named(
        name: &str,
        model: &Model,
        call_timeout: Duration,
        required: bool,
    ) -> Result<Self, Failure> {
        let mut subjects = Self::default();
        if foreign::is_foreign(name) {
            let subject = foreign::named(name, model, call_timeout)?;
            subjects.here.push(subject);
        } else {
            subjects.take(name, required)?;
        }
        Ok(subjects)
    }

    /// The model that they claim to compute.
    pub(crate) fn model(&self) -> Model {
        let first = self.here.first();
        first.map_or(Model::CRC_32_ISO_HDLC, |subject| subject.model())
    }

    /// What the processes of those that are not ours have given up.
    pub(crate) fn sandbox(&self) -> String {
        let mut foreign = self.here.iter().filter_map(|subject| subject.foreign());
        foreign.next().map_or(String::new(), |one| one.sandbox())
    }

    /// Takes a subject by its full name.
    pub(crate) fn take(&mut self, name: &str, required: bool) -> Result<(), Failure> {
        match resolve(name) {
            Ok(subject) => self.here.push(subject),
            Err(ResolveError::Unavailable { reason, .. }) => self.skipped.push(Skipped {
                what: name.to_owned(),
                reason: because(name).unwrap_or(reason),
                required,
            }),
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }
}

/// Why a tier is not available: each feature that is missing, and where it says so.
fn because(name: &str) -> Option<String> {
    let tier: Tier = name.strip_prefix("tier:")?.parse().ok()?;
    let reasons = absences(tier);
    (!reasons.is_empty()).then(|| reasons.join("; "))
}

/// What `tier` needs and cannot have, one reason for each feature.
pub(crate) fn absences(tier: Tier) -> Vec<String> {
    if let Some(there) = tier.architecture().filter(|there| !there.is_here()) {
        return vec![Absence::Architecture(there).to_string()];
    }
    reasons(tier.required())
}

/// Why `tier` is not chosen although this CPU has it, one reason for each feature.
pub(crate) fn deterrents(tier: Tier) -> Vec<String> {
    reasons(tier.preferred().without(tier.required()))
}

fn reasons(wanted: Features) -> Vec<String> {
    let missing = wanted.without(Features::detect());
    let reason = |feature| match Features::absence_here(feature) {
        Some(absence) => format!("{feature}: {absence}"),
        None => format!("{feature}: masked by CRCHECK_DISABLE"),
    };
    missing.iter().map(reason).collect()
}
