//! Artifacts are read or refused, and written as they were read.
#![no_main]

use crcheck_fuzz::{Target, judge};
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus { judge(Target::ArtifactParse, data) });
