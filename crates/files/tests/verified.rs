//! An oracle beside the kernel finds the first block that a faulty one gets wrong.

mod common;

use common::{Ask, MODEL, choices, expected, file_of, if_available, kernel, noise};
use crcheck_files::{Algorithm, Difference, SumError};
use crcheck_oracle::catalogue;
use std::path::Path;

const BLOCK_BYTES: usize = 64 << 10;

/// The kernel, wrong for the messages that `is_wrong` names.
fn faulty(is_wrong: impl Fn(&[u8]) -> bool + Send + Sync + 'static) -> Algorithm {
    let right = kernel();
    Algorithm::with_update(&MODEL, "faulty", move |checksum, message| {
        right.update(checksum, message) ^ u64::from(is_wrong(message))
    })
}

/// Where `algorithm` and the oracle part, by every method and number of threads, if they do.
fn differences(algorithm: &Algorithm, path: &Path) -> Vec<Option<Difference>> {
    let mut found = Vec::new();
    for method in choices() {
        for threads in [1, 3] {
            let ask = Ask {
                is_verified: true,
                threads: Some(threads),
                ..Ask::of(algorithm, method)
            };
            match if_available(ask.sum(path)) {
                None => {}
                Some(Ok(_)) => found.push(None),
                Some(Err(SumError::Differs(difference))) => found.push(Some(*difference)),
                Some(Err(other)) => panic!("{other}"),
            }
        }
    }
    assert!(found.len() >= 2);
    found
}

#[test]
fn a_right_kernel_and_the_oracle_agree() {
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = noise((35 << 20) + 123, 1);
    let path = file_of(folder.path(), "file", &bytes);
    let algorithm = kernel();
    for difference in differences(&algorithm, &path) {
        assert_eq!(difference, None);
    }
    let ask = Ask {
        is_verified: true,
        ..Ask::of(&algorithm, crcheck_files::MethodChoice::Auto)
    };
    assert_eq!(ask.sum(&path).expect("a sum").checksum, expected(&bytes));
}

/// Wrong at one place of the file: the block that holds it is named, whoever reads it, and it is a
/// case that shows the fault.
#[test]
fn a_kernel_that_is_wrong_at_one_place_is_caught_at_its_block() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut bytes = noise(35 << 20, 1);
    let mark = noise(64, 99);
    for at in [0, 5 * BLOCK_BYTES + 1000, 17 << 20, (35 << 20) - 64] {
        let block = at / BLOCK_BYTES * BLOCK_BYTES;
        bytes[at..at + 64].copy_from_slice(&mark);
        let path = file_of(folder.path(), "file", &bytes);
        let (sought, in_block) = (mark.clone(), at - block);
        let algorithm = faulty(move |message| {
            let found = message.get(in_block..in_block + 64);
            found.is_some_and(|found| found == sought)
        });
        for difference in differences(&algorithm, &path) {
            let difference = difference.expect("the fault is caught");
            assert_eq!(difference.offset_bytes, block as u64);
            assert_eq!(difference.block, bytes[block..][..BLOCK_BYTES]);
            assert_eq!(difference.algorithm, "faulty");
            let (before, block) = (difference.before, &difference.block);
            assert_eq!(algorithm.update(before, block), difference.got);
            assert_eq!(kernel().update(before, block), difference.expected);
            assert_ne!(difference.got, difference.expected);
        }
        bytes[at..at + 64].copy_from_slice(&noise(64, at as u64));
    }
}

/// Of two faults that different threads meet, the first in the file is the one that is named.
#[test]
fn the_first_of_several_wrong_blocks_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut bytes = noise(64 << 20, 1);
    let mark = noise(64, 99);
    for at in [15 << 20, 16 << 20, 33 << 20, 50 << 20] {
        bytes[at..at + 64].copy_from_slice(&mark);
    }
    let path = file_of(folder.path(), "file", &bytes);
    let algorithm = faulty(move |message| message.starts_with(&mark));
    for _ in 0..5 {
        for difference in differences(&algorithm, &path) {
            assert_eq!(difference.expect("caught").offset_bytes, 15 << 20);
        }
    }
}

#[test]
fn a_kernel_that_is_wrong_at_one_length_is_caught_at_the_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = noise(3 * BLOCK_BYTES + 777, 1);
    let path = file_of(folder.path(), "file", &bytes);
    let algorithm = faulty(|message| message.len() == 777);
    for difference in differences(&algorithm, &path) {
        let difference = difference.expect("caught");
        assert_eq!(difference.offset_bytes, 3 * BLOCK_BYTES as u64);
        assert_eq!(difference.block, bytes[3 * BLOCK_BYTES..]);
        let text = difference.to_string();
        assert!(text.contains("faulty computes 0x"), "{text}");
        assert!(
            text.contains("after the 777 bytes at byte 196608"),
            "{text}"
        );
    }
    for difference in differences(&faulty(|message| message.len() == 778), &path) {
        assert_eq!(difference, None);
    }
}

#[test]
fn a_stream_is_verified_too() {
    let bytes = noise(3 * BLOCK_BYTES, 1);
    let wrong = bytes[BLOCK_BYTES..][..16].to_vec();
    let algorithm = faulty(move |message| message.starts_with(&wrong));
    let ask = Ask {
        is_verified: true,
        ..Ask::of(&algorithm, crcheck_files::MethodChoice::Auto)
    };
    let outcome = crcheck_files::sum_stream(&mut bytes.as_slice(), &ask.options());
    let Err(SumError::Differs(difference)) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(difference.offset_bytes, BLOCK_BYTES as u64);
}

#[test]
fn tables_are_verified_by_other_code() {
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = noise(100_000, 1);
    let path = file_of(folder.path(), "file", &bytes);
    for model in catalogue::all().iter().filter(|model| model.width % 8 == 0) {
        let algorithm = Algorithm::new(model);
        let ask = Ask {
            is_verified: true,
            ..Ask::of(&algorithm, crcheck_files::MethodChoice::Auto)
        };
        let sum = ask.sum(&path).expect("a sum");
        let oracle = algorithm.oracle();
        let expected = oracle.update(model.initial_checksum(), &bytes);
        assert_eq!(sum.checksum, expected, "{}", model.name);
    }
}
