//! The modules of a crate form no circle.
//!
//! A parent and its children may name each other: an arrow between a module and one of its
//! ancestors does not count. Any other arrow runs between two families: it starts at a child of the
//! nearest common ancestor, or below that child, and ends at another child, or below. For every
//! module, the arrows between the families of its children must form no circle.

use crate::graph::{Arrow, Graph};
use crate::tree::Tree;
use crate::violation::{Violation, places};
use std::collections::{BTreeMap, BTreeSet};

/// The circles of every crate.
pub(crate) fn circles(tree: &Tree) -> Vec<Violation> {
    let roots = tree
        .manifests
        .iter()
        .flat_map(|manifest| manifest.roots(tree));
    roots
        .flat_map(|root| circles_of_crate(&Graph::of(tree, root), root))
        .collect()
}

/// Files that no crate declares as a module: their arrows are unseen.
pub(crate) fn files_of_no_crate(tree: &Tree) -> Vec<Violation> {
    let roots = tree
        .manifests
        .iter()
        .flat_map(|manifest| manifest.roots(tree));
    let known: BTreeSet<String> = roots.flat_map(|root| Graph::of(tree, root).files).collect();
    let unknown = tree.sources.keys().filter(|path| !known.contains(*path));
    unknown
        .map(|path| {
            let text = "no crate has this file as a module; declare it by `mod`, or remove it";
            Violation::new("file of no crate", path, 1, text)
        })
        .collect()
}

/// Arrows between two families, by the numbers of the modules that head them.
type Families<'a> = BTreeMap<(usize, usize), Vec<&'a Arrow>>;

fn circles_of_crate(graph: &Graph<'_>, root: &str) -> Vec<Violation> {
    let arrows = graph.arrows();
    let mut levels: BTreeMap<usize, Families<'_>> = BTreeMap::new();
    for arrow in &arrows {
        if let Some((ancestor, from, to)) = families(graph, arrow) {
            levels
                .entry(ancestor)
                .or_default()
                .entry((from, to))
                .or_default()
                .push(arrow);
        }
    }
    let mut violations = Vec::new();
    for arrows in levels.values() {
        let pairs: BTreeSet<(usize, usize)> = arrows.keys().copied().collect();
        for members in knots(&pairs) {
            violations.push(violation(graph, root, &members, arrows));
        }
    }
    violations
}

/// The nearest common ancestor of an arrow's ends, and its two children that head their families.
/// Nothing if one end is the ancestor itself.
fn families(graph: &Graph<'_>, arrow: &Arrow) -> Option<(usize, usize, usize)> {
    let (from, to) = (graph.line_to_root(arrow.from), graph.line_to_root(arrow.to));
    let shared = from
        .iter()
        .rev()
        .zip(to.iter().rev())
        .take_while(|(a, b)| a == b)
        .count();
    let head = |line: &[usize]| line.len().checked_sub(shared + 1).map(|at| line[at]);
    Some((from[from.len() - shared], head(&from)?, head(&to)?))
}

/// The groups of nodes in which each node reaches every other, by arrows of two nodes or more.
pub(crate) fn knots<T: Copy + Ord>(arrows: &BTreeSet<(T, T)>) -> Vec<BTreeSet<T>> {
    let reached = |start: T| {
        let mut reached = BTreeSet::new();
        let mut open = vec![start];
        while let Some(node) = open.pop() {
            let next = arrows
                .iter()
                .filter(|(from, _)| *from == node)
                .map(|&(_, to)| to);
            open.extend(next.filter(|&to| reached.insert(to)));
        }
        reached
    };
    let reach: BTreeMap<T, BTreeSet<T>> = arrows
        .iter()
        .map(|&(from, _)| (from, reached(from)))
        .collect();
    let together = |&node: &T| {
        let back = |other: &&T| {
            reach
                .get(other)
                .is_some_and(|reached| reached.contains(&node))
        };
        reach[&node]
            .iter()
            .filter(back)
            .copied()
            .collect::<BTreeSet<T>>()
    };
    let groups: BTreeSet<BTreeSet<T>> = reach.keys().map(together).collect();
    groups.into_iter().filter(|group| group.len() > 1).collect()
}

fn violation(
    graph: &Graph<'_>,
    root: &str,
    members: &BTreeSet<usize>,
    families: &Families<'_>,
) -> Violation {
    let path = |module: &usize| format!("`{}`", graph.modules[*module].path);
    let names: Vec<String> = members.iter().map(path).collect();
    let inside = families
        .iter()
        .filter(|((from, to), _)| members.contains(from) && members.contains(to));
    let mut text = format!(
        "{} modules of the crate of {root} use each other in a circle: {}; \
         move what they share into a module that names none of them. The arrows are",
        names.len(),
        names.join(", ")
    );
    for ((from, to), arrows) in inside.clone() {
        let first = arrows[0];
        text += &format!(
            "\n    {} -> {}: {}:{} names `{}`",
            path(from),
            path(to),
            first.file,
            first.line,
            first.name
        );
        if arrows.len() > 1 {
            text += &format!(", and {} more", arrows.len() - 1);
        }
    }
    let first = inside.map(|(_, arrows)| arrows[0]).next();
    let (path, line) = first.map_or((root, 1), |arrow| (arrow.file.as_str(), arrow.line));
    Violation::new("circle of modules", path, line, text)
}

const MANIFEST: (&str, &str) = ("a/Cargo.toml", "[package]\nname = \"a\"\n");

/// The circles of a crate, each as its arrows: `a -> b, b -> a`.
fn reported(files: &[(&str, &str)]) -> Vec<String> {
    let tree = Tree::planted(&[&[MANIFEST], files].concat());
    assert_eq!(
        (&tree.unreadable[..], files_of_no_crate(&tree)),
        (&[][..], Vec::new())
    );
    let arrows = |violation: Violation| {
        let lines = violation.text.lines().skip(1);
        let arrows =
            lines.filter_map(|line| Some(line.trim().split_once(": ")?.0.replace('`', "")));
        arrows.collect::<Vec<_>>().join(", ")
    };
    circles(&tree).into_iter().map(arrows).collect()
}

/// The circles of a crate of one file.
fn reported_of(text: &str) -> Vec<String> {
    reported(&[("a/src/lib.rs", text)])
}

const CIRCLE: [&str; 1] = ["a -> b, b -> a"];
const NONE: [&str; 0] = [];

#[test]
fn a_circle_of_files_is_reported_with_its_places() {
    let tree = Tree::planted(&[
        MANIFEST,
        ("a/src/lib.rs", "mod low;\nmod left;\nmod right;\n"),
        ("a/src/low.rs", "pub struct Low;\n"),
        (
            "a/src/left.rs",
            "use crate::low::Low;\nuse crate::right::Right;\npub struct Left(Low, Right);\n",
        ),
        ("a/src/right/mod.rs", "mod inner;\npub use inner::Right;\n"),
        (
            "a/src/right/inner.rs",
            "pub struct Right;\nfn f(a: crate::left::Left) {}\n",
        ),
    ]);
    assert_eq!(files_of_no_crate(&tree), []);
    let violations = circles(&tree);
    assert_eq!(places(&violations), ["a/src/left.rs:2"]);
    let text = &violations[0].text;
    assert!(
        text.contains("`left` -> `right`: a/src/left.rs:2 names `crate::right::Right`"),
        "{text}"
    );
    assert!(
        text.contains("`right` -> `left`: a/src/right/inner.rs:2 names `crate::left::Left`"),
        "{text}"
    );
    assert!(!text.contains("low"), "{text}");
}

#[test]
fn parents_and_children_may_name_each_other() {
    let text = "mod a { pub fn f() { super::g(); self::b::f() }\n\
                \x20       pub mod b { use super::f; use crate::g; } }\n\
                mod c { use super::a::f; use crate::g; }\n\
                fn g() { a::f(); a::b::f(); c::f() }\n";
    assert_eq!(reported_of(text), NONE);
}

#[test]
fn every_way_to_name_draws_an_arrow() {
    let ways = [
        "use super::b::B;",
        "use crate::b::B;",
        "use crate::{b::{self, B}};",
        "use super::b::*;",
        "use super::b as other;",
        "use super::B;",
        "use crate::Renamed;",
        "use super::*; fn f(a: B) {}",
        "use super::*; fn f() { vec![B] }",
        "use crate::outer::B;",
        "use crate::outer; fn f(a: outer::B) {}",
        "fn f() { crate::b::f() }",
        "fn f() { use crate::b::f; f() }",
        "fn f() { super::b::C::D; }",
        "fn f(a: &mut dyn crate::b::T) {}",
        "fn f() -> <u8 as crate::b::T>::Item { 0 }",
        "impl crate::b::T for u8 {}",
        "fn f() { assert!(1 < crate::b::f()) }",
        "fn f() { println!(\"{}\", ..super::b::N) }",
        "fn f() { crate::b::m!() }",
        "macro_rules! m { () => { $crate::b::f() }; }",
        "macro_rules! m { () => { use super::b::{B, C}; }; }",
        "#[serde(with = \"crate::b\")] struct A;",
        "mod c { fn f() { super::super::b::f() } }",
        "#[cfg(any(test, unix))] use crate::b::B;",
    ];
    for way in ways {
        let text = format!(
            "mod a {{ {way}\n pub struct A; }}\n\
             mod b {{ use crate::a::A; pub struct B; pub mod deep {{}} }}\n\
             mod outer {{ pub use super::b::*; }}\n\
             pub use b::{{B, B as Renamed}};\n"
        );
        let found = reported_of(&text);
        assert!(
            found
                .iter()
                .any(|circle| circle.contains("a -> b") && circle.contains("b -> a")),
            "{way}: {found:?}"
        );
    }
}

#[test]
fn what_names_nothing_of_another_module_draws_no_arrow() {
    let ways = [
        "/// See [`crate::b::B`].\nfn f() {}",
        "// crate::b::f()\nconst A: &str = \"crate::b::f()\";",
        "#[cfg(test)] mod tests { use crate::b::B; }",
        "#[cfg(test)] use crate::b::B;",
        "#[cfg(all(test, unix))] fn f() { crate::b::f() }",
        "impl A { #[cfg(test)] fn f() { crate::b::f() } }",
        "use std::b::B;",
        "use ::b::B;",
        "fn f() { <u8>::b::f() }",
        "fn f() { println!(\"{}\", x.b::<u8>()) }",
        "mod b { pub struct B; } use b::B;",
        "use self::b::B; mod b { pub struct B; }",
        "use super::*; fn f() {}",
    ];
    for way in ways {
        let text = format!(
            "mod a {{ {way}\n pub struct A; }}\n\
             mod b {{ use crate::a::A; pub struct B; }}\n\
             pub use b::B;\n"
        );
        assert_eq!(reported_of(&text), NONE, "{way}");
    }
}

#[test]
fn a_re_export_leads_to_the_module_that_defines() {
    let right = "pub use a::A;\nmod a { pub struct A; }\nmod b { use super::A; }\n";
    assert_eq!(reported_of(right), NONE);
    let wrong = "pub use a::A;\nmod a { pub struct A; use super::b; }\nmod b { use super::A; }\n";
    assert_eq!(reported_of(wrong), CIRCLE);
    // The function and the module of one name are both called `a`.
    let both = "pub use a::a;\nmod a { pub fn a() {} use super::b::B; }\nmod b { use super::a; }\n";
    assert_eq!(reported_of(both), CIRCLE);
    // What passes something on is named too.
    let passed = "mod a { pub use crate::low::L; use crate::b::B; }\n\
                  mod b { use crate::a::L; }\n\
                  mod low {}\n";
    assert_eq!(reported_of(passed), CIRCLE);
}

#[test]
fn circles_are_found_at_every_depth() {
    let deep =
        "mod top { mod a { use super::b::c::C; } mod b { mod c { use super::super::a::A; } } }\n";
    assert_eq!(reported_of(deep), ["top::a -> top::b, top::b -> top::a"]);
    let long = "mod a { use crate::b::B; }\nmod b { use crate::c::C; }\n\
                mod c { use crate::a::A; }\nmod d { use crate::a::A; }\n";
    assert_eq!(reported_of(long), ["a -> b, b -> c, c -> a"]);
    // No module of one family names a module that names it back: the families do.
    let families = "mod a { mod x { use crate::b::y::Y; } pub mod z {} }\n\
                    mod b { pub mod y {} mod w { use crate::a::z::Z; } }\n";
    assert_eq!(reported_of(families), CIRCLE);
}

#[test]
fn circles_of_glob_imports_end() {
    let text = "mod a { pub use super::b::*; fn f() { g() } }\nmod b { pub use super::a::*; }\n\
                use std::collections::*;\nuse self::*;\n";
    assert_eq!(reported_of(text), CIRCLE);
}

#[test]
fn files_are_found_by_every_form_of_module() {
    let files = [
        (
            "a/src/lib.rs",
            "mod a;\n\
             #[cfg_attr(unix, path = \"here.rs\")]\n\
             #[cfg_attr(not(unix), path = \"there.rs\")]\n\
             mod b;\n\
             mod c { mod d; }\n\
             #[path = \"odd/e.rs\"]\n\
             mod e;\n\
             #[cfg(test)]\n\
             mod tests;\n",
        ),
        ("a/src/a.rs", "mod inner;\n"),
        ("a/src/a/inner.rs", "use crate::b::B;\n"),
        ("a/src/here.rs", "pub struct B;\n"),
        ("a/src/there.rs", "use crate::a::A;\n"),
        ("a/src/c/d.rs", "\n"),
        ("a/src/odd/e.rs", "mod f;\n"),
        ("a/src/odd/f.rs", "\n"),
        ("a/src/tests.rs", "use crate::a::A;\n"),
        ("a/tests/one.rs", "mod two;\n"),
        ("a/tests/two/mod.rs", "\n"),
        ("a/tests/three/main.rs", "mod four;\n"),
        ("a/tests/three/four.rs", "\n"),
    ];
    assert_eq!(reported(&files), CIRCLE);
}

#[test]
fn a_file_of_no_crate_is_reported() {
    let manifest = "[package]\nname = \"f\"\n[[bin]]\nname = \"t\"\npath = \"odd/t.rs\"\n";
    let tree = Tree::planted(&[
        ("fuzz/Cargo.toml", manifest),
        ("fuzz/odd/t.rs", "fn main() {}\n"),
        ("fuzz/odd/u.rs", "fn main() {}\n"),
        ("fuzz/src/lib.rs", "mod a;\n"),
        ("fuzz/src/a.rs", "\n"),
        ("fuzz/src/b.rs", "\n"),
    ]);
    assert_eq!(
        places(&files_of_no_crate(&tree)),
        ["fuzz/odd/u.rs:1", "fuzz/src/b.rs:1"]
    );
}
