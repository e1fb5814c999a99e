//! `crcheck sum` and `crcheck identify` as people and scripts meet them.

mod bad_input;
#[path = "../common/mod.rs"]
mod common;
mod identify;
mod interrupts;
mod json;
mod lists;
mod page;
mod printed;
#[path = "../common/sections.rs"]
mod sections;
mod streams;
