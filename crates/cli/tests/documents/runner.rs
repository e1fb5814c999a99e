//! Plays a composite action as GitHub's runner does: expressions, outputs of steps, conditions.
//! Steps that use other actions are only written down.

use crate::common::{folder, repository};
use crate::yaml::{document, entries, text};
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use yaml_rust2::Yaml;

pub(crate) type Words = HashMap<String, String>;

/// What an action has done.
pub(crate) struct Played {
    /// The exit code of the step that failed, or 0.
    pub(crate) code: i32,
    pub(crate) log: String,
    pub(crate) summary: String,
    pub(crate) outputs: Words,
    /// The steps that use other actions: their inputs by the steps' ids.
    pub(crate) used: HashMap<String, Words>,
}

/// Plays action.yml with these inputs, in a workspace.
pub(crate) fn play(workspace: &Path, inputs: &[(String, String)]) -> Played {
    let action = fs::read_to_string(repository().join("action.yml")).expect("the action");
    let action = document(&action);
    let mut runner = Runner::new(workspace, &action, inputs);
    let steps = action["runs"]["steps"].as_vec().expect("steps");
    for step in steps {
        runner.step(step);
    }
    let mut outputs = Words::new();
    for (name, output) in action["outputs"].as_hash().expect("outputs") {
        let value = runner.evaluate(&text(&output["value"]));
        outputs.insert(text(name), value);
    }
    let summary = fs::read_to_string(runner.file("summary")).expect("the summary");
    Played {
        code: runner.code,
        log: runner.log,
        summary,
        outputs,
        used: runner.used,
    }
}

struct Runner {
    /// The values of `inputs.NAME` and `steps.ID.outputs.NAME`.
    values: Words,
    workspace: PathBuf,
    temporary: tempfile::TempDir,
    code: i32,
    log: String,
    used: HashMap<String, Words>,
}

impl Runner {
    fn new(workspace: &Path, action: &Yaml, inputs: &[(String, String)]) -> Self {
        let mut values = Words::new();
        for (name, input) in action["inputs"].as_hash().expect("inputs") {
            values.insert(format!("inputs.{}", text(name)), text(&input["default"]));
        }
        for (name, value) in inputs {
            let is_known = values.insert(format!("inputs.{name}"), value.clone());
            assert!(is_known.is_some(), "{name} is no input");
        }
        let runner = Self {
            values,
            workspace: workspace.to_owned(),
            temporary: folder(),
            code: 0,
            log: String::new(),
            used: HashMap::new(),
        };
        for name in ["summary", "path", "output"] {
            fs::write(runner.file(name), "").expect("a file");
        }
        fs::write(runner.file("summary"), "Earlier steps.\n").expect("a file");
        runner
    }

    fn file(&self, name: &str) -> PathBuf {
        self.temporary.path().join(name)
    }

    fn step(&mut self, step: &Yaml) {
        let condition = text(&step["if"]);
        if !self.holds(&condition) {
            return;
        }
        let id = text(&step["id"]);
        let of = |runner: &Self, key: &str| -> Words {
            let entries = entries(&step[key]).into_iter();
            entries
                .map(|(name, value)| (name, runner.evaluate(&value)))
                .collect()
        };
        if step["uses"].as_str().is_some() {
            let with = of(self, "with");
            self.used.insert(id, with);
            return;
        }
        let output = self.run(&text(&step["run"]), &of(self, "env"));
        for bytes in [&output.stdout, &output.stderr] {
            self.log += &String::from_utf8_lossy(bytes);
        }
        let code = output.status.code().expect("no signal");
        if self.code == 0 {
            self.code = code;
        }
        self.read_outputs(&id);
    }

    /// Runs a step as `shell: bash` says.
    fn run(&self, script: &str, variables: &Words) -> Output {
        fs::write(self.file("output"), "").expect("a file");
        fs::write(self.file("script"), script).expect("a file");
        Command::new("bash")
            .args(["--noprofile", "--norc", "-eo", "pipefail"])
            .arg(self.file("script"))
            .current_dir(&self.workspace)
            .env("GITHUB_ACTION_PATH", repository())
            .env("GITHUB_OUTPUT", self.file("output"))
            .env("GITHUB_PATH", self.file("path"))
            .env("GITHUB_STEP_SUMMARY", self.file("summary"))
            .env("RUNNER_TEMP", self.temporary.path())
            .envs(variables)
            .output()
            .expect("bash")
    }

    /// Keeps the outputs of a step: `NAME<<END`, lines, `END`.
    fn read_outputs(&mut self, id: &str) {
        let text = fs::read_to_string(self.file("output")).expect("the outputs");
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let (name, end) = line.split_once("<<").expect("an output");
            let value: Vec<&str> = lines.by_ref().take_while(|line| *line != end).collect();
            let name = format!("steps.{id}.outputs.{name}");
            self.values.insert(name, value.join("\n"));
        }
    }

    /// A text with the values of its expressions. What a step has not set is empty.
    fn evaluate(&self, text: &str) -> String {
        let mut parts = text.split("${{ ");
        let mut whole = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (name, rest) = part.split_once(" }}").expect("a closed expression");
            whole += self.value(name);
            whole += rest;
        }
        whole
    }

    fn value(&self, name: &str) -> &str {
        let is_input = name.starts_with("inputs.");
        assert!(is_input || name.starts_with("steps."), "{name}");
        let value = self.values.get(name);
        assert!(value.is_some() || !is_input, "{name}");
        value.map_or("", String::as_str)
    }

    /// Whether a step runs: comparisons with text, joined by `&&`; without `always()`, no step
    /// before it has failed.
    fn holds(&self, condition: &str) -> bool {
        let terms = || condition.split(" && ").filter(|term| !term.is_empty());
        let mut is_due = self.code == 0 || terms().any(|term| term == "always()");
        for term in terms().filter(|term| *term != "always()") {
            let (name, text, is_equal) = match term.split_once(" == ") {
                Some((name, text)) => (name, text, true),
                None => {
                    let (name, text) = term.split_once(" != ").expect("a comparison");
                    (name, text, false)
                }
            };
            is_due &= (self.value(name) == text.trim_matches('\'')) == is_equal;
        }
        is_due
    }
}
