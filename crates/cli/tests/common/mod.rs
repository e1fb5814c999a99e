//! Starts crcheck and reads what it prints. Each test binary uses a part of this.
#![allow(dead_code, reason = "each test binary uses a part")]

use libtest_mimic::{Failed, Trial};
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The program under test.
pub(crate) const CRCHECK: &str = env!("CARGO_BIN_EXE_crcheck");

/// The folder of the repository.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A new folder, which is removed at the end.
pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

/// crcheck in `folder`, with the words of `line` as a shell would split it.
pub(crate) fn command(folder: &Path, line: &str) -> Command {
    let words = shlex::split(line).expect("quotation marks in pairs");
    command_of_words(folder, &words)
}

/// crcheck in `folder`, with these arguments. `CRCHECK_RUNNER` names the emulator of this test, if
/// there is one: a program that the emulator does not start itself would leave it.
pub(crate) fn command_of_words<W: AsRef<OsStr>>(folder: &Path, words: &[W]) -> Command {
    let mut command = match std::env::var_os("CRCHECK_RUNNER") {
        Some(runner) => {
            let mut command = Command::new(runner);
            command.arg(CRCHECK);
            command
        }
        None => Command::new(CRCHECK),
    };
    command.args(words).current_dir(folder);
    for name in ["CRCHECK_DISABLE", "SDE_PATH"] {
        command.env_remove(name);
    }
    command
}

/// A shell in `folder` that runs `script`, in which `"$@"` stands for crcheck and the words of
/// `line`.
pub(crate) fn shell(folder: &Path, script: &str, line: &str) -> Command {
    let crcheck = command(folder, line);
    let mut shell = Command::new("sh");
    shell.args(["-c", script, "sh"]).arg(crcheck.get_program());
    shell.args(crcheck.get_args()).current_dir(folder);
    shell
}

/// Runs crcheck in `folder`.
pub(crate) fn crcheck(folder: &Path, line: &str) -> Output {
    command(folder, line).output().expect("the program starts")
}

/// Interrupts a program, as a terminal does.
pub(crate) fn interrupt(pid: u32) {
    let killed = Command::new("kill")
        .args(["-INT", &pid.to_string()])
        .status();
    assert!(killed.expect("kill runs").success());
}

pub(crate) fn code(output: &Output) -> i32 {
    output.status.code().expect("no signal")
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text")
}

/// The names in a folder, sorted.
pub(crate) fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<String> = names
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// The JSON on stdout.
#[track_caller]
pub(crate) fn report(output: &Output) -> Value {
    let text = stdout(output);
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}{}", stderr(output)))
}

/// The JSON of each line of stdout.
pub(crate) fn lines_of_json(output: &Output) -> Vec<Value> {
    let text = stdout(output);
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

/// Asserts that `value` follows the schema `name`, or the definition `part` in it.
#[track_caller]
pub(crate) fn assert_follows(name: &str, part: Option<&str>, value: &Value) {
    let path = repository().join(format!("schemas/{name}.schema.json"));
    let schema = fs::read_to_string(path).expect("the schema");
    let mut schema: Value = serde_json::from_str(&schema).expect("JSON");
    if let Some(part) = part {
        schema = json!({ "$defs": schema["$defs"], "$ref": format!("#/$defs/{part}") });
    }
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let errors: Vec<String> = validator
        .iter_errors(value)
        .map(|error| format!("{error} at {}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:?} in {value:#}");
    assert!(!validator.is_valid(&Value::Null), "it refuses something");
}

/// The arguments of the command that a report gives to show its finding again.
#[track_caller]
pub(crate) fn replay_line(text: &str) -> String {
    let rest = text
        .lines()
        .find_map(|line| line.strip_prefix("Next: crcheck replay|minimize|diagnose "));
    format!("replay {}", rest.expect("the line"))
}

/// The commands of a console block, each with the lines that are shown under it.
pub(crate) fn console_commands(block: &str) -> Vec<(&str, Vec<&str>)> {
    let mut commands: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in block.lines() {
        match (line.strip_prefix("$ "), commands.last_mut()) {
            (Some(command), _) => commands.push((command, Vec::new())),
            (None, Some((_, shown))) => shown.push(line),
            (None, None) => panic!("{line}: no command"),
        }
    }
    commands
}

/// A test, run by libtest-mimic.
pub(crate) fn trial(name: impl Into<String>, test: impl FnOnce() + Send + 'static) -> Trial {
    Trial::test(name, move || {
        test();
        Ok::<(), Failed>(())
    })
}

/// Whether `CRCHECK_REQUIRE` names this: its tests then fail instead of being ignored.
pub(crate) fn is_required(name: &str) -> bool {
    let names = std::env::var("CRCHECK_REQUIRE").unwrap_or_default();
    names.split(',').any(|required| required == name)
}

/// Where a program is on PATH.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}
