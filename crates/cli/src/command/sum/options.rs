//! The options of `crcheck sum`.

use crate::options::heading;
use crate::parse::{self, Threads};
use clap::Args;
use crcheck_files::MethodChoice;
use crcheck_files::blocks::BUFFER_BYTES_MAX;
use crcheck_files::list::checksum_form::ChecksumForm;
use crcheck_files::list::line::{LineEnd, LineForm, Style};
use std::path::PathBuf;

/// How a checksum is printed.
#[derive(Args, Debug)]
#[command(next_help_heading = heading::LINES)]
pub(crate) struct LineOptions {
    /// Print `MODEL (NAME) = CHECKSUM`, in the BSD form. --check then knows the model
    #[arg(long)]
    tag: bool,
    /// Print the checksum in base64, highest byte first, as object stores do
    #[arg(long)]
    base64: bool,
    /// Print only the bytes of the checksum, highest first. Only for one file
    #[arg(long, conflicts_with_all = ["tag", "base64", "zero", "recursive"])]
    pub(crate) raw: bool,
    /// End each line with a NUL, and leave names as they are
    #[arg(short, long)]
    zero: bool,
    /// Print JSON, which also says how each file was read, and why not faster
    #[arg(long, conflicts_with_all = ["tag", "base64", "raw", "zero"])]
    pub(crate) json: bool,
}

impl LineOptions {
    /// The style of lines.
    pub(crate) const fn style(&self) -> Style {
        Style {
            line: if self.tag {
                LineForm::Tagged
            } else {
                LineForm::Plain
            },
            checksum: if self.base64 {
                ChecksumForm::Base64
            } else {
                ChecksumForm::Hex
            },
            end: if self.zero {
                LineEnd::Nul
            } else {
                LineEnd::LineFeed
            },
        }
    }
}

/// How lists are checked.
#[derive(Args, Debug)]
#[command(next_help_heading = heading::LISTS)]
pub(crate) struct ListOptions {
    /// Compare the files that lists name with the checksums in them. Each FILE is a list of CRCs,
    /// as this command or a program for SFV files writes it: in the forms of `sha256sum`, not of
    /// `cksum`
    #[arg(
        short,
        long,
        conflicts_with_all = ["recursive", "tag", "base64", "raw", "zero"]
    )]
    pub(crate) check: bool,
    /// Do not print a line for each file that is right
    #[arg(short, long, requires = "check")]
    pub(crate) quiet: bool,
    /// Print nothing about files: the exit code says all
    #[arg(long, requires = "check", conflicts_with = "quiet")]
    pub(crate) status: bool,
    /// Neither report files that are not there, nor fail for them
    #[arg(long, requires = "check")]
    pub(crate) ignore_missing: bool,
    /// No effect: crcheck always fails for malformed lines. Accepted because coreutils has it
    #[arg(
        long,
        requires = "check",
        visible_alias = "warn",
        visible_short_alias = 'w'
    )]
    strict: bool,
}

/// How files are read.
#[derive(Args, Debug)]
#[command(next_help_heading = heading::READING)]
pub(crate) struct ReadingOptions {
    /// How to read: auto, mmap, read, direct (past the page cache) or uring (several reads at once)
    #[arg(long, value_name = "METHOD", default_value = "auto")]
    pub(crate) io: MethodChoice,
    /// The size of a read, such as 64K or 4M, up to 1G [default: the best for the method]
    #[arg(long, value_name = "SIZE", value_parser = buffer)]
    pub(crate) buffer: Option<usize>,
    /// How many threads read and compute: a number, or auto, which is also 0
    #[arg(long, value_name = "N", default_value = "auto", value_parser = parse::threads)]
    pub(crate) threads: Threads,
    /// Have an oracle compute every checksum too. A difference ends the file: its first block
    /// becomes an artifact, and the exit code is 1
    #[arg(long)]
    pub(crate) verify: bool,
    /// Write the block of a difference to this folder
    #[arg(
        long,
        value_name = "DIR",
        default_value = "crcheck-artifacts",
        requires = "verify"
    )]
    pub(crate) artifacts: PathBuf,
}

/// The size of a read, within what every method can do.
fn buffer(text: &str) -> Result<usize, String> {
    let bytes = parse::size(text)?;
    match bytes <= BUFFER_BYTES_MAX {
        true => Ok(bytes),
        false => Err(format!("{text} is too large: a read has 1G at most")),
    }
}
