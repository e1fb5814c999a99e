//! The README, docs/checks.md, docs/ci.md and action.yml do what they say: their commands run, and
//! print what is shown.
//!
//! A test whose tool is missing is ignored; `CRCHECK_REQUIRE=cc,cmake` makes that a failure.

mod action;
mod checks;
mod ci;
#[path = "../common/mod.rs"]
mod common;
mod readme;
mod runner;
#[path = "../common/sections.rs"]
mod sections;
mod yaml;

use common::{is_required, on_path, trial};
use libtest_mimic::Arguments;

fn main() {
    let is_native = std::env::var_os("CRCHECK_RUNNER").is_none();
    // The documents show an x86-64 host.
    let is_shown = cfg!(target_arch = "x86_64");
    let has = |program: &str| on_path(program).is_some() || is_required(program);
    let shows = [
        (
            "README",
            readme::every_command_runs_and_prints_what_the_readme_shows as fn(),
        ),
        (
            "each check finds what its section shows",
            checks::each_example_holds,
        ),
        (
            "a passing kernel passes the action",
            action::a_passing_kernel_passes,
        ),
        (
            "a finding ends the action last",
            action::a_finding_ends_it_after_the_uploads,
        ),
        (
            "what is missing ends the action with 3",
            action::what_is_missing_is_red,
        ),
        (
            "a run that does not start has a summary",
            action::a_run_that_does_not_start_is_red,
        ),
        (
            "a run of the action that judges nothing is red",
            action::a_run_that_judges_nothing_is_red,
        ),
        (
            "no input of the action is executed",
            action::no_input_is_executed,
        ),
    ];
    let shows =
        shows.map(|(name, test)| trial(name, test).with_ignored_flag(!(is_shown && is_native)));
    let reads = [
        trial(
            "each check has its section, each kind its row",
            checks::nothing_is_left_out,
        ),
        trial(
            "the shell of the action names no input",
            action::no_input_is_pasted,
        ),
        trial("each YAML block parses", ci::each_block_parses),
    ];
    let builds = is_native && is_shown && has("cc") && has("cmake");
    let pages = ["GitHub", "GitLab", "Jenkins"].map(|page| {
        trial(format!("the page for {page}"), move || {
            ci::the_page_holds(page)
        })
        .with_ignored_flag(!builds)
    });
    let trials = shows.into_iter().chain(reads).chain(pages).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}
