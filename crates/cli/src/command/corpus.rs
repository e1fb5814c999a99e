//! `crcheck corpus`.

use crate::failure::Failure;
use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};
use crcheck_harness::artifact::Artifact;
use crcheck_harness::corpus;
use crcheck_harness::hunt::Target;
use crcheck_harness::replay;
use crcheck_harness::verdict::ExitCode;
use std::path::{Path, PathBuf};

/// Seeds and saved inputs of the fuzz targets.
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:\n\
\x20 crcheck corpus seed\n\
\x20 crcheck corpus list")]
pub(crate) enum Corpus {
    /// Write the seeds: the same on every machine, and enough to reach every path of the kernel
    Seed(Seed),
    /// Say how many inputs each target has, and how many cases are kept with a story
    #[command(after_help = "Examples:\n  crcheck corpus list --corpus corpus")]
    List(Folder),
    /// Take inputs over: shortened, named after their cell, one of each, within 2 MiB
    Import(Import),
    /// Keep a fault's artifact for good, with its story: every subject is judged on it from then on
    Keep(Keep),
}

#[derive(Args, Debug)]
pub(crate) struct Folder {
    /// The folder that has a folder for each target
    #[arg(long, value_name = "DIR", default_value = "corpus")]
    corpus: PathBuf,
}

#[derive(Args, Debug)]
#[command(after_help = "Examples:\n\
\x20 crcheck corpus seed --target kernel_vs_oracle")]
pub(crate) struct Seed {
    #[command(flatten)]
    folder: Folder,
    /// Only for this target; repeatable [default: all]
    #[arg(long)]
    target: Vec<Target>,
}

#[derive(Args, Debug)]
#[command(after_help = "Examples:\n\
\x20 crcheck corpus import --target kernel_vs_oracle fuzz/new-inputs")]
pub(crate) struct Import {
    #[command(flatten)]
    folder: Folder,
    /// The target that the inputs belong to
    #[arg(long)]
    target: Target,
    /// Inputs, or folders of them
    #[arg(required = true)]
    paths: Vec<PathBuf>,
}

#[derive(Args, Debug)]
#[command(after_help = "Examples:\n\
\x20 crcheck corpus keep --name odd-tail --story \"The last byte was lost.\" crcheck-artifacts/case.toml")]
pub(crate) struct Keep {
    #[command(flatten)]
    folder: Folder,
    /// The file's name, without its ending
    #[arg(long, value_name = "NAME", value_parser = bare_name)]
    name: String,
    /// What went wrong where, and what is to be learnt from it
    #[arg(long, value_name = "TEXT", value_parser = NonEmptyStringValueParser::new())]
    story: String,
    /// The artifact (.toml); `crcheck minimize` makes the smallest one
    artifact: PathBuf,
}

/// A name that stays in its folder.
fn bare_name(text: &str) -> Result<String, String> {
    let is_bare = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    if text.starts_with(|letter: char| letter.is_ascii_alphanumeric()) && text.chars().all(is_bare)
    {
        Ok(text.to_owned())
    } else {
        Err("a name is made of letters, digits, `-`, `_` and `.`".to_owned())
    }
}

impl Corpus {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        match self {
            Self::Seed(seed) => seed.run(),
            Self::List(folder) => list(&folder.corpus),
            Self::Import(import) => import.run(),
            Self::Keep(keep) => keep.run(),
        }
    }
}

impl Seed {
    fn run(self) -> Result<ExitCode, Failure> {
        let mut targets = self.target;
        if targets.is_empty() {
            targets = Target::ALL.to_vec();
            targets.retain(|target| target.has_corpus());
        }
        let folder = &self.folder.corpus;
        for target in targets {
            let count = corpus::write_seeds(folder, target)
                .map_err(|error| Failure::io("write seeds into", folder, &error))?;
            println!("{target}: {count} seeds");
        }
        Ok(ExitCode::Passed)
    }
}

impl Import {
    fn run(self) -> Result<ExitCode, Failure> {
        let folder = &self.folder.corpus;
        let items = replay::load(&self.paths, Some(self.target))?;
        if items.is_empty() {
            return Err(Failure::new(
                ExitCode::Nothing,
                "there is no input in what was given",
            ));
        }
        let imported = corpus::import(folder, self.target, &items)
            .map_err(|error| Failure::io("import into", folder, &error))?;
        println!(
            "{}: {} kept, {} known already, {} left out because the folder is full",
            self.target, imported.kept, imported.known, imported.left_out
        );
        Ok(ExitCode::Passed)
    }
}

impl Keep {
    fn run(self) -> Result<ExitCode, Failure> {
        let artifact = Artifact::read(&self.artifact).map_err(|error| {
            Failure::new(
                ExitCode::Io,
                format!("{}: {error}", self.artifact.display()),
            )
        })?;
        let folder = &self.folder.corpus;
        let path = corpus::keep(folder, &self.name, &self.story, &artifact)
            .map_err(|error| Failure::io("keep an artifact in", folder, &error))?;
        println!("{}", path.display());
        Ok(ExitCode::Passed)
    }
}

fn list(folder: &Path) -> Result<ExitCode, Failure> {
    let mut total = 0;
    let read = |error: std::io::Error| Failure::io("read", folder, &error);
    std::fs::read_dir(folder).map_err(read)?;
    let names = Target::ALL.map(Target::name);
    for name in names.into_iter().chain([corpus::REGRESSIONS]) {
        let path = folder.join(name);
        if !path.is_dir() {
            continue;
        }
        let (mut count, mut size) = (0_u64, 0);
        for entry in std::fs::read_dir(&path).map_err(read)? {
            size += entry
                .and_then(|entry| entry.metadata())
                .map_err(read)?
                .len();
            count += 1;
        }
        total += count;
        println!("{name:<18} {count:>5} files {size:>8} bytes");
    }
    if total == 0 {
        return Err(Failure::new(
            ExitCode::Nothing,
            format!("{} has no inputs", folder.display()),
        ));
    }
    Ok(ExitCode::Passed)
}
