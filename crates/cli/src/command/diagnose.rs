//! `crcheck diagnose`.

use crate::absent::Absent;
use crate::failure::Failure;
use crate::options::{ReportOptions, SubjectOptions, default_to_artifact, heading};
use crate::reports::Reports;
use crate::subjects::{self, Subjects};
use crate::trust::{TrustOptions, Untrusted};
use crate::{config, interrupt, parse, seed};
use clap::Args;
use crcheck_harness::check::checks::CheckSet;
use crcheck_harness::check::control::{Control, Event};
use crcheck_harness::check::depth::{Depth, DepthName};
use crcheck_harness::check::finding::Finding;
use crcheck_harness::check::fuzz::Target;
use crcheck_harness::check::plan::Plan;
use crcheck_harness::check::run;
use crcheck_harness::check::saved::artifacts::SavedArtifacts;
use crcheck_harness::check::saved::found_on::FoundOn;
use crcheck_harness::check::saved::load::{self, Item, Loaded};
use crcheck_harness::check::saved::replay;
use crcheck_harness::report;
use crcheck_harness::report::verdict::ExitCode;
use crcheck_harness::report::{Facts, Report, Skipped};
use crcheck_harness::subject::CheckId;
use std::path::PathBuf;

/// Say in one sentence what a faulty kernel computes, and when
#[derive(Args, Debug)]
#[command(
    mut_arg("tier", default_to_artifact),
    mut_arg("trust", |trust| trust.requires("path")),
    after_help = "Examples:\n\
\x20 crcheck diagnose --fault article-crc32q\n\
\x20 crcheck diagnose crcheck-artifacts/case.toml\n\
\x20 crcheck diagnose --subject mine\n\
\x20 crcheck diagnose --lib ./libmine.so --symbol my_crc32"
)]
pub(crate) struct Diagnose {
    /// A saved case: an artifact (.toml), or an input of a fuzz target [default: run the checks at
    /// depth quick, and diagnose what they find]
    path: Option<PathBuf>,
    #[command(flatten)]
    subject: SubjectOptions,
    #[command(flatten)]
    trust: TrustOptions,
    /// The fuzz target of the input [default: the name of its folder]
    #[arg(long, help_heading = heading::RUN)]
    target: Option<Target>,
    /// Run only this check, such as guard. Repeatable [default: all checks]
    #[arg(
        long,
        value_name = "ID",
        value_parser = parse::check,
        conflicts_with = "path",
        help_heading = heading::RUN
    )]
    check: Vec<CheckId>,
    /// Seed of everything that is random [default: a new one, which the report names]
    #[arg(long, value_parser = parse::seed, help_heading = heading::RUN)]
    seed: Option<u64>,
    #[command(flatten)]
    report: ReportOptions,
}

impl Diagnose {
    pub(crate) fn run(mut self) -> Result<ExitCode, Failure> {
        config::take_subjects(&mut self.subject, self.report.output.quiet)?;
        let seed = self.seed.unwrap_or_else(seed::fresh);
        self.subject.draw_faults(seed);
        let loaded = match &self.path {
            Some(path) => load::load(std::slice::from_ref(path), self.target)?,
            None => Loaded::default(),
        };
        let inputs = subjects::files(&self.subject, &loaded);
        let output = Reports::open(&self.report.format, &self.report.output, &inputs)?;
        let Loaded { items, skipped, .. } = loaded;
        let subjects = self.subjects(&items)?;
        subjects::tell_changed_code(&items, &subjects);
        let found_by = match &self.path {
            Some(path) => format!("crcheck diagnose {}", path.display()),
            None => format!("crcheck diagnose --seed {seed:#x}"),
        };
        let plan = self.plan(seed);
        let planned = self.path.is_none().then_some(&plan);
        let models = subjects.models();
        let artifacts = self
            .report
            .artifact_writer(models.clone(), found_by, planned);
        // A saved case has its file already.
        let mut saved = SavedArtifacts::default();
        let on_event = |event: &Event<'_>| {
            if let (Event::Ended(result), None) = (event, &self.path) {
                artifacts.write_smallest(result);
            }
        };
        let control = Control {
            cancelled: interrupt::flag(),
            on_event: &on_event,
            ..Control::default()
        };
        let (available, all) = (&subjects.available, CheckSet::all());
        let results = if self.path.is_some() {
            let mut record = |item: &Item, finding: &Finding| {
                let path = saved.paths.entry(finding.id());
                path.or_insert_with(|| item.path.clone());
            };
            replay::replay(&items, available, all, &control, &mut record)?.results
        } else {
            run::run(available, &plan, &control)?.concat()
        };
        if self.path.is_none() {
            artifacts.settle(&results, true);
            saved = artifacts.finish();
        }
        let report = Report::new(Facts {
            depth: "diagnose".to_owned(),
            sandbox: report::sandbox(&subjects.available),
            skipped: Skipped::of_load(&skipped).chain(subjects.skipped).collect(),
            is_interrupted: interrupt::has_come(),
            artifacts: saved,
            ..Facts::of_run(&plan, models, &results)
        });
        let first = report::sentence(&report);
        Ok(output.finish_after(first, &report))
    }

    fn plan(&self, seed: u64) -> Plan {
        Plan {
            depth: Depth::of(DepthName::Quick),
            checks: if self.check.is_empty() {
                CheckSet::all()
            } else {
                self.check.iter().copied().collect()
            },
            seed,
            max_stack_bytes: None,
            is_scaled: true,
        }
    }

    /// The subjects that the options name, else the one of the first case.
    fn subjects(&self, items: &[Item]) -> Result<Subjects, Failure> {
        let found_on = items.first().and_then(FoundOn::of);
        let found_on = found_on.filter(|_| self.subject.is_empty());
        let named = found_on.as_ref().and_then(FoundOn::named);
        let (files, cases) = (self.path.as_slice(), (named, items.len()));
        if let Some(absent) = Absent::of("diagnose", files, &self.subject, self.trust, cases) {
            return Err(absent.into());
        }
        if let Some(name) = self.trust.refused(&self.subject, named) {
            return Err(Untrusted::new("diagnose", self.path.as_slice(), name).into());
        }
        Subjects::select_for(&self.subject, found_on.as_ref())
    }
}
