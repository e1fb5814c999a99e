//! What a name stands for, where that decides how it is read.

use std::fs::{File, Metadata};
use std::os::unix::fs::{FileTypeExt, MetadataExt};

/// What kind of stream it is, in words; `None`: a file, a folder, or a device with an end.
pub(super) fn stream(found: &Metadata) -> Option<&'static str> {
    let kind = found.file_type();
    if kind.is_fifo() {
        Some("a pipe")
    } else if kind.is_socket() {
        Some("a socket")
    } else if kind.is_char_device() {
        Some("a character device")
    } else {
        None
    }
}

/// The file systems whose files the system makes up as they are read, by the numbers of
/// `linux/magic.h`: their lengths are 0, or a guess.
const MADE_UP: [u32; 8] = [
    0x9fa0,      // proc
    0x6265_6572, // sysfs
    0x6462_6720, // debugfs
    0x7472_6163, // tracefs
    0x0027_e0eb, // cgroup
    0x6367_7270, // cgroup2
    0x7363_6673, // securityfs
    0xcafe_4a11, // bpf
];

/// Whether the system makes the file up as it is read.
pub(super) fn is_made_up(file: &File, found: &Metadata) -> bool {
    // Such a file has no blocks, so most files cost no call.
    found.blocks() == 0
        && rustix::fs::fstatfs(file).is_ok_and(|system| MADE_UP.contains(&(system.f_type as u32)))
}

/// The numbers of the file systems that keep their files in memory alone: tmpfs and ramfs.
const IN_MEMORY: [u32; 2] = [0x0102_1994, 0x8584_58f6];

/// Whether the file system keeps its files in memory alone.
pub(super) fn is_in_memory(file: &File) -> bool {
    rustix::fs::fstatfs(file).is_ok_and(|system| IN_MEMORY.contains(&(system.f_type as u32)))
}
