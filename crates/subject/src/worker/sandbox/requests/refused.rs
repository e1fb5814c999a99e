//! Which requests are refused, and when.

use super::super::files::Files;
use super::condition::Condition::{self, Bits, IsNot, NamesAnother};

/// A request that is refused if all conditions hold.
pub(super) type Refusal = (i64, &'static [Condition]);

/// The requests that are refused with EPERM on every system.
const ALWAYS: &[&[Refusal]] = &[
    FILES,
    PROCESSES,
    NAMESPACES,
    COMMUNICATION,
    MACHINE,
    #[cfg(target_arch = "x86_64")]
    ON_X86_64,
];

/// What Landlock does not see of files: modes, owners, times and attributes. A request to a device
/// or a file system (`ioctl`) is refused unless it only asks, or concerns the descriptor itself.
const FILES: &[Refusal] = &[
    (libc::SYS_fchmod, &[]),
    (libc::SYS_fchmodat, &[]),
    (libc::SYS_fchown, &[]),
    (libc::SYS_fchownat, &[]),
    (libc::SYS_setxattr, &[]),
    (libc::SYS_lsetxattr, &[]),
    (libc::SYS_fsetxattr, &[]),
    (libc::SYS_removexattr, &[]),
    (libc::SYS_lremovexattr, &[]),
    (libc::SYS_fremovexattr, &[]),
    (libc::SYS_utimensat, &[]),
    (libc::SYS_open_by_handle_at, &[]),
    (libc::SYS_fanotify_init, &[]),
    // fchmodat2, setxattrat, removexattrat, file_setattr: the same numbers on every architecture.
    (452, &[]),
    (463, &[]),
    (466, &[]),
    (469, &[]),
    (
        libc::SYS_ioctl,
        &[
            IsNot(1, libc::TCGETS as u32),
            IsNot(1, libc::TIOCGWINSZ as u32),
            IsNot(1, libc::TIOCGPGRP as u32),
            IsNot(1, libc::FIONREAD as u32),
            IsNot(1, libc::FIONBIO as u32),
            IsNot(1, libc::FIOCLEX as u32),
            IsNot(1, libc::FIONCLEX as u32),
            // TCGETS2, which asks like TCGETS.
            IsNot(1, 0x802c_542a),
        ],
    ),
    // A signal of the caller's choice to a process of its choice, when a descriptor is ready.
    (libc::SYS_fcntl, &[is(1, libc::F_SETOWN)]),
    (libc::SYS_fcntl, &[is(1, F_SETOWN_EX)]),
    (libc::SYS_fcntl, &[is(1, F_SETSIG)]),
    // A lease makes others wait.
    (libc::SYS_fcntl, &[is(1, libc::F_SETLEASE)]),
];

const F_SETSIG: i32 = 10;
const F_SETOWN_EX: i32 = 15;

/// Other processes: their memory, descriptors, limits, priorities. A process group of one's own
/// outlives the kill of the worker's.
const PROCESSES: &[Refusal] = &[
    (libc::SYS_ptrace, &[]),
    (libc::SYS_process_vm_readv, &[]),
    (libc::SYS_process_vm_writev, &[]),
    (libc::SYS_kcmp, &[]),
    // pidfd_getfd, process_madvise, process_mrelease.
    (438, &[]),
    (440, &[]),
    (448, &[]),
    (libc::SYS_migrate_pages, &[NamesAnother(0)]),
    (libc::SYS_move_pages, &[NamesAnother(0)]),
    (libc::SYS_prlimit64, &[NamesAnother(0)]),
    (libc::SYS_setpriority, &[IsNot(0, PRIO_PROCESS)]),
    (libc::SYS_setpriority, &[NamesAnother(1)]),
    (libc::SYS_ioprio_set, &[IsNot(0, IOPRIO_WHO_PROCESS)]),
    (libc::SYS_ioprio_set, &[NamesAnother(1)]),
    (libc::SYS_setsid, &[]),
    (libc::SYS_setpgid, &[]),
    // The worker ends with its parent.
    (
        libc::SYS_prctl,
        &[
            is(0, libc::PR_SET_PDEATHSIG),
            IsNot(1, libc::SIGKILL as u32),
        ],
    ),
];

const PRIO_PROCESS: u32 = 0;
const IOPRIO_WHO_PROCESS: u32 = 1;

/// Other views of the system, and a child that is not one's own. `clone3`, whose flags lie in
/// memory, is among [`ABSENT`].
const NAMESPACES: &[Refusal] = &[
    (libc::SYS_unshare, &[]),
    (libc::SYS_setns, &[]),
    (libc::SYS_chroot, &[]),
    (libc::SYS_pivot_root, &[]),
    (libc::SYS_mount, &[]),
    (libc::SYS_umount2, &[]),
    // open_tree, move_mount, fsopen, fsconfig, fsmount, fspick, mount_setattr, open_tree_attr.
    (428, &[]),
    (429, &[]),
    (430, &[]),
    (431, &[]),
    (432, &[]),
    (433, &[]),
    (442, &[]),
    (467, &[]),
    (libc::SYS_clone, &[has(0, libc::CLONE_NEWNS)]),
    (libc::SYS_clone, &[has(0, libc::CLONE_NEWCGROUP)]),
    (libc::SYS_clone, &[has(0, libc::CLONE_NEWUTS)]),
    (libc::SYS_clone, &[has(0, libc::CLONE_NEWIPC)]),
    (libc::SYS_clone, &[has(0, libc::CLONE_NEWUSER)]),
    (libc::SYS_clone, &[has(0, libc::CLONE_NEWPID)]),
    (libc::SYS_clone, &[has(0, libc::CLONE_NEWNET)]),
    (libc::SYS_clone, &[has(0, libc::CLONE_PARENT)]),
];

/// Ways to talk to others, or to leave something for them. Pipes and pairs of connected sockets
/// stay: datagrams of a pair can go to any address. io_uring makes requests that no filter sees.
const COMMUNICATION: &[Refusal] = &[
    (libc::SYS_socket, &[]),
    (libc::SYS_socketpair, &[IsNot(0, libc::AF_UNIX as u32)]),
    (libc::SYS_socketpair, &[socket_type(libc::SOCK_DGRAM)]),
    (libc::SYS_socketpair, &[socket_type(libc::SOCK_RAW)]),
    (libc::SYS_io_uring_setup, &[]),
    (libc::SYS_shmget, &[]),
    (libc::SYS_shmat, &[]),
    (libc::SYS_shmctl, &[]),
    (libc::SYS_semget, &[]),
    (libc::SYS_semop, &[]),
    (libc::SYS_semtimedop, &[]),
    (libc::SYS_semctl, &[]),
    (libc::SYS_msgget, &[]),
    (libc::SYS_msgsnd, &[]),
    (libc::SYS_msgrcv, &[]),
    (libc::SYS_msgctl, &[]),
    (libc::SYS_mq_open, &[]),
    (libc::SYS_mq_unlink, &[]),
    (libc::SYS_mq_notify, &[]),
    (libc::SYS_add_key, &[]),
    (libc::SYS_request_key, &[]),
    (libc::SYS_keyctl, &[]),
];

/// The machine as a whole. Most of it needs a capability, which the worker has given up.
const MACHINE: &[Refusal] = &[
    (libc::SYS_bpf, &[]),
    (libc::SYS_perf_event_open, &[]),
    (libc::SYS_userfaultfd, &[]),
    (libc::SYS_sethostname, &[]),
    (libc::SYS_setdomainname, &[]),
    (libc::SYS_settimeofday, &[]),
    (libc::SYS_clock_settime, &[]),
    (libc::SYS_clock_adjtime, &[]),
    (libc::SYS_adjtimex, &[]),
    (libc::SYS_reboot, &[]),
    (libc::SYS_kexec_load, &[]),
    (libc::SYS_init_module, &[]),
    (libc::SYS_finit_module, &[]),
    (libc::SYS_delete_module, &[]),
    (libc::SYS_swapon, &[]),
    (libc::SYS_swapoff, &[]),
    (libc::SYS_acct, &[]),
    (libc::SYS_quotactl, &[]),
    // quotactl_fd.
    (443, &[]),
    (libc::SYS_syslog, &[]),
    (libc::SYS_vhangup, &[]),
];

/// Older forms of requests, which newer architectures do not have.
#[cfg(target_arch = "x86_64")]
const ON_X86_64: &[Refusal] = &[
    (libc::SYS_chmod, &[]),
    (libc::SYS_chown, &[]),
    (libc::SYS_lchown, &[]),
    (libc::SYS_utime, &[]),
    (libc::SYS_utimes, &[]),
    (libc::SYS_futimesat, &[]),
    (libc::SYS_kexec_file_load, &[]),
    (libc::SYS_iopl, &[]),
    (libc::SYS_ioperm, &[]),
];

/// What Landlock sees, for a system with none or an older one.
const WITHOUT_LANDLOCK: &[Refusal] = &[
    (libc::SYS_unlinkat, &[]),
    (libc::SYS_renameat2, &[]),
    (libc::SYS_mkdirat, &[]),
    (libc::SYS_linkat, &[]),
    (libc::SYS_symlinkat, &[]),
    (libc::SYS_mknodat, &[]),
    (libc::SYS_truncate, &[]),
    // Its flags lie in memory, where a filter cannot look.
    (libc::SYS_openat2, &[]),
    (libc::SYS_kill, &[NamesAnother(0)]),
    (libc::SYS_tkill, &[NamesAnother(0)]),
    (libc::SYS_tgkill, &[NamesAnother(0)]),
    (libc::SYS_rt_sigqueueinfo, &[NamesAnother(0)]),
    (libc::SYS_rt_tgsigqueueinfo, &[NamesAnother(0)]),
    (libc::SYS_pidfd_send_signal, &[]),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_creat, &[]),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_unlink, &[]),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_rename, &[]),
    #[cfg(not(target_arch = "riscv64"))]
    (libc::SYS_renameat, &[]),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_mkdir, &[]),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_rmdir, &[]),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_link, &[]),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_symlink, &[]),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_mknod, &[]),
];

/// The flags with which a file cannot be opened where there is no Landlock.
const OPENING: &[Refusal] = &[
    (
        libc::SYS_openat,
        &[flags(2, libc::O_ACCMODE, libc::O_WRONLY)],
    ),
    (libc::SYS_openat, &[flags(2, libc::O_ACCMODE, libc::O_RDWR)]),
    (libc::SYS_openat, &[has(2, libc::O_CREAT)]),
    (libc::SYS_openat, &[has(2, libc::O_TRUNC)]),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_open, &[flags(1, libc::O_ACCMODE, libc::O_WRONLY)]),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_open, &[flags(1, libc::O_ACCMODE, libc::O_RDWR)]),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_open, &[has(1, libc::O_CREAT)]),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_open, &[has(1, libc::O_TRUNC)]),
];

/// Every Landlock sees a file that is opened for writing, and allows /dev/null. The first ones do
/// not see that opening for reading can truncate.
const TRUNCATING: &[Refusal] = &[
    (libc::SYS_openat, &[flags(2, READ_TRUNCATES, libc::O_TRUNC)]),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_open, &[flags(1, READ_TRUNCATES, libc::O_TRUNC)]),
];

const READ_TRUNCATES: i32 = libc::O_ACCMODE | libc::O_TRUNC;

/// The requests that the operating system seems not to have: the C library then makes an older one,
/// whose arguments a filter can see.
pub(super) const ABSENT: &[Refusal] = &[(libc::SYS_clone3, &[])];

/// The requests that seem to succeed and change nothing. They concern the CPUs and the priority of
/// another thread. A runtime sets them for threads that it starts and gives up if that fails, and
/// a filter cannot tell those from other processes.
pub(super) const WITHOUT_EFFECT: &[Refusal] = &[
    (libc::SYS_sched_setaffinity, &[NamesAnother(0)]),
    (libc::SYS_sched_setscheduler, &[NamesAnother(0)]),
    (libc::SYS_sched_setparam, &[NamesAnother(0)]),
    (libc::SYS_sched_setattr, &[NamesAnother(0)]),
];

/// The last number of a request that these lists were made for.
pub(super) const LAST_KNOWN: u32 = 469;

/// The requests that are refused with EPERM where Landlock keeps `files`.
pub(super) fn refused(files: Files) -> impl Iterator<Item = &'static Refusal> {
    let rest: &[&[Refusal]] = match files {
        Files::Kept => &[WITHOUT_LANDLOCK, OPENING],
        Files::GivenUpInPart => &[WITHOUT_LANDLOCK, TRUNCATING],
        Files::GivenUp => &[],
    };
    ALWAYS.iter().chain(rest).copied().flatten()
}

/// The bits of `mask` in an argument are those of `value`.
const fn flags(argument: u8, mask: i32, value: i32) -> Condition {
    Bits(argument, mask as u32, value as u32)
}

const fn has(argument: u8, flag: i32) -> Condition {
    flags(argument, flag, flag)
}

const fn is(argument: u8, value: i32) -> Condition {
    flags(argument, -1, value)
}

const fn socket_type(value: i32) -> Condition {
    // The upper bits are flags.
    flags(1, 0xf, value)
}
