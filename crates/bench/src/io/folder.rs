//! The folder that a file is made in: its file system, and what it has room for.

use rustix::fs::statvfs;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};

/// At least this much of a disk stays free, in bytes, and a twentieth of it.
const RESERVE_BYTES: u64 = 1 << 30;

/// What is known of a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Folder {
    /// Its name.
    pub path: PathBuf,
    /// The file system, such as `ext4`; `unknown` if the system does not say.
    pub file_system: String,
    /// The bytes that are free for this user.
    pub free_bytes: u64,
    /// How many of them crcheck leaves alone.
    pub reserve_bytes: u64,
    /// The memory in bytes that the system can give away, the page cache included.
    pub available_memory_bytes: u64,
}

impl Folder {
    /// Looks at a folder.
    ///
    /// # Errors
    /// If there is none, or the system does not say how much room it has.
    pub fn look_at(path: &Path) -> io::Result<Self> {
        let path = path.canonicalize()?;
        if !path.is_dir() {
            return Err(io::Error::from(io::ErrorKind::NotADirectory));
        }
        let disk = statvfs(&path)?;
        let free_bytes = disk.f_bavail.saturating_mul(disk.f_frsize);
        let all_bytes = disk.f_blocks.saturating_mul(disk.f_frsize);
        let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        Ok(Self {
            file_system: file_system(&mounts, &path).unwrap_or_else(|| "unknown".to_owned()),
            path,
            free_bytes,
            reserve_bytes: RESERVE_BYTES.max(all_bytes / 20),
            available_memory_bytes: available_memory_bytes(),
        })
    }

    /// Whether its files lie in memory alone, so that none can be cold.
    pub fn is_memory(&self) -> bool {
        ["tmpfs", "ramfs", "devtmpfs"].contains(&self.file_system.as_str())
    }

    /// Whether a file of this size leaves half of the memory for others, and the disk holds it: its
    /// page cache stays warm.
    pub fn has_room_for(&self, len_bytes: u64) -> bool {
        self.holds(len_bytes) && len_bytes <= self.available_memory_bytes / 2
    }

    /// Whether a file of this size can be written, and the reserve stays free.
    pub fn holds(&self, len_bytes: u64) -> bool {
        let fits = |room: u64| len_bytes <= room.saturating_sub(self.reserve_bytes);
        fits(self.free_bytes) && (!self.is_memory() || fits(self.available_memory_bytes))
    }
}

/// The file system of the mount that holds `path`: the last one of the longest name.
fn file_system(mounts: &str, path: &Path) -> Option<String> {
    let mounts = mounts.lines().filter_map(|line| {
        let (place, kind) = line.split_once(" - ")?;
        let point = place.split(' ').nth(4)?.replace("\\040", " ");
        path.starts_with(&point)
            .then(|| (point.len(), kind.split(' ').next()))
    });
    let (_, kind) = mounts.max_by_key(|(len, _)| *len)?;
    kind.map(str::to_owned)
}

fn available_memory_bytes() -> u64 {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) << 10
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_system_is_that_of_the_innermost_mount() {
        let mounts = "\
22 1 254:0 / / rw - ext4 /dev/vda rw
23 22 0:5 / /tmp rw shared:1 - tmpfs tmpfs rw
24 22 0:6 / /tmp/a\\040b rw - xfs /dev/vdb rw
";
        let found = |path: &str| file_system(mounts, Path::new(path));
        assert_eq!(found("/home").as_deref(), Some("ext4"));
        assert_eq!(found("/tmp/x").as_deref(), Some("tmpfs"));
        assert_eq!(found("/tmp/a b/x").as_deref(), Some("xfs"));
        assert_eq!(found("/tmpx").as_deref(), Some("ext4"));
    }

    #[test]
    fn the_reserve_stays_free() {
        let mut folder = Folder {
            path: PathBuf::from("/tmp"),
            file_system: "ext4".to_owned(),
            free_bytes: 10_000,
            reserve_bytes: 1000,
            available_memory_bytes: 5000,
        };
        assert!(folder.holds(9000) && !folder.holds(9001));
        folder.file_system = "tmpfs".to_owned();
        assert!(folder.is_memory() && folder.holds(4000) && !folder.holds(4001));
    }

    #[test]
    fn what_is_no_folder_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let known = Folder::look_at(folder.path()).expect("a folder");
        assert!(known.free_bytes > 0 && !known.file_system.is_empty());
        assert!(Folder::look_at(&folder.path().join("none")).is_err());
        std::fs::write(folder.path().join("file"), "").expect("a file");
        assert!(Folder::look_at(&folder.path().join("file")).is_err());
    }
}
