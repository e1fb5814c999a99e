//! Sequences of operations on hashers against a model of them.
#![no_main]

use crcheck_fuzz::{Target, judge};
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus { judge(Target::HasherModel, data) });
