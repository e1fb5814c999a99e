//! `crcheck sum`.

mod difference;
mod files;
mod job;
mod json;
mod lists;
mod options;
mod results;

use crate::failure::Failure;
use crate::interrupt;
use crate::meter::Meter;
use crate::options::ResultOptions;
use crate::output::Output;
use crate::parse;
use crate::progress::Progress;
use crate::stage;
use clap::Args;
use clap::builder::{OsStringValueParser, TypedValueParser};
use crcheck_files::Algorithm;
use crcheck_files::walk::FileId;
use crcheck_harness::kernel::cpu;
use crcheck_harness::oracle::model::Model;
use crcheck_harness::report::verdict::ExitCode;
use files::Files;
use job::{Job, STDIN, stdin_path};
use lists::Lists;
use options::{LineOptions, ListOptions, ReadingOptions};
use results::Results;
use std::path::PathBuf;

/// Print the checksums of files, or check the files of a list
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n\
\x20 crcheck sum file\n\
\x20 crcheck sum --model crc-32c --tag file\n\
\x20 crcheck sum -r folder --output list\n\
\x20 crcheck sum --check list --quiet\n\
\x20 crcheck sum --check release.sfv\n\
\x20 crcheck sum --base64 object\n\
\x20 crcheck sum --io direct --buffer 4M --verify image --json")]
pub(crate) struct Sum {
    /// Files, or - for stdin. With --check, lists of checksums [default: -]
    #[arg(value_name = "FILE", value_parser = OsStringValueParser::new().map(PathBuf::from))]
    names: Vec<PathBuf>,
    /// Sum the files in folders, and in the folders in them
    #[arg(short, long, overrides_with = "recursive")]
    recursive: bool,
    /// The CRC model: a name or an alias of the catalogue, or parameters. The kernel computes its
    /// own, a table every other [default: CRC-32/ISO-HDLC]
    #[arg(long, value_name = "MODEL", value_parser = parse::model)]
    model: Option<Model>,
    #[command(flatten)]
    lines: LineOptions,
    #[command(flatten)]
    lists: ListOptions,
    #[command(flatten)]
    reading: ReadingOptions,
    #[command(flatten)]
    results: ResultOptions,
}

impl Sum {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        cpu::mask().map_err(|error| Failure::new(ExitCode::Usage, error.to_string()))?;
        if self.lines.raw && self.names.len() > 1 {
            let text = "--raw is for one file: the bytes of several would run together";
            return Err(Failure::new(ExitCode::Usage, text));
        }
        if self.recursive && self.names.is_empty() {
            let text = "-r is for folders: name one, such as . for this one";
            return Err(Failure::new(ExitCode::Usage, text));
        }
        let output = Output::open(&self.results.as_report(), &self.inputs())?;
        let replaced = output.replaced();
        let own: Vec<FileId> = replaced.into_iter().chain(output.partial()).collect();
        let progress = Progress::of_bytes(&self.results.as_report());
        let meter = Meter::new(&progress);
        let model = self.model.as_ref().unwrap_or(&Model::CRC_32_ISO_HDLC);
        let algorithm = Algorithm::new(model);
        let list = if self.lists.check { "lines" } else { "files" };
        let document = self.lines.json.then(|| (json::head(&algorithm), list));
        let results = Results::new(output, self.results.file.clone(), document, &progress);
        let on_progress = |bytes| meter.add(bytes);
        let job = Job {
            reading: &self.reading,
            meter: &meter,
            on_progress: &on_progress,
            cancelled: interrupt::flag(),
            results: &results,
            replaced,
            may_walk: !self.lists.check,
        };
        let work = || self.work(&job, &algorithm, &own);
        stage::run(work, || meter.tick(), || results.give_up())?;
        Ok(results.finish(job.is_cancelled()))
    }

    /// The names, with the path of stdin for what stands for it.
    fn inputs(&self) -> Vec<PathBuf> {
        let is_stdin = |name: &PathBuf| name.as_os_str() == STDIN;
        let path = |name: &PathBuf| {
            if is_stdin(name) {
                stdin_path()
            } else {
                name.clone()
            }
        };
        match self.names.is_empty() {
            true => vec![stdin_path()],
            false => self.names.iter().map(path).collect(),
        }
    }

    fn work(&self, job: &Job<'_>, algorithm: &Algorithm, own: &[FileId]) {
        if self.lists.check {
            let lists = Lists {
                job,
                algorithm,
                options: &self.lists,
                is_json: self.lines.json,
            };
            return lists.check_all(&self.names);
        }
        let files = Files {
            job,
            algorithm,
            lines: &self.lines,
            is_recursive: self.recursive,
            own,
        };
        files.sum_all(&self.names);
    }
}
