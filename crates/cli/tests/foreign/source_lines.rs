//! Where the instruction of a finding stands: function, file and line, as far as the file of the
//! code says them.

use crate::common::{code, command, folder, on_path, report as json_of, stdout};
use crate::kernels::{NamedTest, built, crcheck, finding};
use crate::sarif_documents::assert_is_sarif;
use crcheck_harness::platform::code::place::Place;
use crcheck_harness::platform::code::source_location::{locate, locate_function};
use crcheck_harness::platform::rng::SplitMix64;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

pub(crate) const TRIALS: &[NamedTest] = &[
    (
        "DWARF gives the line, what is inlined, and the demangled name",
        lines_of_dwarf,
    ),
    (
        "compressed DWARF, and that of a split file, gives the same lines",
        lines_of_other_files,
    ),
    (
        "without DWARF there is a function and no line",
        symbols_alone,
    ),
    ("every format has the line", every_format),
    (
        "CI is led to the line of the instruction, or to that of the function",
        lines_for_ci,
    ),
    (
        "without DWARF CI is led to the library and its function",
        library_for_ci,
    ),
    ("a fault of this program has its line", own_faults),
    (
        "a file with broken DWARF is answered, and no answer is half a line",
        broken_dwarf,
    ),
];

pub(crate) const TRIALS_ON_AMD64: &[NamedTest] = &[(
    "an access of the C library is told with the call of the subject",
    called_at,
)];

/// The line of the source that has this mark.
fn line_of(mark: &str) -> u64 {
    let mark = format!("// {mark}");
    let mut lines = include_str!("lines.c").lines();
    1 + lines
        .position(|line| line.ends_with(&mark))
        .expect(mark.as_str()) as u64
}

/// The over-read of a function of a library of `lines.c`.
fn over_read(library: &Path, symbol: &str) -> Value {
    let here = folder();
    let line = format!(
        "verify --depth quick --seed 1 --check guard --lib {} --symbol {symbol} --format json",
        library.display()
    );
    let output = crcheck(here.path(), &line);
    assert_eq!(code(&output), 1);
    finding(&json_of(&output), "over-read").clone()
}

fn assert_is_peek(finding: &Value) {
    let location = &finding["location"];
    assert_eq!(location["function"], "peek", "{finding:#}");
    assert_eq!(location["line"], line_of("READ"), "{finding:#}");
    assert_eq!(location["symbol"], "crc32_peeks");
    let outer = &location["inlined_by"][0];
    assert_eq!(outer["function"], "crc32_peeks");
    assert_eq!(outer["line"], line_of("INLINED"));
    for file in [&location["file"], &outer["file"]] {
        assert!(file.as_str().is_some_and(|file| file.ends_with("/lines.c")));
    }
    let instruction = finding["instruction"].as_str().expect("text");
    assert!(!instruction.contains("crc32_peeks"), "{instruction}");
}

fn lines_of_dwarf() {
    let library = built().join("lines.so");
    assert_is_peek(&over_read(&library, "crc32_peeks"));
    let finding = over_read(&library, "my::crc32");
    let location = &finding["location"];
    assert_eq!(location["function"], "my::crc32", "{finding:#}");
    assert_eq!(location["symbol"], "my::crc32");
    assert_eq!(location["line"], line_of("DIRECT"), "{finding:#}");
    assert_eq!(location["inlined_by"], Value::Null);
    let object = location["object"].as_str().map(Path::new);
    assert_eq!(object, Some(library.as_path()));
}

fn lines_of_other_files() {
    assert_is_peek(&over_read(&built().join("lines_gz.so"), "crc32_peeks"));
    if on_path("objcopy").is_none() {
        println!("no objcopy: the split file is not tested");
        return;
    }
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    let objcopy = |arguments: &[&str]| {
        let mut command = Command::new("objcopy");
        let status = command.args(arguments).current_dir(folder.path()).status();
        assert!(status.expect("objcopy starts").success(), "{arguments:?}");
    };
    std::fs::copy(built().join("lines.so"), at("lines.so")).expect("a copy");
    objcopy(&["--only-keep-debug", "lines.so", "lines.debug"]);
    objcopy(&["--strip-all", "--add-gnu-debuglink=lines.debug", "lines.so"]);
    assert_is_peek(&over_read(&at("lines.so"), "crc32_peeks"));
    // Another file of that name is not the one that was split.
    let mut debug = std::fs::read(at("lines.debug")).expect("a file");
    debug.push(0);
    std::fs::write(at("lines.debug"), debug).expect("a file");
    let finding = over_read(&at("lines.so"), "crc32_peeks");
    assert_eq!(finding["location"]["symbol"], "crc32_peeks", "{finding:#}");
    assert_eq!(finding["location"]["file"], Value::Null, "{finding:#}");
}

fn symbols_alone() {
    let finding = over_read(&built().join("lines_bare.so"), "crc32_peeks");
    let location = &finding["location"];
    assert_eq!(location["function"], "crc32_peeks", "{finding:#}");
    for key in ["file", "line", "column", "inlined_by"] {
        assert_eq!(location[key], Value::Null, "{finding:#}");
    }
}

fn every_format() {
    let here = folder();
    for format in ["human", "markdown", "github", "html", "junit"] {
        let line = format!(
            "verify --depth quick --seed 1 --check guard --lib @/lines.so --symbol crc32_peeks \
             --format {format}"
        );
        let text = stdout(&crcheck(here.path(), &line)).replace('\\', "");
        for part in [
            format!("lines.c:{} in peek, inlined at ", line_of("READ")),
            format!("lines.c:{})", line_of("INLINED")),
            "3 bytes past the end".to_owned(),
        ] {
            assert!(text.contains(&part), "{format}: {part}: {text}");
        }
    }
}

/// What crcheck prints in the folder of a copy of the source. A command after the first judges the
/// case that the first one has saved.
fn for_ci(folder: &Path, line: &str) -> String {
    let mut command = command(folder, line);
    command.env_remove("GITHUB_WORKSPACE");
    stdout(&command.output().expect("the program starts"))
}

/// A verification that saves its case.
fn verify_for_ci(symbol: &str) -> String {
    format!(
        "verify --depth quick --seed 1 --check guard --lib mine.so --symbol {symbol} \
         --artifacts {symbol} --format sarif"
    )
}

/// Builds `src/lines.c` of a new folder as `mine.so`.
fn checkout(flags: &[&str]) -> tempfile::TempDir {
    let folder = folder();
    std::fs::create_dir(folder.path().join("src")).expect("a folder");
    let source = folder.path().join("src/lines.c");
    std::fs::write(&source, include_str!("lines.c")).expect("a file");
    let mut cc = Command::new("cc");
    cc.args(["-O1", "-shared", "-fPIC", "-o", "mine.so", "src/lines.c"]);
    let status = cc.args(flags).current_dir(folder.path()).status();
    assert!(status.expect("cc starts").success());
    folder
}

/// What SARIF has of the one finding.
fn sarif_result(folder: &Path, line: &str) -> Value {
    let document = serde_json::from_str(&for_ci(folder, line)).expect("JSON");
    assert_is_sarif(&document);
    let results = document["runs"][0]["results"].as_array().expect("results");
    assert_eq!(results.len(), 1, "{results:#?}");
    results[0].clone()
}

fn lines_for_ci() {
    let here = checkout(&["-g"]);
    let here = here.path();
    for (symbol, kind, mark) in [
        ("crc32_flips", "wrong-value", "FLIPS"),
        ("crc32_peeks", "over-read", "READ"),
    ] {
        let result = sarif_result(here, &verify_for_ci(symbol));
        assert_eq!(result["ruleId"], kind);
        let physical = &result["locations"][0]["physicalLocation"];
        let file = json!({ "uri": "src/lines.c", "uriBaseId": "%SRCROOT%" });
        assert_eq!(physical["artifactLocation"], file, "{result:#}");
        assert_eq!(physical["region"]["startLine"], line_of(mark), "{result:#}");
        let log = for_ci(here, &format!("replay {symbol} --trust --format github"));
        let begin = format!("::error file=src/lines.c,line={},", line_of(mark));
        assert!(log.starts_with(&begin), "{begin}: {log}");
        let title = format!("title={kind} in lib%3Amine.so%3A{symbol}::lib:mine.so:{symbol} ");
        assert!(log.contains(&title), "{title}: {log}");
        assert_eq!(log.matches("::error ").count(), 1, "{log}");
    }
    let accepted = "replay crc32_flips --trust --allow wrong-value --because 'a, b' --format";
    let result = sarif_result(here, &format!("{accepted} sarif"));
    assert_eq!(result["level"], "note");
    assert_eq!(result["suppressions"][0]["justification"], "a, b");
    let log = for_ci(here, &format!("{accepted} github"));
    let begin = format!("::warning file=src/lines.c,line={},", line_of("FLIPS"));
    assert!(log.starts_with(&begin), "{log}");
    // In a folder of the checkout of GitHub's workflow.
    let line = "replay ../crc32_flips --lib ../mine.so --symbol crc32_flips --format github";
    let mut command = command(&here.join("src"), line);
    command.env("GITHUB_WORKSPACE", here);
    let log = stdout(&command.output().expect("the program starts"));
    assert!(log.starts_with("::error file=src/lines.c,line="), "{log}");
}

fn library_for_ci() {
    let here = checkout(&["-s"]);
    let result = sarif_result(here.path(), &verify_for_ci("crc32_flips"));
    let location = &result["locations"][0];
    let file = &location["physicalLocation"]["artifactLocation"];
    assert_eq!(file["uri"], "mine.so", "{result:#}");
    let function = &location["logicalLocations"][0];
    assert_eq!(function["name"], "crc32_flips", "{result:#}");
    let log = for_ci(here.path(), "replay crc32_flips --trust --format github");
    assert!(log.starts_with("::error title=wrong-value in lib"), "{log}");
}

fn own_faults() {
    let here = folder();
    let line = "verify --depth quick --seed 1 --check guard --fault word-before --format json";
    let report = json_of(&crcheck(here.path(), line));
    let found = finding(&report, "under-read");
    let location = &found["location"];
    let symbol = location["symbol"].as_str().expect("a symbol");
    assert!(symbol.starts_with("crcheck_faults::"), "{found:#}");
    assert!(location["line"].as_u64().is_some(), "{found:#}");
    assert!(
        location.to_string().contains("crates/faults/src/"),
        "{found:#}"
    );
}

fn called_at() {
    let finding = over_read(&built().join("lines.so"), "crc32_copies");
    let location = &finding["location"];
    let object = location["object"].as_str().expect("a file");
    // A C library may take more than the return address onto its stack first.
    if !object.contains("libc") || finding["called_at"] == Value::Null {
        println!("{object}: the call is not known");
        return;
    }
    let call = &finding["called_at"];
    assert_eq!(call["symbol"], "crc32_copies", "{finding:#}");
    assert_eq!(call["line"], line_of("CALL"), "{finding:#}");
}

/// The mutations of one seed: a few bytes, in the sections of DWARF most of the time.
fn mutate(bytes: &mut [u8], rng: &mut SplitMix64) {
    let len_bytes = bytes.len() as u64;
    for _ in 0..1 + rng.next_u64() % 8 {
        let at = (rng.next_u64() % len_bytes) as usize;
        bytes[at] = match rng.next_u64() % 3 {
            0 => 0xff,
            1 => 0,
            _ => rng.next_u64() as u8,
        };
    }
}

fn broken_dwarf() {
    let folder = folder();
    let path = folder.path().join("lines.so");
    let right = std::fs::read(built().join("lines.so")).expect("a library");
    let place = |address: u64| Place {
        object: path.clone(),
        address,
    };
    std::fs::write(&path, &right).expect("a library");
    let found = over_read(&path, "crc32_peeks");
    let offset = found["location"]["offset"].as_str().expect("an address");
    let address = u64::from_str_radix(&offset[2..], 16).expect("a number");
    assert_eq!(
        locate(&place(address)).line.line,
        Some(line_of("READ") as u32)
    );
    let mut rng = SplitMix64::new(1);
    let mut with_line = 0;
    for round in 0..300 {
        let mut bytes = right.clone();
        match round % 10 {
            0 => bytes.truncate((rng.next_u64() % right.len() as u64) as usize),
            _ => mutate(&mut bytes, &mut rng),
        }
        std::fs::write(&path, &bytes).expect("a library");
        let location = locate(&place(address + round % 4));
        assert_eq!(location.object, path.display().to_string());
        // A line is one of a file.
        assert!(location.line.line.is_none() || location.line.file.is_some());
        with_line += u32::from(location.line.line.is_some());
        if round % 3 == 0 {
            let function = locate_function(&path, "crc32_flips").unwrap_or_default();
            assert!(function.line.line.is_none() || function.line.file.is_some());
        }
    }
    // Most mutations hit what is not read.
    assert!(with_line > 100, "{with_line}");
}
