//! `crcheck verify`.

use crate::failure::Failure;
use crate::interrupt;
use crate::options::{self, Accept, Where, Who};
use crate::output::Output;
use crate::progress::Progress;
use crate::recorder::Recorder;
use crate::subjects::Subjects;
use clap::Args;
use crcheck_harness::check::{CheckId, CheckSet};
use crcheck_harness::hunt::Target;
use crcheck_harness::plan::{Depth, DepthName};
use crcheck_harness::replay::{self, Item};
use crcheck_harness::report::{Allow, Facts, Format, MinedReport, Report, jsonl_finding};
use crcheck_harness::run::{self, CheckResult, Control, Ending, Event, Plan};
use crcheck_harness::verdict::ExitCode;
use crcheck_harness::{corpus, report};
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Settle in seconds what can be settled without hunting.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n\
\x20 crcheck verify --depth quick\n\
\x20 crcheck verify --require-tier x86-avx512-vpclmul --format junit --output report.xml\n\
\x20 crcheck verify --fault article-no-tail --format html --output report.html\n\
\x20 crcheck verify --fault word-before --allow under-read@word-before --because \"padded by every caller\"")]
pub(crate) struct Verify {
    #[command(flatten)]
    who: Who,
    /// Run this check only; repeatable [default: all]
    #[arg(long, value_name = "ID", value_parser = options::check)]
    check: Vec<CheckId>,
    /// quick, default or deep
    #[arg(long, default_value = "default", value_parser = options::depth)]
    depth: DepthName,
    /// Random messages in each cell of a tier, length and alignment, and no more messages at longer
    /// lengths, alignments in `basis` and lengths in `huge` [default: as many as the depth has]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    messages: Option<u16>,
    /// The seed of all that is random [default: a new one, printed]
    #[arg(long, value_parser = options::seed)]
    seed: Option<u64>,
    /// Stop after this time, such as 30s
    #[arg(long, value_name = "TIME", value_parser = options::duration)]
    budget: Option<Duration>,
    /// Take it for a fault if a call uses more stack, as the check `paint` measures it
    #[arg(long, value_name = "BYTES")]
    max_stack: Option<usize>,
    /// Judge these saved cases too; repeatable
    #[arg(long, value_name = "PATH")]
    corpus: Vec<PathBuf>,
    /// Leave out the seeds of the corpus
    #[arg(long)]
    no_seeds: bool,
    /// Print what would run, and stop
    #[arg(long)]
    list: bool,
    #[command(flatten)]
    accept: Accept,
    #[command(flatten)]
    form: Where,
}

impl Verify {
    pub(crate) fn run(mut self) -> Result<ExitCode, Failure> {
        let seed = self.seed.unwrap_or_else(options::fresh_seed);
        self.who.draw(seed);
        let subjects = Subjects::select(&self.who)?;
        let depth = Depth::of(self.depth);
        let plan = Plan {
            depth: self
                .messages
                .map_or(depth, |messages| depth.with_messages(messages.into())),
            checks: if self.check.is_empty() {
                CheckSet::all()
            } else {
                self.check.iter().copied().collect()
            },
            seed,
            max_stack_bytes: self.max_stack,
        };
        let allows = self.accept.pairs()?;
        let saved = replay::load(&self.corpus, None)?;
        let output = Output::open(&self.form)?;
        if self.list {
            return Ok(list(&plan, &subjects, output));
        }
        self.judge(&plan, subjects, saved, &allows, output)
    }

    fn judge(
        &self,
        plan: &Plan,
        subjects: Subjects,
        saved: Vec<Item>,
        allows: &[(Allow, String)],
        output: Output,
    ) -> Result<ExitCode, Failure> {
        let steps = subjects.here.len() * plan.checks.iter().count();
        let progress = Progress::new(&self.form, steps as u64);
        if !self.form.quiet {
            progress.say(&format!(
                "crcheck verify: seed {:#x}, depth {}, {} subjects",
                plan.seed,
                plan.depth.name,
                subjects.here.len()
            ));
        }
        let recorder = Recorder::new(
            self.form.artifacts.clone(),
            self.who.model(),
            format!("crcheck verify --seed {:#x}", plan.seed),
        );
        let output = Mutex::new(output);
        let interrupted = interrupt::flag()?;
        let on_event = |event: &Event<'_>| {
            match event {
                Event::Found(finding) => {
                    recorder.record(finding);
                    if self.form.format == Format::Jsonl {
                        let line = jsonl_finding(finding);
                        output.lock().expect("no panic while held").line(&line);
                    }
                }
                Event::Ended(result) => recorder.record_smallest(result),
                Event::Begins { .. } => {}
            }
            progress.on(event);
        };
        let control = Control {
            cancelled: &interrupted,
            deadline: self.budget.map(|budget| Instant::now() + budget),
            on_event: &on_event,
        };
        let mut results: Vec<CheckResult> = run::run(&subjects.here, plan, &control)?
            .into_iter()
            .flatten()
            .collect();
        if !interrupted.load(Ordering::Relaxed) && !is_late(&control) {
            let mut items = saved;
            if !self.no_seeds {
                items.extend(seeds(&plan.checks));
            }
            let mut on_found = |_: &Item, finding: &_| recorder.record_new(finding);
            let replayed = replay::replay(&items, &subjects.here, plan.checks, &mut on_found)?;
            replay::merge(&mut results, replayed.results);
        }
        progress.finish();
        let sandbox = subjects.sandbox();
        let recorded = recorder.finish();
        let mut report = Report::new(Facts {
            depth: plan.depth.name.to_string(),
            seed: plan.seed,
            model: self.who.model(),
            results: &results,
            skipped: subjects.skipped,
            artifacts: &recorded.artifacts,
            length_max: plan.depth.length_max,
        })
        .accepting(allows);
        report.environment.sandbox = sandbox;
        report.mined = MinedReport::of(&subjects.here);
        if recorded.has_failed {
            report.exit_code = report.exit_code.and(ExitCode::Io);
        }
        let has_result = results
            .iter()
            .any(|result| result.ending == Ending::Complete);
        if interrupted.load(Ordering::Relaxed) && !has_result && report.findings.is_empty() {
            report.exit_code = ExitCode::Interrupted;
        }
        let output = output.into_inner().expect("no panic while held");
        Ok(output.finish(&report, self.form.format))
    }
}

fn is_late(control: &Control<'_>) -> bool {
    control
        .deadline
        .is_some_and(|deadline| Instant::now() >= deadline)
}

/// The seeds of the targets that take cases and ask for one of these checks.
fn seeds(checks: &CheckSet) -> impl Iterator<Item = Item> {
    let targets = [Target::KernelVsOracle, Target::SplitPoints, Target::Combine];
    let wanted = targets
        .into_iter()
        .filter(|target| target.checks().iter().any(|check| checks.contains(check)));
    wanted.flat_map(|target| {
        corpus::seeds(target)
            .into_iter()
            .map(move |(name, bytes)| Item {
                path: name.into(),
                content: replay::Content::Input(target, bytes),
            })
    })
}

fn list(plan: &Plan, subjects: &Subjects, output: Output) -> ExitCode {
    let depth = &plan.depth;
    let mut text = format!(
        "seed {:#x}, depth {}: lengths 0..={} x 64 alignments x {} messages, thresholds to 2 MiB\n",
        plan.seed, depth.name, depth.length_max, depth.messages
    );
    for subject in &subjects.here {
        text += &format!("{}\n", subject.name());
        for check in plan.checks.iter() {
            text += &format!("  {:<9} {}\n", check.name(), check.law());
        }
        if let Some(mined) = subject.mined() {
            text += &format!("  lengths from its code: {mined}\n");
        }
    }
    for report::Skipped { what, reason, .. } in &subjects.skipped {
        text += &format!("skipped {what}: {reason}\n");
    }
    let code = if subjects.skipped.iter().any(|skipped| skipped.required) {
        ExitCode::Unavailable
    } else if subjects.here.is_empty() {
        ExitCode::Nothing
    } else {
        ExitCode::Passed
    };
    output.finish_text(&text, code)
}
