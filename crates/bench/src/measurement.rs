//! A measurement: it refuses wrong contenders, times the others, and compares with a base.

use crate::Memory;
use crate::contender::{Contender, ContenderKind, ExpectedChecksums, WITHOUT_UPDATE};
use crate::limits::Limits;
use crate::pin;
use crate::profile::row_loop::{self, Profile, ProfileError, ProfilePlan};
use crate::report::{BenchReport, Comparison, NotTimed, Refusal};
use crate::run::{self, BenchControl, BenchPlan, Samples};
use crate::scenario::{Mode, Scenario};
use std::io;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// What to measure.
pub struct Measurement<'a> {
    /// The rows.
    pub scenarios: Vec<Scenario>,
    /// The time for samples. A comparison that finds a regression takes it twice.
    pub budget: Duration,
    /// The core to stay on; `None` for the one where the thread runs.
    pub core: Option<usize>,
    /// The seed of everything that is random.
    pub seed: u64,
    /// The run to compare with.
    pub base: Option<Base<'a>>,
    /// The profile to take after the figures.
    pub profile: Option<ProfilePlan<'a>>,
    /// What stops the measurement, and what it calls.
    pub control: BenchControl<'a>,
}

/// What a measurement gives besides the report.
#[derive(Debug, Default)]
pub struct Measured {
    /// Why it is not a pass; empty if it is one.
    pub shortfalls: Vec<Shortfall>,
    /// The profile, if one was asked for and there was a sample.
    pub profile: Option<Profile>,
}

/// Another run, to compare with.
pub struct Base<'a> {
    /// Its file or program.
    pub name: String,
    /// Its figures.
    pub report: &'a BenchReport,
    /// The least change that counts, as a part of the base.
    pub tolerance: f64,
}

/// Why a measurement is not a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shortfall {
    /// A contender is wrong.
    Wrong,
    /// A figure is worse than that of the base.
    Slower,
    /// The base has none of the figures.
    NothingCompared,
    /// A figure is missing, or its noise is not known.
    Incomplete,
    /// An interrupt ended the run before the first figure.
    Interrupted,
    /// The profile has too few samples, or none.
    ProfileIncomplete,
    /// No profile can be taken here; the report says why.
    NoProfile,
}

/// Why there is no measurement.
#[derive(Debug, thiserror::Error)]
pub enum MeasureError {
    /// The system has no memory.
    #[error("no memory for messages: {0}")]
    Memory(#[from] io::Error),
    /// The process must not use the core.
    #[error("cannot stay on core {core}: {error}")]
    Core {
        /// The core.
        core: usize,
        /// What the system says.
        error: io::Error,
    },
}

/// Whether a measurement could stay on `core`, if one is chosen: an error then costs no run.
///
/// # Errors
/// If the system does not allow the core.
pub fn check_core(core: Option<usize>) -> Result<(), MeasureError> {
    core.map_or(Ok(()), |core| {
        pin::try_pin(core).map_err(|error| MeasureError::Core { core, error })
    })
}

/// More blocks add no information.
const BLOCKS_MAX: usize = 25;

impl Measurement<'_> {
    /// Times `subjects` beside the contenders by others, and adds what it finds to `report`.
    ///
    /// # Errors
    /// If the system has no memory, or does not allow the core.
    pub fn run(
        &self,
        subjects: Vec<Contender>,
        report: &mut BenchReport,
    ) -> Result<Measured, MeasureError> {
        let mut measured = Measured::default();
        let shortfalls = &mut measured.shortfalls;
        let contenders = self.right_contenders(subjects, report)?;
        if !report.refused.is_empty() {
            shortfalls.push(Shortfall::Wrong);
        }
        let is_subject = |contender: &Contender| contender.kind == ContenderKind::Subject;
        if self.is_cancelled() {
            shortfalls.push(Shortfall::Interrupted);
            return Ok(measured);
        }
        if !contenders.iter().any(is_subject) {
            return Ok(measured);
        }
        report.machine.core = self.pin()?;
        let limits = Limits::measure(self.control.cancelled)?;
        let samples = self.sample(&contenders, self.scenarios.clone())?;
        report.take_samples(limits, &contenders, &samples);
        if self.is_cancelled() && report.rows.is_empty() {
            shortfalls.push(Shortfall::Interrupted);
        } else if self.is_cancelled() || !samples.is_complete {
            shortfalls.push(Shortfall::Incomplete);
        }
        if let Some(base) = &self.base {
            let comparison = self.compare(base, &contenders, report)?;
            shortfalls.extend(shortfall_of(&comparison));
            report.comparison = Some(comparison);
        }
        if let Some(plan) = &self.profile {
            let (profile, shortfall) = self.take_profile(plan, &contenders, report)?;
            shortfalls.extend(shortfall);
            measured.profile = profile;
        }
        Ok(measured)
    }

    /// Profiles the subjects in all rows, after the figures, which it does not touch.
    fn take_profile(
        &self,
        plan: &ProfilePlan<'_>,
        contenders: &[Contender],
        report: &mut BenchReport,
    ) -> io::Result<(Option<Profile>, Option<Shortfall>)> {
        let contenders = contenders.iter();
        let subjects = contenders.filter(|contender| contender.kind == ContenderKind::Subject);
        let subjects: Vec<&Contender> = subjects.collect();
        let cancelled = self.control.cancelled;
        match row_loop::profile(&subjects, &self.scenarios, plan, self.seed, cancelled) {
            Ok(profile) if profile.stacks.count() == 0 => {
                Ok((None, Some(Shortfall::ProfileIncomplete)))
            }
            Ok(profile) => {
                let shortfall = (!profile.is_complete).then_some(Shortfall::ProfileIncomplete);
                Ok((Some(profile), shortfall))
            }
            Err(ProfileError::Memory(error)) => Err(error),
            Err(ProfileError::Sampler(error)) => {
                report.skipped.push(NotTimed {
                    what: "profile".to_owned(),
                    reason: error.to_string(),
                    is_required: true,
                });
                Ok((None, Some(Shortfall::NoProfile)))
            }
        }
    }

    fn is_cancelled(&self) -> bool {
        self.control.cancelled.load(Ordering::Relaxed)
    }

    /// The subjects and the contenders by others that compute the right checksum of every message.
    fn right_contenders(
        &self,
        subjects: Vec<Contender>,
        report: &mut BenchReport,
    ) -> io::Result<Vec<Contender>> {
        if subjects.is_empty() {
            return Ok(Vec::new());
        }
        let sizes = self.scenarios.iter().map(|scenario| scenario.size_bytes);
        let memory = Memory::new(sizes.max().unwrap_or(0), self.seed)?;
        let expected = ExpectedChecksums::new(&self.scenarios, &memory);
        let mut right = Vec::new();
        for contender in subjects.into_iter().chain(Contender::others()) {
            if self.is_cancelled() {
                return Ok(Vec::new());
            }
            match contender.check(&expected) {
                Ok(()) => {
                    report.skipped.extend(self.without_update(&contender));
                    right.push(contender);
                }
                Err(difference) => report.refused.push(Refusal {
                    contender: contender.name,
                    reason: difference.to_string(),
                }),
            }
        }
        Ok(right)
    }

    /// A contender that has no figure in [`Mode::Register`], if that is among the rows.
    fn without_update(&self, contender: &Contender) -> Option<NotTimed> {
        let mut modes = self.scenarios.iter().map(|scenario| scenario.mode);
        let is_missing = !contender.has_update() && modes.any(|mode| mode == Mode::Register);
        is_missing.then(|| NotTimed {
            what: format!("{} in {}", contender.name, Mode::Register),
            reason: WITHOUT_UPDATE.to_owned(),
            is_required: false,
        })
    }

    fn pin(&self) -> Result<Option<usize>, MeasureError> {
        match (pin::pin(self.core), self.core) {
            (Ok(core), _) => Ok(Some(core)),
            // Without a core of its own the run is noisier, and the report says so.
            (Err(_), None) => Ok(None),
            (Err(error), Some(core)) => Err(MeasureError::Core { core, error }),
        }
    }

    fn sample(&self, contenders: &[Contender], scenarios: Vec<Scenario>) -> io::Result<Samples> {
        let plan = BenchPlan {
            scenarios,
            budget: self.budget,
            blocks_max: BLOCKS_MAX,
            seed: self.seed,
        };
        run::run(contenders, &plan, &self.control)
    }

    /// Compares with `base`, and measures again what seems slower.
    fn compare(
        &self,
        base: &Base<'_>,
        contenders: &[Contender],
        report: &BenchReport,
    ) -> io::Result<Comparison> {
        let mut comparison = Comparison {
            base: base.name.clone(),
            tolerance: base.tolerance,
            base_injected: base.report.injected.clone(),
            machine: report.machine.differences_from(&base.report.machine),
            changes: report.changes(base.report, base.tolerance),
        };
        let slower = comparison.slower();
        let mut suspects: Vec<Scenario> = slower.map(|change| change.scenario).collect();
        if !suspects.is_empty() && !self.is_cancelled() {
            suspects.dedup();
            let samples = self.sample(contenders, suspects)?;
            let mut again = report.clone();
            again.take_samples(report.limits.clone(), contenders, &samples);
            comparison.confirm(&again.changes(base.report, base.tolerance));
        }
        Ok(comparison)
    }
}

fn shortfall_of(comparison: &Comparison) -> Option<Shortfall> {
    if comparison.changes.is_empty() {
        Some(Shortfall::NothingCompared)
    } else if comparison.slower().next().is_some() {
        Some(Shortfall::Slower)
    } else {
        comparison.has_unknown().then_some(Shortfall::Incomplete)
    }
}
