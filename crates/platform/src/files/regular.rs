//! Files to read. A name may stand for something else: to open a FIFO waits for its writer, and a
//! device may never end.

use rustix::fs::{Mode, OFlags};
use std::fs::{File, FileType, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

/// More than any program or library of use here.
pub const CODE_BYTES_MAX: u64 = 512 << 20;

/// More than any report, certificate or table.
pub const TEXT_BYTES_MAX: u64 = 64 << 20;

/// What is not a file, in words; `None` for a file.
pub fn not_a_file(kind: FileType) -> Option<&'static str> {
    if kind.is_file() {
        return None;
    }
    Some(if kind.is_dir() {
        "a folder"
    } else if kind.is_fifo() {
        "a FIFO"
    } else if kind.is_socket() {
        "a socket"
    } else if kind.is_char_device() || kind.is_block_device() {
        "a device"
    } else {
        "something else"
    })
}

/// Opens a file, or the file that a symbolic link leads to. It never waits.
///
/// # Errors
/// If it is no file, or the operating system refuses.
pub fn open(path: &Path) -> io::Result<File> {
    // Even to open a device can do something, so the name is looked at first.
    require_file(&std::fs::metadata(path)?)?;
    // The name may stand for something else by now.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    require_file(&file.metadata()?)?;
    Ok(file)
}

/// Refuses what is not a file, and says what it is.
///
/// # Errors
/// If it is no file.
pub fn require_file(found: &Metadata) -> io::Result<()> {
    match not_a_file(found.file_type()) {
        None => Ok(()),
        Some(what) => {
            let text = format!("it is {what}, not a file");
            Err(io::Error::new(io::ErrorKind::InvalidInput, text))
        }
    }
}

/// Reads a file of up to `bytes_max` bytes.
///
/// # Errors
/// If it is no file, if it is longer, or if the operating system refuses.
pub fn read(path: &Path, bytes_max: u64) -> io::Result<Vec<u8>> {
    let file = open(path)?;
    require_bytes(file.metadata()?.len(), bytes_max)?;
    let mut bytes = Vec::new();
    // It may grow.
    file.take(bytes_max + 1).read_to_end(&mut bytes)?;
    require_bytes(bytes.len() as u64, bytes_max)?;
    Ok(bytes)
}

fn require_bytes(len_bytes: u64, bytes_max: u64) -> io::Result<()> {
    if len_bytes <= bytes_max {
        return Ok(());
    }
    let text = format!("it has {len_bytes} bytes or more; crcheck reads at most {bytes_max}");
    Err(io::Error::new(io::ErrorKind::FileTooLarge, text))
}

/// Reads a text as [`read`] does.
///
/// # Errors
/// As [`read`], and if it is not UTF-8.
pub fn read_text(path: &Path, bytes_max: u64) -> io::Result<String> {
    let text = String::from_utf8(read(path, bytes_max)?);
    text.map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not text"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    /// Each of them, and a link to each.
    #[test]
    fn only_files_are_read_and_nothing_waits() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        let mode = Mode::RUSR | Mode::WUSR;
        rustix::fs::mkfifoat(rustix::fs::CWD, at("fifo"), mode).expect("a FIFO");
        let _socket = UnixListener::bind(at("socket")).expect("a socket");
        std::fs::create_dir(at("folder")).expect("a folder");
        symlink("/dev/zero", at("device")).expect("a link");
        for (name, what) in [
            ("fifo", "a FIFO"),
            ("socket", "a socket"),
            ("folder", "a folder"),
            ("device", "a device"),
        ] {
            let link = format!("link-to-{name}");
            symlink(name, at(&link)).expect("a link");
            for name in [name, &link] {
                let error = read(&at(name), 10).expect_err(name).to_string();
                assert!(error.contains(what), "{name}: {error}");
            }
        }
        symlink("dangling", at("dangling")).expect("a link");
        assert!(read(&at("dangling"), 10).is_err(), "a circle");
        std::fs::write(at("file"), "0123456789").expect("a file");
        symlink("file", at("link")).expect("a link");
        assert_eq!(read(&at("link"), 10).expect("a file"), b"0123456789");
        let error = read(&at("link"), 9).expect_err("too long");
        assert!(error.to_string().contains("10 bytes"), "{error}");
        assert!(read_text(&at("file"), 10).is_ok());
        // Files of the kernel have no length before they are read.
        assert!(read(Path::new("/proc/self/maps"), 10).is_err());
    }
}
