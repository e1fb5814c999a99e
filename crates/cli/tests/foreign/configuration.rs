//! `crcheck.toml`: subjects and profiles by name, and several models in one run.

use crate::common::{
    assert_follows, code, crcheck as run, files, folder, replay_line, report, repository, stderr,
    stdout,
};
use crate::kernels::{NamedTest, built};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

pub(crate) const TRIALS: &[NamedTest] = &[
    (
        "two models in one run keep their own",
        two_models_in_one_run_keep_their_own,
    ),
    (
        "relative paths are relative to the file",
        relative_paths_are_relative_to_the_file,
    ),
    (
        "a subject is what its options are",
        a_subject_is_what_its_options_are,
    ),
    (
        "a function has one model in a run",
        a_function_has_one_model_in_a_run,
    ),
];

pub(crate) const TRIALS_WITHOUT_CC: &[NamedTest] = &[
    (
        "a profile is what its options are",
        a_profile_is_what_its_options_are,
    ),
    (
        "the command line beats the profile",
        the_command_line_beats_the_profile,
    ),
    (
        "a profile runs as its options do",
        a_profile_runs_as_its_options_do,
    ),
    (
        "the schema has the keys that are read",
        the_schema_has_the_keys_that_are_read,
    ),
    (
        "the example of the documentation is read",
        the_example_of_the_documentation_is_read,
    ),
];

/// Two subjects, and two profiles of them.
pub(crate) const PROFILE: &str = r#"
[subject.plain]
tier = "portable"

[subject.faulty]
fault = ["word-before", "article-no-tail"]

[profile.ci]
subjects = ["plain", "faulty"]
depth = "quick"
check = ["agree", "guard"]
messages = 1
seed = 0x1c
budget = "10m"
max-stack = 1_000_000
require-tier = "emu:x86-pclmul"
fail-fast = false
allow = [{ finding = "under-read@word-before", because = "callers pad" }]

[profile.fast]
subjects = "faulty"
depth = "quick"
check = "guard"
seed = "28"
fail-fast = true
"#;

/// The options that the profile `ci` stands for.
const OPTIONS: &str = "--tier portable --fault word-before --fault article-no-tail \
                       --require-tier emu:x86-pclmul --depth quick --check agree --check guard \
                       --messages 1 --seed 28 --budget 600s --max-stack 1000000 \
                       --allow under-read@word-before --because 'callers pad'";

/// A folder with a configuration file.
pub(crate) fn with(text: &str) -> tempfile::TempDir {
    let here = folder();
    fs::write(here.path().join("crcheck.toml"), text).expect("a file");
    here
}

/// stdout of a command that must end with this code.
#[track_caller]
fn printed(here: &Path, line: &str, expected: i32) -> String {
    let output = run(here, line);
    assert_eq!(code(&output), expected, "{line}: {}", stderr(&output));
    stdout(&output)
}

/// A plan by its subjects: the order of `--require-tier` among them is that of the options.
fn plan(text: &str) -> Vec<String> {
    let mut subjects: Vec<String> = Vec::new();
    for line in text.lines() {
        match subjects.last_mut() {
            Some(last) if line.starts_with(' ') => *last += line,
            _ => subjects.push(line.to_owned()),
        }
    }
    subjects.sort();
    subjects
}

fn a_profile_is_what_its_options_are() {
    let here = with(PROFILE);
    let output = run(here.path(), "verify --profile ci --list");
    let first = "crcheck: profile ci, subjects plain, faulty of crcheck.toml\n";
    assert_eq!(stderr(&output), first);
    let by_options = printed(here.path(), &format!("verify {OPTIONS} --list"), 0);
    assert_eq!(plan(&stdout(&output)), plan(&by_options));
    assert!(by_options.contains("emu:x86-pclmul"), "{by_options}");
    let quiet = run(here.path(), "verify --profile ci --list -q");
    assert_eq!(stderr(&quiet), "");
    // Without subjects of its own, a profile is for all of the file; in a file without, for tiers.
    let all = with("[subject.a]\ntier = \"portable\"\n[profile.ci]\nseed = 1\n");
    let list = "verify --seed 1 --list";
    let only = printed(all.path(), &format!("{list} --tier portable"), 0);
    assert_eq!(printed(all.path(), "verify --profile ci --list", 0), only);
    let by_file = "verify --config crcheck.toml --seed 1 --list";
    assert_eq!(printed(all.path(), by_file, 0), only);
    let tiers = with("[profile.ci]\nseed = 1\n");
    let every = printed(tiers.path(), list, 0);
    assert_eq!(
        printed(tiers.path(), "verify --profile ci --list", 0),
        every
    );
}

fn the_command_line_beats_the_profile() {
    let here = with(PROFILE);
    let list = |options: &str| printed(here.path(), &format!("verify --list {options}"), 0);
    let by_profile = list("--profile ci --depth deep --seed 5 --check paint --messages 2");
    let own = OPTIONS
        .replace("quick", "deep")
        .replace("--seed 28", "--seed 5");
    let own = own.replace("--check agree --check guard", "--check paint");
    let own = own.replace("--messages 1", "--messages 2");
    assert_eq!(plan(&by_profile), plan(&list(&own)));
    // Subjects of the command line stand for those of the profile, a required tier beside them.
    for (subject, option) in [
        ("--tier x86-pclmul", "--tier x86-pclmul"),
        ("--fault word-before", "--fault word-before"),
        ("--subject plain", "--tier portable"),
    ] {
        let by_profile = list(&format!("--profile ci {subject}"));
        let rest = OPTIONS.split_once("--require-tier").expect("it is there").1;
        let own = list(&format!("{option} --require-tier {rest}"));
        assert_eq!(plan(&by_profile), plan(&own), "{subject}");
    }
    // Both of the command line run.
    let both = list("--subject plain --fault word-before --seed 1");
    let own = list("--tier portable --fault word-before --seed 1");
    assert_eq!(plan(&both), plan(&own));
    let open = "verify --profile ci --subject faulty --require-tier portable --check guard --allow hang --because no";
    let output = run(here.path(), &format!("{open} --format json"));
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    let report = report(&output);
    assert_eq!(
        report["allowed"],
        json!([{ "allow": "hang", "because": "no", "findings": 0 }])
    );
}

fn a_profile_runs_as_its_options_do() {
    let here = with(PROFILE);
    let judged = |options: &str| {
        let output = run(here.path(), &format!("verify {options} --format json"));
        assert_eq!(code(&output), 1, "{options}: {}", stderr(&output));
        let report = report(&output);
        assert_follows("report", None, &report);
        let mut ids: Vec<String> = Vec::new();
        for finding in report["findings"].as_array().expect("an array") {
            ids.push(format!("{} {}", finding["id"], finding["accepted"]));
        }
        (
            ids,
            report["allowed"].clone(),
            report["checks"].as_array().map(Vec::len),
        )
    };
    let by_profile = judged("--profile ci --check guard");
    let own = OPTIONS.replace("--check agree --check guard", "--check guard");
    assert_eq!(by_profile, judged(&own));
    assert!(
        by_profile.0.iter().any(|id| id.contains("callers pad")),
        "{by_profile:?}"
    );
    let stopped = run(here.path(), "verify --profile fast --format json");
    let report = report(&stopped);
    let reasons = report["checks"].to_string();
    assert!(
        reasons.contains("\"why\":\"finding\""),
        "`fail-fast` ends it: {reasons}"
    );
}

/// The keys that are known, as an error lists them.
fn known_keys(table: &str) -> Vec<String> {
    let here = with(&format!("[{table}.ci]\nzzzzzzzz = 1\n"));
    let text = stderr(&run(here.path(), "verify --profile ci --list"));
    let known = text.split_once("(known: ").expect("a list").1;
    let known = known.split_once(')').expect("its end").0;
    let mut known: Vec<String> = known.split(", ").map(str::to_owned).collect();
    known.sort();
    known
}

fn schema(name: &str) -> Value {
    let path = repository().join(format!("schemas/{name}.schema.json"));
    serde_json::from_str(&fs::read_to_string(path).expect("the schema")).expect("JSON")
}

fn sorted(values: &Value) -> Vec<String> {
    let mut names: Vec<String> = match values {
        Value::Object(entries) => entries.keys().cloned().collect(),
        values => values
            .as_array()
            .expect("a list")
            .iter()
            .map(Value::to_string)
            .collect(),
    };
    names.sort();
    names
}

fn the_schema_has_the_keys_that_are_read() {
    let own = schema("crcheck-toml");
    for table in ["subject", "profile"] {
        let of_schema = &own["definitions"][table]["properties"];
        assert_eq!(sorted(of_schema), known_keys(table), "{table}");
        let page = fs::read_to_string(repository().join("docs/configuration.md"));
        let page = page.expect("the page");
        for key in known_keys(table) {
            assert!(
                page.contains(&format!("| `{key}` |")),
                "{table}: {key} is documented"
            );
        }
    }
    let checks = &schema("report")["$defs"]["check"]["enum"];
    assert_eq!(sorted(&own["definitions"]["check"]["enum"]), sorted(checks));
    let toml: Value = toml::from_str(PROFILE).expect("TOML");
    assert_follows("crcheck-toml", None, &toml);
    let validator = jsonschema::validator_for(&own).expect("a schema");
    for refused in [
        "[profile.ci]\ndept = \"quick\"",
        "[profile.ci]\ncheck = []",
        "[subject.a]\nlib = \"x\"\ncmd = \"y\"",
        "[subject.a]",
    ] {
        let toml: Value = toml::from_str(refused).expect("TOML");
        assert!(!validator.is_valid(&toml), "{refused}");
    }
}

fn the_example_of_the_documentation_is_read() {
    let page = fs::read_to_string(repository().join("docs/configuration.md")).expect("the page");
    let example = page.split_once("```toml\n").expect("an example").1;
    let example = example.split_once("```").expect("its end").0;
    assert_follows(
        "crcheck-toml",
        None,
        &toml::from_str(example).expect("TOML"),
    );
    let here = with(example);
    for profile in ["ci", "nightly"] {
        let output = run(here.path(), &format!("verify --profile {profile} --list"));
        let text = stderr(&output);
        // Its libraries are not here.
        assert_eq!(code(&output), 3, "{text}");
        assert!(text.contains("cannot read build/libmine.so"), "{text}");
    }
}

/// Functions of the kernels: a right one of another model, and a faulty one of a third.
const MODELS: &str = r#"
[subject.plain]
lib = "kernels.so"
symbol = "crc32_right"

[subject.wide]
lib = "./kernels.so"
symbol = "crc64_xz_whole"
signature = "buf,len"
model = "CRC-64/XZ"

[subject.narrow]
lib = "../LIBRARIES/kernels.so"
symbol = "crc16_xmodem"
model = "CRC-16/XMODEM"

[subject.faulty]
lib = "kernels.so"
symbol = "crc8_smbus"
model = "CRC-8/I-432-1"

[profile.ci]
subjects = ["plain", "wide", "faulty"]
depth = "quick"
check = "guard"
messages = 1
seed = 1
"#;

/// A folder below one with the configuration file and the compiled sources.
fn with_models() -> (tempfile::TempDir, std::path::PathBuf) {
    let root = folder();
    let library = root.path().join("kernels.so");
    fs::copy(built().join("kernels.so"), library).expect("the library");
    let own = root.path().file_name().expect("a name").to_string_lossy();
    let text = MODELS.replace("LIBRARIES", &own);
    fs::write(root.path().join("crcheck.toml"), text).expect("a file");
    let below = root.path().join("a/b");
    fs::create_dir_all(&below).expect("a folder");
    (root, below)
}

/// Asserts that each way to name the faulty subject shows its case again, by its model.
fn shows_the_case_again(here: &Path, artifact: &str, text: &str) {
    let next = replay_line(text);
    assert!(next.ends_with("--model CRC-8/I-432-1"), "{next}");
    for line in [
        next,
        format!("replay {artifact} --subject faulty"),
        format!("replay {artifact} --trust"),
        format!("diagnose {artifact} --subject faulty"),
        format!("minimize {artifact} --subject faulty"),
    ] {
        let text = printed(here, &line, 1);
        assert!(text.contains("(CRC-8/I-432-1; "), "{line}: {text}");
    }
}

fn two_models_in_one_run_keep_their_own() {
    let (_root, here) = with_models();
    let line = "verify --profile ci --no-guess --no-seeds";
    let output = run(&here, &format!("{line} --format json"));
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    let report = report(&output);
    assert_follows("report", None, &report);
    assert_eq!(report["model"], "CRC-32/ISO-HDLC, CRC-64/XZ, CRC-8/I-432-1");
    let of_checks = report["checks"].as_array().expect("an array").iter();
    let of_checks = of_checks.map(|check| {
        let subject = check["subject"].as_str().expect("a name");
        let symbol = subject.split(':').nth(2).expect("a symbol");
        (
            symbol,
            check["model"].as_str().expect("a model"),
            check["verdict"].as_str(),
        )
    });
    let of_checks: std::collections::BTreeSet<_> = of_checks.collect();
    let expected = [
        ("crc32_right", "CRC-32/ISO-HDLC", Some("pass")),
        ("crc64_xz_whole", "CRC-64/XZ", Some("pass")),
        ("crc8_smbus", "CRC-8/I-432-1", Some("fail")),
    ];
    assert_eq!(of_checks, expected.into_iter().collect());
    assert_eq!(report["findings"][0]["model"], "CRC-8/I-432-1");
    let saved = files(&here.join("crcheck-artifacts"));
    assert_eq!(saved.len(), 1, "{saved:?}");
    let artifact = format!("crcheck-artifacts/{}", saved[0]);
    let text = fs::read_to_string(here.join(&artifact)).expect("the artifact");
    assert!(text.contains("model = \"CRC-8/I-432-1\""), "{text}");
    let text = printed(&here, line, 1);
    shows_the_case_again(&here, &artifact, &text);
    let junit = printed(&here, &format!("{line} --format junit"), 1);
    for (_, model, _) in expected {
        assert!(
            junit.contains(&format!("name=\"model\" value=\"{model}\"")),
            "{junit}"
        );
    }
    assert!(text.contains("crc8_smbus: CRC-8/I-432-1\n"), "{text}");
    assert!(text.contains("its model is CRC-8/I-432-1"), "{text}");
    // One model is not said again.
    let one = run(&here, &format!("replay {artifact} --trust --format json"));
    let one = self::report(&one);
    assert_eq!(one["model"], "CRC-8/I-432-1");
    assert_eq!(one["checks"][0].get("model"), None);
}

fn relative_paths_are_relative_to_the_file() {
    let (root, here) = with_models();
    let list = "verify --seed 1 --list";
    let plain = printed(&here, &format!("{list} --subject plain"), 0);
    assert!(
        plain.contains("\nlib:../../kernels.so:crc32_right\n"),
        "{plain}"
    );
    let narrow = printed(&here, &format!("{list} --subject narrow"), 0);
    assert!(narrow.contains("/kernels.so:crc16_xmodem\n"), "{narrow}");
    let other = folder();
    let named = format!(
        "{list} --subject wide --config {}/crcheck.toml",
        root.path().display()
    );
    let named = printed(other.path(), &named, 0);
    let expected = format!("lib:{}/kernels.so:crc64_xz_whole", root.path().display());
    assert!(named.contains(&expected), "{named}");
    let at_home = printed(root.path(), &format!("{list} --subject wide"), 0);
    assert!(
        at_home.contains("\nlib:./kernels.so:crc64_xz_whole"),
        "{at_home}"
    );
    // A program is one of the file's folder too; one that PATH has is not.
    let program = root.path().join("program");
    fs::copy(built().join("program"), &program).expect("the program");
    let text = "[subject.own]\ncmd = \"./program right 'a b'\"\n[subject.cat]\ncmd = \"cat x\"\n";
    fs::write(root.path().join("crcheck.toml"), text).expect("a file");
    let own = printed(&here, &format!("{list} --subject own"), 0);
    assert!(own.contains("\ncmd:../../program right 'a b'\n"), "{own}");
    let cat = run(&here, &format!("{list} --subject cat"));
    assert_eq!(code(&cat), 3, "it computes nothing");
    assert!(
        stderr(&cat).contains("`cat x` gives no answer"),
        "{}",
        stderr(&cat)
    );
    let absent = run(Path::new("/"), "verify --profile ci");
    assert_eq!(code(&absent), 2);
    assert!(stderr(&absent).contains("there is no crcheck.toml in /"));
}

fn a_subject_is_what_its_options_are() {
    let (root, _below) = with_models();
    let here = root.path();
    let options =
        "--lib ./kernels.so --symbol crc64_xz_whole --signature buf,len --model CRC-64/XZ";
    let list = "verify --seed 1 --list";
    assert_eq!(
        printed(here, &format!("{list} --subject wide"), 0),
        printed(here, &format!("{list} {options}"), 0)
    );
    // Its model is not that of the case.
    let output = run(here, "diagnose --subject faulty --check agree --seed 1");
    let text = stdout(&output);
    assert!(text.contains("CRC-8/I-432-1"), "{text}");
    let several = run(here, "certify --subject wide --subject plain");
    assert_eq!(code(&several), 2);
    assert!(
        stderr(&several).contains("covers one subject"),
        "{}",
        stderr(&several)
    );
    let foreign = run(here, "bench --subject wide --list");
    assert_eq!(code(&foreign), 2, "{}", stderr(&foreign));
    // A library that is not here is named with its subject.
    fs::remove_file(here.join("kernels.so")).expect("it was there");
    let output = run(here, "verify --profile ci --list");
    assert_eq!(code(&output), 3);
    let text = stderr(&output);
    assert!(
        text.contains("subject plain of crcheck.toml: cannot read kernels.so"),
        "{text}"
    );
}

fn a_function_has_one_model_in_a_run() {
    let (_root, here) = with_models();
    let line = "verify --subject narrow --lib ../../kernels.so --symbol crc16_xmodem --list";
    // It has another path there, and so another name.
    assert_eq!(code(&run(&here, line)), 0);
    let text = "[subject.a]\nlib = \"k.so\"\nsymbol = \"crc32_right\"\n\
                [subject.b]\nlib = \"k.so\"\nsymbol = \"crc32_right\"\nmodel = \"CRC-32/ISCSI\"\n\
                [subject.c]\nlib = \"k.so\"\nsymbol = [\"crc32_right\", \"crc32_odd\"]\n";
    let here = with(text);
    fs::copy(built().join("kernels.so"), here.path().join("k.so")).expect("the library");
    let output = run(here.path(), "verify --subject a --subject b --list");
    assert_eq!(code(&output), 2);
    let text = stderr(&output);
    assert!(
        text.contains("CRC-32/ISO-HDLC and CRC-32/ISCSI in the same run"),
        "{text}"
    );
    // The same function is judged once.
    let list = printed(here.path(), "verify --subject a --subject c --list", 0);
    assert_eq!(list.matches("\nlib:").count(), 2, "{list}");
}
