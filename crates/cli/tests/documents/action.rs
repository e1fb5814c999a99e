//! action.yml, played by `bash` with a built crcheck.

use crate::common::{CRCHECK, files, folder, repository};
use crate::runner::{Played, play};
use crate::yaml::{document, text};
use std::fs;
use std::path::Path;

/// A run that takes no time.
const QUICK: &str = "--depth quick --messages 1 --seed 1 --check agree --tier portable";

fn played(workspace: &Path, inputs: &[(&str, &str)]) -> Played {
    let binary = [("binary", CRCHECK)];
    let inputs = binary.iter().chain(inputs);
    let inputs: Vec<(String, String)> = inputs
        .map(|&(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    play(workspace, &inputs)
}

#[track_caller]
fn assert_ends(played: &Played, code: i32, verdict: &str) {
    let Played { log, summary, .. } = played;
    assert_eq!(played.code, code, "{log}");
    assert_eq!(played.outputs["exit-code"], code.to_string());
    assert_eq!(played.outputs["verdict"], verdict);
    let heading = format!("Earlier steps.\n# crcheck: {verdict}\n");
    assert!(summary.starts_with(&heading), "{summary}");
}

/// The names of what is uploaded.
fn uploaded(played: &Played) -> Vec<&str> {
    let paths = played.used["upload"]["path"].lines();
    paths
        .filter_map(|path| Path::new(path).file_name()?.to_str())
        .collect()
}

pub(crate) fn a_passing_kernel_passes() {
    let here = folder();
    let run = played(here.path(), &[("args", QUICK), ("sarif", "")]);
    assert_ends(&run, 0, "pass");
    assert!(!run.log.contains("::error"), "{}", run.log);
    assert_eq!(uploaded(&run), ["crcheck.junit.xml", "crcheck.html"]);
    assert_eq!(run.used["upload"]["name"], "crcheck");
    assert!(!run.used.contains_key("cache"), "nothing is built");
    assert!(!run.used.contains_key("scanning"), "nobody asked for it");
}

pub(crate) fn a_finding_ends_it_after_the_uploads() {
    let here = folder();
    let args = format!("{QUICK} --fault article-no-tail");
    let inputs = [("args", args.as_str()), ("upload-sarif", "true")];
    let run = played(here.path(), &inputs);
    assert_ends(&run, 1, "fail");
    assert!(run.log.contains("\n::error "), "{}", run.log);
    assert!(run.summary.contains("reads on behind the message"));
    let reports = ["crcheck.junit.xml", "crcheck.html", "crcheck.sarif"];
    assert_eq!(uploaded(&run)[..3], reports);
    assert_eq!(uploaded(&run)[3], "crcheck-artifacts");
    let sent = Path::new(&run.used["scanning"]["sarif_file"]);
    assert!(sent.ends_with("crcheck.sarif") && sent.is_file());
}

pub(crate) fn what_is_missing_is_red() {
    let here = folder();
    let args = format!("{QUICK} --require-tier riscv-zbc");
    let run = played(here.path(), &[("args", &args)]);
    assert_ends(&run, 3, "void");
    assert!(run.log.contains("\n::error "), "{}", run.log);
}

/// Neither a usage error nor an open quote leaves a report of an earlier run.
pub(crate) fn a_run_that_does_not_start_is_red() {
    for args in ["--depth slow", "--check \"agree"] {
        let here = folder();
        fs::write(here.path().join("crcheck.junit.xml"), "an earlier run").expect("a file");
        let run = played(here.path(), &[("args", args)]);
        assert_ends(&run, 2, "void");
        assert_eq!(files(here.path()), [""; 0]);
        assert!(!run.used.contains_key("upload"));
    }
}

/// Names are names, whatever a shell would make of them. Quotes keep words together.
pub(crate) fn no_input_is_executed() {
    let touches = [
        "$(touch pwned)",
        "`touch pwned`",
        "; touch pwned;",
        "a\ntouch pwned\n",
    ];
    for name in [
        "profile",
        "config",
        "args",
        "working-directory",
        "binary",
        "junit",
        "html",
    ] {
        for touch in touches {
            let here = folder();
            let run = played(here.path(), &[("args", "--list"), (name, touch)]);
            let left = files(here.path());
            assert!(!left.contains(&"pwned".to_owned()), "{name}: {}", run.log);
        }
    }
    let here = folder();
    let accepted = "--allow wrong-value --because \"it's $HOME; known\" --fault tail-of-thirteen";
    let args = format!("{QUICK} {accepted}");
    let run = played(here.path(), &[("args", &args)]);
    assert_ends(&run, 0, "pass");
    assert!(run.summary.contains("it's $HOME; known"), "{}", run.summary);
}

/// The runner would paste an expression into the script before a shell reads it.
pub(crate) fn no_input_is_pasted() {
    let action = fs::read_to_string(repository().join("action.yml")).expect("the action");
    let action = document(&action);
    let steps = action["runs"]["steps"].as_vec().expect("steps");
    let scripts = steps.iter().filter(|step| step["run"].as_str().is_some());
    assert!(scripts.clone().count() >= 3);
    for step in scripts {
        assert!(!text(&step["run"]).contains("${{"), "{step:?}");
        assert_eq!(step["shell"].as_str(), Some("bash"));
    }
    // Others' actions are named by the hash of a commit, which nobody can move.
    for step in steps.iter().filter_map(|step| step["uses"].as_str()) {
        let (_, commit) = step.split_once('@').expect("a version");
        assert!(commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()));
    }
}
