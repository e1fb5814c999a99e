//! Many files at once give what each gives alone, in order.

mod common;

use common::{Ask, expected, file_of, kernel, noise};
use crcheck_files::{MethodChoice, SumError, sum_many};
use std::path::PathBuf;

#[test]
fn many_files_at_once_give_the_same_sums_in_the_same_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let algorithm = kernel();
    let mut paths: Vec<PathBuf> = Vec::new();
    let mut wanted = Vec::new();
    for index in 0..200 {
        let len_bytes = if index == 3 { 5 << 20 } else { index * 37 };
        let bytes = noise(len_bytes, index as u64);
        paths.push(file_of(folder.path(), &index.to_string(), &bytes));
        wanted.push(Some(expected(&bytes)));
        if index % 50 == 7 {
            paths.push(folder.path().join("missing"));
            wanted.push(None);
        }
    }
    for threads in [None, Some(1), Some(2), Some(5)] {
        let ask = Ask {
            threads,
            ..Ask::of(&algorithm, MethodChoice::Auto)
        };
        let mut got = Vec::new();
        let is_all = sum_many(&paths, &ask.options(), &mut |index, sum| {
            assert_eq!(index, got.len());
            got.push(match sum {
                Ok(sum) => Some(sum.checksum),
                Err(SumError::Io(_)) => None,
                Err(other) => panic!("{other}"),
            });
            true
        });
        assert!(is_all);
        assert_eq!(got, wanted, "{threads:?}");
    }
}

#[test]
fn who_has_enough_gets_no_more() {
    let folder = tempfile::tempdir().expect("a folder");
    let algorithm = kernel();
    let path = file_of(folder.path(), "file", b"123456789");
    let paths = vec![path; 1000];
    for threads in [1, 3] {
        let ask = Ask {
            threads: Some(threads),
            ..Ask::of(&algorithm, MethodChoice::Auto)
        };
        let mut seen = 0;
        let is_all = sum_many(&paths, &ask.options(), &mut |_, sum| {
            assert_eq!(sum.expect("a sum").checksum, 0xcbf4_3926);
            seen += 1;
            seen < 100
        });
        assert!(!is_all && seen == 100);
    }
    let none: [PathBuf; 0] = [];
    let ask = Ask::of(&algorithm, MethodChoice::Auto);
    assert!(sum_many(&none, &ask.options(), &mut |_, _| false));
}
