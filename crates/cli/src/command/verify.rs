//! `crcheck verify`.

use crate::config::Config;
use crate::failure::Failure;
use crate::guess::Guesses;
use crate::options::{
    AcceptOptions, ReportOptions, SubjectOptions, default_to_tiers, fill, heading,
};
use crate::progress::Progress;
use crate::reports::Reports;
use crate::subjects::{self, Subjects};
use crate::{interrupt, parse, seed};
use clap::Args;
use crcheck_harness::check::checks::CheckSet;
use crcheck_harness::check::control::{AfterFinding, Control, Event};
use crcheck_harness::check::coverage::visited::readable_bytes;
use crcheck_harness::check::depth::{Depth, DepthName};
use crcheck_harness::check::estimate::{Estimate, readable_time};
use crcheck_harness::check::finding::Finding;
use crcheck_harness::check::plan::Plan;
use crcheck_harness::check::saved::load::{self, Loaded};
use crcheck_harness::check::verification::{self, Seeds, SubjectPlan};
use crcheck_harness::report;
use crcheck_harness::report::verdict::ExitCode;
use crcheck_harness::report::visible;
use crcheck_harness::report::{
    Allow, Facts, MinedReport, Report, Scaled, Skipped, accepts, count_in_words, jsonl_finding,
};
use crcheck_harness::subject::{CheckId, Pace, Subject, measured_rate, mined_lengths};
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Judge kernels: run the checks over lengths, alignments, registers and splits
#[derive(Args, Debug)]
#[command(
    mut_arg("tier", default_to_tiers),
    after_help = "Examples:\n\
\x20 crcheck verify --depth quick\n\
\x20 crcheck verify --lib libz.so.1 --symbol crc32 --signature crc64,buf,len32\n\
\x20 crcheck verify --require-tier x86-avx512-vpclmul --format junit --output report.xml\n\
\x20 crcheck verify --lib ./libmine.so --symbol crc32 --fail-fast\n\
\x20 crcheck verify --fault article-no-tail --format junit=report.xml --format html=report.html\n\
\x20 crcheck verify --require-tier x86-avx512-vpclmul --interpret\n\
\x20 crcheck verify --lib ./libmine.so --symbol crc32 --interpret=skylake-x\n\
\x20 crcheck verify --profile ci\n\
\x20 crcheck verify --subject mine --subject other --depth quick\n\
\x20 crcheck verify --fault word-before --allow under-read@word-before --because \"callers pad\""
)]
pub(crate) struct Verify {
    #[command(flatten)]
    subject: SubjectOptions,
    #[command(flatten)]
    coverage: CoverageOptions,
    #[command(flatten)]
    limits: LimitOptions,
    #[command(flatten)]
    accept: AcceptOptions,
    #[command(flatten)]
    report: ReportOptions,
}

#[derive(Args, Debug)]
#[command(next_help_heading = heading::RUN)]
struct CoverageOptions {
    /// Take what the command line leaves open from this profile of crcheck.toml: subjects, depth,
    /// checks, limits, findings to accept. Without subjects of its own, all of the file
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// How far to go: quick (lengths to 640), default (to 4096) or deep. All visit lengths to 2 MiB
    /// too. A slow subject is judged at the whole depth if this is given; it may take hours, which
    /// crcheck predicts and --budget limits [default: default, scaled for slow subjects]
    #[arg(long, value_parser = parse::depth)]
    depth: Option<DepthName>,
    /// Run only this check, such as guard. Repeatable [default: all checks]
    #[arg(long, value_name = "ID", value_parser = parse::check)]
    check: Vec<CheckId>,
    /// Call each subject with N random messages at each length and alignment. N also limits
    /// messages at longer lengths, alignments in `basis` and lengths in `huge` [default: as the
    /// depth says]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    messages: Option<u16>,
    /// Seed of everything that is random [default: a new one, which crcheck prints]
    #[arg(long, value_parser = parse::seed)]
    seed: Option<u64>,
    /// Judge these saved cases too. Repeatable
    #[arg(long, value_name = "PATH")]
    corpus: Vec<PathBuf>,
    /// Do not judge the seeds of the fuzz corpora
    #[arg(long)]
    no_seeds: bool,
    /// Print what would run, and stop
    #[arg(long)]
    list: bool,
}

#[derive(Args, Debug)]
#[command(next_help_heading = heading::LIMITS)]
struct LimitOptions {
    /// Stop after this time, such as 30s
    #[arg(long, value_name = "TIME", value_parser = parse::duration)]
    budget: Option<Duration>,
    /// Report a finding if a call uses more stack. The check `paint` measures it
    #[arg(long, value_name = "BYTES")]
    max_stack: Option<usize>,
    /// End the run at the first finding that is not accepted. That is still minimized and
    /// diagnosed [default: after an explained finding, each other check of the subject visits at
    /// most 1000 cells]
    #[arg(long)]
    fail_fast: bool,
    /// Exit with code 3 if interpreted code has executed an instruction whose semantics neither
    /// this CPU nor a recording of one confirms
    #[arg(long, requires = "interpret")]
    require_confirmed: bool,
}

impl LimitOptions {
    /// What a finding does to the rest of the run.
    const fn after_finding(&self) -> AfterFinding {
        if self.fail_fast {
            AfterFinding::End
        } else {
            AfterFinding::Thin
        }
    }
}

impl CoverageOptions {
    /// Whether the seeds of the fuzz corpora are judged.
    const fn seeds(&self) -> Seeds {
        if self.no_seeds {
            Seeds::LeftOut
        } else {
            Seeds::Judged
        }
    }
}

impl Verify {
    pub(crate) fn run(mut self) -> Result<ExitCode, Failure> {
        self.read_config()?;
        let seed = self.coverage.seed.unwrap_or_else(seed::fresh);
        self.subject.draw_faults(seed);
        let plan = self.plan(seed);
        let allows = self.accept.pairs()?;
        let saved = load::load(&self.coverage.corpus, None)?;
        let inputs = subjects::files(&self.subject, &saved);
        // What the command line asks for is refused before anything starts.
        let output = Reports::open(&self.report.format, &self.report.output, &inputs)?;
        let subjects = Subjects::select_kernels(&self.subject)?;
        if self.coverage.list {
            return Ok(print_list(&plan, &subjects, output));
        }
        let guesses = Guesses::of(&self.subject, &subjects);
        if guesses.end_the_run() {
            let report = Report::new(Facts {
                guess: guesses.reports(),
                ..Facts::of_run(&plan, subjects.models(), &[])
            });
            return Ok(output.finish(&report));
        }
        self.judge(&plan, subjects, &guesses, saved, &allows, output)
    }

    /// Takes the subjects and the profile of a file, if the options ask for them.
    fn read_config(&mut self) -> Result<(), Failure> {
        let profile = self.coverage.profile.clone();
        let Some(config) = Config::asked_for(&self.subject, profile.as_deref())? else {
            return Ok(());
        };
        if let Some(name) = &profile {
            self.complete(config.profile(name)?);
        }
        config.give_subjects(
            &mut self.subject,
            profile.as_deref(),
            self.report.output.quiet,
        )
    }

    /// What the command line leaves open is as the profile says.
    fn complete(&mut self, profile: Self) {
        self.subject.complete(profile.subject);
        self.accept.complete(profile.accept);
        let (own, other) = (&mut self.coverage, profile.coverage);
        own.depth = own.depth.or(other.depth);
        own.messages = own.messages.or(other.messages);
        own.seed = own.seed.or(other.seed);
        fill(&mut own.check, other.check);
        let (own, other) = (&mut self.limits, profile.limits);
        own.budget = own.budget.or(other.budget);
        own.max_stack = own.max_stack.or(other.max_stack);
        own.fail_fast |= other.fail_fast;
    }

    fn plan(&self, seed: u64) -> Plan {
        let depth = Depth::of(self.coverage.depth.unwrap_or(DepthName::Default));
        let messages = self.coverage.messages;
        Plan {
            depth: messages.map_or(depth, |messages| depth.with_messages(messages.into())),
            is_scaled: self.coverage.depth.is_none(),
            checks: if self.coverage.check.is_empty() {
                CheckSet::all()
            } else {
                self.coverage.check.iter().copied().collect()
            },
            seed,
            max_stack_bytes: self.limits.max_stack,
        }
    }

    fn judge(
        &self,
        plan: &Plan,
        subjects: Subjects,
        guesses: &Guesses,
        saved: Loaded,
        allows: &[(Allow, String)],
        output: Reports,
    ) -> Result<ExitCode, Failure> {
        let steps = subjects.available.len() * plan.checks.iter().count();
        let estimate = Estimate::new(&subjects.available, plan);
        let progress = Progress::new(&self.report.output, steps as u64).estimating(estimate);
        // Whoever reads the line may interrupt the run that it announces.
        let interrupted = interrupt::flag();
        if !self.report.output.quiet {
            progress.print_line(&format!(
                "crcheck verify: seed {:#x}, depth {}, {}",
                plan.seed,
                plan.depth.name,
                count_in_words(subjects.available.len(), "subject")
            ));
            for line in predictions(plan, &subjects, self.limits.budget) {
                progress.print_line(&line);
            }
        }
        let models = subjects.models();
        let artifacts = self
            .report
            .artifacts_of_plan("verify", models.clone(), plan);
        let output = Mutex::new(output);
        let on_event = |event: &Event<'_>| {
            match event {
                Event::Found { finding, .. } => {
                    artifacts.write(finding);
                    let mut output = output.lock().expect("no panic while held");
                    output.write_line(&jsonl_finding(finding));
                }
                Event::Ended(result) => artifacts.write_smallest(result),
                Event::Begins { .. } | Event::Proceeds { .. } => {}
            }
            progress.show_event(event);
        };
        let control = Control {
            cancelled: interrupted,
            deadline: self.limits.budget.map(|budget| Instant::now() + budget),
            after_finding: self.limits.after_finding(),
            is_accepted: &|finding| accepts(allows, finding),
            on_event: &on_event,
            ..Control::default()
        };
        let seeds = self.coverage.seeds();
        let mut on_replayed = |finding: &Finding| artifacts.write_if_new(finding);
        let available = &subjects.available;
        let Loaded { items, skipped, .. } = saved;
        let results =
            verification::judge(available, plan, items, seeds, &control, &mut on_replayed)?;
        progress.finish();
        // What is accepted is not joined with what is not.
        artifacts.settle(&results, allows.is_empty());
        let report = Report::new(Facts {
            sandbox: report::sandbox(&subjects.available),
            mined: MinedReport::of(&subjects.available),
            scaled: Scaled::of(plan, &subjects.available),
            guess: guesses.reports(),
            skipped: Skipped::of_load(&skipped).chain(subjects.skipped).collect(),
            artifacts: artifacts.finish(),
            is_interrupted: interrupted.load(Ordering::Relaxed),
            ..Facts::of_run(plan, models, &results)
        })
        .accepting(allows);
        let report = if self.limits.require_confirmed {
            report.requiring_confirmed()
        } else {
            report
        };
        let output = output.into_inner().expect("no panic while held");
        Ok(output.finish(&report))
    }
}

/// Prints the plan that runs, subject by subject.
fn print_list(plan: &Plan, subjects: &Subjects, output: Reports) -> ExitCode {
    let mut text = format!("seed {:#x}, depth {}\n", plan.seed, plan.depth.name);
    let has_models = subjects.models().differ();
    for subject in &subjects.available {
        let name = subject.name();
        text += &match name.source_name() {
            Some(source) => visible(&format!("{name} ({source})")),
            None => visible(&name.to_string()),
        };
        text.push('\n');
        if has_models {
            text += &format!("  model {}\n", subject.model().label());
        }
        text += &list_of(&SubjectPlan::of(subject.as_ref(), plan));
        if let Some(mined) = mined_lengths(subject.as_ref()) {
            text += &format!("  lengths from its code: {mined}\n");
        }
    }
    for Skipped { what, reason, .. } in &subjects.skipped {
        text += &(visible(&format!("skipped {what}: {reason}")) + "\n");
    }
    let code = if subjects.skipped.iter().any(|skipped| skipped.required) {
        ExitCode::Unavailable
    } else if subjects.available.is_empty() {
        ExitCode::Nothing
    } else {
        ExitCode::Passed
    };
    output.finish_list(&text, code)
}

/// A time that nobody needs to hear of before it has passed.
const SHORT: Duration = Duration::from_secs(10);

/// How long the whole depth takes for each slow subject, a line each, if that is long or longer
/// than the budget.
fn predictions(plan: &Plan, subjects: &Subjects, budget: Option<Duration>) -> Vec<String> {
    let available = subjects.available.iter().map(AsRef::as_ref);
    let slow = available.filter(|one| one.capabilities().pace != Pace::Native && !plan.is_scaled);
    let predict = |subject: &dyn Subject| {
        let rate = measured_rate(subject);
        let time = SubjectPlan::of(subject, plan).effort().time(rate);
        let end = match budget {
            Some(budget) if budget < time => {
                format!("; the budget of {budget:?} ends it before that")
            }
            _ if time < SHORT => return None,
            Some(_) => String::new(),
            None => "; --budget TIME ends it earlier".to_owned(),
        };
        let (name, calls) = (subject.name(), rate.calls_per_second);
        let time = readable_time(time);
        Some(format!("{name}: about {time} at {calls:.0} calls/s{end}"))
    };
    slow.filter_map(predict).collect()
}

fn list_of(planned: &SubjectPlan) -> String {
    let Depth {
        length_max,
        alignments,
        messages,
        every_length,
        drawn_lengths,
        longest,
        ..
    } = planned.depth;
    let alignments = match alignments {
        1 => "1 alignment".to_owned(),
        some => format!("{some} alignments"),
    };
    let mut text = format!(
        "  lengths 0..={length_max} x {alignments} x {messages} messages, each to {}, thresholds \
         and {drawn_lengths} random lengths to {}\n",
        every_length.to,
        readable_bytes(longest as u64)
    );
    for check in &planned.made {
        text += &format!("  {:<9} {}\n", check.id, check.law);
    }
    for (check, reason) in &planned.skipped {
        text += &format!("  {:<9} skipped: {reason}\n", check.id);
    }
    text
}
