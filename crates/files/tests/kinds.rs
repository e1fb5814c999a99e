//! What is no plain file on a disk: streams, devices, files that the system makes up, holes.

mod common;

use common::{Ask, choices, expected, file_of, if_available, kernel, noise};
use crcheck_files::{Algorithm, Method, MethodChoice, SumError, Summer, sum_stream};
use crcheck_oracle::catalogue;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

#[test]
fn a_folder_is_an_error_that_says_so() {
    let algorithm = kernel();
    for method in choices() {
        let outcome = Ask::of(&algorithm, method).sum(Path::new("/tmp"));
        let Err(SumError::Io(error)) = outcome else {
            panic!("{outcome:?}")
        };
        assert_eq!(error.kind(), io::ErrorKind::IsADirectory);
        assert!(error.to_string().contains("it is a folder"), "{error}");
    }
}

#[test]
fn a_fifo_gives_what_its_writer_writes() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("fifo");
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mkfifoat(rustix::fs::CWD, &path, mode).expect("a FIFO");
    let bytes = noise(1_000_003, 1);
    let algorithm = kernel();
    for method in [MethodChoice::Auto, MethodChoice::This(Method::Read)] {
        let sum = std::thread::scope(|scope| {
            scope.spawn(|| {
                // The reader may be there first, and wait.
                std::thread::sleep(Duration::from_millis(20));
                let mut writer = File::options().write(true).open(&path).expect("the FIFO");
                for piece in bytes.chunks(77_777) {
                    writer.write_all(piece).expect("written");
                }
            });
            Ask::of(&algorithm, method).sum(&path).expect("a sum")
        });
        assert_eq!(sum.checksum, expected(&bytes));
        assert_eq!((sum.method, sum.threads), (Method::Read, 1));
    }
}

/// Nobody ever opens it to write, or writes.
#[test]
fn a_silent_stream_can_be_cancelled() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("fifo");
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mkfifoat(rustix::fs::CWD, &path, mode).expect("a FIFO");
    let (reader, _writer) = io::pipe().expect("a pipe");
    let pipe = File::from(std::os::fd::OwnedFd::from(reader));
    let algorithm = kernel();
    let cancelled = AtomicBool::new(false);
    let ask = Ask {
        cancelled: &cancelled,
        ..Ask::of(&algorithm, MethodChoice::Auto)
    };
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(20));
            cancelled.store(true, Ordering::SeqCst);
        });
        let mut summer = Summer::new(ask.options());
        for outcome in [summer.sum_path(&path), summer.sum_file(&pipe)] {
            assert!(matches!(outcome, Err(SumError::Cancelled)), "{outcome:?}");
        }
    });
}

#[test]
fn a_method_for_files_refuses_a_stream_and_says_what_to_do() {
    let algorithm = kernel();
    for method in [Method::Mmap, Method::Direct, Method::Uring] {
        let ask = Ask::of(&algorithm, MethodChoice::This(method));
        let (reader, _writer) = io::pipe().expect("a pipe");
        let pipe = File::from(std::os::fd::OwnedFd::from(reader));
        let outcomes = [
            Summer::new(ask.options()).sum_file(&pipe),
            sum_stream(&mut &b"bytes"[..], &ask.options()),
            ask.sum(Path::new("/proc/self/maps")),
            ask.sum(Path::new("/dev/null")),
        ];
        for outcome in outcomes {
            let Err(SumError::Unavailable(why)) = outcome else {
                panic!("{outcome:?}")
            };
            let text = why.to_string();
            assert!(text.starts_with(&format!("`{method}` cannot read it: it is a ")));
            assert!(text.ends_with("use `auto` or `read` instead"), "{text}");
        }
    }
}

#[test]
fn files_that_the_system_makes_up_are_read_to_their_end() {
    let algorithm = kernel();
    for path in [
        "/proc/version",
        "/sys/kernel/mm/transparent_hugepage/enabled",
    ] {
        let Ok(bytes) = std::fs::read(path) else {
            eprintln!("skipped: no {path}");
            continue;
        };
        for method in [MethodChoice::Auto, MethodChoice::This(Method::Read)] {
            let sum = Ask::of(&algorithm, method).sum(Path::new(path));
            assert_eq!(sum.expect("a sum").checksum, expected(&bytes), "{path}");
        }
    }
    let maps = Ask::of(&algorithm, MethodChoice::Auto).sum(Path::new("/proc/self/maps"));
    assert!(maps.expect("a sum").len_bytes > 0);
}

#[test]
fn the_null_device_and_an_empty_file_have_the_checksum_of_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let empty = file_of(folder.path(), "empty", b"");
    let algorithm = kernel();
    let null = Ask::of(&algorithm, MethodChoice::Auto).sum(Path::new("/dev/null"));
    assert_eq!(null.expect("a sum").checksum, 0);
    for method in choices() {
        let sum = Ask::of(&algorithm, method).sum(&empty).expect("a sum");
        assert_eq!((sum.checksum, sum.len_bytes), (0, 0));
    }
}

/// Data, holes between it, and a hole at the end.
fn sparse(path: &Path, len_bytes: u64) -> Vec<(u64, Vec<u8>)> {
    let file = File::create(path).expect("a file");
    file.set_len(len_bytes).expect("a length");
    let parts = [
        (1 << 20, 4096),
        ((3 << 20) + 5, 100_000),
        ((20 << 20) - 7, 14),
    ];
    let parts = parts.map(|(at, part_bytes)| (at, noise(part_bytes, at)));
    for (at, bytes) in &parts {
        file.write_all_at(bytes, *at).expect("written");
    }
    parts.to_vec()
}

#[test]
fn a_sparse_file_has_the_checksum_of_its_bytes() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("file");
    sparse(&path, (40 << 20) + 1);
    let bytes = std::fs::read(&path).expect("the bytes");
    let names = [
        "CRC-32/ISO-HDLC",
        "CRC-64/XZ",
        "CRC-16/XMODEM",
        "CRC-12/UMTS",
    ];
    let models = catalogue::all().iter();
    for model in models.filter(|model| names.contains(&model.name.as_ref())) {
        let algorithm = Algorithm::new(model);
        let initial = algorithm.initial_checksum();
        let expected = algorithm.oracle().update(initial, &bytes);
        for method in choices() {
            for (threads, is_verified) in [(1, false), (3, true)] {
                let ask = Ask {
                    threads: Some(threads),
                    is_verified,
                    ..Ask::of(&algorithm, method)
                };
                if let Some(sum) = if_available(ask.sum(&path)) {
                    let sum = sum.expect("a sum");
                    assert_eq!(sum.checksum, expected, "{} {method:?}", model.name);
                    assert_eq!(sum.len_bytes, bytes.len() as u64);
                }
            }
        }
    }
}

/// To read it would take a minute.
#[test]
fn a_hole_of_a_hundred_gigabytes_costs_no_reads() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("file");
    let len_bytes = 100_000_000_000;
    let parts = sparse(&path, len_bytes);
    let has_holes = rustix::fs::seek(
        File::open(&path).expect("the file"),
        rustix::fs::SeekFrom::Data(30 << 20),
    );
    if has_holes != Err(rustix::io::Errno::NXIO) {
        eprintln!("skipped: this file system says nothing of holes");
        return;
    }
    let algorithm = kernel();
    // By the algebra of the oracle, from data and zeros.
    let model = algorithm.model();
    let (mut expected, mut at) = (algorithm.initial_checksum(), 0);
    let oracle = algorithm.oracle();
    let zeros =
        |checksum, count| crcheck_oracle::advance::Advance::new(model, count).checksum(checksum);
    for (start, bytes) in parts {
        expected = oracle.update(zeros(expected, start - at), &bytes);
        at = start + bytes.len() as u64;
    }
    expected = zeros(expected, len_bytes - at);
    for method in choices() {
        if let Some(sum) = if_available(Ask::of(&algorithm, method).sum(&path)) {
            let sum = sum.expect("a sum");
            assert_eq!(sum.checksum, expected, "{method:?}");
            let is_said = sum.reasons.iter().any(|text| text.contains("holes"));
            assert!(is_said, "{:?}", sum.reasons);
        }
    }
}

#[test]
fn tmpfs_is_read_by_choice_and_by_every_method_that_it_allows() {
    let Ok(folder) = tempfile::tempdir_in("/dev/shm") else {
        eprintln!("skipped: no /dev/shm");
        return;
    };
    let bytes = noise(6 << 20, 1);
    let path = file_of(folder.path(), "file", &bytes);
    let algorithm = kernel();
    for method in choices() {
        if let Some(sum) = if_available(Ask::of(&algorithm, method).sum(&path)) {
            let sum = sum.expect("a sum");
            assert_eq!(sum.checksum, expected(&bytes), "{method:?}");
            if method == MethodChoice::Auto {
                assert_eq!(sum.method, Method::Read);
                assert!(sum.reasons[0].contains("tmpfs"), "{:?}", sum.reasons);
            }
        }
    }
}

/// A file of /proc cannot be read past a page cache that it does not have.
#[test]
fn where_direct_reads_are_impossible_the_error_says_so() {
    use crcheck_files::blocks::{BlockError, ReadOptions, Reader};
    let file = File::open("/proc/version").expect("a file");
    let mut reader = Reader::new(ReadOptions::new(Method::Direct));
    let Err(BlockError::Unavailable(why)) = reader.open(&file) else {
        panic!("no refusal")
    };
    let text = why.to_string();
    assert!(
        text.contains("O_DIRECT") && text.contains("use `auto`"),
        "{text}"
    );
}

/// Runs `call` on a thread that the system refuses io_uring, as containers do. The filter is for
/// the architectures that the crate knows.
#[cfg(any(
    target_arch = "aarch64",
    target_arch = "riscv64",
    target_arch = "x86_64"
))]
fn without_io_uring<T: Send>(call: impl FnOnce() -> T + Send) -> T {
    use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter};
    let calls = [libc::SYS_io_uring_setup, libc::SYS_io_uring_enter];
    let filter = SeccompFilter::new(
        calls.into_iter().map(|call| (call, Vec::new())).collect(),
        SeccompAction::Allow,
        SeccompAction::Errno(libc::EPERM as u32),
        std::env::consts::ARCH.try_into().expect("a known machine"),
    );
    let program: BpfProgram = filter.expect("a filter").try_into().expect("a program");
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            apply_filter(&program).expect("a filter for this thread");
            call()
        });
        thread.join().expect("no panic")
    })
}

#[cfg(any(
    target_arch = "aarch64",
    target_arch = "riscv64",
    target_arch = "x86_64"
))]
#[test]
fn where_io_uring_is_refused_the_error_says_so_and_the_choice_does_without() {
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = noise(6 << 20, 1);
    let path = file_of(folder.path(), "file", &bytes);
    let file = File::open(&path).expect("the file");
    file.sync_all().expect("written");
    rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed).expect("out of the cache");
    let algorithm = kernel();
    let (asked, chosen) = without_io_uring(|| {
        [MethodChoice::This(Method::Uring), MethodChoice::Auto]
            .map(|method| Ask::of(&algorithm, method).sum(&path))
            .into()
    });
    let Err(SumError::Unavailable(why)) = asked else {
        panic!("{asked:?}")
    };
    assert!(why.to_string().contains("io_uring"), "{why}");
    let chosen = chosen.expect("a sum");
    assert_eq!(chosen.checksum, expected(&bytes));
    assert_ne!(chosen.method, Method::Uring);
}
