//! A file that changes while it is read has no checksum, and the error says what changed.

mod common;

use common::{Ask, choices, expected, file_of, if_available, kernel, noise};
use crcheck_files::{MethodChoice, SumError};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

const LEN_BYTES: usize = 18 << 20;

/// Somebody who changes a file, once, when a part of it has been read.
fn changed_by(
    path: &Path,
    method: MethodChoice,
    threads: usize,
    change: impl Fn(&Path) + Sync,
) -> Option<Result<crcheck_files::Sum, SumError>> {
    let algorithm = kernel();
    let is_done = AtomicBool::new(false);
    let ask = Ask {
        threads: Some(threads),
        on_progress: &|_| {
            if !is_done.swap(true, Ordering::SeqCst) {
                change(path);
            }
        },
        ..Ask::of(&algorithm, method)
    };
    if_available(ask.sum(path))
}

/// What is said of a change, by every method and by one thread and two.
fn said(change: impl Fn(&Path) + Sync) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = noise(LEN_BYTES, 1);
    let mut said = Vec::new();
    for method in choices() {
        for threads in [1, 2] {
            let path = file_of(folder.path(), "file", &bytes);
            match changed_by(&path, method, threads, &change) {
                None => {}
                Some(Err(SumError::Changed(text))) => said.push(text),
                Some(other) => panic!("{method:?} {threads}: {other:?}"),
            }
        }
    }
    assert!(said.len() >= 4);
    said
}

fn for_writing(path: &Path) -> File {
    OpenOptions::new().write(true).open(path).expect("the file")
}

#[test]
fn a_file_that_nobody_changes_has_its_checksum() {
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = noise(LEN_BYTES, 1);
    let path: PathBuf = file_of(folder.path(), "file", &bytes);
    let expected = expected(&bytes);
    for method in choices() {
        if let Some(sum) = changed_by(&path, method, 2, |_| {}) {
            assert_eq!(sum.expect("a sum").checksum, expected);
        }
    }
}

/// The mapped bytes are gone then, which is a signal.
#[test]
fn a_file_that_becomes_shorter_is_an_error_and_not_the_end() {
    for rest_bytes in [0, 1_000_000, LEN_BYTES as u64 - 1] {
        for text in said(|path| for_writing(path).set_len(rest_bytes).expect("shorter")) {
            let wanted = format!(
                "it became shorter while it was read: {LEN_BYTES} bytes before, {rest_bytes} now"
            );
            assert_eq!(text, wanted);
        }
    }
}

#[test]
fn a_file_that_grows_is_an_error() {
    let grow = |path: &Path| {
        let mut file = OpenOptions::new().append(true).open(path).expect("a file");
        file.write_all(b"more").expect("written");
    };
    for text in said(grow) {
        let now = LEN_BYTES + 4;
        let wanted = format!("it grew while it was read: {LEN_BYTES} bytes before, {now} now");
        assert_eq!(text, wanted);
    }
}

#[test]
fn a_file_that_is_written_to_is_an_error_whichever_byte_it_is() {
    for at in [0, LEN_BYTES as u64 - 1] {
        for text in said(|path| for_writing(path).write_all_at(b"!", at).expect("written")) {
            assert!(text.contains("while it was read"), "{text}");
            assert!(text.starts_with("its modification time changed"), "{text}");
        }
    }
}

/// The time of the last write can be set to what it was. Then the time of the last change tells.
#[test]
fn a_write_that_hides_its_time_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let old = SystemTime::now() - Duration::from_secs(1000);
    for method in choices() {
        let path = file_of(folder.path(), "file", &noise(LEN_BYTES, 1));
        for_writing(&path).set_modified(old).expect("a time");
        let outcome = changed_by(&path, method, 1, |path| {
            let file = for_writing(path);
            file.write_all_at(b"!", 0).expect("written");
            file.set_modified(old).expect("a time");
        });
        let Some(outcome) = outcome else { continue };
        let text = outcome.expect_err("a change").to_string();
        assert!(
            text.starts_with("somebody wrote to it, linked or renamed it"),
            "{text}"
        );
    }
}

/// Shorter, and as long again: the bytes in between are others.
#[test]
fn a_file_that_is_cut_and_grows_again_is_an_error() {
    let cut = |path: &Path| {
        let file = for_writing(path);
        file.set_len(0).expect("shorter");
        file.set_len(LEN_BYTES as u64).expect("longer");
    };
    for text in said(cut) {
        assert!(text.contains("while it was read"), "{text}");
    }
}

/// One thread cuts the file and lets it grow while others read it, again and again.
#[test]
fn a_file_that_never_rests_never_ends_the_process_and_gives_no_wrong_sum() {
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = noise(5 << 20, 1);
    let path = file_of(folder.path(), "file", &bytes);
    let right = expected(&bytes);
    let algorithm = kernel();
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let file = for_writing(&path);
            while !is_over.load(Ordering::Relaxed) {
                file.set_len(1 << 20).expect("shorter");
                file.write_all_at(&bytes[1 << 20..], 1 << 20)
                    .expect("written");
                // The clock of files may tick every 10 ms only, and a change within a tick is not
                // seen.
                std::thread::sleep(Duration::from_millis(15));
            }
        });
        for round in 0..20 {
            for method in choices() {
                let ask = Ask {
                    threads: Some(1 + round % 2),
                    ..Ask::of(&algorithm, method)
                };
                match if_available(ask.sum(&path)) {
                    None | Some(Err(SumError::Changed(_))) => {}
                    // It was cut when it was opened, or whole, and rested meanwhile.
                    Some(Ok(sum)) => {
                        let known = sum.len_bytes as usize;
                        let is_right = if known == bytes.len() {
                            sum.checksum == right
                        } else {
                            sum.checksum == expected(&bytes[..known])
                        };
                        assert!(is_right, "{method:?} {sum:?}");
                    }
                    Some(Err(other)) => panic!("{method:?}: {other}"),
                }
            }
        }
        is_over.store(true, Ordering::Relaxed);
    });
}

#[test]
fn a_file_that_is_not_there_is_an_error_of_the_system() {
    let algorithm = kernel();
    for method in choices() {
        let outcome = Ask::of(&algorithm, method).sum(Path::new("/nowhere/file"));
        let Err(SumError::Io(error)) = outcome else {
            panic!("{outcome:?}")
        };
        assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
    }
}

/// A file without a name still has its bytes, but that its name went is a change.
#[test]
fn a_file_that_is_removed_meanwhile_is_an_error() {
    for text in said(|path| std::fs::remove_file(path).expect("removed")) {
        assert!(text.contains("while it was read"), "{text}");
    }
}

#[test]
fn a_cancelled_sum_ends_within_a_block() {
    use std::sync::atomic::AtomicU64;
    let folder = tempfile::tempdir().expect("a folder");
    let path = file_of(folder.path(), "file", &noise(50 << 20, 1));
    let algorithm = kernel();
    for method in choices() {
        for threads in [1, 2] {
            let (cancelled, done) = (AtomicBool::new(false), AtomicU64::new(0));
            let ask = Ask {
                threads: Some(threads),
                on_progress: &|bytes| {
                    done.fetch_add(bytes, Ordering::SeqCst);
                    cancelled.store(true, Ordering::SeqCst);
                },
                cancelled: &cancelled,
                ..Ask::of(&algorithm, method)
            };
            let Some(outcome) = if_available(ask.sum(&path)) else {
                continue;
            };
            assert!(matches!(outcome, Err(SumError::Cancelled)), "{outcome:?}");
            // A block of each thread at most.
            assert!(
                done.into_inner() <= threads as u64 * (16 << 20),
                "{method:?}"
            );
        }
    }
}
