//! A faulty kernel: this target must fail, which proves that the others can.
#![no_main]

use crcheck_fuzz::{Target, judge, mutate};
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus { judge(Target::Canary, data) });
libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate(data, size, max_size, seed)
});
