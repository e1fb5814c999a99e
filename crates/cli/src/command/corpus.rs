//! `crcheck corpus`.

use crate::failure::Failure;
use crate::output::print;
use crate::stderr::tell;
use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};
use crcheck_harness::check::artifact::Artifact;
use crcheck_harness::check::fuzz::Target;
use crcheck_harness::check::saved::corpus::{self, FolderSize};
use crcheck_harness::check::saved::load::{self, Loaded, NotAFile};
use crcheck_harness::report::verdict::ExitCode;
use std::path::PathBuf;

/// Manage the seeds and saved inputs of the fuzz targets
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:\n\
\x20 crcheck corpus seed\n\
\x20 crcheck corpus list")]
pub(crate) enum Corpus {
    Seed(SeedCorpus),
    List(ListCorpus),
    Import(ImportInputs),
    Keep(KeepArtifact),
}

#[derive(Args, Debug)]
struct CorpusFolder {
    /// The folder of the corpora, with a folder for each target
    #[arg(long = "corpus", value_name = "DIR", default_value = "corpus")]
    path: PathBuf,
}

/// Count the inputs of each target, and the regressions
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n\
\x20 crcheck corpus list --corpus corpus")]
pub(crate) struct ListCorpus {
    #[command(flatten)]
    folder: CorpusFolder,
}

/// Write the seeds: they are the same on every machine, and reach every path of the kernel
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n\
\x20 crcheck corpus seed --target kernel_vs_oracle")]
pub(crate) struct SeedCorpus {
    #[command(flatten)]
    folder: CorpusFolder,
    /// Write only the seeds of this target. Repeatable [default: all targets]
    #[arg(long)]
    target: Vec<Target>,
}

/// Import inputs: shorten each, name it after its cell, and keep one per cell, up to 2 MiB in all
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n\
\x20 crcheck corpus import --target kernel_vs_oracle fuzz/new-inputs")]
pub(crate) struct ImportInputs {
    #[command(flatten)]
    folder: CorpusFolder,
    /// The fuzz target of the inputs
    #[arg(long)]
    target: Target,
    /// Inputs, or folders of them
    #[arg(required = true)]
    paths: Vec<PathBuf>,
}

/// Keep an artifact as a regression, with its story: later runs judge every subject on it
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n\
\x20 crcheck corpus keep --name odd-tail --story \"It loses the last byte\" found/case.toml")]
pub(crate) struct KeepArtifact {
    #[command(flatten)]
    folder: CorpusFolder,
    /// Name of the file, without its extension
    #[arg(long, value_name = "NAME", value_parser = corpus::parse_name)]
    name: String,
    /// What went wrong, where, and what it teaches
    #[arg(long, value_name = "TEXT", value_parser = NonEmptyStringValueParser::new())]
    story: String,
    /// The artifact (.toml). `crcheck minimize` makes the smallest one
    artifact: PathBuf,
}

impl Corpus {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        match self {
            Self::Seed(seed) => seed.run(),
            Self::List(list) => list.run(),
            Self::Import(import) => import.run(),
            Self::Keep(keep) => keep.run(),
        }
    }
}

impl SeedCorpus {
    fn run(self) -> Result<ExitCode, Failure> {
        let mut targets = self.target;
        if targets.is_empty() {
            targets = Target::ALL.to_vec();
            targets.retain(|target| target.has_corpus());
        }
        let folder = &self.folder.path;
        for target in targets {
            let count = corpus::write_seeds(folder, target)
                .map_err(|error| Failure::io("write seeds into", folder, &error))?;
            print(format!("{target}: {count} seeds\n").as_bytes())?;
        }
        Ok(ExitCode::Passed)
    }
}

impl ImportInputs {
    fn run(self) -> Result<ExitCode, Failure> {
        let folder = &self.folder.path;
        let Loaded { items, skipped, .. } = load::load(&self.paths, Some(self.target))?;
        for NotAFile { path, reason } in skipped {
            tell(format_args!("skipped {}: {reason}", path.display()));
        }
        if items.is_empty() {
            return Err(Failure::new(ExitCode::Nothing, "these paths hold no input"));
        }
        let imported = corpus::import(folder, self.target, &items)
            .map_err(|error| Failure::io("import into", folder, &error))?;
        let text = format!(
            "{}: {} kept, {} known, {} left out because the folder is full\n",
            self.target, imported.kept, imported.known, imported.left_out
        );
        print(text.as_bytes())?;
        Ok(ExitCode::Passed)
    }
}

impl KeepArtifact {
    fn run(self) -> Result<ExitCode, Failure> {
        let artifact = Artifact::read(&self.artifact).map_err(|error| {
            Failure::new(
                ExitCode::Io,
                format!("{}: {error}", self.artifact.display()),
            )
        })?;
        let folder = &self.folder.path;
        let path = corpus::keep(folder, &self.name, &self.story, &artifact)
            .map_err(|error| Failure::io("keep an artifact in", folder, &error))?;
        print(format!("{}\n", path.display()).as_bytes())?;
        Ok(ExitCode::Passed)
    }
}

impl ListCorpus {
    fn run(self) -> Result<ExitCode, Failure> {
        let folder = &self.folder.path;
        let folders =
            corpus::folder_sizes(folder).map_err(|error| Failure::io("read", folder, &error))?;
        for FolderSize {
            name,
            files,
            len_bytes,
        } in &folders
        {
            let line = format!("{name:<18} {files:>5} files {len_bytes:>8} bytes\n");
            print(line.as_bytes())?;
        }
        if folders.iter().all(|folder| folder.files == 0) {
            return Err(Failure::new(
                ExitCode::Nothing,
                format!("{} has no inputs", folder.display()),
            ));
        }
        Ok(ExitCode::Passed)
    }
}
