//! What people install compiles no C: the linker of Rust is all that it needs.
//!
//! C is compiled by build scripts. One that may do so depends on a crate for it, names a native
//! library, or has the sources beside it. Each such package in the graph of the program, with its
//! default features, is in [`KNOWN`], with the reason why it compiles nothing.

use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::{env, fs};

/// The package, the feature that would compile C, and why it does not.
const KNOWN: [(&str, Option<&str>, &str); 5] = [
    (
        "findshlibs",
        None,
        "its build script asks a compiler on Android only",
    ),
    ("nix", None, "its C is that of a test"),
    (
        "prettyplease",
        None,
        "it names a library so that a program has one version of it",
    ),
    (
        "signal-hook",
        Some("extended-siginfo-raw"),
        "the feature is off",
    ),
    ("symbolic-demangle", Some("swift"), "the feature is off"),
];

/// Crates that find or run compilers of other languages.
const BUILDERS: [&str; 7] = [
    "autotools",
    "bindgen",
    "cc",
    "cmake",
    "meson-next",
    "nasm-rs",
    "pkg-config",
];

const EXTENSIONS: [&str; 8] = ["S", "asm", "c", "cc", "cpp", "cxx", "m", "s"];

/// What `cargo metadata` says of the workspace with its default features, on this host.
fn metadata() -> Value {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let host = format!("{}-unknown-linux-gnu", env::consts::ARCH);
    let output = Command::new(cargo)
        .args(["metadata", "--locked", "--format-version", "1"])
        .args(["--filter-platform", &host])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    serde_json::from_slice(&output.stdout).expect("the metadata")
}

/// The packages that may compile C for the program `root`, without those that are known not to.
fn compilers_of_c(metadata: &Value, root: &str) -> Vec<String> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let by_id = |values: Vec<Value>| -> BTreeMap<String, Value> {
        let id = |value: &Value| value["id"].as_str().unwrap_or_default().to_owned();
        values
            .into_iter()
            .map(|value| (id(&value), value))
            .collect()
    };
    let packages = by_id(list(&metadata["packages"]));
    let nodes = by_id(list(&metadata["resolve"]["nodes"]));
    let start = packages.iter().find(|(_, package)| package["name"] == root);
    let mut open = vec![start.expect("the program").0.clone()];
    let mut reached = BTreeSet::new();
    let mut found = Vec::new();
    while let Some(id) = open.pop() {
        if !reached.insert(id.clone()) {
            continue;
        }
        let (package, node) = (&packages[&id], &nodes[&id]);
        let mut built_with = Vec::new();
        for arrow in list(&node["deps"]) {
            let kinds = list(&arrow["dep_kinds"]);
            let is_kind = |kind: Value| kinds.iter().any(|found| found["kind"] == kind);
            let target = arrow["pkg"].as_str().expect("a package").to_owned();
            if is_kind(json!("build")) {
                built_with.push(packages[&target]["name"].clone());
            }
            if is_kind(Value::Null) || is_kind(json!("build")) {
                open.push(target);
            }
        }
        let features = list(&node["features"]);
        if may_compile_c(package, &built_with) && !is_known(package, &features) {
            found.push(format!("{} {}", package["name"], package["version"]));
        }
    }
    found
}

fn may_compile_c(package: &Value, built_with: &[Value]) -> bool {
    let targets = package["targets"].as_array().into_iter().flatten();
    let mut kinds = targets.flat_map(|target| target["kind"].as_array().into_iter().flatten());
    let runs_code = kinds.any(|kind| kind == "custom-build" || kind == "proc-macro");
    let folder = Path::new(package["manifest_path"].as_str().unwrap_or_default());
    let has_builder = || {
        built_with
            .iter()
            .any(|name| BUILDERS.iter().any(|known| name == known))
    };
    runs_code
        && (package["links"] != Value::Null
            || has_builder()
            || folder.parent().is_some_and(has_sources))
}

/// Whether a folder, or one below it, has sources that Rust does not compile.
fn has_sources(folder: &Path) -> bool {
    fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .any(|entry| {
            let path = entry.path();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                return has_sources(&path);
            }
            let extension = path.extension().unwrap_or_default();
            EXTENSIONS.iter().any(|known| extension == *known)
        })
}

fn is_known(package: &Value, features: &[Value]) -> bool {
    KNOWN.iter().any(|(name, feature, _)| {
        let is_on = feature.is_some_and(|name| features.iter().any(|found| found == name));
        package["name"] == *name && !is_on
    })
}

#[test]
fn the_installed_program_compiles_no_c() {
    assert_eq!(compilers_of_c(&metadata(), "crcheck"), [""; 0]);
}

/// The program needs `a` as `kind`, which has a build script and these properties.
fn planted(kind: Value, name: &str, folder: &Path, built_with: &str, features: Value) -> Value {
    let package = |id: &str, name: &str, kind: &str, folder: &Path| {
        let manifest = folder.join("Cargo.toml");
        json!({
            "id": id, "name": name, "version": "1.0.0", "links": null,
            "manifest_path": manifest, "targets": [{ "kind": [kind] }],
        })
    };
    let none = Path::new("/nowhere");
    let uses = |id: &str, kind: Value| json!({ "pkg": id, "dep_kinds": [{ "kind": kind }] });
    json!({
        "packages": [
            package("p", "program", "bin", none),
            package("a", name, "custom-build", folder),
            package("b", built_with, "lib", none),
        ],
        "resolve": { "nodes": [
            { "id": "p", "deps": [uses("a", kind)], "features": [] },
            { "id": "a", "deps": [uses("b", json!("build"))], "features": features },
            { "id": "b", "deps": [], "features": [] },
        ] },
    })
}

#[test]
fn a_package_that_compiles_c_is_reported() {
    let none = Path::new("/nowhere");
    let with_c = tempfile::tempdir().expect("a temporary folder");
    let deep = with_c.path().join("vendor/zlib");
    fs::create_dir_all(&deep).expect("a folder");
    fs::write(deep.join("crc32.c"), "").expect("a file");
    let report = |kind: Value, name, folder, builder, features| {
        let metadata = planted(kind, name, folder, builder, features);
        compilers_of_c(&metadata, "program").len()
    };
    let (used, tests, build) = (Value::Null, json!("dev"), json!("build"));
    assert_eq!(report(used.clone(), "a", none, "b", json!([])), 0);
    assert_eq!(report(used.clone(), "a", none, "cc", json!([])), 1);
    assert_eq!(report(build, "a", none, "cmake", json!([])), 1);
    assert_eq!(report(used.clone(), "a", with_c.path(), "b", json!([])), 1);
    assert_eq!(report(tests, "a", with_c.path(), "cc", json!([])), 0);
    let swift = |features| report(used.clone(), "symbolic-demangle", none, "cc", features);
    assert_eq!(swift(json!(["rust"])), 0);
    assert_eq!(swift(json!(["rust", "swift"])), 1);
}
