//! A certificate is about one file: a run in which the file changes says nothing.

use crate::common::{code, command, folder, interrupt, stderr, stdout};
use crate::kernels::{NamedTest, built};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Output, Stdio};

pub(crate) const TRIALS: &[NamedTest] = &[(
    "a library that is replaced during the run has no certificate",
    replaced_library,
)];

/// Certifies a copy of a library, and lets `change` happen to the copy once the run has begun.
fn certify_while(symbol: &str, change: impl FnOnce(&Path)) -> Output {
    let here = folder();
    let library = here.path().join("copy.so");
    fs::copy(built().join("kernels.so"), &library).expect("a copy");
    let line = format!("certify --lib ./copy.so --symbol {symbol} --seed 1");
    let mut child = command(here.path(), &line)
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut errors = BufReader::new(child.stderr.take().expect("piped"));
    let mut first = String::new();
    errors.read_line(&mut first).expect("a line");
    assert!(first.starts_with("crcheck certify: seed"), "{first}");
    change(&library);
    // A right library would take a minute.
    interrupt(child.id());
    let rest = std::thread::spawn(move || std::io::read_to_string(errors).expect("text"));
    let mut output = child.wait_with_output().expect("it ends");
    output.stderr = rest.join().expect("stderr is read").into_bytes();
    output
}

fn replaced_library() {
    let untouched = certify_while("crc32_right", |_| {});
    // 130 if no check had ended yet.
    assert!(
        [5, 130].contains(&code(&untouched)),
        "{}",
        stderr(&untouched)
    );
    // The next worker loads the second one, and the third ends it.
    for (other, more) in [("kernels.so", "other"), ("constructor1.so", "")] {
        let replaced = certify_while("crc32_right", |library| {
            let new = library.with_extension("new");
            let mut content = fs::read(built().join(other)).expect("a library");
            content.extend(more.bytes());
            fs::write(&new, content).expect("a file");
            fs::rename(new, library).expect("in its place");
        });
        let said = stderr(&replaced);
        assert_eq!(code(&replaced), 6, "{said}");
        for part in [
            "copy.so changed during the run, so the run is void",
            "its sha256 was ",
        ] {
            assert!(said.contains(part), "{said}");
        }
        assert!(!stdout(&replaced).contains("pass"), "{}", stdout(&replaced));
    }
    let removed = certify_while("crc32_right", |library| {
        fs::remove_file(library).expect("it is there");
    });
    assert_eq!(code(&removed), 6, "{}", stderr(&removed));
    assert!(stderr(&removed).contains("the run is void"));
}
