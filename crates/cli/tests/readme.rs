//! Every command of the README does what it says there.
#![allow(missing_docs)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The commands of the console blocks, each with the output that is printed under it.
fn commands(readme: &str) -> Vec<(String, String)> {
    let mut commands: Vec<(String, String)> = Vec::new();
    let blocks = readme.split("```console\n").skip(1);
    for block in blocks {
        let (block, _) = block.split_once("```").expect("a closed block");
        for line in block.lines() {
            match (line.strip_prefix("$ "), commands.last_mut()) {
                (Some(command), _) => commands.push((command.to_owned(), String::new())),
                (None, Some((_, output))) => output.push_str(&format!("{line}\n")),
                (None, None) => panic!("{line}: no command"),
            }
        }
    }
    commands
}

/// A program, started by the emulator that runs this one, if `CRCHECK_RUNNER` names one: what is started
/// otherwise leaves it.
fn program(path: &str) -> Command {
    match std::env::var_os("CRCHECK_RUNNER") {
        Some(runner) => {
            let mut command = Command::new(runner);
            command.arg(path);
            command
        }
        None => Command::new(path),
    }
}

#[test]
#[cfg_attr(
    not(target_arch = "x86_64"),
    ignore = "the README shows an x86-64 host"
)]
fn every_command_runs_and_prints_what_the_readme_shows() {
    let readme = fs::read_to_string(root().join("README.md")).expect("the README");
    let commands = commands(&readme);
    assert!(commands.len() >= 8);
    let here = tempfile::tempdir().expect("a folder");
    let corpus = root().join("corpus").canonicalize().expect("the corpus");
    std::os::unix::fs::symlink(corpus, here.path().join("corpus")).expect("a link");
    for (command, shown) in commands {
        let Some(arguments) = command.strip_prefix("crcheck ") else {
            // These run this test, or take minutes: the gates run them as they stand here.
            let gates = ["ci/gates", "ci/fuzz", "ci/emulate", "ci/nightly"]
                .map(|gate| fs::read_to_string(root().join(gate)));
            let is_run = gates.iter().flatten().any(|gate| gate.contains(&command));
            assert!(is_run, "{command} is run by no gate");
            continue;
        };
        let output = program(env!("CARGO_BIN_EXE_crcheck"))
            .args(arguments.split_whitespace())
            .current_dir(here.path())
            .output()
            .expect("the program starts");
        let text = String::from_utf8_lossy(&output.stdout);
        let expected = i32::from(shown.contains("FINDING"));
        assert_eq!(output.status.code(), Some(expected), "{command}: {text}");
        if !shown.is_empty() {
            assert_eq!(text, shown, "{command}");
        }
    }
}
