//! The output of a command that lists or counts, and judges nothing: stdout, or one file.

use crate::complaint::annotate;
use crate::destination::{self, Destination, refuse_input};
use crate::failure::Failure;
use crate::options::OutputOptions;
use crate::stderr::tell;
use crcheck_files::walk::FileId;
use crcheck_harness::report::verdict::ExitCode;
use crcheck_harness::report::visible;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// An open output.
pub(crate) struct Output {
    destination: Destination,
    file: Option<PathBuf>,
}

impl Output {
    /// Opens the destination before the run, so that an error costs no run. It must not be one of
    /// the files that the command reads.
    pub(crate) fn open(options: &OutputOptions, inputs: &[PathBuf]) -> Result<Self, Failure> {
        let file = options.file.clone();
        let destination = match &file {
            None => destination::open_stdout()?,
            Some(path) => {
                refuse_input("--output", path, inputs)?;
                destination::open(path).map_err(|error| Failure::io("write", path, &error))?
            }
        };
        Ok(Self { destination, file })
    }

    /// Writes the last text and closes. Returns `code`, or the code of a failure.
    pub(crate) fn finish_text(mut self, text: &str, code: ExitCode) -> ExitCode {
        let file = self.file.clone();
        let written = self.destination.write(text.as_bytes());
        let written = written.and_then(|()| self.destination.close());
        match written {
            Ok(()) => code,
            Err(error) => {
                let failure = Self::failure(file.as_deref(), &error);
                tell(format_args!("error: {failure}"));
                if file.is_some() {
                    // It goes to stdout instead, which may fail as well.
                    tell("what it was to hold follows on stdout");
                    let _ = io::stdout().write_all(text.as_bytes());
                }
                code.and(ExitCode::Io)
            }
        }
    }

    /// Writes bytes during the run, for those that handle errors as they come.
    pub(crate) fn write_bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.destination.write(bytes)
    }

    /// Closes what [`Output::write_bytes`] has written to.
    pub(crate) fn close(self) -> io::Result<()> {
        self.destination.close()
    }

    /// The failure of a write or of the end.
    pub(crate) fn failure(file: Option<&Path>, error: &io::Error) -> Failure {
        Failure::io("write", file.unwrap_or(Path::new("stdout")), error)
    }

    /// Whether it replaces a file as a whole, or makes one.
    pub(crate) const fn is_file(&self) -> bool {
        matches!(self.destination, Destination::File(_))
    }

    /// The file that it would replace, if there is one.
    pub(crate) fn replaced(&self) -> Option<FileId> {
        match &self.destination {
            Destination::File(file) => destination::id(file.path()),
            _ => None,
        }
    }

    /// The new content that is not complete.
    pub(crate) fn partial(&self) -> Option<FileId> {
        match &self.destination {
            Destination::File(file) => destination::id(file.partial_path()),
            _ => None,
        }
    }
}

/// Writes to stdout what is not a report.
pub(crate) fn print(text: &[u8]) -> Result<(), Failure> {
    destination::open_stdout()?;
    let mut stdout = io::stdout();
    stdout
        .write_all(text)
        .and_then(|()| stdout.flush())
        .map_err(|error| Failure::io("write", Path::new("stdout"), &error))
}

/// Prints what the command line asks for instead of a command, or what is wrong with it.
pub(crate) fn print_usage(usage: &clap::Error) -> Result<ExitCode, Failure> {
    if usage.use_stderr() {
        let text = usage.to_string();
        let text = text.split("\n\n").next().unwrap_or_default();
        let is_visible = |word: OsString| word.to_str().is_some_and(|word| visible(word) == word);
        if std::env::args_os().all(is_visible) {
            // If stderr is full, nobody reads it.
            let _ = usage.print();
        } else {
            // It repeats words of the line, and none may begin a line of its own.
            tell(text);
        }
        annotate(text.trim_start_matches("error: "));
        return Ok(ExitCode::Usage);
    }
    destination::open_stdout()?;
    let printed = usage.print().and_then(|()| io::stdout().flush());
    printed.map_err(|error| Failure::io("write", Path::new("stdout"), &error))?;
    Ok(ExitCode::Passed)
}
