//! Every subject against the oracles, by every check.
#![no_main]

crcheck_fuzz::case_target!(crcheck_fuzz::Target::KernelVsOracle);
