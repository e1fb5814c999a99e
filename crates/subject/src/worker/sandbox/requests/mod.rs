//! seccomp: the requests that the operating system refuses from now on.

mod condition;
mod refused;

use super::files::Files;
use refused::Refusal;
use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompFilter, TargetArch, apply_filter, sock_filter,
};
use std::collections::BTreeMap;

/// Makes the operating system refuse what Landlock does not see, and what Landlock leaves of the
/// rest. That holds for this thread and those that it starts, and for the programs that they
/// execute. Returns whether it succeeds.
pub(super) fn give_up(files: Files) -> bool {
    let Ok(architecture) = TargetArch::try_from(std::env::consts::ARCH) else {
        return false;
    };
    let filter = |error, refusals: &mut dyn Iterator<Item = &'static Refusal>| {
        filter(error, refusals, architecture)
    };
    let filters = [
        filter(libc::EPERM, &mut refused::refused(files)),
        filter(libc::ENOSYS, &mut refused::ABSENT.iter()),
        filter(0, &mut refused::WITHOUT_EFFECT.iter()),
        Ok(unknown_requests(libc::ENOSYS)),
    ];
    let mut filters = filters.into_iter();
    // A request that one filter refuses is refused.
    filters.all(|filter| filter.is_ok_and(|filter| apply_filter(&filter).is_ok()))
}

/// The filter that ends requests with an error number, of which 0 stands for success. A process
/// that makes a request of another architecture is killed.
fn filter(
    error: i32,
    refusals: &mut dyn Iterator<Item = &'static Refusal>,
    architecture: TargetArch,
) -> Result<BpfProgram, BackendError> {
    let mut rules = BTreeMap::<i64, Vec<_>>::new();
    for &(number, conditions) in refusals {
        let rules = rules.entry(number).or_default();
        // A request without a rule is refused whatever its arguments are.
        if !conditions.is_empty() {
            rules.push(condition::rule(conditions)?);
        }
    }
    let refuse = SeccompAction::Errno(error.cast_unsigned());
    SeccompFilter::new(rules, SeccompAction::Allow, refuse, architecture)?.try_into()
}

/// The filter that ends newer requests with this error: nobody knows what they do. On x86-64 it
/// also ends those of the x32 convention, which reach every request by another number.
fn unknown_requests(error: i32) -> BpfProgram {
    let instruction = |code, jt, k| sock_filter { code, jt, jf: 0, k };
    let answer = |answer| instruction((libc::BPF_RET | libc::BPF_K) as u16, 0, answer);
    vec![
        // The number is the first word of what a filter sees.
        instruction((libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16, 0, 0),
        instruction(
            (libc::BPF_JMP | libc::BPF_JGT | libc::BPF_K) as u16,
            1,
            refused::LAST_KNOWN,
        ),
        answer(libc::SECCOMP_RET_ALLOW),
        answer(libc::SECCOMP_RET_ERRNO | error.cast_unsigned()),
    ]
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

    /// The error of a request on a thread behind the filters.
    fn error_of(
        give_up: impl FnOnce() -> bool + Send + 'static,
        request: impl FnOnce() -> libc::c_long + Send + 'static,
    ) -> Option<i32> {
        let thread = std::thread::spawn(move || {
            assert!(give_up());
            let failed = request() < 0;
            failed.then(|| std::io::Error::last_os_error().raw_os_error().unwrap_or(0))
        });
        thread.join().expect("no panic")
    }

    /// Asks whether a signal could be sent.
    fn may_signal(process: u32) -> libc::c_long {
        // SAFETY: signal 0 is never sent.
        unsafe { libc::kill(process.cast_signed(), 0) }.into()
    }

    #[test]
    fn a_thread_without_landlock_signals_its_own_process_only() {
        for (files, of_parent) in [
            (Files::GivenUp, None),
            (Files::GivenUpInPart, Some(libc::EPERM)),
            (Files::Kept, Some(libc::EPERM)),
        ] {
            let parent = std::os::unix::process::parent_id();
            let error = error_of(move || give_up(files), move || may_signal(parent));
            assert_eq!(error, of_parent, "{files:?}");
            let own = std::process::id();
            let error = error_of(move || give_up(files), move || may_signal(own));
            assert_eq!(error, None, "{files:?}");
        }
    }

    /// The error is one that the system does not give to requests that it does not have.
    #[test]
    fn a_newer_request_and_one_by_the_x32_convention_are_absent() {
        let apply = || apply_filter(&unknown_requests(libc::EMFILE)).is_ok();
        // SAFETY: the process's own number, and what nobody has.
        let request = |number: i64| move || unsafe { libc::syscall(number) };
        for (number, expected) in [
            (libc::SYS_getpid, None),
            (i64::from(refused::LAST_KNOWN) + 1, Some(libc::EMFILE)),
            (libc::SYS_getpid | 0x4000_0000, Some(libc::EMFILE)),
        ] {
            let error = error_of(apply, request(number));
            assert_eq!(error, expected, "{number}");
        }
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
