//! The judges against each other, on any model of the catalogue.
#![no_main]

use crcheck_fuzz::{Target, judge};
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus { judge(Target::OracleVsOracle, data) });
