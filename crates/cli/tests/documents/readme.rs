//! Every command of the README does what it says there.

use crate::common::{console_commands, crcheck, folder, repository, stdout};
use std::fs;

pub(crate) fn every_command_runs_and_prints_what_the_readme_shows() {
    let readme = fs::read_to_string(repository().join("README.md")).expect("the README");
    let commands: Vec<(&str, Vec<&str>)> = readme
        .split("```console\n")
        .skip(1)
        .map(|rest| rest.split_once("```").expect("a closed block").0)
        .flat_map(console_commands)
        .collect();
    assert!(commands.len() >= 8);
    let here = folder();
    let corpus = repository().join("corpus");
    let corpus = corpus.canonicalize().expect("the corpus");
    std::os::unix::fs::symlink(corpus, here.path().join("corpus")).expect("a link");
    for (command, shown) in commands {
        let Some(arguments) = command.strip_prefix("crcheck ") else {
            // These run this test, or take minutes: the gates run them in these very words.
            let gates = ["ci/gates", "ci/fuzz", "ci/emulate", "ci/nightly"]
                .map(|gate| fs::read_to_string(repository().join(gate)));
            let is_run = gates.iter().flatten().any(|gate| gate.contains(command));
            assert!(is_run, "{command} is run by no gate");
            continue;
        };
        let shown: String = shown.iter().map(|line| format!("{line}\n")).collect();
        let output = crcheck(here.path(), arguments);
        let text = stdout(&output);
        let expected = i32::from(shown.contains("FINDING"));
        assert_eq!(output.status.code(), Some(expected), "{command}: {text}");
        if !shown.is_empty() {
            assert_eq!(text, shown, "{command}");
        }
    }
}

#[test]
fn the_readme_of_the_package_shows_commands_of_the_readme() {
    let read = |file: &str| fs::read_to_string(repository().join(file)).expect("a README");
    let (whole, package) = (read("README.md"), read("crates/cli/README.md"));
    let shown: Vec<&str> = package
        .lines()
        .filter(|line| line.starts_with("$ "))
        .collect();
    assert!(!shown.is_empty());
    for command in shown {
        assert!(
            whole.lines().any(|line| line == command),
            "README.md lacks {command}, so that no test runs it"
        );
    }
}
