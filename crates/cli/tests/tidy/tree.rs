//! The files that rules judge: Rust, Markdown, manifests, Clippy's settings.

use crate::source::Source;
use crate::violation::Violation;
use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io, thread};

/// Paths are relative to the root and separated by `/`.
#[derive(Default)]
pub(crate) struct Tree {
    pub(crate) sources: BTreeMap<String, Source>,
    pub(crate) markdown: BTreeMap<String, String>,
    pub(crate) manifests: Vec<Manifest>,
    /// `clippy.toml`, wherever it is.
    pub(crate) clippy: BTreeMap<String, toml::Table>,
    /// Files that do not parse.
    pub(crate) unreadable: Vec<Violation>,
}

/// A `Cargo.toml`.
pub(crate) struct Manifest {
    pub(crate) path: String,
    pub(crate) text: String,
    pub(crate) table: toml::Table,
}

impl Manifest {
    /// The folder with a `/` behind it, or nothing for the root.
    pub(crate) fn folder(&self) -> &str {
        self.path.strip_suffix("Cargo.toml").unwrap_or_default()
    }

    /// The name of the folder, if this is the manifest of a package of ours. A package among the
    /// examples stands for one of somebody else.
    pub(crate) fn crate_name(&self) -> Option<&str> {
        if self.path.starts_with("examples/") {
            return None;
        }
        self.table.get("package")?;
        self.folder().trim_end_matches('/').rsplit('/').next()
    }

    /// The first line that begins with `key`, from 1.
    pub(crate) fn line_of(&self, key: &str) -> usize {
        self.text
            .lines()
            .position(|line| line.trim_start().starts_with(key))
            .map_or(1, |at| at + 1)
    }

    /// The file from which each crate of this package is compiled: the library, programs, tests,
    /// benchmarks, examples.
    pub(crate) fn roots<'t>(&self, tree: &'t Tree) -> Vec<&'t str> {
        let named = ["lib", "bin", "test", "bench", "example"].map(|kind| self.table.get(kind));
        let named: Vec<String> = named
            .into_iter()
            .flatten()
            .flat_map(|tables| {
                tables
                    .as_array()
                    .cloned()
                    .unwrap_or_else(|| vec![tables.clone()])
            })
            .filter_map(|table| Some(self.folder().to_owned() + table.get("path")?.as_str()?))
            .collect();
        let is_root = |path: &str| {
            let parts: Vec<&str> = path.split('/').collect();
            matches!(
                parts[..],
                ["build.rs"]
                    | ["src", "lib.rs" | "main.rs"]
                    | ["src", "bin", _]
                    | ["src", "bin", _, "main.rs"]
                    | ["tests" | "benches" | "examples", _]
                    | ["tests" | "benches" | "examples", _, "main.rs"]
            )
        };
        let own = |path: &&str| path.strip_prefix(self.folder()).is_some_and(is_root);
        let sources = tree.sources.keys().map(String::as_str);
        sources
            .filter(|path| own(path) || named.iter().any(|name| name == path))
            .collect()
    }
}

impl Tree {
    /// Reads every file below `root`, also those that are not committed yet.
    ///
    /// # Panics
    ///
    /// If a file cannot be read.
    pub(crate) fn read(root: &Path) -> Self {
        let mut files = Vec::new();
        let collected = collect(root, "", &mut files);
        collected.unwrap_or_else(|error| panic!("{}: {error}", root.display()));
        Self::of(files)
    }

    /// A tree that exists in strings only.
    pub(crate) fn planted(files: &[(&str, &str)]) -> Self {
        let owned = |&(path, text): &(&str, &str)| (path.to_owned(), text.to_owned());
        Self::of(files.iter().map(owned).collect())
    }

    /// The package that a file belongs to.
    pub(crate) fn manifest_of(&self, path: &str) -> Option<&Manifest> {
        let packages = self
            .manifests
            .iter()
            .filter(|manifest| manifest.crate_name().is_some());
        let owners = packages.filter(|manifest| path.starts_with(manifest.folder()));
        owners.max_by_key(|manifest| manifest.folder().len())
    }

    fn of(files: Vec<(String, String)>) -> Self {
        let (rust, others): (Vec<_>, Vec<_>) = files
            .into_iter()
            .partition(|(path, _)| path.ends_with(".rs"));
        let mut tree = Self::default();
        for (path, text) in others {
            tree.add(path, text);
        }
        for (path, parsed) in parse(rust) {
            match parsed {
                Ok(source) => drop(tree.sources.insert(path, source)),
                Err((line, error)) => tree.unreadable.push(unreadable(&path, line, &error)),
            }
        }
        tree
    }

    fn add(&mut self, path: String, text: String) {
        if path.ends_with(".md") {
            self.markdown.insert(path, text);
            return;
        }
        match text.parse::<toml::Table>() {
            Err(error) => self
                .unreadable
                .push(unreadable(&path, 1, &error.to_string())),
            Ok(table) if path.ends_with("Cargo.toml") => {
                self.manifests.push(Manifest { path, text, table });
            }
            Ok(table) => drop(self.clippy.insert(path, table)),
        }
    }
}

fn unreadable(path: &str, line: usize, error: &str) -> Violation {
    let text = format!("the rules cannot be checked, since this does not parse: {error}");
    Violation::new("syntax", path, line, text)
}

type Parsed = (String, Result<Source, (usize, String)>);

/// Parses on every CPU, since parsing is what takes the time.
fn parse(files: Vec<(String, String)>) -> Vec<Parsed> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let mut shares: Vec<Vec<(String, String)>> = vec![Vec::new(); threads];
    for (at, file) in files.into_iter().enumerate() {
        shares[at % threads].push(file);
    }
    thread::scope(|scope| {
        let start = |share: Vec<(String, String)>| {
            scope.spawn(move || {
                let parse = |(path, text)| (path, Source::parse(text));
                share.into_iter().map(parse).collect::<Vec<Parsed>>()
            })
        };
        let running: Vec<_> = shares.into_iter().map(start).collect();
        running
            .into_iter()
            .flat_map(|thread| thread.join().expect("a parser panics"))
            .collect()
    })
}

/// Collects what rules judge. Skips what Cargo builds and what is hidden, and follows no symbolic
/// link.
fn collect(folder: &Path, prefix: &str, files: &mut Vec<(String, String)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let kind = entry.file_type()?;
        let path = format!("{prefix}{name}");
        if kind.is_dir() && !name.starts_with('.') && name != "target" {
            collect(&entry.path(), &format!("{path}/"), files)?;
        } else if kind.is_file() && is_judged(&name) {
            files.push((path, fs::read_to_string(entry.path())?));
        }
    }
    Ok(())
}

fn is_judged(name: &str) -> bool {
    let extensions = [".rs", ".md"];
    let names = ["Cargo.toml", "clippy.toml", ".clippy.toml"];
    extensions.iter().any(|extension| name.ends_with(extension)) || names.contains(&name)
}

#[test]
fn what_does_not_parse_is_reported() {
    let tree = Tree::planted(&[
        ("crates/a/Cargo.toml", "[package"),
        ("crates/a/src/lib.rs", "fn good() {}\nfn bad( {}\n"),
        ("crates/a/src/good.rs", "fn good() {}\n"),
    ]);
    let mut places = crate::violation::places(&tree.unreadable);
    places.sort();
    assert_eq!(places, ["crates/a/Cargo.toml:1", "crates/a/src/lib.rs:2"]);
}

#[test]
fn an_example_is_a_package_of_somebody_else() {
    let package = "[package]\nname = \"crcheck-a\"\n";
    let tree = Tree::planted(&[
        ("crates/a/Cargo.toml", package),
        ("examples/b/Cargo.toml", package),
    ]);
    let names: Vec<_> = tree.manifests.iter().map(Manifest::crate_name).collect();
    assert_eq!(names, [Some("a"), None]);
}

#[test]
fn a_folder_is_read_without_what_is_built_and_hidden() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let files = [
        "src/a.rs",
        "target/b.rs",
        ".git/c.rs",
        "src/target/d.rs",
        "e.md",
        "f.txt",
    ];
    for file in files {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, "// Nothing\n").expect("a file");
    }
    let tree = Tree::read(folder.path());
    assert_eq!(tree.sources.keys().collect::<Vec<_>>(), ["src/a.rs"]);
    assert_eq!(tree.markdown.keys().collect::<Vec<_>>(), ["e.md"]);
}
