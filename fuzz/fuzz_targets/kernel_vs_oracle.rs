//! Every subject against the judges, under every check.
#![no_main]

use crcheck_fuzz::{CaseInput, Target, judge, mutate};
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|input: CaseInput<'_>| -> Corpus { judge(Target::KernelVsOracle, input.0) });
libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate(data, size, max_size, seed)
});
