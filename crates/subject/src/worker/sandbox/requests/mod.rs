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
        Ok(unknown_requests()),
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

/// The filter that makes newer requests seem absent: nobody knows what they do. On x86-64 it also
/// ends those of the x32 convention, which reach every request by another number.
fn unknown_requests() -> BpfProgram {
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
        answer(libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32),
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
