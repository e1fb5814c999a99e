//! Programs in C and C++ that use the header and the libraries.

use crate::common::{crcheck, folder, report};
use crate::installed::{Test, assert_passes, compiler, has, prefix, source};
use crate::preloaded::has_headers_of_zlib;
use std::path::Path;
use std::process::Command;

/// What a faulty library is found by, in the order of the numbers in `faulty.c`.
const LAWS: [&str; 16] = [
    "null",
    "upper half of crc",
    "crc32",
    "crc32",
    "start",
    "crc32",
    "negative length",
    "long lengths",
    "long lengths",
    "operator",
    "combine_gen64",
    "operator of a negative length",
    "combine_op",
    "combine with length 0",
    "tier",
    "version",
];

pub(crate) fn trials() -> Vec<Test> {
    let (has_cc, has_zlib) = (has("cc"), has_headers_of_zlib());
    let tests: [(&str, fn(), bool); 6] = [
        ("C89 with the shared library", c89_shared, has_cc),
        ("C89 with the static library", c89_static, has_cc),
        ("C++", cpp, has("c++")),
        ("faulty libraries are found", faults_are_found, has_cc),
        ("linked before a shared zlib", before_shared_zlib, has_zlib),
        ("linked before a static zlib", before_static_zlib, has_zlib),
    ];
    let tests = tests
        .into_iter()
        .map(|(name, test, has_tools)| -> Test { (name.to_owned(), Box::new(test), has_tools) });
    tests.collect()
}

fn c89_shared() {
    let here = folder();
    let mut cc = compiler("cc");
    cc.args(["-std=c89", "-pedantic", "-Wstrict-prototypes"]);
    cc.arg(source("program.c"));
    names_the_tier(here.path(), link(cc, "crcheck"));
}

fn c89_static() {
    let here = folder();
    let mut cc = compiler("cc");
    cc.args(["-std=c89", "-pedantic"]).arg(source("program.c"));
    cc.arg(prefix().join("lib/libcrcheck.a"));
    names_the_tier(here.path(), cc);
}

fn cpp() {
    let here = folder();
    let mut cpp = compiler("c++");
    cpp.args(["-x", "c++", "-pedantic"])
        .arg(source("program.c"));
    cpp.args(["-x", "none"]);
    names_the_tier(here.path(), link(cpp, "crcheck"));
}

/// Adds the shared library of this name, which the program finds at run time.
fn link(mut compiler: Command, name: &str) -> Command {
    let libraries = prefix().join("lib");
    compiler.arg("-L").arg(&libraries);
    compiler.arg(format!("-Wl,-rpath,{}", libraries.display()));
    compiler.arg(format!("-l{name}"));
    compiler
}

/// Builds and runs the program: it must pass. What it prints.
fn printed(here: &Path, mut compiler: Command) -> String {
    assert_passes(compiler.arg("-o").arg(here.join("program")));
    let output = assert_passes(&mut Command::new(here.join("program")));
    String::from_utf8(output.stdout).expect("text")
}

/// Asserts that the program passes and prints the tier that crcheck would choose.
#[track_caller]
fn names_the_tier(here: &Path, compiler: Command) {
    let printed = printed(here, compiler);
    let tiers = report(&crcheck(here, "tiers --format json"));
    assert_eq!(tiers["environment"]["tier"], printed.trim());
}

fn faults_are_found() {
    let here = folder();
    let build = |fault: usize| {
        let mut cc = compiler("cc");
        cc.arg(format!("-DFAULT={fault}"));
        cc.args([source("program.c"), source("faulty.c")]);
        assert_passes(cc.arg("-o").arg(here.path().join("program")));
        let output = Command::new(here.path().join("program")).output();
        output.expect("the program starts")
    };
    assert_eq!(build(0).status.code(), Some(0));
    for (fault, law) in (1..).zip(LAWS) {
        let output = build(fault);
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(1), "{fault}");
        let line = format!("wrong: {law}");
        assert!(
            printed.lines().any(|printed| printed == line),
            "{fault}: {printed}"
        );
    }
}

/// The program with zlib's header and names, and the file that it finds `crc32` in.
fn place_of_crc32(zlib: &[&str], ours: impl FnOnce(Command) -> Command) -> String {
    let here = folder();
    let mut cc = compiler("cc");
    cc.arg("-DZLIB_NAMES").arg(source("program.c"));
    let mut cc = ours(cc);
    cc.args(zlib).arg("-ldl");
    let place = printed(here.path(), cc);
    let name = Path::new(place.trim()).file_name().expect("a file");
    name.to_string_lossy().into_owned()
}

fn before_shared_zlib() {
    let place = place_of_crc32(&["-lz"], |cc| link(cc, "crcheck_zlib"));
    assert!(place.starts_with("libcrcheck_zlib.so."), "{place}");
    // The library by our own names leaves zlib's to zlib.
    let zlib = place_of_crc32(&["-lz"], |cc| link(cc, "crcheck"));
    assert!(zlib.starts_with("libz."), "{zlib}");
}

/// The linker has nothing to complain about: no name is in both libraries that it takes.
fn before_static_zlib() {
    let ours = prefix().join("lib/libcrcheck_zlib.a");
    let place = place_of_crc32(&["-l:libz.a"], |mut cc| {
        cc.arg(ours);
        cc
    });
    assert_eq!(place, "program");
}
