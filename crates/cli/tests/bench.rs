//! `crcheck bench` as people and scripts meet it. No test here depends on how long anything takes.

mod common;

use common::{assert_follows, code, command, crcheck, folder, interrupt, report, stderr, stdout};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

/// Two rows of one tier: enough for everything but the figures.
const SMALL: &str = "bench --tier portable --size 64 --mode throughput,random --budget 300ms";

/// A report whose budget was long enough: on a busy machine the first may not be.
fn complete(folder: &Path, line: &str) -> Value {
    for budget in ["300ms", "3s", "30s", "300s"] {
        let line = format!("{} --format json", line.replace("300ms", budget));
        let output = crcheck(folder, &line);
        if code(&output) != 5 {
            assert_eq!(code(&output), 0, "{}", stderr(&output));
            return report(&output);
        }
    }
    panic!("never complete");
}

#[test]
fn every_row_has_a_figure_of_every_contender() {
    let here = folder();
    let report = complete(here.path(), SMALL);
    assert_follows("bench", None, &report);
    assert_eq!(report["verdict"], "pass");
    let rows = report["rows"].as_array().expect("rows");
    assert_eq!(rows.len(), 2);
    for row in rows {
        let cells = row["cells"].as_array().expect("cells");
        for name in ["portable", "byte-table", "slicing-16"] {
            assert!(cells.iter().any(|cell| cell["contender"] == name), "{name}");
        }
        assert!(
            cells
                .iter()
                .all(|cell| cell["median_ns"].as_f64() > Some(0.0))
        );
    }
    let limits = report["limits"]["load"].as_array().expect("limits");
    assert_eq!(limits.last().expect("a level")["level"], "DRAM");
}

#[test]
fn a_kernel_that_fails_verification_gets_no_figure() {
    let here = folder();
    let line = "bench --fault one-alignment --size 64 --budget 300ms";
    let output = crcheck(here.path(), line);
    assert_eq!(code(&output), 1);
    let text = stdout(&output);
    assert!(
        text.contains("refused fault:one-alignment: wrong-value (check agree)"),
        "{text}"
    );
    assert!(
        !text.contains("GB/s") && !text.contains("ns a call"),
        "{text}"
    );
    let output = crcheck(
        here.path(),
        &format!("{line} --tier portable --format json"),
    );
    assert_eq!(code(&output), 1, "the finding outranks");
    let report = report(&output);
    assert_follows("bench", None, &report);
    assert_eq!(report["refused"][0]["contender"], "fault:one-alignment");
    assert!(!report["contenders"].to_string().contains("one-alignment"));
}

/// The figures of `report`, with every ratio multiplied by `factor`.
fn scaled(report: &Value, factor: f64) -> String {
    let mut base = report.clone();
    for row in base["rows"].as_array_mut().expect("rows") {
        for cell in row["cells"].as_array_mut().expect("cells") {
            let ratios = cell["ratios"].as_array_mut().expect("ratios");
            for ratio in ratios.iter_mut() {
                *ratio = (ratio.as_f64().expect("a number") * factor).into();
            }
            // The noise needs three values.
            while ratios.len() < 3 {
                ratios.push(ratios[0].clone());
            }
        }
    }
    base.to_string()
}

#[test]
fn only_a_regression_is_exit_code_1() {
    let here = folder();
    let measured = complete(here.path(), SMALL);
    // A factor of a million is beyond any noise.
    for (name, factor, expected, word) in [
        ("fast.json", 1e-6, 1, "SLOWER portable, throughput 64"),
        ("slow.json", 1e6, 0, "faster portable, throughput 64"),
    ] {
        let mut base = scaled(&measured, factor);
        let is_other = name == "slow.json";
        if is_other {
            base = base.replace("\"cpu\":\"", "\"cpu\":\"Another ");
        }
        fs::write(here.path().join(name), base).expect("a file");
        let line = format!("{SMALL} --compare {name}").replace("300ms", "20s");
        let output = crcheck(here.path(), &line);
        assert_eq!(code(&output), expected, "{}", stdout(&output));
        assert!(stdout(&output).contains(word), "{}", stdout(&output));
        let said = format!("OTHER MACHINE than that of {name}");
        assert_eq!(
            stdout(&output).contains(&said),
            is_other,
            "{}",
            stdout(&output)
        );
        let output = crcheck(here.path(), &format!("{line} --format json"));
        let compared = report(&output);
        assert_follows("bench", None, &compared);
        assert_eq!(compared["comparison"]["base"], name);
        let machine = compared["comparison"]["machine"]
            .as_array()
            .expect("a list");
        assert_eq!(machine.len(), usize::from(is_other), "{machine:?}");
    }
}

#[test]
fn a_base_that_cannot_be_compared_is_reported() {
    let here = folder();
    let mut report = complete(here.path(), SMALL);
    let compare = |name: &str| crcheck(here.path(), &format!("{SMALL} --compare {name}"));
    fs::write(
        here.path().join("other.json"),
        report
            .to_string()
            .replace("\"size_bytes\":64", "\"size_bytes\":65"),
    )
    .expect("a file");
    let other = compare("other.json");
    assert_eq!(code(&other), 4);
    assert!(stderr(&other).contains("nothing is compared"));
    report["schema"] = "crcheck/bench/9".into();
    fs::write(here.path().join("future.json"), report.to_string()).expect("a file");
    fs::write(here.path().join("none.json"), "{}").expect("a file");
    for name in ["future.json", "none.json", "missing.json"] {
        let output = compare(name);
        assert_eq!(code(&output), 6, "{name}");
        assert!(stderr(&output).contains(name), "{}", stderr(&output));
    }
}

#[test]
fn values_that_do_not_exist_are_usage_errors_with_a_hint() {
    let here = folder();
    for (line, hint) in [
        ("bench --mode flusht", "did you mean `flushed`?"),
        ("bench --tier portabel", "did you mean `portable`?"),
        ("bench --size 64,4Q", "64, 4096, 4K, 1M and 1G are"),
        ("bench --size 0", "is no size"),
        ("bench --offset 64", "from 0 to 63"),
        ("bench --tolerance 50", "is not a tolerance"),
        ("bench --inject slow-tial", "did you mean `slow-tail`?"),
        (
            "bench --inject slow-tail --fault one-alignment",
            "cannot be used",
        ),
        ("bench --profile-frequency 99", "--profile <FILE.svg>"),
        ("bench --profile a.svg --profile-frequency 0", "0 is not in"),
        (
            "bench --profile a.svg --profile-duration 0",
            "has no sample",
        ),
        (
            "bench --profile a.svg --profile-stacks a.svg",
            "name the same file",
        ),
        (
            "bench --profile a.svg --output a.svg",
            "is another file of this command",
        ),
        ("bench --format junit", "human, json, jsonl, markdown, html"),
        (
            "bench --tier portable --size 64 --core 99999",
            "cannot stay on core 99999",
        ),
    ] {
        let output = crcheck(here.path(), line);
        let text = stderr(&output);
        assert_eq!(code(&output), 2, "{line}: {text}");
        assert!(text.contains(hint), "{line}: {text}");
        assert!(!text.contains("to verify"), "{line} begins a run: {text}");
    }
}

#[test]
fn an_empty_selection_and_a_missing_tier_have_their_codes() {
    let here = folder();
    let nothing = crcheck(here.path(), "bench --tier portable --mode random --size 1M");
    assert_eq!(code(&nothing), 4);
    assert!(stdout(&nothing).contains("skipped random <=1M: random lengths go up to"));
    let without = |line: &str| {
        let mut command = command(here.path(), line);
        command.env("CRCHECK_DISABLE", "pclmulqdq");
        command.output().expect("the program starts")
    };
    assert_eq!(code(&without("bench --tier x86-pclmul --size 64")), 4);
    let required = without("bench --require-tier x86-pclmul --size 64");
    assert_eq!(code(&required), 3);
    assert!(stdout(&required).contains("skipped tier:x86-pclmul"));
}

#[test]
fn a_budget_that_is_too_short_is_incomplete() {
    let here = folder();
    let output = crcheck(here.path(), "bench --tier portable --size 64 --budget 0s");
    assert_eq!(code(&output), 5, "{}", stdout(&output));
    assert!(stdout(&output).contains("incomplete: 0 rows"));
}

#[test]
fn the_list_names_the_rows_and_measures_nothing() {
    let here = folder();
    let output = crcheck(here.path(), "bench --tier portable --list");
    assert_eq!(code(&output), 0);
    let text = stdout(&output);
    assert!(
        text.contains("tier:portable") && text.contains("latency 4K"),
        "{text}"
    );
    assert!(!text.contains("GB/s") && !text.contains("injected"));
    let line = "bench --tier portable --list --inject slow-tail";
    assert!(stdout(&crcheck(here.path(), line)).contains("injected slow-tail: "));
}

#[test]
fn offsets_are_rows_where_the_start_is_free() {
    let here = folder();
    let line = "bench --tier portable --list --size 4K --mode throughput,guard,random --offset 0,1";
    let text = stdout(&crcheck(here.path(), line));
    let rows: Vec<&str> = text.lines().filter(|line| line.contains("4K")).collect();
    assert_eq!(
        rows,
        [
            "throughput 4K",
            "throughput 4K+1",
            "guard 4K",
            "random <=4K"
        ]
    );
}

#[test]
fn an_output_is_written_as_a_whole_or_not_at_all() {
    let here = folder();
    let output = crcheck(
        here.path(),
        &format!("{SMALL} --format html --output bench.html"),
    );
    assert!([0, 5].contains(&code(&output)));
    assert!(stdout(&output).contains("refused"), "the log has figures");
    let html = fs::read_to_string(here.path().join("bench.html")).expect("the report");
    assert!(html.starts_with("<!DOCTYPE html>") && html.ends_with("</html>\n"));
    let missing = crcheck(here.path(), &format!("{SMALL} --output no/such/bench.html"));
    assert_eq!(code(&missing), 6);
    assert!(stderr(&missing).contains("cannot write no/such/bench.html"));
}

#[test]
fn an_interrupt_ends_a_run_with_what_was_measured() {
    let here = folder();
    let line = "bench --tier portable --size 64M --mode throughput --budget 1h --verbose";
    let mut child = command(here.path(), line)
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let stderr = child.stderr.take().expect("piped");
    let mut lines = BufReader::new(stderr).lines();
    // The second block begins when the first is complete.
    let second = lines.find(|line| line.as_ref().is_ok_and(|line| line.starts_with("block 2,")));
    assert!(second.is_some());
    interrupt(child.id());
    let rest = std::thread::spawn(move || lines.count());
    let output = child.wait_with_output().expect("it ends");
    rest.join().expect("stderr is read");
    assert_eq!(code(&output), 5);
    assert!(
        stdout(&output).contains("incomplete: 1 row, "),
        "{}",
        stdout(&output)
    );
}
