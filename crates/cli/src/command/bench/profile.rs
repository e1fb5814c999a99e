//! The options of a profile, and its files.

use crate::destination::refuse_input;
use crate::failure::Failure;
use crate::parse;
use clap::Args;
use crcheck_bench::contender::Contender;
use crcheck_bench::profile::flame_graph::flame_graph;
use crcheck_bench::profile::row_loop::{Profile, ProfilePlan};
use crcheck_bench::profile::sampler::FREQUENCY_MAX_HZ;
use crcheck_bench::report::{BenchReport, ProfileFacts};
use crcheck_bench::scenario::Scenario;
use crcheck_harness::platform::files::whole::WholeFile;
use crcheck_harness::report::verdict::ExitCode;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

#[derive(Args, Debug)]
#[command(next_help_heading = "Profile")]
pub(super) struct ProfileOptions {
    /// After the measurement, run each row again, sample its functions with pprof, and write a
    /// flame graph to this file
    #[arg(long, value_name = "FILE.svg")]
    profile: Option<PathBuf>,
    /// Write the folded stacks to this file as well: a line for each stack, with its samples
    #[arg(long, value_name = "FILE", requires = "profile")]
    profile_stacks: Option<PathBuf>,
    /// Take this many samples a second of processor time. The system's timer may give fewer
    #[arg(
        long,
        value_name = "HZ",
        default_value = "999",
        requires = "profile",
        value_parser = clap::value_parser!(u32).range(1..=i64::from(FREQUENCY_MAX_HZ))
    )]
    profile_frequency: u32,
    /// Profile for this long in processor time, all rows and tiers together
    #[arg(
        long,
        value_name = "TIME",
        default_value = "2s",
        requires = "profile",
        value_parser = duration
    )]
    profile_duration: Duration,
}

/// A time that is long enough for a sample.
fn duration(text: &str) -> Result<Duration, String> {
    let time = parse::duration(text)?;
    if time.is_zero() {
        return Err("a profile of no time has no sample: write a time such as 2s".to_owned());
    }
    Ok(time)
}

impl ProfileOptions {
    /// How the profile is taken; `None` if nobody asks for one.
    pub(super) fn plan<'a>(
        &self,
        on_begin: &'a dyn Fn(&Scenario, &Contender),
    ) -> Option<ProfilePlan<'a>> {
        self.profile.as_ref().map(|_| ProfilePlan {
            on_begin,
            frequency_hz: self.profile_frequency,
            duration: self.profile_duration,
        })
    }

    /// Begins the files before the run, so that an error costs no run. They must not be among those
    /// of the command: what it reads, and its report.
    pub(super) fn open(&self, inputs: &[PathBuf]) -> Result<Option<ProfileFiles>, Failure> {
        let Some(path) = &self.profile else {
            return Ok(None);
        };
        if self.profile_stacks.as_ref() == Some(path) {
            let text = "--profile and --profile-stacks name the same file: name another one";
            return Err(Failure::new(ExitCode::Usage, text));
        }
        let stacks = self.profile_stacks.as_deref();
        Ok(Some(ProfileFiles {
            graph: OpenFile::create("--profile", path, inputs)?,
            stacks: stacks
                .map(|path| OpenFile::create("--profile-stacks", path, inputs))
                .transpose()?,
            frequency_hz: self.profile_frequency,
        }))
    }
}

/// The files of a profile, which nobody sees before they are complete.
pub(super) struct ProfileFiles {
    graph: OpenFile,
    stacks: Option<OpenFile>,
    frequency_hz: u32,
}

impl ProfileFiles {
    /// Writes a profile, and adds its facts to the report.
    pub(super) fn write(self, profile: &Profile, report: &mut BenchReport) -> Result<(), Failure> {
        report.profile = Some(ProfileFacts {
            profiler: profile.profiler.to_owned(),
            frequency_hz: self.frequency_hz,
            cpu_s: profile.cpu_time.as_secs_f64(),
            samples: profile.stacks.count(),
            is_complete: profile.is_complete,
            flame_graph: self.graph.name(),
            stacks: self.stacks.as_ref().map(OpenFile::name),
        });
        let lines = report.profile_lines();
        self.graph.finish(&flame_graph(&profile.stacks, &lines))?;
        let stacks = self.stacks;
        stacks.map_or(Ok(()), |file| file.finish(&profile.stacks.folded()))
    }

    /// What to say if there is no profile.
    pub(super) fn say_unwritten(&self) -> String {
        format!("no profile: {} is not written", self.graph.name())
    }
}

struct OpenFile {
    path: PathBuf,
    file: WholeFile,
}

impl OpenFile {
    fn create(option: &str, path: &Path, inputs: &[PathBuf]) -> Result<Self, Failure> {
        if inputs.iter().any(|input| input == path) {
            let text = format!(
                "{option} {} is another file of this command",
                path.display()
            );
            return Err(Failure::new(ExitCode::Usage, text + ": name another one"));
        }
        refuse_input(option, path, inputs)?;
        let file = WholeFile::create(path).map_err(|error| Failure::io("write", path, &error))?;
        let path = path.to_owned();
        Ok(Self { path, file })
    }

    fn name(&self) -> String {
        self.path.display().to_string()
    }

    fn finish(mut self, text: &str) -> Result<(), Failure> {
        let written = self.file.write_all(text.as_bytes());
        let written = written.and_then(|()| self.file.finish());
        written.map_err(|error| Failure::io("write", &self.path, &error))
    }
}
