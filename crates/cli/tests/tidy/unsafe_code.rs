//! Unsafe code stays in a few folders.

use crate::tree::Tree;
use crate::violation::{Violation, places};

/// Where unsafe code belongs.
const FOLDERS: [&str; 4] = [
    "crates/kernel/src/",
    "crates/platform/src/",
    "crates/subject/src/",
    "crates/faults/src/",
];

/// Files and folders with unsafe code elsewhere, and why it is there.
pub(crate) const EXCEPTIONS: &[(&str, &str)] = &[
    (
        "crates/bench/src/flush.rs",
        "flushes lines out of the caches, which only instructions do",
    ),
    (
        "crates/bench/src/limits/",
        "measures the machine by instructions of its own",
    ),
    ("crates/bench/src/memory.rs", "maps large pages"),
    (
        "crates/bench/src/peers.rs",
        "calls kernels by others, written in C",
    ),
    ("crates/capi/src/", "is called by C"),
    (
        "crates/cli/benches/worker.rs",
        "reads the time that a worker has spent",
    ),
    (
        "crates/emulate/src/mask/",
        "traces a program and answers its CPUID",
    ),
    (
        "crates/emulate/src/before_exec.rs",
        "makes a system call between fork and exec",
    ),
    (
        "crates/emulate/tests/purity.rs",
        "has functions that use more than they declare",
    ),
    (
        "crates/machine/src/memory/",
        "reads the memory of this process, which interpreted code sees",
    ),
    (
        "crates/machine/src/silicon/",
        "executes single instructions on the CPU",
    ),
    (
        "crates/machine/tests/machine/memory.rs",
        "shares bytes of its own with interpreted code",
    ),
    (
        "crates/subject/tests/caller.rs",
        "has subjects that read outside the message, which the caller survives",
    ),
    ("fuzz/src/lib.rs", "is called by libFuzzer, which is C++"),
];

/// Crates whose root says `#![forbid(unsafe_code)]`.
const FORBIDDING: [&str; 7] = [
    "oracle", "html", "diagnose", "check", "report", "harness", "cli",
];

/// Unsafe code outside of [`FOLDERS`] and `exceptions`, and exceptions that excuse nothing.
pub(crate) fn outside_its_folders(tree: &Tree, exceptions: &[(&str, &str)]) -> Vec<Violation> {
    let rule = "unsafe code";
    let mut violations = Vec::new();
    let is_excused = |path: &str| exceptions.iter().any(|(place, _)| covers(place, path));
    for (path, source) in &tree.sources {
        let is_free = FOLDERS.iter().any(|folder| path.starts_with(folder)) || is_excused(path);
        for &line in source.unsafe_lines.iter().filter(|_| !is_free) {
            let text = "unsafe code is for the kernel, the platform, the subjects and the faults; \
                        call what they offer, or add the file to `EXCEPTIONS` with a reason";
            violations.push(Violation::new(rule, path, line, text));
        }
    }
    for (place, _) in exceptions {
        let mut covered = tree.sources.iter().filter(|(path, _)| covers(place, path));
        if covered.all(|(_, source)| source.unsafe_lines.is_empty()) {
            let text = "the place is among `EXCEPTIONS` and has no unsafe code; remove the entry";
            violations.push(Violation::new(rule, place, 1, text));
        }
    }
    violations
}

/// Whether an entry, a file or a folder with a `/` behind it, is about a file.
fn covers(place: &str, path: &str) -> bool {
    if place.ends_with('/') {
        path.starts_with(place)
    } else {
        path == place
    }
}

/// Roots that do not forbid unsafe code, of crates that must.
pub(crate) fn not_forbidden(tree: &Tree) -> Vec<Violation> {
    let roots = FORBIDDING
        .iter()
        .flat_map(|name| ["lib", "main"].map(|root| format!("crates/{name}/src/{root}.rs")));
    let lax = roots.filter(|path| {
        tree.sources
            .get(path)
            .is_some_and(|source| !source.forbids_unsafe)
    });
    let text = "write `#![forbid(unsafe_code)]` here";
    lax.map(|path| Violation::new("forbidden unsafe code", &path, 1, text))
        .collect()
}

#[test]
fn unsafe_code_elsewhere_is_reported() {
    let block = "fn f() {\n    // SAFETY: none.\n    unsafe { g() }\n}\n";
    let wrong = [
        block,
        "// unsafe\n\nunsafe fn f() {}\n",
        "\n\nunsafe impl Send for A {}\n",
        "\n\n#[unsafe(no_mangle)]\nfn f() {}\n",
        "\n\nunsafe extern \"C\" { fn f(); }\n",
        "\n\nmacro_rules! m { () => { unsafe { g() } }; }\n",
        "\n\ncore::arch::global_asm!(\"nop\");\n",
    ];
    for text in wrong {
        let tree = Tree::planted(&[("crates/check/src/a.rs", text)]);
        assert_eq!(tree.unreadable, []);
        assert_eq!(
            places(&outside_its_folders(&tree, &[])),
            ["crates/check/src/a.rs:3"],
            "{text}"
        );
    }
    for folder in ["kernel", "platform", "subject", "faults"] {
        let (inside, beside) = (
            format!("crates/{folder}/src/a.rs"),
            format!("crates/{folder}/tests/a.rs"),
        );
        let tree = Tree::planted(&[(&inside, block), (&beside, block)]);
        assert_eq!(
            places(&outside_its_folders(&tree, &[])),
            [format!("{beside}:3")]
        );
    }
}

#[test]
fn words_and_types_are_not_unsafe_code() {
    let right = "//! unsafe { f() }\n#![forbid(unsafe_code)]\nconst A: &str = \"unsafe\";\n\
                 type B = unsafe extern \"C\" fn(u8);\ntype C = unsafe fn();\n\
                 type D = unsafe extern fn();\n";
    let tree = Tree::planted(&[("crates/check/src/a.rs", right)]);
    assert_eq!(tree.unreadable, []);
    assert_eq!(outside_its_folders(&tree, &[]), []);
}

#[test]
fn an_exception_without_use_is_reported() {
    let tree = Tree::planted(&[("a.rs", "unsafe fn f() {}\n"), ("b.rs", "fn f() {}\n")]);
    assert_eq!(outside_its_folders(&tree, &[("a.rs", "a reason")]), []);
    let exceptions = ["a.rs", "b.rs", "c.rs"].map(|path| (path, "a reason"));
    assert_eq!(
        places(&outside_its_folders(&tree, &exceptions)),
        ["b.rs:1", "c.rs:1"]
    );
    let tree = Tree::planted(&[
        ("a/b/c.rs", "unsafe fn f() {}\n"),
        ("a/bc.rs", "fn f() {}\n"),
    ]);
    assert_eq!(outside_its_folders(&tree, &[("a/b/", "a reason")]), []);
    let exceptions = ["a/b", "a/d/"].map(|path| (path, "a reason"));
    let found = ["a/b/c.rs:1", "a/b:1", "a/d/:1"];
    assert_eq!(places(&outside_its_folders(&tree, &exceptions)), found);
}

#[test]
fn a_root_that_does_not_forbid_is_reported() {
    let tree = Tree::planted(&[
        (
            "crates/oracle/src/lib.rs",
            "#![forbid(missing_docs, unsafe_code)]\n",
        ),
        (
            "crates/html/src/lib.rs",
            "//! Pages.\n#![forbid(unsafe_code)]\n",
        ),
        ("crates/check/src/lib.rs", "#![deny(unsafe_code)]\n"),
        ("crates/report/src/lib.rs", "//! #![forbid(unsafe_code)]\n"),
        (
            "crates/cli/src/main.rs",
            "#![cfg_attr(test, forbid(unsafe_code))]\nfn main() {}\n",
        ),
        ("crates/bench/src/lib.rs", "\n"),
    ]);
    assert_eq!(tree.unreadable, []);
    let wrong = [
        "crates/check/src/lib.rs:1",
        "crates/report/src/lib.rs:1",
        "crates/cli/src/main.rs:1",
    ];
    assert_eq!(places(&not_forbidden(&tree)), wrong);
}
