//! docs/ci.md: the files of the page make a project, and the jobs of the page judge it.

use crate::common::{CRCHECK, folder};
use crate::runner::play;
use crate::sections::{blocks, path_with_crcheck};
use crate::yaml::{document, entries, text};
use std::fs;
use std::path::Path;
use std::process::Command;

const DOCUMENT: &str = "docs/ci.md";

pub(crate) fn each_block_parses() {
    let sections = ["GitHub", "GitLab"].map(|section| blocks(DOCUMENT, section));
    let blocks = sections.iter().flatten();
    let read: Vec<_> = blocks
        .filter(|block| block.language == "yaml")
        .map(|block| document(&block.text))
        .collect();
    assert_eq!(read.len(), 2);
}

/// The file of this name in a section.
fn file(section: &str, name: &str) -> String {
    let found = blocks(DOCUMENT, section)
        .into_iter()
        .find(|block| block.file.as_deref() == Some(name));
    found.expect("the file").text
}

/// The job of a page is green for the kernel of the page, and red for a wrong one. Its case is
/// judged again by the commands of the page.
pub(crate) fn the_page_holds(page: &str) {
    let here = folder();
    let here = here.path();
    for name in ["CMakeLists.txt", "crc32.c", "crcheck.toml"] {
        fs::write(here.join(name), file("The project", name)).expect("a file");
    }
    assert_eq!(job(here, page), 0);
    assert!(!here.join("crcheck-artifacts").exists());
    let kernel = file("The project", "crc32.c").replace("0x1db71064", "0x1db71065");
    fs::write(here.join("crc32.c"), kernel).expect("a file");
    assert_eq!(job(here, page), 1);
    assert!(here.join("crcheck-artifacts").is_dir());
    if page == "GitLab" {
        replays(here);
    }
}

/// The cases of the last job are judged again, each as the page says.
fn replays(here: &Path) {
    let block = &blocks(DOCUMENT, "Cases")[0];
    for line in block.text.lines() {
        let command = line.strip_prefix("$ ").expect("a command");
        let command = command.replace("CASE.toml", "*.toml");
        let code = i32::from(!command.starts_with("crcheck show"));
        assert_eq!(shell(here, &command), code, "{command}");
    }
}

/// Runs the job of a page in the project. Its exit code.
fn job(here: &Path, page: &str) -> i32 {
    match page {
        "GitHub" => github(here),
        "GitLab" => gitlab(here),
        _ => jenkins(here),
    }
}

/// The exit code of commands, in a shell that ends at the first one that fails.
fn shell(here: &Path, commands: &str) -> i32 {
    let tools = folder();
    let mut bash = Command::new("bash");
    bash.args(["-ec", commands]).current_dir(here);
    bash.env("PATH", path_with_crcheck(tools.path()));
    let output = bash.output().expect("bash");
    output.status.code().expect("no signal")
}

fn github(here: &Path) -> i32 {
    let workflow = document(&file("GitHub", ".github/workflows/crc.yml"));
    let job = &workflow["jobs"]["crc"];
    let tier = text(&job["strategy"]["matrix"]["include"][0]["tier"]);
    let mut code = 0;
    for step in job["steps"].as_vec().expect("steps") {
        let is_always = step["if"].as_str() == Some("always()");
        if code != 0 && !is_always {
            continue;
        }
        if let Some(script) = step["run"].as_str() {
            code = code.max(shell(here, script));
        } else if text(&step["uses"]).starts_with("crcheck/crcheck@") {
            let with = entries(&step["with"]).into_iter();
            let mut inputs: Vec<(String, String)> = with
                .map(|(name, value)| (name, value.replace("${{ matrix.tier }}", &tier)))
                .collect();
            inputs.push(("binary".to_owned(), CRCHECK.to_owned()));
            code = play(here, &inputs).code;
        }
    }
    code
}

fn gitlab(here: &Path) -> i32 {
    let job = &document(&file("GitLab", ".gitlab-ci.yml"))["crc"];
    let lines = job["script"].as_vec().expect("lines");
    let lines: Vec<String> = lines.iter().map(text).collect();
    let code = shell(here, &lines.join("\n"));
    let artifacts = &job["artifacts"];
    let kept = [&artifacts["reports"]["junit"], &artifacts["paths"][0]];
    for report in kept.map(text) {
        assert!(here.join(&report).is_file(), "{report} is not there");
    }
    code
}

/// No tool here reads a Jenkinsfile: its `sh` steps are the lines that begin so.
fn jenkins(here: &Path) -> i32 {
    let file = file("Jenkins", "Jenkinsfile");
    let steps = file.lines().filter_map(|line| {
        let step = line.trim().strip_prefix("sh '")?;
        step.strip_suffix('\'')
    });
    let steps: Vec<&str> = steps.collect();
    assert_eq!(steps.len(), 3);
    let code = shell(here, &steps.join("\n"));
    for report in ["crcheck.xml", "crcheck.sarif"] {
        assert!(file.contains(report) && here.join(report).is_file());
    }
    code
}
