//! Crates point to the ground only.

use crate::circles::knots;
use crate::tree::{Manifest, Tree};
use crate::violation::{Violation, places};
use std::collections::{BTreeMap, BTreeSet};

/// The folders of the crates, the ground first: each names entries before it only.
const LAYERS: [&str; 18] = [
    "kernel", "oracle", "html", "platform", "machine", "subject", "diagnose", "check", "report",
    "harness", "faults", "emulate", "matrix", "files", "bench", "capi", "cli", "fuzz",
];

/// The crates that never see each other, so that they cannot share a mistake.
const APART: [&str; 2] = ["kernel", "oracle"];

/// The crate without any dependency.
const GROUND: &str = "kernel";

/// The program: nobody depends on it.
const TOP: &str = "cli";

const RULE: &str = "layers of crates";

/// Every arrow of manifests and sources that does not point to the ground.
pub(crate) fn arrows_upward(tree: &Tree) -> Vec<Violation> {
    let mut violations: Vec<Violation> = tree.manifests.iter().flat_map(manifest_arrows).collect();
    violations.extend(tree.manifests.iter().flat_map(renamed));
    violations.extend(circles(tree));
    violations.extend(source_arrows(tree));
    violations
}

/// Every layer of the list that no crate has.
pub(crate) fn layers_without_a_crate(tree: &Tree) -> Vec<Violation> {
    let has_crate = |layer: &str| {
        let mut names = tree.manifests.iter().filter_map(Manifest::crate_name);
        names.any(|name| name == layer)
    };
    let missing = LAYERS.iter().filter(|layer| !has_crate(layer));
    missing
        .map(|layer| Violation::new(RULE, "Cargo.toml", 1, format!("there is no crate {layer}")))
        .collect()
}

/// Whom a crate uses, and where.
struct Dependency {
    /// The package. Ours go by no other name.
    name: String,
    /// Whether only tests, benchmarks and examples use it.
    is_for_tests: bool,
    line: usize,
}

fn manifest_arrows(manifest: &Manifest) -> Vec<Violation> {
    let Some(own) = manifest.crate_name() else {
        return Vec::new();
    };
    let mut violations = Vec::new();
    let mut add = |line, text| {
        violations.push(Violation::new(RULE, &manifest.path, line, text));
    };
    if layer(own).is_none() {
        add(1, unknown(own));
    }
    for dependency in dependencies(manifest) {
        let wrong = match layer_name(&dependency.name) {
            Some(name) => wrong_arrow(own, name, dependency.is_for_tests),
            None => None,
        };
        if let Some(text) = wrong {
            add(dependency.line, text);
        } else if own == GROUND && !dependency.is_for_tests {
            let text = format!(
                "`{GROUND}` has no dependency at all; remove `{}`",
                dependency.name
            );
            add(dependency.line, text);
        }
    }
    violations
}

/// What is wrong if the crate `own` uses `other`.
fn wrong_arrow(own: &str, other: &str, is_for_tests: bool) -> Option<String> {
    let (Some(to), Some(top)) = (layer(other), layer(TOP)) else {
        return Some(unknown(other));
    };
    if own == other {
        return None;
    }
    if APART.contains(&own) && APART.contains(&other) {
        return Some(format!(
            "`{own}` and `{other}` never see each other, also not in tests; remove the arrow"
        ));
    }
    let limit = if is_for_tests {
        top
    } else {
        layer(own).unwrap_or(usize::MAX)
    };
    (to >= limit).then(|| {
        let limit = if is_for_tests { TOP } else { own };
        format!(
            "`{own}` uses `{other}`, which is not below `{limit}`; \
             move what both need to the ground, or let `{other}` use `{own}`"
        )
    })
}

fn unknown(name: &str) -> String {
    format!("`{name}` is no layer; add it to `LAYERS` in crates/cli/tests/tidy/layers.rs")
}

fn layer(name: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| *layer == name)
}

/// The layer that a package or a crate is called after; nothing if it is not ours.
fn layer_name(package: &str) -> Option<&str> {
    match package {
        "crcheck" => Some(TOP),
        _ => package
            .strip_prefix("crcheck-")
            .or_else(|| package.strip_prefix("crcheck_")),
    }
}

/// The dependencies of a manifest, of every kind and for every platform.
fn dependencies(manifest: &Manifest) -> Vec<Dependency> {
    let targets = manifest.table.get("target").and_then(toml::Value::as_table);
    let targets = targets.into_iter().flat_map(|targets| targets.values());
    let tables = targets
        .filter_map(toml::Value::as_table)
        .chain([&manifest.table]);
    let mut found = Vec::new();
    for table in tables {
        for kind in ["dependencies", "build-dependencies", "dev-dependencies"] {
            for key in table
                .get(kind)
                .and_then(toml::Value::as_table)
                .into_iter()
                .flat_map(toml::Table::keys)
            {
                found.push(Dependency {
                    name: key.clone(),
                    is_for_tests: kind == "dev-dependencies",
                    line: manifest.line_of(key),
                });
            }
        }
    }
    found
}

/// Dependencies on crates of ours by another name, under which no rule would know them.
fn renamed(manifest: &Manifest) -> Vec<Violation> {
    let mut open: Vec<&toml::Table> = vec![&manifest.table];
    let mut violations = Vec::new();
    while let Some(table) = open.pop() {
        for (key, value) in table {
            let package = value
                .get("package")
                .and_then(toml::Value::as_str)
                .unwrap_or(key);
            if package != key && layer_name(package).is_some() {
                let line = manifest.line_of(key);
                let text = format!("`{package}` goes by the name `{key}`; call it `{package}`");
                violations.push(Violation::new(RULE, &manifest.path, line, text));
            }
            open.extend(value.as_table());
        }
    }
    violations
}

/// Circles of crates that dependencies for tests close.
fn circles(tree: &Tree) -> Vec<Violation> {
    let mut lines = BTreeMap::new();
    for manifest in &tree.manifests {
        let Some(own) = manifest.crate_name() else {
            continue;
        };
        for dependency in dependencies(manifest) {
            if let Some(name) = layer_name(&dependency.name).filter(|name| *name != own) {
                let place = (manifest.path.clone(), dependency.line);
                lines.insert((own.to_owned(), name.to_owned()), place);
            }
        }
    }
    let arrows: BTreeSet<(&str, &str)> = lines
        .keys()
        .map(|(a, b)| (a.as_str(), b.as_str()))
        .collect();
    let mut violations = Vec::new();
    for knot in knots(&arrows) {
        let inside = lines
            .iter()
            .filter(|((from, to), _)| knot.contains(from.as_str()) && knot.contains(to.as_str()));
        for ((from, to), (path, line)) in inside {
            let text = format!(
                "`{from}` uses `{to}` in a circle of crates ({}); \
                 move the tests to the crate that sees the others",
                knot.iter().copied().collect::<Vec<_>>().join(", ")
            );
            violations.push(Violation::new(RULE, path, *line, text));
        }
    }
    violations
}

/// Every crate of ours that a source names, once a file.
fn source_arrows(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (path, source) in &tree.sources {
        let Some(manifest) = tree.manifest_of(path) else {
            continue;
        };
        let Some(own) = manifest.crate_name() else {
            continue;
        };
        let is_test_file = !path[manifest.folder().len()..].starts_with("src/");
        let mut seen = BTreeSet::new();
        for name in source.scope.all_paths() {
            // `::name` has an empty first segment.
            let first = name.segments.iter().find(|segment| !segment.is_empty());
            let Some(other) = first.and_then(|first| layer_name(first)) else {
                continue;
            };
            let is_for_tests = (is_test_file && own != "fuzz") || name.is_test;
            let wrong = wrong_arrow(own, other, is_for_tests);
            if let Some(text) = wrong.filter(|_| seen.insert((other, is_for_tests))) {
                violations.push(Violation::new(RULE, path, name.line, text));
            }
        }
    }
    violations
}

fn reported(files: &[(&str, &str)]) -> Vec<String> {
    let tree = Tree::planted(files);
    assert_eq!(tree.unreadable, []);
    places(&arrows_upward(&tree))
}

/// A manifest whose dependencies start at line 4.
fn manifest(name: &str, dependencies: &str) -> String {
    format!("[package]\nname = \"{name}\"\n\n{dependencies}")
}

fn reported_of_manifest(name: &str, dependencies: &str) -> Vec<String> {
    reported(&[(
        &format!("crates/{name}/Cargo.toml"),
        &manifest(name, dependencies),
    )])
}

#[test]
fn arrows_to_the_ground_pass() {
    let dependencies = "[dependencies]\ncrcheck-kernel.workspace = true\nlibc = \"1\"\n\
                        [dev-dependencies]\ncrcheck-faults.workspace = true\n";
    let source = "use crcheck_kernel::Tier;\nfn f() { crcheck_subject::f(); std::f(); }\n\
                  #[cfg(test)]\nmod tests { use crcheck_faults::Fault; }\n";
    let test = "use crcheck_check::Case;\nuse crcheck_faults::Fault;\n";
    let files = [
        (
            "crates/check/Cargo.toml",
            manifest("crcheck-check", dependencies),
        ),
        ("crates/check/src/lib.rs", source.to_owned()),
        ("crates/check/tests/a.rs", test.to_owned()),
        (
            "crates/kernel/Cargo.toml",
            manifest("crcheck-kernel", "[dev-dependencies]\nquickcheck = \"1\"\n"),
        ),
        (
            "fuzz/Cargo.toml",
            manifest(
                "crcheck-fuzz",
                "[dependencies]\ncrcheck-harness.path = \"\"\n",
            ),
        ),
        (
            "fuzz/fuzz_targets/a.rs",
            "use crcheck_harness::Case;\n".to_owned(),
        ),
    ];
    assert_eq!(
        reported(&files.each_ref().map(|(path, text)| (*path, text.as_str()))),
        [""; 0]
    );
}

#[test]
fn manifests_that_point_upward_are_reported() {
    for kind in [
        "dependencies",
        "build-dependencies",
        "target.'cfg(unix)'.dependencies",
    ] {
        let upward = format!("[{kind}]\ncrcheck-report.workspace = true\n");
        assert_eq!(
            reported_of_manifest("check", &upward),
            ["crates/check/Cargo.toml:5"],
            "{kind}"
        );
    }
    let program = "[dev-dependencies]\ncrcheck = { path = \"../cli\" }\n";
    assert_eq!(
        reported_of_manifest("check", program),
        ["crates/check/Cargo.toml:5"]
    );
    let renamed = "[dependencies]\nplan = { package = \"crcheck-check\" }\n";
    assert_eq!(
        reported_of_manifest("report", renamed),
        ["crates/report/Cargo.toml:5"]
    );
}

#[test]
fn layers_without_a_crate_are_reported() {
    let tree = Tree::planted(&[("crates/check/Cargo.toml", &manifest("check", ""))]);
    let missing = layers_without_a_crate(&tree);
    assert_eq!(missing.len(), LAYERS.len() - 1);
}

#[test]
fn crates_without_a_layer_are_reported() {
    assert_eq!(
        reported_of_manifest("extra", ""),
        ["crates/extra/Cargo.toml:1"]
    );
    let unknown = "[dependencies]\ncrcheck-extra.workspace = true\n";
    assert_eq!(
        reported_of_manifest("check", unknown),
        ["crates/check/Cargo.toml:5"]
    );
}

#[test]
fn kernel_and_oracle_never_see_each_other() {
    for kind in ["dependencies", "dev-dependencies"] {
        for (own, other) in [("kernel", "oracle"), ("oracle", "kernel")] {
            let arrow = format!("[{kind}]\ncrcheck-{other}.workspace = true\n");
            assert_eq!(
                reported_of_manifest(own, &arrow),
                [format!("crates/{own}/Cargo.toml:5")]
            );
            let (path, name) = (
                format!("crates/{own}/Cargo.toml"),
                format!("crates/{own}/tests/a.rs"),
            );
            let source = format!("\nuse crcheck_{other}::a;\n");
            let files = [
                (path.as_str(), &*manifest(own, "")),
                (name.as_str(), &*source),
            ];
            assert_eq!(reported(&files), [format!("{name}:2")]);
        }
    }
}

#[test]
fn the_kernel_has_no_dependency() {
    let any = "[dependencies]\ncrc = \"3\"\n";
    assert_eq!(
        reported_of_manifest("kernel", any),
        ["crates/kernel/Cargo.toml:5"]
    );
}

#[test]
fn tests_that_close_a_circle_of_crates_are_reported() {
    let up = "[dev-dependencies]\ncrcheck-faults.workspace = true\n";
    let down = "[dependencies]\ncrcheck-check.workspace = true\n";
    let own = "[dev-dependencies]\ncrcheck-oracle = { path = \".\" }\n";
    let (check, faults, oracle) = (manifest("a", up), manifest("b", down), manifest("c", own));
    let files = [
        ("crates/check/Cargo.toml", check.as_str()),
        ("crates/faults/Cargo.toml", &faults),
        ("crates/oracle/Cargo.toml", &oracle),
    ];
    assert_eq!(
        reported(&files),
        ["crates/check/Cargo.toml:5", "crates/faults/Cargo.toml:5"]
    );
    assert_eq!(reported(&[files[0], files[2]]), [""; 0]);
}

#[test]
fn sources_that_point_upward_are_reported() {
    let manifest = manifest("check", "");
    let wrong = [
        "use crcheck_report::Report;",
        "use {crcheck_kernel as kernel, crcheck_report as report};",
        "pub use ::crcheck_report::*;",
        "extern crate crcheck_report;",
        "fn f() { crcheck_report::f() }",
        "fn f() { println!(\"{}\", crcheck_report::f()) }",
        "fn f() { println!(\"{}\", ::crcheck_report::f()) }",
        "fn f(a: &dyn crcheck_report::A) {}",
        "mod a { impl crcheck_report::A for () {} }",
        "macro_rules! m { () => { use crcheck_report::{A, B}; }; }",
        "#[derive(crcheck_report::A)] struct B;",
        "#[serde(with = \"crcheck_report::a\")] struct B;",
        "#[cfg(not(test))] use crcheck_report::A;",
        "#[cfg(test)] use crcheck::A;",
    ];
    for text in wrong {
        let text = format!("// crcheck_report::f()\n{text}\n");
        let files = [
            ("crates/check/Cargo.toml", &*manifest),
            ("crates/check/src/a.rs", &text),
        ];
        assert_eq!(reported(&files), ["crates/check/src/a.rs:2"], "{text}");
    }
}
