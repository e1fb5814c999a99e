//! Every crate packs, and says what it is and whom it is for.

use crate::tree::{Manifest, Tree};
use crate::violation::{Violation, places};

/// The folders of the crates that people use. The others are there for these.
const FOR_USERS: [&str; 4] = ["kernel", "oracle", "harness", "cli"];

/// How the description of any other crate begins.
const INTERNAL: &str = "Internal to crcheck: ";

/// What a registry takes: longer words and more of them are refused.
const KEYWORDS_MAX: usize = 5;
const KEYWORD_MAX_BYTES: usize = 20;

/// The categories that fit, of those that registries know.
const CATEGORIES: [&str; 5] = [
    "algorithms",
    "command-line-utilities",
    "development-tools::testing",
    "hardware-support",
    "no-std::no-alloc",
];

/// What a package includes at compile time, by the macros that read files.
const INCLUDES: [&str; 3] = ["include_str!(", "include_bytes!(", "include!("];

/// Every package whose manifest does not say what people need.
pub(crate) fn unsaid(tree: &Tree) -> Vec<Violation> {
    packed(tree)
        .flat_map(|manifest| unsaid_of(tree, manifest))
        .collect()
}

/// Every packed source that needs a file from outside its package.
pub(crate) fn files_from_outside(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (path, source) in &tree.sources {
        let Some(manifest) = tree.manifest_of(path).filter(|found| is_packed(found)) else {
            continue;
        };
        let inside = &path[manifest.folder().len()..];
        if excluded(manifest).any(|start| format!("/{inside}").starts_with(start)) {
            continue;
        }
        for (at, line) in source.text.lines().enumerate() {
            if let Some(text) = needs_outside(inside, line) {
                violations.push(Violation::new("package", path, at + 1, text));
            }
        }
    }
    violations
}

/// The manifests of the packages that a registry may get: all but the fuzz targets.
fn packed(tree: &Tree) -> impl Iterator<Item = &Manifest> {
    tree.manifests.iter().filter(|manifest| is_packed(manifest))
}

fn is_packed(manifest: &Manifest) -> bool {
    manifest.crate_name().is_some() && manifest.path.starts_with("crates/")
}

fn unsaid_of(tree: &Tree, manifest: &Manifest) -> Vec<Violation> {
    let package = &manifest.table["package"];
    let is_for_users = manifest
        .crate_name()
        .is_some_and(|name| FOR_USERS.contains(&name));
    let mut violations = Vec::new();
    let mut require = |is_so: bool, key: &str, text: &str| {
        if !is_so {
            let line = manifest.line_of(key);
            violations.push(Violation::new("package", &manifest.path, line, text));
        }
    };
    let text = package.get("description").and_then(|text| text.as_str());
    let text = text.unwrap_or_default();
    require(
        !text.is_empty() && text.starts_with(INTERNAL) != is_for_users,
        "description",
        "a crate for users describes itself, and any other begins with `Internal to crcheck: `",
    );
    for key in ["license", "repository", "rust-version", "readme"] {
        let says = package.get(key).is_some();
        require(says, "[package]", &format!("`{key}` is missing"));
    }
    if is_for_users {
        let readme = format!("{}README.md", manifest.folder());
        let is_own = package.get("readme").and_then(|file| file.as_str()) == Some("README.md")
            && tree.markdown.contains_key(&readme);
        require(is_own, "readme", "a crate for users has its own README.md");
    }
    let docs = ["metadata", "docs", "rs"]
        .iter()
        .try_fold(package, |table, key| table.get(key));
    require(
        docs.is_some(),
        "[package]",
        "[package.metadata.docs.rs] says for which target the documentation is built",
    );
    let words = list(tree, package, "keywords");
    let are_words = !words.is_empty()
        && words.len() <= KEYWORDS_MAX
        && words.iter().all(|word| word.len() <= KEYWORD_MAX_BYTES);
    require(are_words, "keywords", "1 to 5 keywords of 20 bytes at most");
    let categories = list(tree, package, "categories");
    let are_known = categories.iter().all(|name| CATEGORIES.contains(name));
    require(
        !categories.is_empty() && are_known,
        "categories",
        "the categories are some of those in crates/cli/tests/tidy/packages.rs",
    );
    violations
}

/// A list of strings, also one that the workspace has.
fn list<'t>(tree: &'t Tree, package: &'t toml::Value, key: &str) -> Vec<&'t str> {
    let own = package.get(key);
    let inherited = own.and_then(|value| value.get("workspace")).and_then(|_| {
        let root = tree
            .manifests
            .iter()
            .find(|found| found.path == "Cargo.toml")?;
        root.table.get("workspace")?.get("package")?.get(key)
    });
    let values = inherited.or(own).and_then(|value| value.as_array());
    let texts = values.into_iter().flatten();
    texts.filter_map(|text| text.as_str()).collect()
}

/// The files and folders that the package leaves out, each from `/`.
fn excluded(manifest: &Manifest) -> impl Iterator<Item = &str> {
    let list = manifest.table["package"].get("exclude");
    let list = list.and_then(|value| value.as_array());
    list.into_iter().flatten().filter_map(|path| path.as_str())
}

/// What a line of the file `inside` a package takes from outside.
fn needs_outside(inside: &str, line: &str) -> Option<String> {
    if line.contains("CARGO_MANIFEST_DIR") && line.contains("\"../") {
        return Some("a packed file leaves its package: list it in `exclude`".to_owned());
    }
    for include in INCLUDES {
        let Some((_, argument)) = line.split_once(include) else {
            continue;
        };
        let argument = argument.trim_start();
        if argument.is_empty() {
            // rustfmt put the literal on its own line.
            return Some(format!(
                "write the argument of `{include}` on the same line"
            ));
        }
        let Some(file) = argument
            .strip_prefix('"')
            .and_then(|rest| rest.split('"').next())
        else {
            return Some(format!(
                "`{include}` takes one literal, so that this can be checked"
            ));
        };
        if leaves(inside, file) {
            let text = format!("{file} is outside of the package: move it into the crate");
            return Some(text);
        }
    }
    None
}

/// Whether `file`, seen from the folder of `inside`, is above the folder of the package.
fn leaves(inside: &str, file: &str) -> bool {
    let mut depth = inside.matches('/').count();
    for part in file.split('/') {
        match part {
            "" => return true,
            "." => {}
            ".." if depth == 0 => return true,
            ".." => depth -= 1,
            _ => depth += 1,
        }
    }
    false
}

const WHOLE: &str = "[package]
name = \"crcheck-a\"
description = \"Internal to crcheck: nothing\"
license = \"MIT\"
repository = \"none\"
rust-version = \"1\"
readme = \"README.md\"
keywords = [\"crc\"]
categories = [\"algorithms\"]
[package.metadata.docs.rs]
targets = []
";

#[test]
fn each_line_of_a_manifest_is_needed() {
    let report = |folder: &str, manifest: &str, others: &[(&str, &str)]| {
        let path = format!("crates/{folder}/Cargo.toml");
        let mut files = vec![(path.as_str(), manifest)];
        files.extend_from_slice(others);
        places(&unsaid(&Tree::planted(&files)))
    };
    assert_eq!(report("a", WHOLE, &[]), [""; 0]);
    for line in WHOLE.lines().skip(2).filter(|line| *line != "targets = []") {
        let without = WHOLE.replace(line, "[x]").replace("[x]", "");
        assert_eq!(report("a", &without, &[]).len(), 1, "without {line}");
    }
    let wrong = [
        ("\"crc\"", "\"crc\", \"a word of 21 letters.\""),
        ("\"algorithms\"", "\"algorithm\""),
        ("Internal to crcheck: ", ""),
    ];
    for (old, new) in wrong {
        assert_eq!(report("a", &WHOLE.replace(old, new), &[]).len(), 1, "{new}");
    }
    // The description, and the README.
    assert_eq!(report("oracle", WHOLE, &[]).len(), 2);
    let user = WHOLE.replace(INTERNAL, "");
    let readme = [("crates/oracle/README.md", "# crcheck-oracle\n")];
    assert_eq!(report("oracle", &user, &readme), [""; 0]);
    let inherits = WHOLE.replace("[\"crc\"]", "{ workspace = true }");
    let root = |words: &str| format!("[workspace.package]\nkeywords = [{words}]\n");
    let (some, none) = (root("\"crc\""), root(""));
    assert_eq!(report("a", &inherits, &[("Cargo.toml", &some)]), [""; 0]);
    assert_eq!(report("a", &inherits, &[("Cargo.toml", &none)]).len(), 1);
}

#[test]
fn a_file_from_outside_is_reported() {
    let manifest = "[package]\nname = \"crcheck-a\"\nexclude = [\"/tests\"]\n";
    let source = "const A: &str = include_str!(\"a.txt\");
const B: &str = include_str!(\"../data/b.txt\");
const C: &str = include_str!(\"../../data/c.txt\");
const D: &[u8] = include_bytes!(concat!(env!(\"OUT_DIR\"), \"/d\"));
const E: &str = concat!(env!(\"CARGO_MANIFEST_DIR\"), \"../../e.txt\");
";
    let tree = Tree::planted(&[
        ("crates/a/Cargo.toml", manifest),
        ("crates/a/src/lib.rs", source),
        ("crates/a/src/deep/mod.rs", source),
        ("crates/a/tests/law.rs", source),
        ("fuzz/Cargo.toml", manifest),
        ("fuzz/src/lib.rs", source),
    ]);
    let lines = |file: &str, lines: &[usize]| -> Vec<String> {
        lines
            .iter()
            .map(|line| format!("crates/a/src/{file}:{line}"))
            .collect()
    };
    let mut expected = lines("deep/mod.rs", &[4, 5]);
    expected.extend(lines("lib.rs", &[3, 4, 5]));
    assert_eq!(places(&files_from_outside(&tree)), expected);
}
