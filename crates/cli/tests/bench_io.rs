//! `crcheck bench io`: rows, formats, files that are gone, and what goes wrong.

mod common;

use common::{
    CRCHECK, assert_follows, code, command, crcheck, files, folder, interrupt, report, repository,
    shell, stderr, stdout,
};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output, Stdio};

/// Ends within seconds.
const SMALL: &str = "bench io --dir . --size 1M --runs 1 --threads 1";

#[track_caller]
fn assert_right(output: &Output) {
    assert_eq!(code(output), 0, "{}{}", stdout(output), stderr(output));
}

#[test]
fn a_matrix_follows_its_schema_and_leaves_nothing() {
    let here = folder();
    let output = crcheck(here.path(), &format!("{SMALL} --format json"));
    assert_right(&output);
    assert_eq!(files(here.path()), [""; 0]);
    let report = report(&output);
    assert_follows("bench-io", None, &report);
    let list = stdout(&crcheck(here.path(), &format!("{SMALL} --list")));
    let methods = list.lines().find_map(|line| line.strip_prefix("methods "));
    let rows = report["rows"].as_array().expect("rows");
    let skipped = report["skipped"].as_array().expect("a list");
    for method in methods.expect("the line").split(',') {
        let has_row = rows.iter().any(|row| row["method"] == method);
        let starts = |skipped: &Value| {
            skipped["what"]
                .as_str()
                .is_some_and(|what| what.starts_with(method))
        };
        assert!(has_row || skipped.iter().any(starts), "{method}");
    }
    let is_emulated = report["is_emulated"] == true;
    for row in rows.iter().filter(|row| row["is_bound"] == false) {
        assert_eq!(row["pss_bytes"].is_u64(), !is_emulated, "{row}");
        assert_eq!(row["seconds"].as_array().map(Vec::len), Some(1), "{row}");
    }
    // A tracer sees more than the reads: to open the file, at least.
    let read = rows
        .iter()
        .find(|row| row["method"] == "read" && row["buffer_bytes"] == 4096);
    let calls = &read.expect("a row")["system_calls"];
    if calls["source"] == "trace" {
        let count = calls["count"].as_u64().expect("a number");
        assert!((257..300).contains(&count), "{calls}");
    }
}

#[test]
fn every_format_is_whole() {
    let here = folder();
    let line = format!("{SMALL} --method read,mmap --buffer 4K,64K --cache fresh,warm");
    for (format, begin, word) in [
        ("human", "", "read 64K, no checksum"),
        ("markdown", "# crcheck bench io", "| mmap 4K |"),
        ("html", "<!DOCTYPE html>", "<svg"),
    ] {
        let output = crcheck(
            here.path(),
            &format!("{line} --format {format} --output report"),
        );
        assert_right(&output);
        let text = fs::read_to_string(here.path().join("report")).expect("the report");
        assert!(text.starts_with(begin), "{text}");
        for word in [word, "cache fresh", "cache warm", "buffers under 64 KiB"] {
            // The rows of `no checksum` have their usual sizes.
            let word = word.replace("read 64K, no", "read 1M, no");
            assert!(text.contains(&word), "{word}: {text}");
        }
        assert_eq!(files(here.path()), ["report"]);
    }
}

#[test]
fn an_emulated_cpu_is_called_so_and_has_no_counts() {
    let here = folder();
    let run = |format: &str| {
        let line = format!("{SMALL} --method read,dd --buffer 64K --format {format}");
        let mut command = command(here.path(), &line);
        command.env("CRCHECK_EMULATED", "1");
        command.output().expect("the program starts")
    };
    let output = run("json");
    assert_right(&output);
    let report = report(&output);
    assert_follows("bench-io", None, &report);
    assert_eq!(report["is_emulated"], true);
    for row in report["rows"].as_array().expect("rows") {
        for column in ["system_calls", "minor_faults_per_s", "pss_bytes"] {
            assert_eq!(row[column], Value::Null, "{column}: {row}");
        }
    }
    let text = stdout(&run("human"));
    assert!(
        text.contains("EMULATED") && text.contains("cache warm, emulated"),
        "{text}"
    );
}

#[test]
fn the_list_names_the_rows_and_makes_no_file() {
    let here = folder();
    let output = crcheck(
        here.path(),
        "bench io --article --method read,dd --threads 1 --list",
    );
    assert_right(&output);
    let text = stdout(&output);
    for word in [
        "sizes 1GB,10GB,50GB,100GB",
        "read 16M",
        "dd 1M",
        "cache warm",
    ] {
        assert!(text.contains(word), "{word}: {text}");
    }
}

#[test]
fn values_that_do_not_exist_are_usage_errors_with_a_hint() {
    let here = folder();
    for (line, hint) in [
        ("bench io --method mmmap", "did you mean `mmap`?"),
        ("bench io --size 64,4Q", "64K, 1M, 1G and 10GB are"),
        ("bench io --size 2TB", "1 byte to 1TB"),
        ("bench io --buffer 0", "is no size"),
        ("bench io --threads 0", "from 1 to 1024"),
        ("bench io --runs 0", "from 1 to 99"),
        ("bench io --cache hot", "fresh, warm, cold"),
        ("bench io --budget soon", "is not a time"),
        ("bench io --format jsonl", "human, json, markdown, html"),
        ("bench io --size 1M --article", "cannot be used with"),
    ] {
        let output = crcheck(here.path(), line);
        assert_eq!(code(&output), 2, "{line}: {}", stderr(&output));
        assert!(
            stderr(&output).contains(hint),
            "{line}: {}",
            stderr(&output)
        );
    }
}

#[test]
fn a_folder_that_takes_no_file_is_an_input_output_error() {
    let here = folder();
    fs::write(here.path().join("file"), "").expect("a file");
    for dir in ["missing", "file", "/proc", "/sys"] {
        let output = crcheck(here.path(), &format!("bench io --size 1M --dir {dir}"));
        assert_eq!(code(&output), 6, "{dir}: {}", stderr(&output));
        assert!(stderr(&output).contains(dir), "{}", stderr(&output));
    }
    // The file is larger than this shell allows: 512 or 1024 KiB.
    let mut limited = shell(
        here.path(),
        "ulimit -f 1024; exec \"$@\"",
        "bench io --size 8M --dir .",
    );
    let output = limited.output().expect("the shell starts");
    assert_eq!(code(&output), 6, "{}", stderr(&output));
    assert_eq!(files(here.path()), ["file"]);
}

#[test]
fn a_size_beyond_the_disk_is_sparse() {
    let here = folder();
    let line = "bench io --dir . --size 1TB --budget 1s --method random --format json";
    let output = crcheck(here.path(), line);
    assert!([0, 4, 5, 6].contains(&code(&output)), "{}", stderr(&output));
    assert_eq!(files(here.path()), [""; 0]);
    if code(&output) == 6 {
        assert!(stderr(&output).contains("1TB"), "{}", stderr(&output));
        return;
    }
    let report = report(&output);
    assert_follows("bench-io", None, &report);
    for row in report["rows"].as_array().expect("rows") {
        assert_eq!(row["form"], "sparse");
    }
}

/// The script on a small file: its speeds are nobody's, and its checksums are compared.
#[test]
fn the_script_measures_everything_and_leaves_nothing() {
    if std::env::var_os("CRCHECK_RUNNER").is_some() {
        // It would start crcheck without the emulator.
        return;
    }
    let here = folder();
    let mut script = Command::new(repository().join("scripts/bench-files"));
    script.args(["--quick", "--output", "report.md", "--dir", "."]);
    script.env("CRCHECK", CRCHECK).current_dir(here.path());
    let output = script.output().expect("the script starts");
    assert_right(&output);
    assert_eq!(files(here.path()), ["report.md"]);
    let text = fs::read_to_string(here.path().join("report.md")).expect("the report");
    for word in [
        "QUICK",
        "## crcheck bench io",
        "| read 4K |",
        "## Verdict",
        "0 wrong",
    ] {
        assert!(text.contains(word), "{word}: {text}");
    }
    assert!(!text.contains("INCOMPLETE"), "{text}");
}

#[test]
fn the_script_refuses_what_it_cannot_do() {
    let here = folder();
    for (arguments, expected) in [
        (&["--size", "many"][..], 2),
        (&["--faster"], 2),
        (&["--output"], 2),
        (&["--dir", "missing"], 6),
        (&["--output", "missing/report.md"], 6),
    ] {
        let mut script = Command::new(repository().join("scripts/bench-files"));
        script
            .args(arguments)
            .env("CRCHECK", CRCHECK)
            .current_dir(here.path());
        let output = script.output().expect("the script starts");
        assert_eq!(
            code(&output),
            expected,
            "{arguments:?}: {}",
            stderr(&output)
        );
        assert_eq!(files(here.path()), [""; 0]);
    }
    // Another program that gives a wrong checksum is found.
    let mut script = Command::new(repository().join("scripts/bench-files"));
    let fake = here.path().join("rhash");
    fs::write(&fake, "#!/bin/sh\necho 00000000\n").expect("a script");
    fs::set_permissions(&fake, fs::Permissions::from_mode(0o755)).expect("it may run");
    let path = std::env::var("PATH").unwrap_or_default();
    script.env("PATH", format!("{}:{path}", here.path().display()));
    script
        .args(["--quick", "--dir", "."])
        .env("CRCHECK", CRCHECK);
    let output = script
        .current_dir(here.path())
        .output()
        .expect("the script starts");
    if stdout(&output).contains("crcheck sum` fails") {
        return;
    }
    assert_eq!(code(&output), 1, "{}", stdout(&output));
    assert!(
        stdout(&output).contains("WRONG: rhash"),
        "{}",
        stdout(&output)
    );
}

#[test]
fn an_interrupt_ends_a_run_with_what_was_measured() {
    let here = folder();
    let line =
        "bench io --dir . --size 4M --runs 99 --method read --threads 1 --budget 1h --verbose";
    let mut child = command(here.path(), line)
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let stderr = child.stderr.take().expect("piped");
    let mut lines = BufReader::new(stderr).lines();
    let third = lines.find(|line| {
        line.as_ref()
            .is_ok_and(|line| line.ends_with("run 3 of 99"))
    });
    assert!(third.is_some());
    interrupt(child.id());
    let rest = std::thread::spawn(move || lines.count());
    let output = child.wait_with_output().expect("it ends");
    rest.join().expect("stderr is read");
    assert_eq!(code(&output), 5);
    assert!(
        stdout(&output).contains("of 99 runs)"),
        "{}",
        stdout(&output)
    );
    assert_eq!(files(here.path()), [""; 0]);
}
