//! Files have at most 600 lines and functions at most 70.
//!
//! Clippy counts the lines of functions as well, where it sees them: it sees neither the bodies of
//! macros nor what another architecture compiles.

use crate::tree::{Manifest, Tree};
use crate::violation::{Violation, places};

const FILE_LINES_MAX: usize = 600;
const FUNCTION_LINES_MAX: usize = 70;
const LINT: &str = "too_many_lines";
const THRESHOLD: &str = "too-many-lines-threshold";

pub(crate) fn long_files(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (path, source) in &tree.sources {
        let count = source.text.lines().count();
        if count > FILE_LINES_MAX {
            let text = format!(
                "the file has {count} lines, {FILE_LINES_MAX} are allowed; \
                 move one of its concepts into a file of its own"
            );
            violations.push(Violation::new("file length", path, count, text));
        }
    }
    violations
}

pub(crate) fn long_functions(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (path, source) in &tree.sources {
        for function in &source.functions {
            if function.line_count > FUNCTION_LINES_MAX {
                let text = format!(
                    "`{}` has {} lines of code, {FUNCTION_LINES_MAX} are allowed; \
                     give its steps functions of their own",
                    function.name, function.line_count
                );
                violations.push(Violation::new("function length", path, function.line, text));
            }
        }
    }
    violations
}

/// Clippy counts with the same limit in every crate, and nobody takes the lint back.
pub(crate) fn clippy_settings(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut add = |path: &str, line, text: String| {
        violations.push(Violation::new("Clippy's settings", path, line, text));
    };
    let limit = i64::try_from(FUNCTION_LINES_MAX).ok();
    if !tree.clippy.contains_key("clippy.toml") {
        add(
            "clippy.toml",
            1,
            format!("the file is missing; write `{THRESHOLD} = 70` there"),
        );
    }
    for (path, table) in &tree.clippy {
        if table.get(THRESHOLD).and_then(toml::Value::as_integer) != limit {
            add(
                path,
                1,
                format!("write `{THRESHOLD} = {FUNCTION_LINES_MAX}` here"),
            );
        }
    }
    for manifest in &tree.manifests {
        if let Some(text) = missing_lint(manifest) {
            add(&manifest.path, manifest.line_of("[lints"), text);
        }
    }
    for (path, source) in &tree.sources {
        for &line in &source.allow_lines {
            let text = "functions of any length are allowed here; remove the attribute, \
                        and split the function";
            add(path, line, text.to_owned());
        }
    }
    violations
}

/// What a manifest lacks so that Clippy counts in its crates.
fn missing_lint(manifest: &Manifest) -> Option<String> {
    let table = |names: &[&str]| {
        names
            .iter()
            .try_fold(&manifest.table, |table, name| table.get(*name)?.as_table())
    };
    let counts = |names: &[&str]| {
        let level = table(names)
            .and_then(|lints| lints.get(LINT))
            .and_then(toml::Value::as_str);
        matches!(level, Some("warn" | "deny" | "forbid"))
    };
    let is_shared = table(&["workspace", "lints"]).is_some();
    let inherits = table(&["lints"]).and_then(|lints| lints.get("workspace"));
    let inherits = inherits.and_then(toml::Value::as_bool) == Some(true);
    let is_package = manifest.crate_name().is_some();
    if is_shared && !counts(&["workspace", "lints", "clippy"]) {
        return Some(format!(
            "write `{LINT} = \"warn\"` below `[workspace.lints.clippy]`"
        ));
    }
    if is_package && !inherits && !counts(&["lints", "clippy"]) {
        return Some(format!(
            "write `workspace = true` below `[lints]`, \
             or `{LINT} = \"warn\"` below `[lints.clippy]`"
        ));
    }
    None
}

#[test]
fn a_file_of_601_lines_is_reported() {
    let (right, wrong) = ("\n".repeat(600), "\n".repeat(601));
    let tree = Tree::planted(&[("a.rs", &right), ("b.rs", &wrong)]);
    assert_eq!(places(&long_files(&tree)), ["b.rs:601"]);
}

#[test]
fn a_function_of_71_lines_is_reported() {
    let function = |count| format!("fn f() {{\n{}}}\n", "    g();\n".repeat(count));
    let with_comments = function(70).replacen("    g();\n", "    // Why.\n\n    g();\n", 40);
    let tree = Tree::planted(&[
        ("a.rs", &function(70)),
        ("b.rs", &with_comments),
        ("c.rs", &format!("\nimpl A {{\n{}}}", function(71))),
        (
            "d.rs",
            &format!(
                "macro_rules! m {{ ($n:ident) => {{\n{} }}; }}",
                function(71)
            ),
        ),
        (
            "e.rs",
            &format!(
                "macro_rules! m {{ ($f:ident) => {{\n{} }}; }}",
                function(71)
            )
            .replace("fn f", "fn $f"),
        ),
        (
            "f.rs",
            &format!(
                "trait A {{ fn f(); }}\nfn f(g: fn()) {{}}\nmod a {{\n{}}}",
                "const A: u8 = 1;\n".repeat(71)
            ),
        ),
    ]);
    assert_eq!(tree.unreadable, []);
    assert_eq!(
        places(&long_functions(&tree)),
        ["c.rs:3", "d.rs:2", "e.rs:2"]
    );
}

const RIGHT: [(&str, &str); 5] = [
    ("clippy.toml", "too-many-lines-threshold = 70"),
    (
        "Cargo.toml",
        "[workspace]\n[workspace.lints.clippy]\ntoo_many_lines = \"warn\"\n",
    ),
    (
        "crates/a/Cargo.toml",
        "[package]\nname = \"a\"\n[lints]\nworkspace = true\n",
    ),
    (
        "fuzz/Cargo.toml",
        "[package]\nname = \"f\"\n[lints.clippy]\ntoo_many_lines = \"deny\"\n",
    ),
    (
        "crates/a/src/lib.rs",
        "#[allow(clippy::too_many_arguments)]\nfn f() { g.expect(clippy) }\n",
    ),
];

/// The violations of a tree in which one file is another.
fn with(path: &str, text: &str) -> Vec<String> {
    let files = RIGHT.map(|(name, right)| {
        if name == path {
            (name, text)
        } else {
            (name, right)
        }
    });
    let tree = Tree::planted(&files);
    assert_eq!(tree.unreadable, []);
    places(&clippy_settings(&tree))
}

#[test]
fn settings_that_count_pass() {
    assert_eq!(places(&clippy_settings(&Tree::planted(&RIGHT))), [""; 0]);
}

#[test]
fn settings_that_do_not_count_are_reported() {
    assert_eq!(
        with("clippy.toml", "too-many-lines-threshold = 80"),
        ["clippy.toml:1"]
    );
    assert_eq!(with("clippy.toml", ""), ["clippy.toml:1"]);
    assert_eq!(
        places(&clippy_settings(&Tree::planted(&RIGHT[1..]))),
        ["clippy.toml:1"]
    );
    assert_eq!(
        with("Cargo.toml", "[workspace.lints.rust]\n"),
        ["Cargo.toml:1"]
    );
    let allowed = "[workspace.lints.clippy]\ntoo_many_lines = \"allow\"";
    assert_eq!(with("Cargo.toml", allowed), ["Cargo.toml:1"]);
    let without = "[package]\nname = \"a\"\n";
    assert_eq!(
        with("crates/a/Cargo.toml", without),
        ["crates/a/Cargo.toml:1"]
    );
    let without = "[package]\nname = \"f\"\n[lints.rust]\n";
    assert_eq!(with("fuzz/Cargo.toml", without), ["fuzz/Cargo.toml:3"]);
}

#[test]
fn who_takes_the_lint_back_is_reported() {
    let forms = [
        "#![allow(clippy::too_many_lines)]",
        "#![allow(missing_docs, clippy::too_many_lines, reason = \"a table\")]",
        "#[expect(clippy::too_many_lines)]\nfn f() {}",
        "#[allow(clippy::pedantic)]\nfn f() {}",
        "#[cfg_attr(test, allow(clippy::too_many_lines))]\nfn f() {}",
        "macro_rules! m { () => { #[allow(clippy::too_many_lines)] fn f() {} }; }",
    ];
    for form in forms {
        assert_eq!(
            with("crates/a/src/lib.rs", form),
            ["crates/a/src/lib.rs:1"],
            "{form}"
        );
    }
}
