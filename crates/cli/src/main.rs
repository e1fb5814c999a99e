//! The crcheck program.
fn main() {}
