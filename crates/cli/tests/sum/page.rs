//! docs/sum.md: its commands run, and print what the page shows.

use crate::common::{folder, repository};
use crate::sections::holds;
use std::fs;

const PAGE: &str = "docs/sum.md";

/// The sections go on from one another, in one folder.
#[test]
#[cfg_attr(
    not(target_arch = "x86_64"),
    ignore = "the shell's crcheck is not that of the emulator"
)]
fn every_command_prints_what_the_page_shows() {
    let here = folder();
    let page = fs::read_to_string(repository().join(PAGE)).expect("the page");
    let sections = page.lines().filter_map(|line| line.strip_prefix("## "));
    let commands = sections.flat_map(|section| holds(here.path(), PAGE, section));
    let own = commands.filter(|line| line.contains("crcheck "));
    assert!(own.count() >= 15);
}
