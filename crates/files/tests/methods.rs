//! Every way to read gives the same bytes.

mod common;

use common::{Ask, choices, expected, file_of, if_available, kernel, noise, skip};
use crcheck_files::blocks::{BlockError, Paging, ReadOptions, Reader};
use crcheck_files::{Method, MethodChoice};
use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// What reads a range of a file; `None`: it cannot here.
type Read<'a> = dyn FnMut(&File, Range<u64>) -> Option<Vec<u8>> + 'a;

/// The length of a read in these tests: several fit into the files.
const BUFFER_BYTES: usize = 64 << 10;

/// The first length and range at which `read` does not give the file's bytes.
fn first_broken(folder: &Path, read: &mut Read<'_>) -> Option<(usize, Range<u64>)> {
    let near = |at: usize| [at - 1, at, at + 1];
    let mut lens = vec![0, 1, 511, 512, 513, (1 << 20) + 3];
    for at in [4096, BUFFER_BYTES, 2 * BUFFER_BYTES] {
        lens.extend(near(at));
    }
    for len_bytes in lens {
        let bytes = noise(len_bytes, len_bytes as u64);
        let file = File::open(file_of(folder, "file", &bytes)).expect("a file");
        let len = len_bytes as u64;
        for start in [0, 1, 511, 4096, 4097, 65_537] {
            for end in [len, len.saturating_sub(1), len / 2] {
                if start > end {
                    continue;
                }
                let got = read(&file, start..end)?;
                if got != bytes[start as usize..end as usize] {
                    return Some((len_bytes, start..end));
                }
            }
        }
    }
    None
}

#[test]
fn every_method_gives_every_byte_of_every_range_in_order() {
    let folder = tempfile::tempdir().expect("a folder");
    for method in Method::ALL {
        for buffer_bytes in [1000, 4096, BUFFER_BYTES] {
            for paging in [Paging::OnDemand, Paging::Sequential, Paging::Populated] {
                let mut options = ReadOptions::new(method).with_buffer(Some(buffer_bytes));
                options.paging = paging;
                let mut reader = Reader::new(options);
                let broken = first_broken(folder.path(), &mut |file, range| {
                    let mut got = Vec::new();
                    let mut blocks = match reader.open(file) {
                        Err(BlockError::Unavailable(why)) => {
                            skip(&why);
                            return None;
                        }
                        other => other.expect("opened"),
                    };
                    let is_all = blocks.read(range, &mut |block| {
                        assert!(!block.is_empty() && block.len() <= buffer_bytes.max(4096));
                        got.extend_from_slice(block);
                        true
                    });
                    assert!(is_all.expect("read"));
                    Some(got)
                });
                assert_eq!(broken, None, "{method} {buffer_bytes} {paging:?}");
                if method != Method::Mmap {
                    break;
                }
            }
        }
    }
}

/// Readers with the mistakes that readers have: the law above would not pass them.
#[test]
fn a_reader_that_is_wrong_at_an_edge_breaks_the_law() {
    let folder = tempfile::tempdir().expect("a folder");
    let all = |file: &File, range: &Range<u64>| {
        let mut bytes = vec![0; (range.end - range.start) as usize];
        file.read_exact_at(&mut bytes, range.start).expect("read");
        bytes
    };
    let right: Box<Read<'_>> = Box::new(move |file, range| Some(all(file, &range)));
    let drops_the_odd_end: Box<Read<'_>> = Box::new(move |file, range| {
        let mut bytes = all(file, &range);
        if bytes.len() > 4096 {
            bytes.truncate(bytes.len() / 512 * 512);
        }
        Some(bytes)
    });
    let forgets_the_odd_start: Box<Read<'_>> = Box::new(move |file, range| {
        let start = range.start / 512 * 512;
        let mut bytes = all(file, &(start..range.end));
        bytes.truncate((range.end - range.start) as usize);
        Some(bytes)
    });
    let gives_the_last_buffer_twice: Box<Read<'_>> = Box::new(move |file, range| {
        let mut bytes = all(file, &range);
        let len_bytes = bytes.len();
        if len_bytes == 2 * BUFFER_BYTES {
            bytes.copy_within(..BUFFER_BYTES, BUFFER_BYTES);
        }
        Some(bytes)
    });
    let swaps_two_reads_under_way: Box<Read<'_>> = Box::new(move |file, range| {
        let mut bytes = all(file, &range);
        if bytes.len() > 1 << 20 {
            let (first, second) = bytes.split_at_mut(BUFFER_BYTES);
            first.swap_with_slice(&mut second[..BUFFER_BYTES]);
        }
        Some(bytes)
    });
    let wrong = [
        drops_the_odd_end,
        forgets_the_odd_start,
        gives_the_last_buffer_twice,
        swaps_two_reads_under_way,
    ];
    let mut right = right;
    assert_eq!(first_broken(folder.path(), &mut right), None);
    for (index, mut read) in wrong.into_iter().enumerate() {
        let broken = first_broken(folder.path(), &mut read);
        assert!(broken.is_some(), "wrong reader {index}");
    }
}

#[test]
fn every_method_gives_the_same_sum_as_a_plain_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let algorithm = kernel();
    for len_bytes in [0, 1, 511, 512, 4095, 4096, 4097, (1 << 20) + 3, 40 << 20] {
        let bytes = noise(len_bytes, 7);
        let path = file_of(folder.path(), "file", &bytes);
        let expected = expected(&bytes);
        for method in choices() {
            for threads in [None, Some(1), Some(3)] {
                let ask = Ask {
                    threads,
                    ..Ask::of(&algorithm, method)
                };
                let Some(sum) = if_available(ask.sum(&path)) else {
                    continue;
                };
                let sum = sum.expect("a sum");
                assert_eq!(sum.checksum, expected, "{method:?} {threads:?}");
                assert_eq!(sum.len_bytes, len_bytes as u64);
                assert!(!sum.reasons.is_empty());
                if let MethodChoice::This(method) = method {
                    assert!(len_bytes == 0 || sum.method == method);
                }
            }
        }
    }
}

#[test]
fn every_size_of_buffer_gives_the_same_sum() {
    let folder = tempfile::tempdir().expect("a folder");
    let algorithm = kernel();
    let bytes = noise(5_000_001, 1);
    let path = file_of(folder.path(), "file", &bytes);
    for method in choices() {
        for buffer_bytes in [4096, 65_536, 1 << 20, 16 << 20] {
            let ask = Ask {
                buffer_bytes: Some(buffer_bytes),
                ..Ask::of(&algorithm, method)
            };
            if let Some(sum) = if_available(ask.sum(&path)) {
                assert_eq!(sum.expect("a sum").checksum, expected(&bytes), "{method:?}");
            }
        }
    }
}

/// Files of one sum after the other leave nothing behind for the next.
#[test]
fn a_summer_sums_many_files_as_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let algorithm = kernel();
    for method in choices() {
        let ask = Ask::of(&algorithm, method);
        let mut summer = crcheck_files::Summer::new(ask.options());
        for len_bytes in [100_000, 10, 0, 4096, 3_000_000, 1] {
            let bytes = noise(len_bytes, len_bytes as u64);
            let path = file_of(folder.path(), "file", &bytes);
            if let Some(sum) = if_available(summer.sum_path(&path)) {
                assert_eq!(sum.expect("a sum").checksum, expected(&bytes));
            }
        }
    }
}

/// A descriptor, such as standard input, has a position.
#[test]
fn an_open_file_is_summed_from_its_position_on() {
    use std::io::{Seek, SeekFrom};
    let folder = tempfile::tempdir().expect("a folder");
    let algorithm = kernel();
    let bytes = noise(10_000, 2);
    let path = file_of(folder.path(), "file", &bytes);
    for method in choices() {
        for start in [0, 1, 5000, 10_000, 20_000] {
            let mut file = File::open(&path).expect("a file");
            file.seek(SeekFrom::Start(start)).expect("a position");
            let ask = Ask::of(&algorithm, method);
            let mut summer = crcheck_files::Summer::new(ask.options());
            if let Some(sum) = if_available(summer.sum_file(&file)) {
                let rest = &bytes[(start as usize).min(bytes.len())..];
                assert_eq!(sum.expect("a sum").checksum, expected(rest), "{method:?}");
            }
        }
    }
}

#[test]
fn progress_counts_every_byte_once() {
    use std::sync::atomic::{AtomicU64, Ordering};
    let folder = tempfile::tempdir().expect("a folder");
    let algorithm = kernel();
    let path = file_of(folder.path(), "file", &noise(33 << 20, 1));
    for method in choices() {
        for threads in [1, 2] {
            let done = AtomicU64::new(0);
            let ask = Ask {
                threads: Some(threads),
                on_progress: &|bytes| {
                    done.fetch_add(bytes, Ordering::Relaxed);
                },
                ..Ask::of(&algorithm, method)
            };
            if if_available(ask.sum(&path)).is_some() {
                assert_eq!(done.into_inner(), 33 << 20, "{method:?}");
            }
        }
    }
}
