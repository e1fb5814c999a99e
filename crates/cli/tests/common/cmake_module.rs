//! `cmake/crcheck.cmake`: what it judges, and what it refuses.

use crate::common::{CRCHECK, folder, repository};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

type Test = (&'static str, fn());

pub(crate) fn trials() -> [Test; 5] {
    [
        (
            "every kind of library is judged",
            every_kind_of_library_is_judged,
        ),
        ("wrong words are refused", wrong_words_are_refused),
        ("a missing crcheck is no pass", a_missing_crcheck_is_no_pass),
        (
            "a library that does not load fails",
            a_library_that_does_not_load_fails,
        ),
        (
            "a test that CTest does not find is noted",
            a_test_that_ctest_does_not_find_is_noted,
        ),
    ]
}

/// A project of these languages, with `lines` behind the module.
fn project(languages: &str, lines: &str) -> tempfile::TempDir {
    let here = folder();
    let module = repository().join("cmake");
    let text = format!(
        "cmake_minimum_required(VERSION 3.16)\nproject(mine LANGUAGES {languages})\n\
         list(APPEND CMAKE_MODULE_PATH \"{}\")\n{lines}\n",
        module.display()
    );
    fs::write(here.path().join("CMakeLists.txt"), text).expect("a file");
    here
}

/// Configures a project in its folder `a build`.
fn configure(here: &Path, options: &[&str]) -> Output {
    let mut cmake = Command::new("cmake");
    cmake.args(["-S", ".", "-B", "a build"]).args(options);
    // No crcheck of Cargo's own folder.
    cmake.env("HOME", here).env_remove("CARGO_HOME");
    cmake.current_dir(here).output().expect("cmake starts")
}

/// Configures a project with the crcheck of this test, builds it and tests it.
fn test(here: &Path) -> (Output, String) {
    let is_here = format!("-DCRCHECK_EXECUTABLE={CRCHECK}");
    let configured = configure(here, &[&is_here]);
    assert!(configured.status.success(), "{}", text(&configured));
    let built = Command::new("cmake")
        .args(["--build", "a build"])
        .current_dir(here)
        .output()
        .expect("cmake starts");
    assert!(built.status.success(), "{}", text(&built));
    ctest(here)
}

fn ctest(here: &Path) -> (Output, String) {
    let tested = Command::new("ctest")
        .arg("--output-on-failure")
        .current_dir(here.join("a build"))
        .output()
        .expect("ctest starts");
    let text = text(&tested);
    (tested, text)
}

/// All that a program has printed, with the messages of CMake in one line each.
fn text(output: &Output) -> String {
    let text = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    let lines = text.concat();
    lines.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A kernel in shared, static, object libraries and modules.
const EVERY_KIND: &str = r#"
set(CMAKE_BUILD_TYPE Release)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
include(CTest)
include(crcheck)
file(WRITE "${CMAKE_BINARY_DIR}/more.c" "void nothing(void) {}")
foreach(kind shared module static object)
    string(TOUPPER ${kind} word)
    add_library(${kind} ${word} ${KERNEL} "${CMAKE_BINARY_DIR}/more.c")
    add_library(ns::${kind} ALIAS ${kind})
    crcheck_add_test(TARGET ns::${kind} SYMBOL crc32 CHECKS agree)
endforeach()
crcheck_add_test(TARGET static SYMBOL crc32 NAME every-word LABELS crc quick DEPTH quick
    SIGNATURE "crc32,buf,len->crc32" CONVENTION zlib RESULT native MODEL "CRC-32"
    INIT nothing nothing CHECKS agree guard ARGS --quiet --no-seeds
    ALLOW wrong-value@crc32 BECAUSE "one; \"two\" (three)" ALLOW crash BECAUSE four)
"#;

fn every_kind_of_library_is_judged() {
    let kernel = repository().join("examples/c-cmake/crc32.c");
    let kernel = format!("set(KERNEL \"{}\")", kernel.display());
    let here = project("C", &(kernel + EVERY_KIND));
    let (tested, text) = test(here.path());
    assert!(tested.status.success(), "{text}");
    for name in ["shared", "module", "static", "object"] {
        assert!(
            text.contains(&format!("crcheck.ns::{name}.crc32")),
            "{text}"
        );
    }
    assert!(text.contains("every-word"), "{text}");
}

/// A project without a compiler: a library that somebody else has built, and a test of it.
fn imported(call: &str) -> tempfile::TempDir {
    let lines = format!(
        "enable_testing()\ninclude(crcheck)\nadd_library(lib SHARED IMPORTED)\n\
         set_target_properties(lib PROPERTIES IMPORTED_LOCATION /lib.so)\n{call}"
    );
    project("NONE", &lines)
}

fn wrong_words_are_refused() {
    let cases = [
        ("SYMBOL f", "TARGET is missing"),
        ("TARGET lib", "state either SYMBOL"),
        ("TARGET lib SYMBOL f STREAM new=a", "state either SYMBOL"),
        ("TARGET lib SYMBOL", "a value is missing behind SYMBOL"),
        ("TARGET lib SYMBOL f g", "`g` belongs to no keyword"),
        (
            "MODLE CRC-32C TARGET lib SYMBOL f",
            "The keywords are TARGET SYMBOL",
        ),
        ("TARGET nothing SYMBOL f", "there is no target `nothing`"),
        ("TARGET header SYMBOL f", "of type INTERFACE_LIBRARY"),
        ("TARGET static SYMBOL f", "POSITION_INDEPENDENT_CODE ON"),
        (
            "TARGET lib SYMBOL f ALLOW crash",
            "1 x ALLOW and 0 x BECAUSE",
        ),
        (
            "TARGET lib SYMBOL f BECAUSE we like it",
            "0 x ALLOW and 3 x BECAUSE",
        ),
    ];
    let is_here = format!("-DCRCHECK_EXECUTABLE={CRCHECK}");
    for (words, expected) in cases {
        let call = format!(
            "add_library(header INTERFACE)\nadd_library(static STATIC x.c)\n\
             crcheck_add_test({words})"
        );
        let here = imported(&call);
        let configured = configure(here.path(), &[&is_here]);
        let text = text(&configured);
        assert!(!configured.status.success(), "{words}: {text}");
        let names = text.contains("crcheck_add_test: ") && text.contains(expected);
        assert!(names, "{words}: {text}");
    }
}

fn a_missing_crcheck_is_no_pass() {
    let lines = "enable_testing()\nset(CMAKE_FIND_USE_SYSTEM_ENVIRONMENT_PATH OFF)\n\
                 set(CMAKE_FIND_USE_CMAKE_SYSTEM_PATH OFF)\ninclude(crcheck)\n\
                 add_library(lib MODULE IMPORTED)\ncrcheck_add_test(TARGET lib SYMBOL f)\n\
                 set_target_properties(lib PROPERTIES IMPORTED_LOCATION /lib.so)";
    let here = project("NONE", lines);
    let configured = configure(here.path(), &[]);
    let message = text(&configured);
    assert!(configured.status.success(), "{message}");
    assert!(message.contains("CMake Warning"), "{message}");
    assert!(message.contains("-DCRCHECK_EXECUTABLE="), "{message}");
    let (_, text) = ctest(here.path());
    assert!(text.contains("Not Run (Disabled)"), "{text}");
    assert!(!text.contains("Passed"), "{text}");

    let configured = configure(here.path(), &["-DCRCHECK_REQUIRED=ON"]);
    assert!(!configured.status.success());
}

/// crcheck ends with 3, which is no pass and no skipped test either.
fn a_library_that_does_not_load_fails() {
    let lines = "enable_testing()\ninclude(crcheck)\nadd_library(lib MODULE f.c)\n\
                 crcheck_add_test(TARGET lib SYMBOL f)";
    let here = project("C", lines);
    let kernel = "void nowhere(void);\nint f(void) { nowhere(); return 0; }\n";
    fs::write(here.path().join("f.c"), kernel).expect("a file");
    let (tested, text) = test(here.path());
    assert!(text.contains("cannot be loaded"), "{text}");
    assert!(!tested.status.success(), "{text}");
    assert!(text.contains("1 tests failed out of 1"), "{text}");
}

fn a_test_that_ctest_does_not_find_is_noted() {
    let lines = "include(crcheck)\nadd_library(lib SHARED IMPORTED)\n\
                 crcheck_add_test(TARGET lib SYMBOL f)";
    let is_here = format!("-DCRCHECK_EXECUTABLE={CRCHECK}");
    let here = project("NONE", lines);
    let noted = text(&configure(here.path(), &[&is_here]));
    assert!(noted.contains("Put enable_testing()"), "{noted}");
    let wanted = text(&configure(here.path(), &[&is_here, "-DBUILD_TESTING=OFF"]));
    assert!(!wanted.contains("Warning"), "{wanted}");
}
