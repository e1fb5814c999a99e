//! `crcheck certify`.

use crate::failure::Failure;
use crate::interrupt;
use crate::options::{self, Where, Who};
use crate::output::{self, Output};
use crate::progress::Progress;
use crate::recorder::Recorder;
use crate::subjects::Subjects;
use clap::Args;
use crcheck_harness::certificate::{self, Certificate, Differences, Earlier};
use crcheck_harness::kernel::Tier;
use crcheck_harness::oracle::model::Model;
use crcheck_harness::report::{Facts, Format, MinedReport, Report};
use crcheck_harness::run::{self, Control, Event, Plan};
use crcheck_harness::verdict::ExitCode;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// Cover one subject as far as a minute goes, and say in a certificate what that is worth.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n\
\x20 crcheck certify\n\
\x20 crcheck certify --lib /usr/lib/x86_64-linux-gnu/libz.so.1 --symbol crc32 --signature crc,buf,len32\n\
\x20 crcheck certify --again crcheck-certificate.json")]
pub(crate) struct Certify {
    #[command(flatten)]
    who: Who,
    /// Make this certificate again, and compare
    #[arg(long, value_name = "FILE", conflicts_with_all = ["tier", "fault", "require_tier", "lib", "cmd", "model", "seed", "max_stack"])]
    again: Option<PathBuf>,
    /// Write the certificate here, as JSON
    #[arg(long, value_name = "FILE", default_value = "crcheck-certificate.json")]
    certificate: PathBuf,
    /// The seed of all that is random [default: a new one, in the certificate]
    #[arg(long, value_parser = options::seed)]
    seed: Option<u64>,
    /// Take it for a fault if a call uses more stack
    #[arg(long, value_name = "BYTES")]
    max_stack: Option<usize>,
    #[command(flatten)]
    form: Where,
}

impl Certify {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let earlier = self.again.as_ref().map(read).transpose()?;
        let subjects = self.subjects(earlier.as_ref())?;
        let (seed, max_stack) = match &earlier {
            Some(earlier) => {
                let seed = options::seed(&earlier.seed)
                    .map_err(|error| Failure::new(ExitCode::Io, error))?;
                (seed, earlier.max_stack_bytes)
            }
            None => (
                self.seed.unwrap_or_else(options::fresh_seed),
                self.max_stack,
            ),
        };
        let plan = certificate::plan(seed, max_stack);
        let output = Output::open(&self.form)?;
        let report = self.judge(&subjects, &plan)?;
        let made = match subjects.here.first() {
            Some(subject) => Certificate::new(subject.as_ref(), &plan, &report)
                .map_err(|error| Failure::io("read", "the file of the subject".as_ref(), &error))?,
            None => None,
        };
        let Some(made) = made else {
            let code = output.finish(&report, self.form.format);
            eprintln!("no certificate: the verdict is {}", report.verdict);
            return Ok(code);
        };
        self.hand_out(output, &report, &made, earlier.as_ref())
    }

    /// The one subject that is asked for; the kernel's best tier, if none is.
    fn subjects(&self, earlier: Option<&Earlier>) -> Result<Subjects, Failure> {
        if let Some(earlier) = earlier {
            let model = Model::find(&earlier.model)
                .map_err(|error| Failure::new(ExitCode::Io, error.to_string()))?;
            return Subjects::named(&earlier.subject.name, &model, self.who.call_timeout, true);
        }
        if self.who.is_empty() {
            let best = format!("tier:{}", Tier::detect());
            return Subjects::named(&best, &self.who.model(), self.who.call_timeout, true);
        }
        let subjects = Subjects::select(&self.who)?;
        if subjects.here.len() + subjects.skipped.len() > 1 {
            let message = "a certificate is of one subject: name one";
            return Err(Failure::new(ExitCode::Usage, message));
        }
        Ok(subjects)
    }

    /// Runs the plan, to its end or to the first fault: there is no certificate then.
    fn judge(&self, subjects: &Subjects, plan: &Plan) -> Result<Report, Failure> {
        let steps = subjects.here.len() * plan.checks.iter().count();
        let progress = Progress::new(&self.form, steps as u64);
        if !self.form.quiet {
            progress.say(&format!("crcheck certify: seed {:#x}", plan.seed));
        }
        let recorder = Recorder::new(
            self.form.artifacts.clone(),
            subjects.model(),
            format!("crcheck certify --seed {:#x}", plan.seed),
        );
        let stop = interrupt::flag()?;
        let began = Instant::now();
        let on_event = |event: &Event<'_>| {
            match event {
                Event::Found(finding) => {
                    recorder.record(finding);
                    stop.store(true, Ordering::Relaxed);
                }
                Event::Ended(result) => recorder.record_smallest(result),
                Event::Begins { .. } => {}
            }
            progress.on(event);
        };
        let control = Control {
            cancelled: &stop,
            deadline: None,
            on_event: &on_event,
        };
        let results = run::run(&subjects.here, plan, &control)?;
        progress.finish();
        if !self.form.quiet {
            let seconds = began.elapsed().as_secs_f64();
            eprintln!("crcheck certify: {seconds:.1} s");
        }
        let recorded = recorder.finish();
        let mut report = Report::new(Facts {
            depth: plan.depth.name.to_string(),
            seed: plan.seed,
            model: subjects.model(),
            results: &results.concat(),
            skipped: subjects.skipped.clone(),
            artifacts: &recorded.artifacts,
            length_max: plan.depth.length_max,
        });
        report.environment.sandbox = subjects.sandbox();
        report.mined = MinedReport::of(&subjects.here);
        if recorded.has_failed {
            report.exit_code = report.exit_code.and(ExitCode::Io);
        }
        Ok(report)
    }

    fn hand_out(
        &self,
        output: Output,
        report: &Report,
        made: &Certificate,
        earlier: Option<&Earlier>,
    ) -> Result<ExitCode, Failure> {
        let text = match self.form.format {
            Format::Human => made.text(),
            Format::Json => made.json(),
            // The certificate is in its file; the run that it rests on has the other forms.
            format => output.text(report, format),
        };
        let Some(earlier) = earlier else {
            output::write_whole(&self.certificate, &made.json())
                .map_err(|error| Failure::io("write", &self.certificate, &error))?;
            return Ok(output.finish_text(&text, ExitCode::Passed));
        };
        let Differences {
            of_files,
            of_results,
        } = earlier.compare(made);
        for difference in of_files.iter().chain(&of_results) {
            eprintln!("not the same: {difference}");
        }
        let code = match (of_files.is_empty(), of_results.is_empty()) {
            (true, true) => ExitCode::Passed,
            // The same code with the same seed came to something else.
            (true, false) => ExitCode::Fault,
            // What was certified is not here.
            (false, _) => ExitCode::Unavailable,
        };
        Ok(output.finish_text(&text, code))
    }
}

fn read(path: &PathBuf) -> Result<Earlier, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| Failure::io("read", path, &error))?;
    Earlier::parse(&text)
        .map_err(|error| Failure::new(ExitCode::Io, format!("{}: {error}", path.display())))
}
