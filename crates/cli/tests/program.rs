//! The program as people and scripts meet it: exit codes, streams, formats, files.

mod common;

use common::{
    assert_follows, code, command, command_of_words, crcheck, files, folder, interrupt,
    lines_of_json, replay_line, report, repository, stderr, stdout,
};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Output, Stdio};

#[test]
fn a_right_kernel_passes_and_results_go_to_stdout() {
    let here = folder();
    let output = crcheck(here.path(), "verify --depth quick --tier portable --seed 1");
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(stdout(&output).contains("pass: all that was selected ran and passed"));
    assert!(stderr(&output).starts_with("crcheck verify: seed 0x1,"));
    assert!(
        files(here.path()).is_empty(),
        "nothing is written on a pass"
    );
}

#[test]
fn a_faulty_kernel_fails_with_an_artifact_that_shows_the_finding_again() {
    let here = folder();
    let output = crcheck(
        here.path(),
        "verify --depth quick --fault article-zero-padded-tail --check agree",
    );
    assert_eq!(code(&output), 1);
    let text = stdout(&output);
    let replay = replay_line(&text);
    let replayed = crcheck(here.path(), &replay);
    assert_eq!(code(&replayed), 1, "{}", stdout(&replayed));
    let minimize = replay.replacen("replay", "minimize", 1);
    assert_eq!(code(&crcheck(here.path(), &minimize)), 1);
    let on_tier = replay.replace("--fault article-zero-padded-tail", "--tier portable");
    let on_tier = crcheck(here.path(), &on_tier);
    assert_eq!(code(&on_tier), 0, "{}", stdout(&on_tier));
}

#[test]
fn names_that_do_not_exist_are_usage_errors_with_the_nearest_name() {
    let here = folder();
    for (line, hint) in [
        ("verify --tier x86-pclmull", "did you mean `x86-pclmul`?"),
        ("verify --check agre", "did you mean `agree`?"),
        (
            "verify --fault shared-scrach",
            "did you mean `shared-scratch`?",
        ),
        (
            "replay --target kernel_vs_oracel x",
            "did you mean `kernel_vs_oracle`?",
        ),
        ("verify --depth deeper", "quick, default, deep"),
        ("verify --messages 0", "0 is not in 1..=65535"),
        ("verify --budget 3y", "500ms, 30s, 2m or 1h"),
        ("verify --seed 0xxyz", "a seed is a number of 64 bits"),
    ] {
        let output = crcheck(here.path(), line);
        assert_eq!(code(&output), 2, "{line}");
        assert!(
            stderr(&output).contains(hint),
            "{line}: {}",
            stderr(&output)
        );
    }
}

/// Its kernel is right, so a command that calls the kernel alone would pass the fault.
#[test]
fn a_faulty_reader_is_no_kernel_to_verify() {
    let here = folder();
    for line in [
        "verify --fault stale-page --fault article-no-tail",
        "certify --fault stale-page",
        "bench --fault stale-page",
    ] {
        let output = crcheck(here.path(), line);
        assert_eq!(code(&output), 2, "{line}");
        let text = stderr(&output);
        assert!(
            text.contains("replay corpus/reader_model --fault stale-page"),
            "{line}: {text}"
        );
    }
}

/// Runs with features masked, as on an older CPU.
fn without(features: &str, folder: &Path, line: &str) -> Output {
    let mut command = command(folder, line);
    command.env("CRCHECK_DISABLE", features);
    command.output().expect("the program starts")
}

/// A tier, the feature to mask, and the reason that crcheck then gives.
const MISSING: (&str, &str, &str) = if cfg!(target_arch = "aarch64") {
    ("aarch64-pmull", "pmull", "pmull: masked")
} else if cfg!(target_arch = "riscv64") {
    ("riscv-zbc", "zbc", "zbc: masked")
} else if cfg!(target_arch = "x86_64") {
    ("x86-pclmul", "pclmulqdq", "pclmulqdq: ")
} else {
    ("x86-pclmul", "pclmulqdq", "another architecture")
};

#[test]
fn a_tier_that_is_missing_is_skipped_and_never_passed() {
    let here = folder();
    let (tier, feature, reason) = MISSING;
    let run = |line: &str| without(feature, here.path(), line);
    let all = run("verify --depth quick");
    assert_eq!(code(&all), 0);
    assert!(stdout(&all).contains(&format!("skipped tier:{tier}: {reason}")));
    assert_eq!(
        code(&run(&format!("verify --depth quick --tier {tier}"))),
        4
    );
    let required = format!("verify --depth quick --require-tier {tier}");
    assert_eq!(code(&run(&required)), 3);
    let with_a_fault = format!("{required} --fault article-polynomial");
    assert_eq!(code(&run(&with_a_fault)), 1, "a finding outranks it");
    let tiers = run("tiers");
    assert!(stdout(&tiers).contains(&format!("not available: {reason}")));
    let unknown = without("avx9", here.path(), "tiers");
    assert_eq!(code(&unknown), 2);
    assert!(stderr(&unknown).contains("`avx9` is not a known CPU feature"));
}

/// The tier that was masked away is named where people look, and where programs do.
#[test]
fn the_last_line_names_the_tiers_that_did_not_run() {
    let here = folder();
    let (tier, feature, _) = MISSING;
    let line = "verify --depth quick --check agree --no-seeds --seed 1";
    let run = |more: &str| without(feature, here.path(), &format!("{line} {more}"));
    let last = |output: &Output| stdout(output).lines().last().unwrap_or_default().to_owned();
    let arch = std::env::consts::ARCH.replace('_', "-");
    for more in ["", "-q", "--format github"] {
        let line = last(&run(more));
        let (_, tiers) = line.split_once(&format!(" {arch} tiers ran")).expect(&line);
        assert_eq!(
            tiers.contains(&format!("; not {tier}")),
            has_tiers(),
            "{line}"
        );
        assert!(!tiers.contains("another"), "{line}");
    }
    for format in ["markdown", "html", "junit"] {
        let text = stdout(&run(&format!("--format {format}")));
        assert!(text.contains(&format!(" {arch} tiers ran")), "{text}");
    }
    let report = report(&run("--format json"));
    assert_follows("report", None, &report);
    let not_run = report["tiers"]["not_run"].as_array().expect("a list");
    assert_eq!(not_run.iter().any(|name| name == tier), has_tiers());
    assert_eq!(report["tiers"]["ran"][0], "portable");
    if has_tiers() {
        let chosen = last(&run("--tier portable -q"));
        assert!(
            !chosen.contains("tiers ran"),
            "nobody asked for more: {chosen}"
        );
    }
    let both = last(&run(&format!("--tier portable --tier {tier} -q")));
    let said = format!(" tiers ran; not {tier}");
    assert!(
        both.contains("; 1 of 2 ") && both.ends_with(&said),
        "{both}"
    );
}

/// Whether CPUs of this architecture have tiers that others lack.
const fn has_tiers() -> bool {
    cfg!(any(
        target_arch = "x86_64",
        target_arch = "aarch64",
        target_arch = "riscv64"
    ))
}

#[test]
fn software_that_passes_is_not_taken_for_the_instructions() {
    let here = folder();
    let line = "verify --depth quick --check agree --no-seeds --tier emu:x86-avx512-vpclmul";
    let says = "software, tests no instruction";
    for more in [
        "",
        "-q",
        "--format github",
        "--format markdown",
        "--format html",
    ] {
        let text = stdout(&crcheck(here.path(), &format!("{line} {more}")));
        assert!(text.contains(says), "{more}: {text}");
    }
    let verbose = crcheck(here.path(), &format!("{line} --verbose"));
    assert!(stderr(&verbose).contains(says), "{}", stderr(&verbose));
    let report = report(&crcheck(here.path(), &format!("{line} --format json")));
    assert_eq!(report["tiers"]["software"][0], "x86-avx512-vpclmul");
    assert_eq!(report["tiers"]["ran"].as_array().map(Vec::len), Some(0));
}

#[test]
fn what_does_not_apply_is_not_counted_with_what_was_skipped() {
    let here = folder();
    let line = "verify --depth quick --tier portable --no-seeds --seed 1";
    let applies = |check: &str| {
        let report = report(&crcheck(
            here.path(),
            &format!("{line} --check {check} --check agree --format json"),
        ));
        report["skipped"][0]["applies"].clone()
    };
    assert_eq!(applies("dispatch"), false, "the tier has no dispatcher");
    assert_eq!(applies("huge"), false, "the depth has none");
    let output = crcheck(
        here.path(),
        &format!("{line} --check dispatch --check agree"),
    );
    let text = stdout(&output);
    assert!(text.contains(" 0 skipped, 1 does not apply)"), "{text}");
}

#[test]
fn a_budget_that_ends_early_is_incomplete_and_not_green() {
    let here = folder();
    let output = crcheck(here.path(), "verify --tier portable --budget 20ms");
    assert_eq!(code(&output), 5, "{}", stdout(&output));
    let text = stdout(&output);
    assert!(
        text.contains("incomplete: stopped before the end"),
        "{text}"
    );
    assert!(text.contains(": the budget is used up"), "{text}");
}

/// Those that are not visited are no pass, and the finding is explained all the same.
#[test]
fn a_run_that_fails_fast_says_what_it_has_not_visited() {
    let here = folder();
    let checks = "--check agree --check guard --check slack";
    let line = format!("verify --depth quick --fault article-no-tail {checks} --fail-fast");
    let output = crcheck(here.path(), &format!("{line} --format json"));
    assert_eq!(code(&output), 1);
    let ended = report(&output);
    assert_follows("report", None, &ended);
    assert_eq!(ended["findings"][0]["diagnosis"]["confidence"], "explained");
    for (check, verdict) in [(0, "fail"), (1, "incomplete"), (2, "incomplete")] {
        let check = &ended["checks"][check];
        assert_eq!(check["verdict"], verdict, "{check}");
        assert_eq!(check["gave_up"]["why"], "finding", "{check}");
        assert_eq!(check["gave_up"]["of"], "agree", "{check}");
    }
    let output = crcheck(here.path(), &line);
    let text = stdout(&output);
    let reason = "not visited: fail-fast ended the run after the finding of `agree`";
    assert_eq!(text.matches(reason).count(), 2, "{text}");
    assert!(text.contains("3 checks not visited in full"), "{text}");
    // Nothing ends at what is accepted.
    let line = line.replace("article-no-tail", "word-before");
    let accepting = format!("{line} --allow under-read@word-before --because known --format json");
    let output = crcheck(here.path(), &accepting);
    assert_eq!(code(&output), 0, "{}", stdout(&output));
    let accepted = report(&output);
    for check in accepted["checks"].as_array().expect("checks") {
        assert_eq!(check["verdict"], "pass", "{check}");
    }
}

#[test]
fn a_thinned_report_follows_its_schema() {
    let here = folder();
    let line = "verify --depth quick --fault tail-of-thirteen --check agree --check slack";
    let output = crcheck(here.path(), &format!("{line} --format json"));
    let report = report(&output);
    assert_follows("report", None, &report);
    let slack = &report["checks"][1];
    assert_eq!(slack["thinned"]["explained"], "agree", "{slack}");
    // The seeds are among them.
    let cells = slack["cells"].as_u64().expect("a count");
    assert!((750..=1000).contains(&cells), "{slack}");
    assert_ne!(slack["verdict"], "pass");
}

#[test]
fn json_reports_follow_their_schema() {
    let here = folder();
    for (line, verdict) in [
        ("verify --depth quick --tier portable --format json", "pass"),
        (
            "verify --depth quick --fault article-no-tail --format json",
            "fail",
        ),
        (
            "verify --tier portable --budget 20ms --format json",
            "incomplete",
        ),
    ] {
        let report = report(&crcheck(here.path(), line));
        assert_follows("report", None, &report);
        assert_eq!(report["verdict"], verdict);
    }
}

#[test]
#[cfg_attr(not(target_arch = "x86_64"), ignore = "calls are audited on x86-64")]
fn more_stack_than_is_allowed_is_a_finding_that_its_artifact_shows_again() {
    let here = folder();
    let verify = "verify --depth quick --tier portable --check paint";
    let output = crcheck(here.path(), &format!("{verify} --max-stack 16"));
    let text = stdout(&output);
    assert_eq!(code(&output), 1, "{text}");
    assert!(text.contains("FINDING outside-tier") && text.contains("where 16 are allowed"));
    assert_eq!(code(&crcheck(here.path(), &replay_line(&text))), 1);
    let enough = crcheck(here.path(), &format!("{verify} --max-stack 100000"));
    assert_eq!(code(&enough), 0);
}

#[test]
fn junit_has_a_failure_for_a_finding_and_an_error_for_a_missing_requirement() {
    let here = folder();
    let fault = "verify --depth quick --fault article-no-tail --check agree --format junit";
    let text = stdout(&crcheck(here.path(), fault));
    assert!(
        text.contains("<failure") && text.contains("name=\"agree\""),
        "{text}"
    );
    let (tier, feature, reason) = MISSING;
    let required = format!("verify --depth quick --require-tier {tier} --format junit");
    let text = stdout(&without(feature, here.path(), &required));
    assert!(
        text.contains("<error") && text.contains(reason.trim()),
        "{text}"
    );
}

#[test]
fn jsonl_has_a_line_for_each_finding_and_the_report_last() {
    let here = folder();
    let line = "verify --depth quick --fault article-polynomial --check agree --format jsonl";
    let lines = lines_of_json(&crcheck(here.path(), line));
    assert_eq!(lines[0]["event"], "found");
    assert_eq!(lines.last().expect("a line")["schema"], "crcheck/report/1");
}

#[test]
fn an_output_is_written_as_a_whole_or_not_at_all() {
    let here = folder();
    let verify = "verify --depth quick --tier portable --check slack";
    let output = crcheck(here.path(), &format!("{verify} --output report.txt"));
    assert_eq!(code(&output), 0);
    let written = fs::read_to_string(here.path().join("report.txt")).expect("the report");
    assert_eq!(written, stdout(&output));
    assert_eq!(files(here.path()), ["report.txt"]);
    let missing = crcheck(
        here.path(),
        &format!("{verify} --output no/such/folder.txt"),
    );
    assert_eq!(code(&missing), 6);
    assert!(stderr(&missing).contains("cannot write no/such/folder.txt"));
    let full = crcheck(here.path(), &format!("{verify} --output /dev/full"));
    assert_eq!(code(&full), 6);
    assert!(stdout(&full).contains("pass: "), "the report is not lost");
}

#[test]
fn malformed_artifacts_and_missing_files_are_input_errors() {
    let here = folder();
    let corpus = repository().join("corpus/artifact_parse");
    for name in [
        "future-version.toml",
        "truncated.toml",
        "wrong-length.toml",
        "no-version.toml",
    ] {
        fs::copy(corpus.join(name), here.path().join(name)).expect("a copy");
        let output = crcheck(here.path(), &format!("replay {name}"));
        assert_eq!(code(&output), 6, "{name}: {}", stderr(&output));
        assert!(stderr(&output).contains(name));
    }
    let large = here.path().join("large.toml");
    let file = fs::File::create(large).expect("a file");
    file.set_len(1 << 30).expect("sparse");
    assert_eq!(code(&crcheck(here.path(), "replay large.toml")), 6);
    assert_eq!(code(&crcheck(here.path(), "replay nothing-here")), 6);
    fs::create_dir(here.path().join("empty")).expect("a folder");
    assert_eq!(code(&crcheck(here.path(), "replay empty")), 4);
    fs::write(here.path().join("empty/input"), [0; 60]).expect("a file");
    let whose = crcheck(here.path(), "replay empty");
    assert_eq!(code(&whose), 2);
    assert!(stderr(&whose).contains("give --target"));
}

#[test]
fn the_list_names_what_would_run_and_runs_nothing() {
    let here = folder();
    let output = crcheck(here.path(), "verify --list --tier portable --check agree");
    assert_eq!(code(&output), 0);
    let text = stdout(&output);
    assert!(text.contains("tier:portable") && text.contains("the one that all judges compute"));
    assert!(!text.contains("pass"));
}

#[test]
fn a_corpus_is_seeded_listed_and_imported() {
    let here = folder();
    let run = |line| crcheck(here.path(), line);
    assert_eq!(code(&run("corpus list")), 6, "no such folder");
    assert_eq!(code(&run("corpus seed --target combine")), 0);
    assert!(stdout(&run("corpus list")).contains("combine"));
    let known = run("corpus import --target combine corpus/combine");
    assert!(stdout(&known).contains("0 kept"), "{}", stdout(&known));
    let other = run("corpus import --target split_points corpus/combine");
    assert_eq!(code(&other), 0);
    assert!(stdout(&other).contains("0 known"), "{}", stdout(&other));
    assert_eq!(code(&run("replay corpus")), 0);
    let fault = run("replay corpus --fault combine-32-bit-length");
    assert_eq!(code(&fault), 1, "{}", stdout(&fault));
}

#[test]
fn an_artifact_is_kept_with_its_story_for_every_subject() {
    let here = folder();
    let fault = "verify --depth quick --fault one-alignment --check agree --artifacts found";
    assert_eq!(code(&crcheck(here.path(), fault)), 1);
    let found = files(&here.path().join("found")).remove(0);
    let keep = |name: &str, story: &str| {
        let artifact = format!("found/{found}");
        let words = [
            "corpus", "keep", "--name", name, "--story", story, &artifact,
        ];
        let output = command_of_words(here.path(), &words).output();
        output.expect("it starts")
    };
    assert_eq!(code(&keep("../odd", "wrong at odd addresses")), 2);
    assert_eq!(code(&keep("odd", "")), 2);
    assert_eq!(code(&keep("odd", "wrong at odd addresses")), 0);
    let kept = fs::read_to_string(here.path().join("corpus/regressions/odd.toml")).expect("a file");
    assert!(kept.contains("wrong at odd addresses") && !kept.contains("subject"));
    assert!(stdout(&crcheck(here.path(), "corpus list")).contains("regressions"));
    let on_all = crcheck(here.path(), "replay corpus");
    assert_eq!(code(&on_all), 0, "{}", stdout(&on_all));
    let on_the_fault = crcheck(here.path(), "replay corpus --fault one-alignment");
    assert_eq!(code(&on_the_fault), 1, "{}", stdout(&on_the_fault));
}

#[test]
fn an_interrupt_ends_a_run_with_what_was_found() {
    let here = folder();
    let mut child = command(
        here.path(),
        "verify --depth deep --fault article-polynomial",
    )
    .stderr(Stdio::piped())
    .stdout(Stdio::piped())
    .spawn()
    .expect("the program starts");
    // A line on stderr says that there is a finding.
    let stderr = child.stderr.take().expect("piped");
    let mut lines = BufReader::new(stderr).lines();
    let found = lines.find(|line| line.as_ref().is_ok_and(|line| line.starts_with("found:")));
    assert!(found.is_some());
    interrupt(child.id());
    let rest = std::thread::spawn(move || lines.count());
    let output = child.wait_with_output().expect("it ends");
    rest.join().expect("stderr is read");
    assert_eq!(code(&output), 1);
    assert!(stdout(&output).contains("FINDING wrong-value"));
}

#[test]
fn selftest_judges_the_harness() {
    let here = folder();
    let output = crcheck(here.path(), "selftest polynomial");
    assert_eq!(code(&output), 0, "{}", stdout(&output));
    assert!(stdout(&output).contains("0 wrong"));
    assert_eq!(code(&crcheck(here.path(), "selftest no-such-kernel")), 4);
}

#[test]
fn shells_complete_the_options_of_every_subcommand() {
    let here = folder();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = crcheck(here.path(), &format!("completions {shell}"));
        assert_eq!(code(&output), 0, "{shell}");
        let text = stdout(&output);
        for word in ["verify", "certify", "signature", "call-timeout"] {
            assert!(text.contains(word), "{shell}: {word}");
        }
        for hidden in ["mask-cpu", "survives-faults"] {
            assert!(!text.contains(hidden), "{shell}: {hidden}");
        }
    }
    assert_eq!(code(&crcheck(here.path(), "completions tcsh")), 2);
}

#[test]
fn the_manual_has_a_page_for_every_subcommand() {
    let here = folder();
    let output = crcheck(here.path(), "man");
    assert_eq!(code(&output), 0);
    assert!(stdout(&output).contains(".TH crcheck 1"));
    assert_eq!(code(&crcheck(here.path(), "man --output pages")), 0);
    let pages = files(&here.path().join("pages"));
    for name in ["", "-verify", "-certify", "-corpus-import", "-man"] {
        assert!(
            pages.contains(&format!("crcheck{name}.1")),
            "{name}: {pages:?}"
        );
    }
    let verify = fs::read_to_string(here.path().join("pages/crcheck-verify.1")).expect("a page");
    assert!(verify.contains("signature") && verify.contains("Examples"));
}

#[test]
fn models_are_listed_by_name_alias_and_polynomial() {
    let here = folder();
    let all = stdout(&crcheck(here.path(), "models"));
    for line in ["CRC-3/GSM", "CRC-64/XZ"] {
        assert!(all.lines().any(|one| one == line), "{all}");
    }
    let castagnoli = "CRC-32/ISCSI\n  width=32 poly=0x1edc6f41 init=0xffffffff refin=true \
                      refout=true xorout=0xffffffff check=0xe3069283 residue=0xb798b438\n  \
                      aliases: CRC-32/BASE91-C, CRC-32/CASTAGNOLI, CRC-32/INTERLAKEN, CRC-32/NVME, \
                      CRC-32C\n";
    assert_eq!(
        stdout(&crcheck(here.path(), "models castagnoli")),
        castagnoli
    );
    let reflected = stdout(&crcheck(here.path(), "models 0x82f63b78"));
    let said = "  0x82f63b78 is its poly with its bits reversed\n";
    assert_eq!(reflected, format!("{castagnoli}{said}"));
    for (nothing, said) in [
        ("models x-52", "did you mean `X-25` (CRC-16/IBM-SDLC)?"),
        ("models CRC-82/DARC", "82 bits"),
        (
            "models 0x12345678",
            "no model has the polynomial 0x12345678",
        ),
    ] {
        let output = crcheck(here.path(), nothing);
        assert_eq!(code(&output), 4, "{nothing}");
        assert!(stderr(&output).contains(said), "{}", stderr(&output));
        assert!(stdout(&output).is_empty());
    }
}
