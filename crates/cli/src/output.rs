//! Where a report goes: stdout, or a file that is written as a whole or not at all.

use crate::failure::Failure;
use crate::options::OutputOptions;
use crate::stderr::tell;
use crate::terminal;
use crcheck_files::walk::FileId;
use crcheck_harness::platform::files::whole::WholeFile;
use crcheck_harness::platform::standard_streams;
use crcheck_harness::report;
use crcheck_harness::report::verdict::ExitCode;
use crcheck_harness::report::{Format, Report, RunStart};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl, fstat};
use rustix::io::Errno;
use std::fs::{self, File, Metadata};
use std::io::{self, IsTerminal, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// An open destination.
pub(crate) struct Output {
    destination: Destination,
    options: OutputOptions,
    start: RunStart,
}

enum Destination {
    Stdout,
    File(WholeFile),
    /// A pipe or device, which cannot be replaced.
    Device(File),
}

impl Destination {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Stdout => io::stdout().write_all(bytes),
            Self::File(file) => file.write_all(bytes),
            Self::Device(file) => file.write_all(bytes),
        }
    }

    fn close(self) -> io::Result<()> {
        match self {
            Self::Stdout => io::stdout().flush(),
            Self::File(file) => file.finish(),
            Self::Device(mut file) => file.flush(),
        }
    }
}

impl Output {
    /// Opens the destination before the run, so that an error costs no run. It must not be one of
    /// the files that the command reads.
    pub(crate) fn open(options: &OutputOptions, inputs: &[PathBuf]) -> Result<Self, Failure> {
        let destination = match &options.file {
            None => open_stdout()?,
            Some(path) => {
                refuse_input("--output", path, inputs)?;
                open(path).map_err(|error| Failure::io("write", path, &error))?
            }
        };
        Ok(Self {
            destination,
            options: options.clone(),
            start: RunStart::now(),
        })
    }

    /// Writes a line during the run.
    pub(crate) fn write_line(&mut self, text: &str) {
        // What fails here fails again at the end, which reports it.
        let _ = self.write(text);
    }

    /// Writes the report and closes. Returns the exit code.
    pub(crate) fn finish(self, report: &Report, format: Format) -> ExitCode {
        let text = self.render(report, format);
        self.finish_text(&text, report.exit_code)
    }

    /// Does the same with a line in front of the text for people.
    pub(crate) fn finish_after(
        self,
        first: Option<String>,
        report: &Report,
        format: Format,
    ) -> ExitCode {
        let first = first.filter(|_| format == Format::Human);
        let first = first.map_or(String::new(), |line| format!("{line}\n"));
        let text = first + &self.render(report, format);
        self.finish_text(&text, report.exit_code)
    }

    /// The report in a format, with the facts of the run that ends with it.
    pub(crate) fn render(&self, report: &Report, format: Format) -> String {
        let report = &report.clone().of_run(self.start.end());
        match format {
            Format::Human => self.render_human(report),
            Format::Json => report::json(report, true),
            Format::Jsonl => report::json(report, false),
            Format::Junit => report::junit(report),
            Format::Markdown => report::markdown(report),
            Format::Html => report::html(report),
            Format::Github => report::github(report),
            Format::Sarif => report::sarif(report),
        }
    }

    /// Writes the last text and closes. Returns `code`, or the code of a failure.
    pub(crate) fn finish_text(mut self, text: &str, code: ExitCode) -> ExitCode {
        let file = self.options.file.clone();
        let written = self.write(text).and_then(|()| self.destination.close());
        match written {
            Ok(()) => code,
            Err(error) => {
                let failure = Self::failure(file.as_deref(), &error);
                tell(format_args!("error: {failure}"));
                if file.is_some() {
                    // The report goes to stdout instead, which may fail as well.
                    tell("what it was to hold follows on stdout");
                    let _ = io::stdout().write_all(text.as_bytes());
                }
                code.and(ExitCode::Io)
            }
        }
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        self.destination.write(text.as_bytes())
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
            Destination::File(file) => id(file.path()),
            _ => None,
        }
    }

    /// The new content that is not complete.
    pub(crate) fn partial(&self) -> Option<FileId> {
        match &self.destination {
            Destination::File(file) => id(file.partial_path()),
            _ => None,
        }
    }

    fn render_human(&self, report: &Report) -> String {
        let text = if self.options.quiet {
            report::brief(report)
        } else if self.options.verbose {
            report::human_in_full(report)
        } else {
            report::human(report)
        };
        let is_terminal =
            matches!(self.destination, Destination::Stdout) && io::stdout().is_terminal();
        if terminal::has_colour(self.options.color, is_terminal) {
            colour(&text)
        } else {
            text
        }
    }
}

/// Writes a file as a whole, or to a pipe or device.
pub(crate) fn write_file(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error| Failure::io("write", path, &error);
    let mut destination = open(path).map_err(failed)?;
    let written = destination.write(text.as_bytes());
    written.and_then(|()| destination.close()).map_err(failed)
}

/// Writes to stdout what is not a report.
pub(crate) fn print(text: &[u8]) -> Result<(), Failure> {
    open_stdout()?;
    let mut stdout = io::stdout();
    stdout
        .write_all(text)
        .and_then(|()| stdout.flush())
        .map_err(|error| Failure::io("write", Path::new("stdout"), &error))
}

/// Prints what the command line asks for instead of a command, or what is wrong with it.
pub(crate) fn print_usage(usage: &clap::Error) -> Result<ExitCode, Failure> {
    if usage.use_stderr() {
        // If stderr is full, nobody reads it.
        let _ = usage.print();
        return Ok(ExitCode::Usage);
    }
    open_stdout()?;
    let printed = usage.print().and_then(|()| io::stdout().flush());
    printed.map_err(|error| Failure::io("write", Path::new("stdout"), &error))?;
    Ok(ExitCode::Passed)
}

fn open_stdout() -> Result<Destination, Failure> {
    if !standard_streams::is_stdout_closed() {
        return Ok(Destination::Stdout);
    }
    let text = "cannot write to stdout: it is closed. Open it, or name a file by --output if the \
                command has that option";
    Err(Failure::new(ExitCode::Io, text))
}

fn open(path: &Path) -> io::Result<Destination> {
    let Ok(found) = fs::metadata(path) else {
        return Ok(Destination::File(WholeFile::create(path)?));
    };
    if !standard_streams::is_stdout_closed() && is_stdout(&found) {
        return Ok(Destination::Stdout);
    }
    if found.is_file() && !is_descriptor(path) {
        return Ok(Destination::File(WholeFile::create(path)?));
    }
    if found.file_type().is_block_device() {
        return Err(io::Error::other("it is a disk"));
    }
    // To open a FIFO waits for its reader, unless it must not wait.
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let mut options = File::options();
    options.append(true).custom_flags(flags.bits() as i32);
    let file = options.open(path).map_err(|error| {
        if found.file_type().is_fifo() && error.raw_os_error() == Some(Errno::NXIO.raw_os_error()) {
            return io::Error::other("nobody reads from this FIFO: start its reader first");
        }
        error
    })?;
    // To write to it may wait.
    let status = fcntl_getfl(&file)?;
    fcntl_setfl(&file, status - OFlags::NONBLOCK)?;
    Ok(Destination::Device(file))
}

fn is_stdout(found: &Metadata) -> bool {
    let stdout = fstat(io::stdout());
    stdout.is_ok_and(|stdout| (stdout.st_dev, stdout.st_ino) == (found.dev(), found.ino()))
}

/// Whether the name stands for a descriptor, as `/dev/stderr` and `/dev/fd/3` do. Its file is
/// somebody else's to replace.
fn is_descriptor(path: &Path) -> bool {
    let mut path = path.to_owned();
    while let Ok(target) = fs::read_link(&path) {
        if path.starts_with("/proc") || path.starts_with("/dev/fd") {
            return true;
        }
        path = path.parent().unwrap_or(Path::new("")).join(target);
    }
    false
}

/// Refuses to write to a file that the command reads, by whatever name.
pub(crate) fn refuse_input(option: &str, path: &Path, inputs: &[PathBuf]) -> Result<(), Failure> {
    let Some(own) = id(path) else {
        return Ok(());
    };
    match inputs.iter().find(|input| id(input) == Some(own)) {
        None => Ok(()),
        Some(input) => {
            let (path, input) = (path.display(), input.display());
            let text = format!(
                "{option} {path} would replace {input}, which this command reads: name another file"
            );
            Err(Failure::new(ExitCode::Usage, text))
        }
    }
}

/// The file of this name, if it is one.
pub(crate) fn id(path: &Path) -> Option<FileId> {
    let found = fs::metadata(path).ok().filter(Metadata::is_file)?;
    Some((found.dev(), found.ino()))
}

/// Colours the words that decide.
fn colour(text: &str) -> String {
    use clap::builder::styling::{AnsiColor, Style};
    let style = |colour: AnsiColor| Style::new().bold().fg_color(Some(colour.into()));
    let words = [
        ("FINDING", AnsiColor::Red),
        ("ACCEPTED", AnsiColor::Yellow),
        ("fail", AnsiColor::Red),
        ("pass", AnsiColor::Green),
        ("incomplete", AnsiColor::Yellow),
        ("void", AnsiColor::Yellow),
    ];
    let paint = |line: &str| {
        let bare = line.trim_start();
        let indent = &line[..line.len() - bare.len()];
        for (word, colour) in words {
            if let Some(rest) = bare.strip_prefix(word) {
                let style = style(colour);
                return format!("{indent}{style}{word}{style:#}{rest}\n");
            }
        }
        format!("{line}\n")
    };
    text.lines().map(paint).collect()
}
