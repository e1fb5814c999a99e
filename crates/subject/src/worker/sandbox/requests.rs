//! seccomp: the requests that the operating system refuses from now on.

use super::files::Files;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, apply_filter,
};
use std::collections::BTreeMap;

/// What Landlock does not see: the modes, owners, times and attributes of files, and the memory of
/// other processes. With them goes io_uring, whose requests no filter sees.
const ALWAYS: &[i64] = &[
    libc::SYS_fchmod,
    libc::SYS_fchmodat,
    libc::SYS_fchown,
    libc::SYS_fchownat,
    libc::SYS_setxattr,
    libc::SYS_lsetxattr,
    libc::SYS_fsetxattr,
    libc::SYS_removexattr,
    libc::SYS_lremovexattr,
    libc::SYS_fremovexattr,
    libc::SYS_utimensat,
    libc::SYS_ptrace,
    libc::SYS_process_vm_writev,
    libc::SYS_io_uring_setup,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_chmod,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_chown,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_lchown,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_utime,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_utimes,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_futimesat,
    // fchmodat2, setxattrat, removexattrat, file_setattr: the same numbers on every architecture.
    452,
    463,
    466,
    469,
];

/// What Landlock sees, for a system with none or an older one.
const WITHOUT_LANDLOCK: &[i64] = &[
    libc::SYS_unlinkat,
    libc::SYS_renameat2,
    libc::SYS_mkdirat,
    libc::SYS_linkat,
    libc::SYS_symlinkat,
    libc::SYS_mknodat,
    libc::SYS_truncate,
    // Its flags lie in memory, where a filter cannot look.
    libc::SYS_openat2,
    libc::SYS_socket,
    libc::SYS_pidfd_send_signal,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_creat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_unlink,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_rename,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_renameat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_mkdir,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_rmdir,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_link,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_symlink,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_mknod,
];

/// The requests that open a file, and the index of the argument that holds the flags.
const OPENING: &[(i64, u8)] = &[
    (libc::SYS_openat, 2),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_open, 1),
];

/// Makes the operating system refuse, with EPERM, what Landlock does not see, and what Landlock
/// leaves of the rest. That holds for this thread and those that it starts. Returns whether it
/// succeeds.
pub(super) fn give_up(files: Files) -> bool {
    filter(files).is_some_and(|filter| apply_filter(&filter).is_ok())
}

/// The filter; `None` on an architecture that the filter's compiler does not know.
fn filter(files: Files) -> Option<BpfProgram> {
    let architecture = TargetArch::try_from(std::env::consts::ARCH).ok()?;
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        ALWAYS.iter().map(|&number| (number, Vec::new())).collect();
    if files != Files::GivenUp {
        rules.extend(WITHOUT_LANDLOCK.iter().map(|&number| (number, Vec::new())));
        for &(number, flags) in OPENING {
            let refused = refused_flags(files).iter();
            let refused = refused.map(|&(mask, value)| masked_rule(flags, mask, value));
            rules.insert(number, refused.collect::<Option<_>>()?);
        }
    }
    let refuse = SeccompAction::Errno(libc::EPERM as u32);
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, refuse, architecture).ok()?;
    filter.try_into().ok()
}

/// The flags with which a file cannot be opened: a mask, and the value of the masked flags.
const fn refused_flags(files: Files) -> &'static [(i32, i32)] {
    match files {
        Files::Kept => &[
            (libc::O_ACCMODE, libc::O_WRONLY),
            (libc::O_ACCMODE, libc::O_RDWR),
            (libc::O_CREAT, libc::O_CREAT),
            (libc::O_TRUNC, libc::O_TRUNC),
        ],
        // Every Landlock sees a file that is opened for writing, and allows /dev/null. The first
        // ones do not see that opening for reading can truncate.
        Files::GivenUpInPart => &[(
            libc::O_ACCMODE | libc::O_TRUNC,
            libc::O_RDONLY | libc::O_TRUNC,
        )],
        Files::GivenUp => &[],
    }
}

/// The rule that the bits of `mask` in an argument are those of `value`.
fn masked_rule(argument: u8, mask: i32, value: i32) -> Option<SeccompRule> {
    let [mask, value] = [mask, value].map(|bits| u64::from(bits.cast_unsigned()));
    let operator = SeccompCmpOp::MaskedEq(mask);
    let condition =
        SeccompCondition::new(argument, SeccompCmpArgLen::Dword, operator, value).ok()?;
    SeccompRule::new(vec![condition]).ok()
}

// Emulators of other architectures have no seccomp.
#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;
    use std::fs::{self, OpenOptions, Permissions};
    use std::io::ErrorKind;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    /// Which of these a thread is refused: a change of mode; writing, making, removing a file.
    fn refused(files: Files) -> Option<[bool; 4]> {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("kept");
        fs::write(&file, "kept").expect("a file");
        let attempts = |file: &Path| {
            assert_eq!(fs::read(file).expect("reading stays"), b"kept");
            let is_refused = |result: std::io::Result<()>| match result {
                Ok(()) => false,
                Err(error) => error.kind() == ErrorKind::PermissionDenied,
            };
            [
                is_refused(fs::set_permissions(file, Permissions::from_mode(0o600))),
                is_refused(OpenOptions::new().append(true).open(file).map(drop)),
                is_refused(fs::write(file.with_extension("new"), "")),
                is_refused(fs::remove_file(file)),
            ]
        };
        let thread = std::thread::spawn(move || give_up(files).then(|| attempts(&file)));
        thread.join().expect("no panic")
    }

    #[test]
    fn a_thread_is_refused_what_it_gave_up_and_nothing_else() {
        for (files, expected) in [
            (Files::GivenUp, [true, false, false, false]),
            (Files::GivenUpInPart, [true, false, false, true]),
            (Files::Kept, [true, true, true, true]),
        ] {
            assert_eq!(refused(files), Some(expected), "{files:?}");
        }
    }
}
