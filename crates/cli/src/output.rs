//! Where a report goes: stdout, or a file that is written as a whole or not at all.

use crate::failure::Failure;
use crate::options::OutputOptions;
use crcheck_harness::report;
use crcheck_harness::report::verdict::ExitCode;
use crcheck_harness::report::{Format, Report};
use std::fs::{self, File};
use std::io::{self, IsTerminal, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// An open destination.
pub(crate) struct Output {
    destination: Destination,
    options: OutputOptions,
}

enum Destination {
    Stdout,
    /// Written to `partial` beside it, then renamed to `path`.
    File {
        file: File,
        partial: PathBuf,
        path: PathBuf,
    },
    /// A pipe or device, which cannot be replaced.
    Device(File),
}

impl Output {
    /// Opens the destination before the run, so that an error costs no run.
    pub(crate) fn open(options: &OutputOptions) -> Result<Self, Failure> {
        let destination = match &options.file {
            None => Destination::Stdout,
            Some(path) => open(path).map_err(|error| Failure::io("write", path, &error))?,
        };
        Ok(Self {
            destination,
            options: options.clone(),
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

    /// The report in a format.
    pub(crate) fn render(&self, report: &Report, format: Format) -> String {
        match format {
            Format::Human => self.render_human(report),
            Format::Json => report::json(report, true),
            Format::Jsonl => report::json(report, false),
            Format::Junit => report::junit(report),
            Format::Markdown => report::markdown(report),
            Format::Html => report::html(report),
            Format::Github => report::github(report),
        }
    }

    /// Writes the last text and closes. Returns `code`, or the code of a failure.
    pub(crate) fn finish_text(mut self, text: &str, code: ExitCode) -> ExitCode {
        let written = self.write(text).and_then(|()| self.close());
        match written {
            Ok(()) => code,
            Err(error) => {
                let path = self.options.file.clone().unwrap_or("stdout".into());
                eprintln!("error: {}", Failure::io("write", &path, &error));
                if self.options.file.is_some() {
                    // The report goes to stdout instead, which may fail as well.
                    let _ = io::stdout().write_all(text.as_bytes());
                }
                code.and(ExitCode::Io)
            }
        }
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        match &mut self.destination {
            Destination::Stdout => io::stdout().write_all(text.as_bytes()),
            Destination::File { file, .. } | Destination::Device(file) => {
                file.write_all(text.as_bytes())
            }
        }
    }

    fn close(&mut self) -> io::Result<()> {
        match &mut self.destination {
            Destination::Stdout => io::stdout().flush(),
            Destination::Device(file) => file.flush(),
            Destination::File {
                file,
                partial,
                path,
            } => {
                file.sync_all()?;
                fs::rename(partial, path)
            }
        }
    }

    fn render_human(&self, report: &Report) -> String {
        let text = if self.options.quiet {
            report::brief(report)
        } else {
            report::human(report)
        };
        let is_terminal =
            matches!(self.destination, Destination::Stdout) && io::stdout().is_terminal();
        if self.options.color.is_on(is_terminal) {
            colour(&text)
        } else {
            text
        }
    }
}

/// Writes to stdout what is not a report.
pub(crate) fn print(text: &[u8]) -> Result<(), Failure> {
    let mut stdout = io::stdout();
    stdout
        .write_all(text)
        .and_then(|()| stdout.flush())
        .map_err(|error| Failure::io("write", Path::new("stdout"), &error))
}

impl Drop for Output {
    fn drop(&mut self) {
        if let Destination::File { partial, .. } = &self.destination {
            // It is gone already if it was renamed to the report.
            let _ = fs::remove_file(partial);
        }
    }
}

fn open(path: &PathBuf) -> io::Result<Destination> {
    if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        let file = File::options().write(true).open(path)?;
        return Ok(Destination::Device(file));
    }
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let name = format!(".{}.{}.partial", name.to_string_lossy(), std::process::id());
    let partial = path.with_file_name(name);
    Ok(Destination::File {
        file: File::create(&partial)?,
        partial,
        path: path.clone(),
    })
}

/// Writes a file as a whole or not at all.
pub(crate) fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // The user's umask applies, as for any new file.
    let mode = fs::Permissions::from_mode(0o666);
    let mut file = tempfile::Builder::new()
        .permissions(mode)
        .tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
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
