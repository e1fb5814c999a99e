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
    let cases = files(&here.path().join("crcheck-artifacts"));
    assert!(!cases.is_empty());
    assert_eq!(uploaded(&run)[3..], cases);
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

/// Neither a usage error nor an open quote leaves a report of an earlier run. What else is there
/// stays, and is not uploaded.
pub(crate) fn a_run_that_does_not_start_is_red() {
    for args in ["--depth slow", "--check \"agree"] {
        let here = folder();
        let earlier = "{\"schema\": \"crcheck/report/1\"}\n";
        fs::write(here.path().join("crcheck.junit.xml"), earlier).expect("a file");
        fs::create_dir(here.path().join("crcheck-artifacts")).expect("a folder");
        for name in ["precious.txt", "crcheck-artifacts/case.toml"] {
            write_long_ago(&here.path().join(name));
        }
        let run = played(here.path(), &[("args", args), ("html", "precious.txt")]);
        assert_ends(&run, 2, "void");
        assert_eq!(files(here.path()), ["crcheck-artifacts", "precious.txt"]);
        assert!(!run.used.contains_key("upload"), "{:?}", run.used);
    }
}

fn write_long_ago(path: &Path) {
    fs::write(path, "an earlier run").expect("a file");
    let file = fs::File::options().write(true).open(path).expect("a file");
    file.set_modified(std::time::UNIX_EPOCH).expect("a time");
}

/// What judges nothing passes nothing, whatever its exit code is.
pub(crate) fn a_run_that_judges_nothing_is_red() {
    for args in ["--list", "--help", "-qh"] {
        let here = folder();
        let run = played(here.path(), &[("args", args)]);
        assert_ends(&run, 4, "void");
        assert!(run.log.contains("\n::error "), "{}", run.log);
    }
    let here = folder();
    let run = played(here.path(), &[("working-directory", "nodir")]);
    assert_ends(&run, 6, "void");
    assert!(run.log.contains("\n::error "), "{}", run.log);
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
