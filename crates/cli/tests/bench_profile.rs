//! A slow case that is planted on purpose shows in `crcheck bench --compare` and in the flame graph
//! of `--profile`. No test here depends on how long anything takes.

mod common;

use common::{assert_follows, code, command, crcheck, folder, interrupt, report, stderr, stdout};
use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

/// One length without a tail, and one with a tail that takes ten times the time of the rest.
const ROWS: &str = "bench --tier portable --size 64K,1000 --mode throughput";

/// Runs a line with longer and longer budgets until each row has its blocks: on a busy machine the
/// first may be too short.
fn complete(folder: &Path, line: &str) -> Output {
    for budget in ["1s", "10s", "100s"] {
        let output = crcheck(folder, &format!("{line} --budget {budget}"));
        if code(&output) != 5 {
            return output;
        }
    }
    panic!("never complete");
}

/// The titles of a graph's frames. The graph is well-formed.
fn titles(svg: &str) -> Vec<String> {
    let mut reader = Reader::from_str(svg);
    let (mut titles, mut depth, mut is_title) = (Vec::new(), 0, false);
    loop {
        match reader.read_event().expect("well-formed XML") {
            Event::Start(element) => {
                depth += 1;
                is_title = element.name().as_ref() == b"title";
                if is_title {
                    titles.push(String::new());
                }
            }
            Event::End(_) => (depth, is_title) = (depth - 1, false),
            Event::Text(text) if is_title => {
                let last = titles.last_mut().expect("a title has begun");
                last.push_str(&text.decode().expect("UTF-8"));
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0, "{svg}");
    titles
}

/// The samples in a title: `NAME (COUNT samples, SHARE %)`.
fn samples(title: &str) -> u64 {
    let (_, count) = title.rsplit_once('(').expect("a count");
    let count = count.split(' ').next().expect("a count");
    count.parse().expect("a number")
}

#[test]
fn a_slow_case_shows_in_the_comparison_and_in_the_flame_graph() {
    let here = folder();
    let read = |name: &str| fs::read_to_string(here.path().join(name)).expect("a file");
    let base = complete(
        here.path(),
        &format!("{ROWS} --format json --output base.json"),
    );
    assert_eq!(code(&base), 0, "{}", stderr(&base));
    let injected = "--inject slow-tail --compare base.json --tolerance 1";
    let profile = "--profile graph.svg --profile-stacks stacks.txt --profile-duration 3s";
    let output = complete(
        here.path(),
        &format!("{ROWS} {injected} {profile} --format json"),
    );
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    let report = report(&output);
    assert_follows("bench", None, &report);
    let changes = &report["comparison"]["changes"];
    let changes = changes.as_array().expect("changes");
    assert_eq!(changes.len(), 2);
    changes.iter().for_each(assert_slower_if_it_has_a_tail);
    assert_eq!(report["injected"], "slow-tail");
    assert_eq!(report["profile"]["profiler"], "pprof (SIGPROF)");
    assert_eq!(report["profile"]["flame_graph"], "graph.svg");

    assert_frames(&read("graph.svg"));
    let total = assert_stacks(&read("stacks.txt"));
    assert_eq!(report["profile"]["samples"], total);
}

fn assert_slower_if_it_has_a_tail(change: &Value) {
    let has_tail = change["size_bytes"] == 1000;
    assert_eq!(change["verdict"] == "slower", has_tail, "{change}");
    for side in ["before", "now"] {
        let cost = &change[side];
        let times = ["p50_ns", "p95_ns", "p99_ns"].map(|name| cost[name].as_f64());
        assert!(times[0] > Some(0.0) && times.is_sorted(), "{change}");
        assert_eq!(cost["tsc_ticks"].is_number(), cfg!(target_arch = "x86_64"));
    }
}

fn assert_frames(graph: &str) {
    assert!(graph.contains("profiled by pprof") && graph.contains("INJECTED slow-tail"));
    let titles = titles(graph);
    for name in [
        "throughput 1000",
        "portable",
        "inject::slow_tail",
        "crcheck_kernel::portable",
    ] {
        let seen = titles.iter().find(|title| title.contains(name));
        assert!(
            seen.is_some_and(|title| samples(title) > 0),
            "{name}: {titles:?}"
        );
    }
}

/// Returns the number of samples.
fn assert_stacks(stacks: &str) -> u64 {
    let is_of_tail = |line: &&str| line.contains("inject::slow_tail");
    let of_tail: Vec<&str> = stacks.lines().filter(is_of_tail).collect();
    assert!(!of_tail.is_empty() && stacks.contains("crcheck_kernel::portable"));
    let mut of_tail = of_tail.into_iter();
    assert!(
        of_tail.all(|line| line.starts_with("throughput 1000;portable;")),
        "{stacks}"
    );
    let counts = stacks.lines().map(|line| {
        let (_, count) = line.rsplit_once(' ').expect("a count");
        count.parse::<u64>().expect("a number")
    });
    counts.sum()
}

/// Nobody takes the figures of a slow case for those of the kernel.
#[test]
fn every_format_says_that_a_slow_case_is_injected() {
    let here = folder();
    let line = "bench --tier portable --size 1000 --mode register --inject slow-tail";
    for format in ["human", "markdown", "html", "json"] {
        let output = complete(here.path(), &format!("{line} --format {format}"));
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        let text = stdout(&output);
        let said = match format {
            "json" => "\"injected\": \"slow-tail\"",
            _ => "INJECTED slow-tail",
        };
        assert!(text.contains(said), "{text}");
        fs::write(here.path().join("base.json"), &text).expect("a file");
    }
    // An injected base is no kernel's either.
    let line = line.replace("--inject slow-tail", "--compare base.json");
    let text = stdout(&complete(here.path(), &line));
    assert!(text.contains("INJECTED slow-tail in base.json"), "{text}");
    assert!(text.contains("faster portable, register 1000"), "{text}");
    assert!(text.contains("ns a call p50"), "{text}");
}

#[test]
fn a_cost_is_shown_in_detail() {
    let here = folder();
    let line = "bench --tier portable --size 64 --mode register";
    let plain = stdout(&complete(here.path(), line));
    assert!(
        !plain.contains("p99") && plain.contains("register: ns a call"),
        "{plain}"
    );
    let detailed = stdout(&complete(here.path(), &format!("{line} --verbose")));
    assert!(detailed.contains("p50 ns  p95 ns  p99 ns"), "{detailed}");
    let cycles = if cfg!(target_arch = "x86_64") {
        "TSC ticks a call"
    } else {
        "unavailable"
    };
    assert!(detailed.contains(cycles), "{detailed}");
}

#[test]
fn a_graph_that_cannot_be_written_costs_no_run() {
    let here = folder();
    for file in [
        "--profile no/such.svg",
        "--profile a.svg --profile-stacks no/such.txt",
    ] {
        let output = crcheck(here.path(), &format!("{ROWS} --budget 1h {file}"));
        assert_eq!(code(&output), 6, "{}", stderr(&output));
        assert!(stderr(&output).contains("cannot write no/such"));
    }
    let rest = fs::read_dir(here.path()).expect("a folder");
    assert_eq!(rest.count(), 0, "no partial file is left");
    // Nothing is measured, so there is nothing to profile.
    let output = crcheck(
        here.path(),
        &format!("{ROWS} --budget 0s --list --profile a.svg"),
    );
    assert_eq!(code(&output), 0);
    assert!(!here.path().join("a.svg").exists());
}

/// The processor time of a process, in hundredths of a second (proc_pid_stat(5), fields 14 and 15).
fn cpu_ticks(pid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("the process is there");
    let (_, behind_name) = stat.rsplit_once(')').expect("a name");
    let times = behind_name.split_whitespace().skip(11).take(2);
    times
        .map(|time| time.parse::<u64>().expect("a number"))
        .sum()
}

#[test]
fn an_interrupt_of_a_profile_keeps_what_was_sampled() {
    let here = folder();
    let line = format!("{ROWS} --budget 1s --profile a.svg --profile-duration 1h --verbose");
    let mut child = command(here.path(), &line)
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let lines = child.stderr.take().expect("piped");
    let mut lines = BufReader::new(lines).lines();
    let begun = lines.find(|line| line.as_ref().is_ok_and(|line| line.starts_with("profile,")));
    assert!(begun.is_some());
    // A second of processor time has samples; on a busy machine it takes longer.
    let first = cpu_ticks(child.id());
    while cpu_ticks(child.id()) < first + 100 {
        std::thread::sleep(Duration::from_millis(100));
    }
    interrupt(child.id());
    let rest = std::thread::spawn(move || lines.count());
    let output = child.wait_with_output().expect("it ends");
    rest.join().expect("stderr is read");
    assert_eq!(code(&output), 5, "{}", stdout(&output));
    assert!(stdout(&output).contains("it was stopped before its end"));
    let graph = fs::read_to_string(here.path().join("a.svg")).expect("the graph");
    assert!(
        titles(&graph)
            .iter()
            .any(|title| title.contains("crcheck_kernel::portable"))
    );
}
