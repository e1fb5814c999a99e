//! docs/c-interface.md, section by section.

use crate::common::{console_commands, folder, repository};
use crate::installed::{Test, has, prefix};
use crate::preloaded::{has_headers_of_zlib, has_python_on_path};
use crate::sections::{blocks, holds};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

const DOCUMENT: &str = "docs/c-interface.md";

pub(crate) fn trials() -> Vec<Test> {
    let has_cc = has("cc");
    let sections = [
        ("Install", true),
        ("Use", has_cc && has("pkg-config")),
        ("Static", has_cc),
        ("CMake", has_cc && has("pkg-config") && has("cmake")),
        ("In place of zlib", has_python_on_path()),
        ("Linked before zlib", has_cc && has_headers_of_zlib()),
        ("Judged", true),
    ];
    let sections = sections.map(|(section, has_tools)| -> Test {
        let test = move || section_holds(section);
        (format!("section {section}"), Box::new(test), has_tools)
    });
    let long: Test = (
        "gates run what takes long".to_owned(),
        Box::new(gates_run_what_takes_long),
        true,
    );
    sections.into_iter().chain([long]).collect()
}

/// Each section goes on from `scripts/capi prefix`, and has the program of the section "Use".
fn section_holds(section: &str) {
    let here = folder();
    if section == "Install" {
        symlink(repository().join("scripts"), here.path().join("scripts")).expect("a link");
    } else {
        symlink(prefix(), here.path().join("prefix")).expect("a link");
    }
    write_program(here.path());
    assert!(!holds(here.path(), DOCUMENT, section).is_empty());
}

fn write_program(here: &Path) {
    for block in blocks(DOCUMENT, "Use") {
        if let Some(file) = block.file {
            fs::write(here.join(file), block.text).expect("a file");
        }
    }
}

/// A certificate takes a minute, and cargo-c takes many to build: gates run these in these words.
fn gates_run_what_takes_long() {
    for (section, gate) in [("Certified", "ci/capi"), ("Packaged", "ci/cargo-c")] {
        let gate = fs::read_to_string(repository().join(gate)).expect("the gate");
        let blocks = blocks(DOCUMENT, section);
        let commands = blocks
            .iter()
            .flat_map(|block| console_commands(&block.text));
        let commands: Vec<&str> = commands.map(|(command, _)| command).collect();
        assert!(!commands.is_empty());
        for command in commands {
            assert!(gate.contains(command), "{command} is run by no gate");
        }
    }
}
