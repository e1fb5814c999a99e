//! `crcheck diagnose`.

use crate::failure::Failure;
use crate::options::{self, Where, Who};
use crate::output::Output;
use crate::recorder::Recorder;
use crate::subjects::Subjects;
use clap::Args;
use crcheck_harness::check::{CheckId, CheckSet};
use crcheck_harness::finding::Finding;
use crcheck_harness::hunt::Target;
use crcheck_harness::plan::{Depth, DepthName};
use crcheck_harness::replay::{self, Content, Item};
use crcheck_harness::report::{Facts, Report};
use crcheck_harness::run::{self, CheckResult, Control, Event, Plan};
use crcheck_harness::verdict::ExitCode;
use std::path::PathBuf;

/// Say in one sentence what a faulty kernel computes instead, and when.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n\
\x20 crcheck diagnose --fault article-crc32q\n\
\x20 crcheck diagnose crcheck-artifacts/case.toml\n\
\x20 crcheck diagnose --lib ./libmine.so --symbol my_crc32")]
pub(crate) struct Diagnose {
    /// A saved case to begin with: an artifact (.toml), or an input of a fuzz target [default: all
    /// checks are run, at depth quick]
    path: Option<PathBuf>,
    /// The fuzz target that the input belongs to [default: what its folder is named after]
    #[arg(long)]
    target: Option<Target>,
    /// Run this check only; repeatable [default: all]
    #[arg(long, value_name = "ID", value_parser = options::check, conflicts_with = "path")]
    check: Vec<CheckId>,
    /// The seed of all that is random [default: a new one, printed]
    #[arg(long, value_parser = options::seed)]
    seed: Option<u64>,
    #[command(flatten)]
    who: Who,
    #[command(flatten)]
    form: Where,
}

impl Diagnose {
    pub(crate) fn run(mut self) -> Result<ExitCode, Failure> {
        let seed = self.seed.unwrap_or_else(options::fresh_seed);
        self.who.draw(seed);
        let items = match &self.path {
            Some(path) => replay::load(std::slice::from_ref(path), self.target)?,
            None => Vec::new(),
        };
        let output = Output::open(&self.form)?;
        let subjects = self.subjects(&items)?;
        let found_by = match &self.path {
            Some(path) => format!("crcheck diagnose {}", path.display()),
            None => format!("crcheck diagnose --seed {seed:#x}"),
        };
        let recorder = Recorder::new(self.form.artifacts.clone(), subjects.model(), found_by);
        let results = if self.path.is_some() {
            let mut record = |_: &Item, finding: &Finding| recorder.record_new(finding);
            replay::replay(&items, &subjects.here, CheckSet::all(), &mut record)?.results
        } else {
            self.judge(&subjects, seed, &recorder)?
        };
        let recorded = recorder.finish();
        let sandbox = subjects.sandbox();
        let mut report = Report::new(Facts {
            depth: "diagnose".to_owned(),
            seed,
            model: subjects.model(),
            results: &results,
            skipped: subjects.skipped,
            artifacts: &recorded.artifacts,
            length_max: Depth::of(DepthName::Quick).length_max,
        });
        report.environment.sandbox = sandbox;
        if recorded.has_failed {
            report.exit_code = report.exit_code.and(ExitCode::Io);
        }
        Ok(output.finish(&report, self.form.format))
    }

    /// Every check at depth `quick`: what it finds is diagnosed.
    fn judge(
        &self,
        subjects: &Subjects,
        seed: u64,
        recorder: &Recorder,
    ) -> Result<Vec<CheckResult>, Failure> {
        let plan = Plan {
            depth: Depth::of(DepthName::Quick),
            checks: if self.check.is_empty() {
                CheckSet::all()
            } else {
                self.check.iter().copied().collect()
            },
            seed,
            max_stack_bytes: None,
        };
        let on_event = |event: &Event<'_>| {
            if let Event::Ended(result) = event {
                recorder.record_smallest(result);
            }
        };
        let interrupted = crate::interrupt::flag()?;
        let control = Control {
            cancelled: &interrupted,
            deadline: None,
            on_event: &on_event,
        };
        let results = run::run(&subjects.here, &plan, &control)?;
        Ok(results.into_iter().flatten().collect())
    }

    /// Those of the options, or the one that the artifact was found on.
    fn subjects(&self, items: &[Item]) -> Result<Subjects, Failure> {
        let hint = |item: &Item| match &item.content {
            Content::Artifact(artifact) => {
                let name = artifact.subject.clone();
                name.map(|name| (name, artifact.model.clone()))
            }
            Content::Input(..) => None,
        };
        match items.first().and_then(hint).filter(|_| self.who.is_empty()) {
            Some((name, model)) => Subjects::named(&name, &model, self.who.call_timeout, false),
            None => Subjects::select(&self.who),
        }
    }
}
