//! The rules of the repository's layout, as tests.
//!
//! Each rule is a function from a [`Tree`] to [`Violation`]s. The tests here apply the rules to
//! this repository. The tests beside each rule plant a violation in a tree of strings and expect
//! its report. `cargo test -p crcheck --test tidy` runs them alone.
#![allow(missing_docs)]

mod circles;
mod columns;
mod compiled_c;
mod graph;
mod layers;
mod names;
mod packages;
mod size;
mod source;
mod tree;
mod unsafe_code;
mod violation;

use std::path::Path;
use std::sync::LazyLock;
use tree::Tree;
use violation::Violation;

static REPOSITORY: LazyLock<Tree> =
    LazyLock::new(|| Tree::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")));

fn assert_none(violations: &[Violation]) {
    let list: String = violations
        .iter()
        .map(|violation| format!("{violation}\n"))
        .collect();
    assert!(
        violations.is_empty(),
        "{} violations\n{list}",
        violations.len()
    );
}

#[test]
fn every_file_is_read() {
    assert_none(&REPOSITORY.unreadable);
    let this = "crates/cli/tests/tidy/main.rs";
    assert!(
        REPOSITORY.sources.contains_key(this),
        "{this} is not among the files that are read"
    );
    assert!(
        REPOSITORY
            .manifests
            .iter()
            .any(|manifest| manifest.path == "fuzz/Cargo.toml")
    );
}

#[test]
fn files_are_short() {
    assert_none(&size::long_files(&REPOSITORY));
}

#[test]
fn functions_are_short() {
    assert_none(&size::long_functions(&REPOSITORY));
}

#[test]
fn clippy_counts_lines_too() {
    assert_none(&size::clippy_settings(&REPOSITORY));
}

#[test]
fn lines_are_short() {
    assert_none(&columns::long_lines(&REPOSITORY));
}

#[test]
fn unsafe_code_stays_in_its_folders() {
    assert_none(&unsafe_code::outside_its_folders(
        &REPOSITORY,
        unsafe_code::EXCEPTIONS,
    ));
}

#[test]
fn crates_forbid_unsafe_code() {
    assert_none(&unsafe_code::not_forbidden(&REPOSITORY));
}

#[test]
fn modules_form_no_circle() {
    assert_none(&circles::circles(&REPOSITORY));
}

#[test]
fn every_file_belongs_to_a_crate() {
    assert_none(&circles::files_of_no_crate(&REPOSITORY));
}

#[test]
fn crates_point_to_the_ground() {
    assert_none(&layers::arrows_upward(&REPOSITORY));
    assert_none(&layers::layers_without_a_crate(&REPOSITORY));
}

#[test]
fn every_crate_says_what_it_is() {
    assert_none(&packages::unsaid(&REPOSITORY));
}

#[test]
fn packages_are_whole() {
    assert_none(&packages::files_from_outside(&REPOSITORY));
}
