//! `crcheck certify`.

use crate::asked::CERTIFICATE;
use crate::complaint::{annotate, complain};
use crate::destination::{self, Destination, refuse_input};
use crate::failure::Failure;
use crate::guess::Guesses;
use crate::interpret::Interpret;
use crate::options::{ReportOptions, SubjectOptions, default_to_preferred, heading};
use crate::progress::Progress;
use crate::reports::{self, Reports};
use crate::stderr::tell;
use crate::subjects::Subjects;
use crate::trust::{TrustOptions, Untrusted};
use crate::{config, foreign, interrupt, parse, seed};
use clap::Args;
use crcheck_harness::check::checks::CheckSet;
use crcheck_harness::check::control::{AfterFinding, Control, Event};
use crcheck_harness::check::estimate::Estimate;
use crcheck_harness::check::plan::Plan;
use crcheck_harness::check::run;
use crcheck_harness::kernel::Tier;
use crcheck_harness::oracle::model::Model;
use crcheck_harness::platform::files::regular;
use crcheck_harness::report;
use crcheck_harness::report::again::{Differences, Earlier};
use crcheck_harness::report::certificate;
use crcheck_harness::report::certificate::{Certificate, CodeFile};
use crcheck_harness::report::verdict::ExitCode;
use crcheck_harness::report::{Facts, Format, MinedReport, Report, Scaled};
use crcheck_harness::subject::SubjectName;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Judge one kernel as far as a minute allows, and write a certificate of what was covered
#[derive(Args, Debug)]
#[command(
    mut_arg("tier", default_to_preferred),
    mut_arg("trust", |trust| trust.requires("again")),
    after_help = "Examples:\n\
\x20 crcheck certify\n\
\x20 crcheck certify --lib libz.so.1 --symbol crc32 --signature crc64,buf,len32\n\
\x20 crcheck certify --subject mine\n\
\x20 crcheck certify --again crcheck-certificate.json"
)]
pub(crate) struct Certify {
    #[command(flatten)]
    subject: SubjectOptions,
    #[command(flatten)]
    trust: TrustOptions,
    /// Seed of everything that is random [default: a new one, which the certificate names]
    #[arg(long, value_parser = parse::seed, help_heading = heading::RUN)]
    seed: Option<u64>,
    /// Make this certificate again, and compare
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = NOT_WITH_AGAIN,
        help_heading = heading::RUN
    )]
    again: Option<PathBuf>,
    /// Report a finding if a call uses more stack. The check `paint` measures it
    #[arg(long, value_name = "BYTES", help_heading = heading::LIMITS)]
    max_stack: Option<usize>,
    /// Write the certificate to this file, as JSON
    #[arg(
        long,
        value_name = "FILE",
        default_value = CERTIFICATE,
        help_heading = heading::REPORTS
    )]
    certificate: PathBuf,
    #[command(flatten)]
    report: ReportOptions,
}

/// What a certificate names itself. A library or a program may have moved.
const NOT_WITH_AGAIN: [&str; 6] = [
    "tier",
    "fault",
    "require_tier",
    "model",
    "seed",
    "max_stack",
];

impl Certify {
    pub(crate) fn run(mut self) -> Result<ExitCode, Failure> {
        self.read_config()?;
        let earlier = self.again.as_deref().map(read).transpose()?;
        self.require_trust(earlier.as_ref())?;
        let cpu = earlier.as_ref().and_then(|one| one.interpreted_on.clone());
        self.subject.interpret = self.subject.interpret.or(cpu.map(Interpret::On));
        // Hashed before anybody loads it.
        let code = CodeFile::hash(match &earlier {
            Some(earlier) if !self.subject.has_foreign() => {
                foreign::named_file(&earlier.subject.as_str().into())?
            }
            _ => foreign::selected_file(&self.subject)?,
        });
        let (seed, max_stack) = match &earlier {
            Some(earlier) => {
                let seed = parse::seed(&earlier.seed)
                    .map_err(|error| Failure::new(ExitCode::Io, error))?;
                (seed, earlier.max_stack_bytes)
            }
            None => (self.seed.unwrap_or_else(seed::fresh), self.max_stack),
        };
        let plan = certificate::plan(CheckSet::all(), seed, max_stack);
        // What the command line asks for is refused before anything starts.
        let (output, certificate) = self.open(earlier.as_ref())?;
        let subjects = self.subjects(earlier.as_ref())?;
        let guesses = Guesses::of(&self.subject, &subjects);
        if guesses.end_the_run() {
            let report = Report::new(Facts {
                guess: guesses.reports(),
                ..Facts::of_run(&plan, subjects.models(), &[])
            });
            return Ok(output.finish(&report));
        }
        let report = self.judge(&subjects, &plan);
        let code = match (code.unchanged(), &report) {
            (Ok(code), _) => code,
            // Something was wrong, whichever file it was of.
            (Err(change), Ok(report)) if report.exit_code == ExitCode::Found => {
                complain(&Failure::new(ExitCode::Io, change));
                return Ok(output.finish(report));
            }
            (Err(change), _) => return Err(Failure::new(ExitCode::Io, change)),
        };
        let report = report?;
        let certified = match subjects.available.first() {
            Some(subject) => Certificate::new(subject.as_ref(), code, &plan, &report)
                .map_err(|error| Failure::io("read", "this program".as_ref(), &error))?,
            None => None,
        };
        let Some(certified) = certified else {
            let code = output.finish(&report);
            tell(format_args!(
                "no certificate: the verdict is {}",
                report.verdict
            ));
            if earlier.is_some() {
                tell(format_args!(
                    "not the same: verdict was pass, is {}",
                    report.verdict
                ));
            }
            return Ok(code);
        };
        match earlier {
            None => Ok(self.write(output, &report, &certified, certificate)),
            Some(earlier) => Ok(self.compare(output, &report, &certified, &earlier)),
        }
    }

    /// Opens the reports, and the file of the certificate if there is to be one.
    fn open(&self, earlier: Option<&Earlier>) -> Result<(Reports, Option<Destination>), Failure> {
        let named = earlier.map(|earlier| earlier.subject.as_str().into());
        let named = named.iter().flat_map(foreign::files_of);
        let selected = foreign::selected_files(&self.subject);
        let code: Vec<PathBuf> = selected.into_iter().chain(named).collect();
        let (option, path) = ("--certificate", &self.certificate);
        refuse_input(option, path, &code)?;
        let inputs: Vec<PathBuf> = self.again.iter().cloned().chain(code).collect();
        let reports = Reports::open(&self.report.format, &self.report.output, &inputs)?;
        if earlier.is_some() {
            return Ok((reports, None));
        }
        let file = destination::open(path).map_err(|error| Failure::io("write", path, &error))?;
        reports.refuse(option, &file)?;
        Ok((reports, Some(file)))
    }

    /// Takes the subject of a file, if the options ask for it.
    fn read_config(&mut self) -> Result<(), Failure> {
        config::take_subjects(&mut self.subject, self.report.output.quiet)?;
        if self.again.is_some() && self.subject.has_built_in() {
            let text = "a certificate names its built-in kernel itself: --subject with --again is \
                        for a library or a program";
            return Err(Failure::new(ExitCode::Usage, text));
        }
        Ok(())
    }

    /// Nothing that only the earlier certificate names is read, let alone started.
    fn require_trust(&self, earlier: Option<&Earlier>) -> Result<(), Failure> {
        let name = earlier.map(|earlier| SubjectName::from(earlier.subject.as_str()));
        match self.trust.refused(&self.subject, name.as_ref()) {
            Some(name) => {
                Err(Untrusted::new("certify --again", self.again.as_slice(), name).into())
            }
            None => Ok(()),
        }
    }

    /// The one subject that the options name; the kernel's best tier if they name none.
    fn subjects(&self, earlier: Option<&Earlier>) -> Result<Subjects, Failure> {
        if let Some(earlier) = earlier {
            let model = Model::find(&earlier.model)
                .map_err(|error| Failure::new(ExitCode::Io, error.to_string()))?;
            let name = earlier.subject.as_str().into();
            if self.subject.has_foreign() {
                let options = SubjectOptions {
                    model: Some(model),
                    ..self.subject.clone()
                };
                return only_one(Subjects::select(&options)?);
            }
            return Subjects::named(&name, &model, &self.subject, true);
        }
        if self.subject.is_empty() {
            let best = SubjectName::Tier(Tier::detect());
            return Subjects::named(&best, &self.subject.model(), &self.subject, true);
        }
        only_one(Subjects::select_kernels(&self.subject)?)
    }

    /// Runs the plan to its end or to the first finding, which prevents a certificate.
    fn judge(&self, subjects: &Subjects, plan: &Plan) -> Result<Report, Failure> {
        let steps = subjects.available.len() * plan.checks.iter().count();
        let estimate = Estimate::new(&subjects.available, plan);
        let progress = Progress::new(&self.report.output, steps as u64).estimating(estimate);
        // Whoever reads the line may interrupt the run that it announces.
        let cancelled = interrupt::flag();
        if !self.report.output.quiet {
            progress.print_line(&format!("crcheck certify: seed {:#x}", plan.seed));
        }
        let models = subjects.models();
        let artifacts = self.report.artifacts_of_plan("certify", models, plan);
        let began = Instant::now();
        let on_event = |event: &Event<'_>| {
            match event {
                Event::Found { finding, .. } => artifacts.write(finding),
                Event::Ended(result) => artifacts.write_smallest(result),
                Event::Begins { .. } | Event::Proceeds { .. } => {}
            }
            progress.show_event(event);
        };
        let control = Control {
            cancelled,
            after_finding: AfterFinding::End,
            on_event: &on_event,
            ..Control::default()
        };
        let results = run::run(&subjects.available, plan, &control)?;
        progress.finish();
        if !self.report.output.quiet {
            let seconds = began.elapsed().as_secs_f64();
            tell(format_args!("crcheck certify: {seconds:.1} s"));
        }
        Ok(Report::new(Facts {
            sandbox: report::sandbox(&subjects.available),
            mined: MinedReport::of(&subjects.available),
            scaled: Scaled::of(plan, &subjects.available),
            skipped: subjects.skipped.clone(),
            artifacts: artifacts.finish(),
            is_interrupted: interrupt::has_come(),
            ..Facts::of_run(plan, subjects.models(), &results.concat())
        }))
    }

    /// Writes the certificate, and then the reports.
    fn write(
        &self,
        output: Reports,
        report: &Report,
        certificate: &Certificate,
        file: Option<Destination>,
    ) -> ExitCode {
        let mut code = ExitCode::Passed;
        if let Some(mut file) = file {
            let written = file.write(certificate.json().as_bytes());
            if let Err(error) = written.and_then(|()| file.close()) {
                complain(&Failure::io("write", &self.certificate, &error));
                code = ExitCode::Io;
            }
        }
        finish(output, report, certificate, code)
    }

    /// Compares the certificate with the earlier one.
    fn compare(
        &self,
        output: Reports,
        report: &Report,
        certificate: &Certificate,
        earlier: &Earlier,
    ) -> ExitCode {
        let differences = earlier.compare(certificate);
        self.print_differences(&differences);
        let (of_files, of_claims) = (&differences.of_files, &differences.of_claims);
        let code = match (of_files.is_empty(), of_claims.is_empty()) {
            (true, true) => ExitCode::Passed,
            // A claim does not hold, of whichever code.
            (_, false) => ExitCode::Found,
            // The certified code is not available.
            (false, true) => ExitCode::Unavailable,
        };
        finish(output, report, certificate, code)
    }

    /// Says how the certificate differs from the earlier one, and what nobody compared.
    fn print_differences(&self, differences: &Differences) {
        let Differences {
            of_files,
            of_machine,
            of_extent,
            of_claims,
            compared,
            not_compared,
        } = differences;
        for difference in of_files.iter().chain(of_claims) {
            tell(format_args!("not the same: {difference}"));
            annotate(format_args!("not the same: {difference}"));
        }
        for difference in of_machine {
            tell(format_args!("another machine: {difference}"));
        }
        for difference in of_extent {
            tell(format_args!("another extent: {difference}"));
        }
        if self.report.output.quiet {
            return;
        }
        for omission in not_compared {
            tell(format_args!("not compared: {omission}"));
        }
        let lists = [of_files, of_machine, of_extent, of_claims];
        let different: usize = lists.map(Vec::len).iter().sum();
        let differ = if different == 1 { "differs" } else { "differ" };
        tell(format_args!(
            "compared: {compared} statements, {different} of them {differ}"
        ));
    }
}

/// Writes the reports: the certificate, or in the other formats the run behind it.
fn finish(output: Reports, report: &Report, certificate: &Certificate, code: ExitCode) -> ExitCode {
    let facts = output.facts(report);
    let render = |format| match format {
        Format::Human => certificate.text(),
        Format::Json => certificate.json(),
        other => reports::render(&facts, other),
    };
    output.finish_texts(code, &render, &|| report::ending(&facts))
}

fn only_one(subjects: Subjects) -> Result<Subjects, Failure> {
    if subjects.available.len() + subjects.skipped.len() > 1 {
        let message = "a certificate covers one subject: name only one";
        return Err(Failure::new(ExitCode::Usage, message));
    }
    Ok(subjects)
}

fn read(path: &Path) -> Result<Earlier, Failure> {
    let text = regular::read_text(path, regular::TEXT_BYTES_MAX);
    let text = text.map_err(|error| Failure::io("read", path, &error))?;
    Earlier::parse(&text)
        .map_err(|error| Failure::new(ExitCode::Io, format!("{}: {error}", path.display())))
}
