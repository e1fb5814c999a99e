//! Where results go: stdout, or a file that is written as a whole or not at all.

use crate::failure::Failure;
use crcheck_files::walk::FileId;
use crcheck_harness::platform::files::whole::WholeFile;
use crcheck_harness::platform::standard_streams;
use crcheck_harness::report::verdict::ExitCode;
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl, fstat};
use rustix::io::Errno;
use std::fs::{self, File, Metadata};
use std::io::{self, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// An open destination.
pub(crate) enum Destination {
    Stdout,
    File(WholeFile),
    /// A pipe or device, which cannot be replaced.
    Device(File),
}

impl Destination {
    /// Whether both would replace the same file.
    pub(crate) fn is_same_file(&self, other: &Self) -> bool {
        // Two names of one folder are the same.
        let place = |file: &WholeFile| {
            let folder = file.path().parent().filter(|path| *path != Path::new(""));
            let folder = folder.unwrap_or(Path::new(".")).canonicalize().ok();
            Some((folder?, file.path().file_name()?.to_owned()))
        };
        match (self, other) {
            (Self::File(one), Self::File(other)) => place(one) == place(other),
            _ => false,
        }
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Stdout => io::stdout().write_all(bytes),
            Self::File(file) => file.write_all(bytes),
            Self::Device(file) => file.write_all(bytes),
        }
    }

    pub(crate) fn close(self) -> io::Result<()> {
        match self {
            Self::Stdout => io::stdout().flush(),
            Self::File(file) => file.finish(),
            Self::Device(mut file) => file.flush(),
        }
    }
}

/// Opens stdout, which whoever started the program may have closed.
pub(crate) fn open_stdout() -> Result<Destination, Failure> {
    if !standard_streams::is_stdout_closed() {
        return Ok(Destination::Stdout);
    }
    let text = "cannot write to stdout: it is closed. Open it, or name a file by --output if the \
                command has that option";
    Err(Failure::new(ExitCode::Io, text))
}

/// Opens a file of this name, or the pipe or device.
pub(crate) fn open(path: &Path) -> io::Result<Destination> {
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
pub(crate) fn is_descriptor(path: &Path) -> bool {
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
