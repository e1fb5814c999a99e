//! The catalogue has every entry that the `crc` crate's has, under its own name.
#![allow(missing_docs)]

use crcheck_oracle::catalogue;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {arguments:?}: {errors}");
    String::from_utf8(output.stdout).expect("cargo writes UTF-8")
}

/// The folder of the package `crc-catalog` that `crc` is built with. It asks for the packages of
/// this host only, so that cargo fetches none for others.
fn crc_catalog() -> PathBuf {
    let version = cargo(&["-vV"]);
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    let filter = ["--filter-platform", host.expect("cargo names its host")];
    let format = ["metadata", "--format-version=1"];
    let metadata: Value = serde_json::from_str(&cargo(&[format, filter].concat())).expect("JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let found: Vec<&Value> = packages
        .iter()
        .filter(|it| it["name"] == "crc-catalog")
        .collect();
    assert_eq!(found.len(), 1, "one version of crc-catalog");
    let manifest = Path::new(found[0]["manifest_path"].as_str().expect("a path"));
    manifest.parent().expect("a folder").to_owned()
}

/// Each `Algorithm` of the source with its width: a heading ``/// # [`NAME`]``, then the constant.
fn entries(source: &str) -> Vec<(String, u32)> {
    let mut entries = Vec::new();
    let mut heading = None;
    for line in source.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix("/// # [`") {
            heading = rest.split('`').next();
        } else if let Some(width) = line.strip_prefix("width: ") {
            let name = heading.take().expect("a heading above each constant");
            let width = width.trim_end_matches(',').parse().expect("a number");
            entries.push((name.to_owned(), width));
        }
    }
    entries
}

#[test]
fn every_entry_of_the_crates_catalogue_is_here_by_name() {
    let path = crc_catalog().join("src/algorithm.rs");
    let source = std::fs::read_to_string(&path).expect("the source of crc-catalog");
    let theirs = entries(&source);
    let constants = source.matches("pub const CRC_").count();
    assert_eq!(
        theirs.len(),
        constants,
        "one heading and one width a constant"
    );
    let in_range = theirs
        .into_iter()
        .filter(|(_, width)| (3..=64).contains(width));
    let theirs: Vec<(String, u32)> = in_range.collect();
    let ours = catalogue::all().iter();
    let ours: Vec<(String, u32)> = ours
        .map(|model| (model.name.to_string(), model.width.into()))
        .collect();
    assert!(ours.len() >= 112);
    assert_eq!(ours, theirs);
}
