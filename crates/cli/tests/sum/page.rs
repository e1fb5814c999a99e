//! docs/sum.md: its commands run, and print what the page shows.

use crate::common::page::{Place, sections};

#[test]
#[cfg_attr(
    not(target_arch = "x86_64"),
    ignore = "the shell's crcheck is not that of the emulator"
)]
fn every_command_prints_what_the_page_shows() {
    const PAGE: &str = "sum.md";
    let place = Place::new();
    let run = |section: &String| place.run(PAGE, section, |_| 0);
    let commands: usize = sections(PAGE).iter().map(run).sum();
    assert!(commands >= 15, "{commands}");
}
