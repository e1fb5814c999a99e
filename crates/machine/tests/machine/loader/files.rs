//! Files that are no library for interpretation.

use super::{SHARED, build, error_of, folder};
use crcheck_machine::Fault;
use crcheck_machine::loader::Problem;
use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn a_file_that_cannot_be_loaded_is_named_with_the_reason() {
    let folder = folder();
    for (name, options, words) in [
        ("PROGRAM", "-no-pie", "a program for one fixed address"),
        ("PROGRAM", "-pie -fPIE", "it is a program, not a shared"),
        ("HELPER", "-c", "it is an object file"),
        ("MISSING", SHARED, "the symbol `nobody_has_this`"),
        (
            "ASKS",
            SHARED,
            "asks the C library about the CPU (getauxval)",
        ),
        ("INITIAL_EXEC", SHARED, "of the initial-exec model"),
    ] {
        let file = build(folder.path(), name, options);
        refused_as(&file, words);
    }
    fs::write(folder.path().join("text"), "text").expect("a file");
    refused_as(Path::new("/nowhere/lib.so"), "it cannot be read");
    refused_as(folder.path(), "it is a folder");
    refused_as(&folder.path().join("text"), "it is not an ELF file");
}

fn refused_as(file: &Path, words: &str) {
    let error = error_of(file).to_string();
    assert!(error.contains(words), "{error}");
    assert!(error.starts_with(&file.display().to_string()), "{error}");
}

/// The assembler writes code of 32 bits without headers of a C library for it.
#[test]
fn code_of_32_bits_is_refused() {
    let folder = folder();
    let file = folder.path().join("lib32.so");
    let status = Command::new("cc")
        .args([
            "-m32",
            "-shared",
            "-nostdlib",
            "-x",
            "assembler",
            "/dev/null",
            "-o",
        ])
        .arg(&file)
        .status();
    if !status.expect("cc starts").success() {
        // A linker without i386: the header says the same.
        let mut bytes = fs::read(build(folder.path(), "HELPER", SHARED)).expect("a library");
        bytes[4] = 1;
        fs::write(&file, bytes).expect("a file");
    }
    let error = error_of(&file);
    assert!(matches!(error.problem, Problem::Narrow), "{error}");
}

#[test]
fn code_before_the_first_call_that_stops_is_named() {
    let folder = folder();
    let stopped = |name: &str| {
        let error = error_of(&build(folder.path(), name, SHARED));
        let text = error.to_string();
        assert!(text.contains("its constructor stops at"), "{text}");
        assert!(text.contains("(construct+"), "{text}");
        match error.problem {
            Problem::Stopped { stopped, .. } => stopped.fault,
            other => panic!("{other}"),
        }
    };
    assert!(matches!(stopped("CRASHES"), Fault::Page { address: 8, .. }));
    assert_eq!(stopped("HANGS"), Fault::OutOfSteps);
}

/// Each byte of the headers replaced, and the file cut anywhere: an error or a library, and no end
/// of this process.
#[test]
fn damaged_files_never_panic() {
    let folder = folder();
    let path = build(folder.path(), "CHOOSES", SHARED);
    let bytes = fs::read(&path).expect("a library");
    let damaged = folder.path().join("damaged.so");
    let load = |bytes: &[u8]| {
        fs::write(&damaged, bytes).expect("a file");
        let cpu = super::bare();
        let mut machine = crcheck_machine::Machine::new(cpu).expect("the mappings");
        crcheck_machine::loader::Library::load(&damaged, &mut machine).is_ok()
    };
    assert!(load(&bytes));
    let mut refused = 0;
    for len in (0..bytes.len()).step_by(499) {
        refused += u32::from(!load(&bytes[..len]));
    }
    assert!(refused > 10, "{refused}");
    let dynamic = bytes.len().min(0x3000)..bytes.len().min(0x3200);
    for at in (0..0x400).step_by(3).chain(dynamic.step_by(5)) {
        for value in [0, 0x7f, 0xff] {
            let mut bytes = bytes.clone();
            bytes[at] = value;
            load(&bytes);
        }
    }
}

#[test]
fn memory_without_end_is_refused() {
    let folder = folder();
    let mut bytes = fs::read(build(folder.path(), "HELPER", SHARED)).expect("a library");
    let headers = 64..64 + 56 * usize::from(bytes[56]);
    for header in headers.step_by(56) {
        if bytes[header..header + 4] == [1, 0, 0, 0] {
            // The size in memory.
            bytes[header + 40..header + 48].copy_from_slice(&(1_u64 << 45).to_le_bytes());
        }
    }
    let file = folder.path().join("huge.so");
    fs::write(&file, bytes).expect("a file");
    let error = error_of(&file);
    assert!(matches!(error.problem, Problem::TooLarge(_)), "{error}");
}
