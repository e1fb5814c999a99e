//! Where a report goes: stdout, or a file that is there as a whole or not at all.

use crate::failure::Failure;
use crate::options::Form;
use crcheck_harness::report::{self, Format, Report};
use crcheck_harness::verdict::ExitCode;
use std::fs::{self, File};
use std::io::{self, IsTerminal, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// An open destination.
pub(crate) struct Output {
    to: To,
    form: Form,
}

enum To {
    Stdout,
    /// Written beside, then moved over.
    File {
        file: File,
        partial: PathBuf,
        path: PathBuf,
    },
    /// A pipe or device: there is nothing to replace.
    Device(File),
}

impl Output {
    /// Opens the destination, so that what cannot be written is known before the run.
    pub(crate) fn open(form: &Form) -> Result<Self, Failure> {
        let to = match &form.output {
            None => To::Stdout,
            Some(path) => open(path).map_err(|error| Failure::io("write", path, &error))?,
        };
        Ok(Self {
            to,
            form: form.clone(),
        })
    }

    /// Writes a line while the run goes on.
    pub(crate) fn line(&mut self, text: &str) {
        // What fails here fails again at the end, and is told there.
        let _ = self.write(text);
    }

    /// Writes the report and closes; answers the exit code.
    pub(crate) fn finish(self, report: &Report, format: Format) -> ExitCode {
        let text = self.text(report, format);
        self.finish_text(&text, report.exit_code)
    }

    /// The report in a form.
    pub(crate) fn text(&self, report: &Report, format: Format) -> String {
        match format {
            Format::Human => self.human(report),
            Format::Json => report::json(report, true),
            Format::Jsonl => report::json(report, false),
            Format::Junit => report::junit(report),
            Format::Markdown => report::markdown(report),
            Format::Html => report::html(report),
            Format::Github => report::github(report),
        }
    }

    /// Writes the last text and closes; answers `code`, or that of a failure.
    pub(crate) fn finish_text(mut self, text: &str, code: ExitCode) -> ExitCode {
        let written = self.write(text).and_then(|()| self.close());
        match written {
            Ok(()) => code,
            Err(error) => {
                let path = self.form.output.clone().unwrap_or("stdout".into());
                eprintln!("error: {}", Failure::io("write", &path, &error));
                if self.form.output.is_some() {
                    // The report is not lost with its file; if stdout is gone too, all was tried.
                    let _ = io::stdout().write_all(text.as_bytes());
                }
                code.and(ExitCode::Io)
            }
        }
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        match &mut self.to {
            To::Stdout => io::stdout().write_all(text.as_bytes()),
            To::File { file, .. } | To::Device(file) => file.write_all(text.as_bytes()),
        }
    }

    fn close(&mut self) -> io::Result<()> {
        match &mut self.to {
            To::Stdout => io::stdout().flush(),
            To::Device(file) => file.flush(),
            To::File {
                file,
                partial,
                path,
            } => {
                file.sync_all()?;
                fs::rename(partial, path)
            }
        }
    }

    fn human(&self, report: &Report) -> String {
        let text = if self.form.quiet {
            report::brief(report)
        } else {
            report::human(report)
        };
        let is_terminal = matches!(self.to, To::Stdout) && io::stdout().is_terminal();
        if self.form.color.holds(is_terminal) {
            coloured(&text)
        } else {
            text
        }
    }
}

/// Writes a result that is no report to stdout.
pub(crate) fn print(text: &[u8]) -> Result<(), Failure> {
    let mut stdout = io::stdout();
    stdout
        .write_all(text)
        .and_then(|()| stdout.flush())
        .map_err(|error| Failure::io("write", Path::new("stdout"), &error))
}

impl Drop for Output {
    fn drop(&mut self) {
        if let To::File { partial, .. } = &self.to {
            // Gone already if it became the report.
            let _ = fs::remove_file(partial);
        }
    }
}

fn open(path: &PathBuf) -> io::Result<To> {
    if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        let file = File::options().write(true).open(path)?;
        return Ok(To::Device(file));
    }
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let name = format!(".{}.{}.partial", name.to_string_lossy(), std::process::id());
    let partial = path.with_file_name(name);
    Ok(To::File {
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
    // As any other new file: what the user's mask leaves of this.
    let mode = fs::Permissions::from_mode(0o666);
    let mut file = tempfile::Builder::new()
        .permissions(mode)
        .tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// The words that decide, in colour.
fn coloured(text: &str) -> String {
    use clap::builder::styling::{AnsiColor, Style};
    let style = |colour: AnsiColor| Style::new().bold().fg_color(Some(colour.into()));
    let words = [
        ("FAULT", AnsiColor::Red),
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
